//! The pipeline of functions and `deploy-lambda`, both deployed: code goes to dev, and with approval to QA and to production, stage by stage.

use aws_sdk_organizations::Client as Organizations;
use serde_json::json;

use super::{GIVEN, ORDERS, Scene};
use crate::functions::check_policy::zip_of;
use crate::templates::deployed::DeployedAccount;
use crate::world::World;
use crate::world::lambda::{VERSION, code, invoke, make_alias, make_function, publish, tag};
use crate::world::pipelines::{Watched, deploy_delivery, put_version};
use crate::world::roles::{EXTERNAL_ID, make_member};
use crate::world::scene::Scene as _;

/// A further account of the hub's organization, with the function at its first version.
async fn make_account(hub: &World, name: &str) -> World {
    let organizations = Organizations::new(hub.sessions.config());
    let create = organizations.create_account().email(format!("{name}@example.com")).account_name(name);
    let account = create.send().await.unwrap().create_account_status.unwrap().account_id.unwrap();
    let it = World::of(&account).await;
    make_function(&it, ORDERS, code("old")).await;
    let version = publish(&it, ORDERS, code("old")).await;
    make_alias(&it, ORDERS, "live", &version).await;
    it
}

/// The pipeline in the account of `deploy-lambda`, and what the function may deliver to.
struct Delivery {
    account: DeployedAccount<Scene>,
    targets: [World; 3],
    source: String,
}

impl Delivery {
    async fn new() -> Self {
        let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
        let dev = World::of(&scene.member.account).await;
        let targets = [dev, make_account(&scene.world, "qa").await, make_account(&scene.world, "production").await];
        let ids = ["DevAccountId", "QaAccountId", "ProdAccountId"].into_iter();
        let given = ids.zip(targets.iter().map(|it| it.account.as_str())).chain([("Services", "No")]);
        let outputs = deploy_delivery(&scene.world, "shared-services", given.collect()).await;
        let accounts = targets.each_ref().map(|it| it.account.as_str()).join(",");
        let (bucket, key) = (outputs["ArtifactBucketName"].as_str(), outputs["ArtifactKeyArn"].as_str());
        let own = [("DeliveryBucket", bucket), ("DeliveryKeyArns", key)];
        let given = [("ExternalId", EXTERNAL_ID), ("Accounts", &accounts)];
        let account = DeployedAccount::of(scene, &[&own[..], &given].concat()).await;
        let parameters = account.scene.parameters();
        let organization = &parameters.iter().find(|(name, _)| name == "OrganizationId").unwrap().1;
        for target in &targets {
            let role = account.outputs["RoleArn"].as_str();
            let given = [("HubRoleArn", role), ("OrganizationId", organization), ("FunctionNames", ORDERS)];
            let given = [&own[..], &given].concat();
            make_member(target, &account.scene.world.account, "deploy-lambda", &given, |_| {}).await;
        }
        Self { source: outputs["SourceBucketName"].clone(), account, targets }
    }

    fn watched(&self) -> Watched<'_> {
        Watched::new(&self.account.scene.world, "delivery-functions")
    }

    /// Commits code for all three accounts.
    async fn commit(&self, says: &str) {
        let accounts = self.targets.each_ref().map(|it| it.account.as_str());
        let order =
            json!({"functions": [{"name": ORDERS}], "targets": [{"accounts": accounts, "regions": ["eu-west-1"]}]});
        let zip = zip_of(&[("deploy.json", order.to_string().as_bytes()), ("lambda.zip", &code(says))]);
        put_version(&self.account.scene.world, &self.source, "functions.zip", &zip).await;
    }

    /// What each account's alias answers.
    async fn answers(&self) -> String {
        let mut all = Vec::new();
        for target in &self.targets {
            all.push(invoke(target, ORDERS, "live", "{}").await.1["says"].as_str().unwrap().to_owned());
        }
        all.join(" ")
    }
}

/// `UserParameters` of each stage name its account: one artifact names all three, and each stage delivers to its own.
#[tokio::test]
async fn code_goes_from_account_to_account_through_the_deployed_pipeline_and_stops_where_it_fails() {
    let delivery = Delivery::new().await;
    let watched = delivery.watched();
    assert_eq!(watched.outcomes_when(1).await, ["Failed"], "there is no object yet");
    delivery.commit("two").await;
    watched.run_when("ApproveQa", "InProgress").await;
    assert_eq!(delivery.answers().await, "two old old");
    watched.approve("ApproveQa").await;
    watched.run_when("ApproveProd", "InProgress").await;
    assert_eq!(delivery.answers().await, "two two old");
    watched.approve("ApproveProd").await;
    assert_eq!(watched.outcomes_when(2).await, ["Failed", "Succeeded"]);
    assert_eq!(delivery.answers().await, "two two two");
    tag(&delivery.targets[1], ORDERS, VERSION, Some("Failed InvalidRuntime")).await;
    delivery.commit("three").await;
    watched.approve("ApproveQa").await;
    let failed = watched.run_when("Qa", "Failed").await.error_details.unwrap();
    assert_eq!(failed.code(), Some("JobFailed"), "{failed:?}");
    assert!(failed.message().unwrap().contains("was rolled back: wave 1 of 1: "), "{failed:?}");
    assert_eq!(watched.outcomes_when(3).await, ["Failed", "Succeeded", "Failed"]);
    assert_eq!(delivery.answers().await, "three two two", "production was not asked");
    delivery.account.delete_stacks().await;
}
