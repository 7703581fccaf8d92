//! Both templates deployed: a version goes to dev, and with approval to QA and to production, each by a role of that account.

use std::collections::BTreeMap;

use local_aws::deploy::{Deployment, archive};
use serde_json::{Value, json};

use crate::world::calls::{ECS, call};
use crate::world::lambda::{code, invoke, make_alias, make_function, publish};
use crate::world::pipelines::{Watched, deploy_delivery, put_version, run};
use crate::world::roles::deploy;
use crate::world::{AWS, World};

const SHARED: &str = "shared-services";
const TARGET: &str = "target-account";

/// The shared-services account, and dev, QA and production.
struct Accounts {
    hub: World,
    targets: [World; 3],
    outputs: BTreeMap<String, String>,
}

impl Accounts {
    /// All four with their stacks.
    async fn new() -> Self {
        let hub = World::new().await;
        let targets = [World::new().await, World::new().await, World::new().await];
        let ids = ["DevAccountId", "QaAccountId", "ProdAccountId"].into_iter();
        let mut given: Vec<_> = ids.zip(targets.iter().map(|it| it.account.as_str())).collect();
        given.push(("SimpleFunction", "Yes"));
        let outputs = deploy_delivery(&hub, SHARED, given).await;
        for target in &targets {
            let roles = format!("arn:aws:iam::{}:role/ecsTaskExecutionRole", target.account);
            let given = vec![
                ("SharedServicesAccountId", hub.account.as_str()),
                ("ArtifactBucketName", &outputs["ArtifactBucketName"]),
                ("ArtifactKeyArn", &outputs["ArtifactKeyArn"]),
                ("TaskRoleArns", &roles),
                ("SimpleFunction", "Yes"),
            ];
            deploy_delivery(target, TARGET, given).await;
        }
        Self { hub, targets, outputs }
    }

    fn watched(&self, pipeline: &str) -> Watched<'_> {
        Watched::new(&self.hub, pipeline)
    }

    /// Puts a version of what starts a pipeline.
    async fn put(&self, key: &str, bytes: &[u8]) {
        put_version(&self.hub, &self.outputs["SourceBucketName"], key, bytes).await;
    }
}

/// A cluster with a service that runs one container of this image, and none of its tasks.
async fn make_service(world: &World) {
    let role = format!("arn:aws:iam::{}:role/ecsTaskExecutionRole", world.account);
    let definition = json!({
        "Family": "orders", "ExecutionRoleArn": role, "Cpu": "256", "Memory": "512",
        "ContainerDefinitions": [{"Name": "app", "Image": "app:1", "Essential": true}, {"Name": "proxy", "Image": "proxy:1"}],
    });
    let service = json!({
        "ServiceName": "orders", "Cluster": {"Ref": "Cluster"}, "DesiredCount": 0, "TaskDefinition": {"Ref": "Definition"},
    });
    let resources = json!({
        "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "services"}},
        "Definition": {"Type": "AWS::ECS::TaskDefinition", "Properties": definition},
        "Service": {"Type": "AWS::ECS::Service", "Properties": service},
    });
    deploy(world, "orders-service", &json!({"Resources": resources}), &[]).await;
}

