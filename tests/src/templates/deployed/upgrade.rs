//! The way from one role for all functions in members to a role for each, step by step as the runbook has it: after each step an event
//! of the member is forwarded, and the function handles it once, by a role that lets it in.

use aws_sdk_eventbridge::Client as EventBridge;
use local_aws::deploy::{Deployment, Stack};

use super::account::{Account, stack};
use super::organization::{BUS, event_of, stack_of, targets_on};
use crate::functions::share_ami::{GIVEN, SAMPLE_IMAGE, Scene};
use crate::world::World;
use crate::world::ec2::{launchers, register};
use crate::world::roles::{EXTERNAL_ID, member_role};

/// The role that all functions had in members.
const FORMER: &str = "signalbox-member";

const ACCOUNT_STACK: &str = "signalbox-member-account";

/// The hub with `share-ami`, and a member that forwards its events.
struct Upgrade {
    hub: Account<Scene>,
    member: World,
    organization: String,
    deployment: Deployment,
    images: usize,
}

impl Upgrade {
    /// What there was before: one template in the member, and a function that assumes its role.
    async fn before() -> Self {
        let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
        let made = scene.world.make_organization().await;
        let [organization, member] = ["o-exampleorgid", "222233334444"].map(|it| made.with_own_ids(it));
        let hub = Account::of(scene, &function(&organization, FORMER)).await;
        let member = World::of(&member).await;
        let deployment = Deployment::new(member.sessions.config());
        let upgrade = Self { hub, member, organization, deployment, images: 0 };
        let (account, role) = (&upgrade.hub.scene.world.account, &upgrade.hub.outputs["RoleArn"]);
        let given = [
            ("HubAccountId", account.as_str()),
            ("HubRegion", "eu-west-1"),
            ("OrganizationId", &upgrade.organization),
            ("HubRoleArns", role),
            ("ExternalId", EXTERNAL_ID),
            ("ShareAmi", "Yes"),
        ];
        let template = "tests/src/templates/deployed/member-account-before.yaml";
        let former = stack(ACCOUNT_STACK, "member-account", &given);
        upgrade.apply(&Stack { template: local_aws::workspace().join(template), ..former }).await;
        upgrade
    }

    /// Deploys a stack in the member.
    async fn apply(&self, stack: &Stack) {
        self.deployment.apply(stack).await.unwrap();
    }

    /// The logical ids of what the stack that all functions share has made in the member.
    async fn made(&self) -> String {
        let made = self.deployment.resources(ACCOUNT_STACK).await.unwrap();
        made.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// What the function makes of an image of the member that is new, for each rule there that forwards the event; each of them
    /// sends to the bus, by the role and with the queue that are there.
    async fn hear_of_an_image(&mut self) -> Vec<String> {
        self.images += 1;
        let image = register(&self.member.ec2, &format!("base_linux_v{}", self.images), &[]).await;
        let event = event_of("share-ami", "an-image-became-available", &self.member.account);
        let event = event.replace(SAMPLE_IMAGE, &image);
        let bus = format!("arn:aws:events:eu-west-1:{}:event-bus/{BUS}", self.hub.scene.world.account);
        let by = format!("arn:aws:iam::{}:role/signalbox-forward", self.member.account);
        let events = EventBridge::new(self.member.sessions.config());
        let mut outcomes = Vec::new();
        for target in targets_on(&events, "default", &event).await {
            assert_eq!(target, (bus.clone(), Some(by.clone())));
            let report = self.hub.ask("share-ami", &event).await;
            outcomes.push(report["outcome"].as_str().unwrap_or_else(|| panic!("{report}")).to_owned());
        }
        assert_eq!(launchers(&self.member.ec2, &image).await, "123456789012, 987654321098", "{outcomes:?}");
        let made = self.made().await;
        assert!(made.contains("FailureQueue ") && made.contains("ForwardingRole"), "{made}");
        outcomes
    }
}

/// What `share-ami` is given where it assumes this role in members.
fn function<'a>(organization: &'a str, role: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("Accounts", organization),
        ("OrganizationId", organization),
        ("ExternalId", EXTERNAL_ID),
        ("MemberRoleName", role),
    ]
}

#[tokio::test]
async fn each_step_of_the_runbook_leaves_events_forwarded_and_each_handled_once() {
    let mut upgrade = Upgrade::before().await;
    assert_eq!(upgrade.hear_of_an_image().await, ["applied"]);
    let account = upgrade.hub.scene.world.account.clone();
    let (hub, region) = (("HubAccountId", account.as_str()), ("HubRegion", "eu-west-1"));
    let own = [
        region,
        ("HubRoleArn", &upgrade.hub.outputs["RoleArn"]),
        ("OrganizationId", &upgrade.organization),
        ("ExternalId", EXTERNAL_ID),
    ];
    let of_function = stack_of("share-ami-member", &own);
    upgrade.apply(&of_function).await;
    assert_eq!(upgrade.hear_of_an_image().await, ["applied", "repeated"], "both rules forward, and the ledger knows");
    upgrade.hub.deploy(&function(&upgrade.organization, &member_role("share-ami"))).await;
    assert_eq!(upgrade.hear_of_an_image().await, ["applied", "repeated"], "by the role of its own");
    assert!(upgrade.made().await.contains("MemberRole") && upgrade.made().await.contains("ShareAmiRule"));
    upgrade.apply(&stack_of("member-account", &[hub, region])).await;
    assert_eq!(upgrade.made().await, "FailureQueue FailureQueueAlarm FailureQueuePolicy ForwardingRole");
    assert_eq!(upgrade.hear_of_an_image().await, ["applied"], "by the rule of its own");
}
