//! The templates of an organization, deployed in a hub, a member and the management account, and the way of an event between
//! them. The local EventBridge takes no events of AWS and sends none to other accounts: here each rule is asked for its targets.

use aws_sdk_eventbridge::Client as EventBridge;
use expect_test::expect;
use local_aws::deploy::{Deployment, Stack};
use serde_json::{Value, json};

use super::account::{Account, stack};
use crate::functions::share_ami::{GIVEN, SAMPLE_IMAGE, Scene};
use crate::templates::Template;
use crate::world::World;
use crate::world::ec2::{launchers, register};
use crate::world::roles::{EXTERNAL_ID, make_member, without_action};
use crate::world::scene::read_sample;

/// The bus in the hub.
pub const BUS: &str = "signalbox";

const ORGANIZATION: (&str, &str) = ("OrganizationId", "o-exampleorgid");

/// The stack of one of these templates.
pub fn stack_of(template: &str, parameters: &[(&str, &str)]) -> Stack {
    stack(&format!("signalbox-{template}"), template, parameters)
}

/// The targets of the enabled rules of a bus that match an event: each with the role that it is reached by.
pub async fn targets_on(events: &EventBridge, bus: &str, event: &str) -> Vec<(String, Option<String>)> {
    let mut targets = Vec::new();
    for rule in events.list_rules().event_bus_name(bus).send().await.unwrap().rules() {
        let (name, Some(pattern)) = (rule.name().unwrap(), rule.event_pattern()) else { continue };
        let test = events.test_event_pattern().event_pattern(pattern).event(event).send().await.unwrap();
        if test.result() {
            let found = events.list_targets_by_rule().event_bus_name(bus).rule(name).send().await.unwrap();
            let found = found.targets.unwrap_or_default().into_iter();
            targets.extend(found.map(|target| (target.arn, target.role_arn)));
        }
    }
    targets
}

/// A sample event as it comes from another account.
pub fn event_of(function: &str, sample: &str, account: &str) -> String {
    let mut event: Value = serde_json::from_str(&read_sample(function, sample)).unwrap();
    event["account"] = json!(account);
    event.to_string()
}

/// An account beside the hub, in which templates are deployed.
struct Beside {
    world: World,
    deployment: Deployment,
    stacks: Vec<Stack>,
    events: EventBridge,
}

impl Beside {
    async fn new(world: World, stacks: Vec<Stack>) -> Self {
        let config = world.sessions.config();
        let (deployment, events) = (Deployment::new(config), EventBridge::new(config));
        for stack in &stacks {
            deployment.apply(stack).await.unwrap();
        }
        Self { world, deployment, stacks, events }
    }

    /// Deletes the stacks, the last one first, which leaves no rule behind.
    async fn delete(&self) {
        for stack in self.stacks.iter().rev() {
            self.deployment.delete(&stack.name).await.unwrap();
        }
        assert_eq!(self.events.list_rules().send().await.unwrap().rules(), []);
    }
}

/// A member of the organization of this hub, for images.
async fn member_of(hub: &str) -> Beside {
    let role = format!("arn:aws:iam::{hub}:role/share-ami");
    let region = ("HubRegion", "eu-west-1");
    let own = [ORGANIZATION, region, ("HubRoleArn", &role), ("ExternalId", "an-external-id")];
    let stacks = vec![stack_of("member-account", &[("HubAccountId", hub), region]), stack_of("share-ami-member", &own)];
    Beside::new(World::new().await, stacks).await
}

async fn management_account_of(hub: &str) -> Beside {
    let world = World::new().await.in_region("us-east-1").await;
    let given = [("HubAccountId", hub), ("HubRegion", "eu-west-1")];
    Beside::new(world, vec![stack_of("management-account", &given)]).await
}

#[tokio::test]
async fn an_event_of_a_member_goes_by_the_bus_to_its_function() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let account = scene.world.account.clone();
    let bus = stack_of("bus", &[ORGANIZATION, ("ArchiveRetentionInDays", "0")]);
    let outputs = Deployment::new(scene.world.sessions.config()).apply(&bus).await.unwrap();
    let hub = Account::of(scene, &[("HearMembers", "Yes")]).await;
    assert_eq!(outputs["BusArn"], format!("arn:aws:events:eu-west-1:{account}:event-bus/{BUS}"));
    let member = member_of(&account).await;
    let event = event_of("share-ami", "an-image-became-available", &member.world.account);
    let by = format!("arn:aws:iam::{}:role/signalbox-forward", member.world.account);
    assert_eq!(targets_on(&member.events, "default", &event).await, [(outputs["BusArn"].clone(), Some(by))]);
    let function = hub.outputs["FunctionArn"].clone();
    assert_eq!(targets_on(&hub.events, BUS, &event).await, [(function, None)]);
    let policy = hub.lambda.get_policy().function_name("share-ami").send().await.unwrap().policy.unwrap();
    assert!(policy.contains(&format!("arn:aws:events:eu-west-1:{account}:rule/{BUS}/share-ami")), "{policy}");
    // A member forwards nothing that happened elsewhere, in particular not what comes from a bus.
    assert_eq!(targets_on(&member.events, "default", &hub.scene.event).await, []);
    let report = hub.ask("share-ami", &event).await;
    assert!(report["reason"].as_str().is_some_and(|it| it.contains("is not ours")), "nobody admitted it: {report}");
    member.delete().await;
    hub.delete_stacks().await;
    hub.deployment.delete(&bus.name).await.unwrap();
    let buses = hub.events.list_event_buses().send().await.unwrap().event_buses.unwrap();
    assert_eq!(buses.iter().map(|it| it.name().unwrap()).collect::<Vec<_>>(), ["default"]);
}