/// The images of the service's containers.
async fn images(world: &World) -> String {
    let described = call(world, ECS, "DescribeServices", json!({"cluster": "services", "services": ["orders"]})).await;
    let definition = json!({"taskDefinition": described["services"][0]["taskDefinition"]});
    let described = call(world, ECS, "DescribeTaskDefinition", definition).await;
    let containers = described["taskDefinition"]["containerDefinitions"].as_array().unwrap().iter();
    containers.map(|it| it["image"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_service_gets_its_images_in_dev_and_with_approval_in_qa_and_in_production() {
    let accounts = Accounts::new().await;
    for target in &accounts.targets {
        make_service(target).await;
    }
    let watched = accounts.watched("delivery-services");
    // AWS starts a pipeline that was made, and there is no object yet.
    assert_eq!(watched.outcomes_when(1).await, ["Failed"]);
    let named = json!([{"name": "app", "imageUri": "app:2"}]).to_string();
    accounts.put("services.zip", &archive(&[("image_definitions.json", named.as_bytes())]).unwrap()).await;
    let [dev, qa, prod] = &accounts.targets;
    let all = async || [images(dev).await, images(qa).await, images(prod).await].map(|it| it.contains("app:2 proxy:1"));
    watched.run_when("ApproveQa", "InProgress").await;
    assert_eq!(all().await, [true, false, false]);
    watched.approve("ApproveQa").await;
    watched.run_when("ApproveProd", "InProgress").await;
    assert_eq!(all().await, [true, true, false]);
    watched.approve("ApproveProd").await;
    assert_eq!(watched.outcomes_when(2).await, ["Failed", "Succeeded"]);
    assert_eq!(all().await, [true, true, true]);
    let calls = AWS.calls(&prod.account).into_iter().filter(|it| it.operation == "UpdateService");
    let keys: Vec<_> = calls.map(|it| it.access_key.starts_with("ASIA")).collect();
    assert_eq!(keys, [true], "in the name of a role, and once");
}

#[tokio::test]
async fn images_that_no_container_has_fail_in_dev_and_change_nothing() {
    let accounts = Accounts::new().await;
    make_service(&accounts.targets[0]).await;
    let watched = accounts.watched("delivery-services");
    watched.outcomes_when(1).await;
    let named = json!([{"name": "another", "imageUri": "app:2"}]).to_string();
    accounts.put("services.zip", &archive(&[("image_definitions.json", named.as_bytes())]).unwrap()).await;
    let failed = watched.run_when("Dev", "Failed").await.error_details.unwrap();
    assert!(failed.message().unwrap().contains("no container \"another\""), "{failed:?}");
    assert_eq!(images(&accounts.targets[0]).await, "app:1 proxy:1");
}

#[tokio::test]
async fn one_function_gets_its_code_and_its_alias_moves_account_by_account() {
    let accounts = Accounts::new().await;
    for target in &accounts.targets {
        make_function(target, "orders", code("one")).await;
        let version = publish(target, "orders", code("one")).await;
        make_alias(target, "orders", "live", &version).await;
    }
    let watched = accounts.watched("delivery-simple");
    watched.outcomes_when(1).await;
    accounts.put("simple.zip", &code("two")).await;
    let all = async || {
        let mut says = Vec::new();
        for target in &accounts.targets {
            says.push(invoke(target, "orders", "live", "{}").await.1["says"].as_str().unwrap().to_owned());
        }
        says.join(" ")
    };
    watched.run_when("ApproveQa", "InProgress").await;
    assert_eq!(all().await, "two one one");
    watched.approve("ApproveQa").await;
    watched.run_when("ApproveProd", "InProgress").await;
    assert_eq!(all().await, "two two one");
    watched.approve("ApproveProd").await;
    assert_eq!(watched.outcomes_when(2).await, ["Failed", "Succeeded"]);
    assert_eq!(all().await, "two two two");
}

/// A function in place of deploy-lambda, which leaves the answers to the test.
#[tokio::test]
async fn deploy_lambda_gets_a_job_for_each_account_and_none_before_its_approval() {
    let accounts = Accounts::new().await;
    make_function(&accounts.hub, "deploy-lambda", code("it is asked")).await;
    let watched = accounts.watched("delivery-functions");
    watched.outcomes_when(1).await;
    accounts.put("functions.zip", b"an artifact").await;
    for (number, (stage, target)) in ["Dev", "Qa", "Prod"].into_iter().zip(&accounts.targets).enumerate() {
        if number > 0 {
            assert_eq!(jobs(&accounts.hub).len(), number, "{stage} waits for its approval");
            watched.approve(&format!("Approve{stage}")).await;
        }
        watched.state_when(|it| run(it, stage).is_some_and(|it| it.status().unwrap().as_str() == "InProgress")).await;
        let job = loop {
            let call = AWS.next_call(&accounts.hub.account);
            match jobs(&accounts.hub).into_iter().nth(number) {
                Some(job) => break job,
                None => call.await,
            }
        };
        let configuration = &job["data"]["actionConfiguration"]["configuration"];
        let told: Value = serde_json::from_str(configuration["UserParameters"].as_str().unwrap()).unwrap();
        assert_eq!(told, json!({"accounts": [target.account]}));
        let place = &job["data"]["inputArtifacts"][0]["location"]["s3Location"];
        assert_eq!(place["bucketName"], accounts.outputs["ArtifactBucketName"].as_str());
        assert!(place["objectKey"].as_str().unwrap().starts_with("delivery-functions/"), "{place}");
        watched.client.put_job_success_result().job_id(job["id"].as_str().unwrap()).send().await.unwrap();
    }
    assert_eq!(watched.outcomes_when(2).await, ["Failed", "Succeeded"]);
}

/// The jobs that were handed to the function.
fn jobs(hub: &World) -> Vec<Value> {
    let invoked = AWS.calls(&hub.account).into_iter().filter(|it| it.operation == "Invoke");
    invoked.map(|it| serde_json::from_str::<Value>(&it.body).unwrap()["CodePipeline.job"].clone()).collect()
}

/// For functions in a further Region: a bucket of that Region's name and a key, and no role, since roles belong to the whole account.
#[tokio::test]
async fn in_a_further_region_there_is_a_bucket_of_code_and_nothing_else_of_the_account() {
    let accounts = Accounts::new().await;
    let there = accounts.hub.in_region("eu-central-1").await;
    let ids = ["DevAccountId", "QaAccountId", "ProdAccountId"].into_iter();
    let mut given: Vec<_> = ids.zip(accounts.targets.iter().map(|it| it.account.as_str())).collect();
    given.extend([("Services", "No"), ("Functions", "No")]);
    let outputs = deploy_delivery(&there, SHARED, given).await;
    let name = accounts.outputs["ArtifactBucketName"].replace("eu-west-1", "eu-central-1");
    assert_eq!(outputs["ArtifactBucketName"], name);
    assert_ne!(outputs["ArtifactKeyArn"], accounts.outputs["ArtifactKeyArn"]);
    let made = Deployment::new(there.sessions.config()).resources(SHARED).await.unwrap();
    assert!(!made.iter().any(|it| it.contains("Role") || it.contains("Pipeline")), "{made:?}");
}