/// The compiled function, by its own role and by the one in the member, as both are deployed.
#[tokio::test]
async fn the_deployed_function_shares_what_the_deployed_role_of_a_member_allows() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let organization = scene.world.make_organization().await;
    let [organization, member] = ["o-exampleorgid", "222233334444"].map(|it| organization.with_own_ids(it));
    let in_members = [("ExternalId", EXTERNAL_ID), ("Accounts", &organization)];
    let own = [("OrganizationId", organization.as_str())];
    let hub = Account::of(scene, &[&in_members[..], &own].concat()).await;
    let (member, account) = (World::of(&member).await, &hub.scene.world.account);
    let own = [own[0], ("HubRoleArn", &hub.outputs["RoleArn"])];
    let image = register(&member.ec2, "base_linux_v1", &[]).await;
    let event = event_of("share-ami", "an-image-became-available", &member.account).replace(SAMPLE_IMAGE, &image);
    for action in ["ec2:DescribeImages", "ec2:ModifyImageAttribute"] {
        make_member(&member, account, "share-ami", &own, without_action("MemberRole", action)).await;
        let said = hub.ask("share-ami", &event).await.to_string();
        assert!(said.contains(&format!("is not authorized to perform: {action} on resource: ")), "{said}");
        assert_eq!(launchers(&member.ec2, &image).await, "no account");
    }
    make_member(&member, account, "share-ami", &own, |_| {}).await;
    let report = hub.ask("share-ami", &event).await;
    assert_eq!(report["outcome"], "applied", "{report}");
    assert_eq!(launchers(&member.ec2, &image).await, "123456789012, 987654321098");
}

#[tokio::test]
async fn what_happens_to_accounts_goes_from_us_east_1_to_the_bus() {
    let hub = "123456789012";
    let management = management_account_of(hub).await;
    let bus = format!("arn:aws:events:eu-west-1:{hub}:event-bus/{BUS}");
    let moved = event_of("react-org-change", "an-account-was-moved", &management.world.account);
    let by = format!("arn:aws:iam::{}:role/signalbox-forward-organization", management.world.account);
    assert_eq!(targets_on(&management.events, "default", &moved).await, [(bus, Some(by))]);
    management.delete().await;
}

#[tokio::test]
async fn where_organizations_tells_nothing_no_rule_is_made_for_it() {
    let deployment = Deployment::new(World::new().await.sessions.config());
    let given = [("HubAccountId", "123456789012"), ("HubRegion", "eu-west-1")];
    let error = deployment.apply(&stack_of("management-account", &given)).await.unwrap_err();
    assert!(format!("{error:#}").contains("us-east-1 only"), "{error:#}");
}

/// What no test deploys: an archive, which the local CloudFormation does not know, and what is left out unless it was asked for,
/// of which one of each kind is deployed.
#[test]
fn what_the_tests_do_not_deploy_of_an_organization_is_listed() {
    let asked_for = ["Forwards", "MakesRoles"];
    let mut listed = Vec::new();
    for Template { name, json, .. } in Template::all().into_iter().filter(Template::is_of_an_organization) {
        for (id, resource) in json["Resources"].as_object().unwrap() {
            let condition = resource.get("Condition").and_then(Value::as_str);
            if condition.is_some_and(|it| !asked_for.contains(&it)) {
                listed.push(format!("{name}: {id}, an {}", resource["Type"].as_str().unwrap()));
            }
        }
    }
    expect![[r#"
        bus: Archive, an AWS::Events::Archive"#]]
    .assert_eq(&listed.join("\n"));
}

/// Where the local CloudFormation falls short, and what is then left out.
#[tokio::test]
async fn an_archive_and_the_policy_of_the_bus_cannot_be_deployed_here() {
    let world = World::new().await;
    let (deployment, events) = (Deployment::new(world.sessions.config()), EventBridge::new(world.sessions.config()));
    deployment.apply(&stack_of("bus", &[ORGANIZATION, ("ArchiveRetentionInDays", "0")])).await.unwrap();
    assert_eq!(events.describe_event_bus().name(BUS).send().await.unwrap().policy(), None, "it has one by now");
    let kept = stack_of("bus", &[ORGANIZATION, ("BusName", "kept")]);
    let error = format!("{:#}", deployment.apply(&kept).await.unwrap_err());
    assert!(error.contains("AWS::Events::Archive"), "the archive can be deployed by now: {error}");
}
