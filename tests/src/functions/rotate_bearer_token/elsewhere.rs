//! A secret of another account than the function's: by the role that it assumes there. IAM judges what both roles do.

use std::time::Duration;

use aws::in_name_of;
use local_aws::{Call, Fault, FaultKind};
use reaction::{Mode, Outcome, Reaction, Report, Run, drive_json};
use rotate_bearer_token::RotateBearerToken;
use serde_json::json;

use super::{function, variables};
use crate::world::oauth2::{CLIENT_ID, CLIENT_SECRET, Manner, Server, Style};
use crate::world::roles::{make_member, make_role, member_role};
use crate::world::rotations::{Rotation, STEPS, make_secret, stages, value_at};
use crate::world::{AWS, LEDGER, ROTATIONS, World, run_for};

/// The account of the function, the account of the secret, and the server.
struct Scene {
    hub: World,
    member: World,
    server: Server,
    secret: String,
    function: RotateBearerToken,
}

impl Scene {
    /// The function may act in the accounts that `admitted` makes of the member's id.
    async fn new(admitted: impl Fn(&str) -> String) -> Self {
        let hub = World::new().await;
        let organization = hub.make_organization().await;
        let [organization, member] = ["o-exampleorgid", "222233334444"].map(|it| organization.with_own_ids(it));
        let member = World::of(&member).await;
        hub.create_rotations().await;
        let server = Server::start(Manner { style: Style::Overlap, ..Manner::default() }).await;
        let master = json!({"consumer_key": CLIENT_ID, "consumer_secret": CLIENT_SECRET});
        let master = make_secret(&member, "app/master", &master).await;
        let value = json!({"access_token": server.mint(), "token_type": "Bearer", "masterarn": master});
        let secret = make_secret(&member, "app/token", &value).await;
        let arns = [("SecretArns", secret.as_str()), ("MasterSecretArns", &master)];
        let own = [&arns[..], &[("OrganizationId", &organization)]].concat();
        make_member(&member, &hub.account, RotateBearerToken::NAME, &own, |_| {}).await;
        let role = format!("arn:aws:iam::{}:role/{}", member.account, member_role(RotateBearerToken::NAME));
        let (url, pair) = ("https://id.example.com/", format!("{secret}={master}"));
        let own = [("MemberRoleArns", role.as_str()), ("TokenUrl", url), ("VerifyUrl", url), ("Masters", &pair)];
        let own = [&arns, &own[..], &[("RotationsTable", ROTATIONS), ("MemberAccountIds", &member.account)]].concat();
        make_role(&hub, RotateBearerToken::NAME, &own).await;
        let hub = hub.acting_as(RotateBearerToken::NAME, &admitted(&member.account)).await;
        let function = function(&hub, &variables(&server, Style::Overlap, &secret, &master));
        Self { hub, member, server, secret, function }
    }

    /// One step, in the name of an event of that id.
    async fn step(&self, rotation: &Rotation, step: &str, id: &str) -> Report {
        let ledger = ledger::DynamoLedger::new(&self.hub.sessions, LEDGER, RotateBearerToken::NAME);
        let run = Run::new(RotateBearerToken::NAME, id, run_for(Duration::from_mins(1)).deadline);
        in_name_of(&run, drive_json(&self.function, &ledger, Mode::Apply, &run, &rotation.event(step))).await
    }

    /// The calls by which the hub has entered the member.
    fn entered(&self) -> Vec<Call> {
        AWS.calls(&self.hub.account).into_iter().filter(|call| call.operation == "AssumeRole").collect()
    }
}

#[tokio::test]
async fn a_secret_of_a_member_is_rotated_by_the_role_that_is_assumed_there() {
    let scene = Scene::new(str::to_owned).await;
    let rotation = Rotation::begin(&scene.member, &scene.secret).await;
    for (step, id) in STEPS.iter().zip(["one", "two", "three", "four"]) {
        let report = scene.step(&rotation, step, id).await;
        assert_eq!(report.outcome, Outcome::Applied, "{report}");
    }
    assert_eq!(stages(&scene.member, &scene.secret).await, "old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING");
    let token = value_at(&scene.member, &scene.secret, "AWSCURRENT").await.unwrap()["access_token"].clone();
    assert!(scene.server.alive().iter().any(|it| token == **it));
    let entered = scene.entered();
    assert_eq!(entered.len(), 4, "once for each event");
    let role = format!("arn%3Aaws%3Aiam%3A%3A{}%3Arole%2Fsignalbox-rotate-bearer-token", scene.member.account);
    for (call, id) in entered.iter().zip(["one", "two", "three", "four"]) {
        for part in [
            format!("RoleArn={role}"),
            format!("RoleSessionName=rotate-bearer-token%40{id}"),
            format!("SourceIdentity=rotate-bearer-token%40{id}"),
            "ExternalId=an-external-id".into(),
        ] {
            assert!(call.body.split('&').any(|it| it == part), "{part}: {}", call.body);
        }
    }
}

#[tokio::test]
async fn a_secret_of_an_account_that_is_not_named_is_refused_and_not_touched() {
    let scene = Scene::new(|_| "123456789012".into()).await;
    let rotation = Rotation::begin(&scene.member, &scene.secret).await;
    let before = scene.member.calls();
    let report = scene.step(&rotation, "createSecret", "one").await;
    assert_eq!(report.outcome, Outcome::Refused);
    let told = report.to_string();
    assert!(told.contains("is not one of SIGNALBOX_ACCOUNTS; nothing was touched there"), "{told}");
    assert_eq!((scene.member.calls(), scene.entered().len()), (before, 0));
}

#[tokio::test]
async fn a_role_that_does_not_trust_us_fails_the_step_and_says_which() {
    let scene = Scene::new(str::to_owned).await;
    let rotation = Rotation::begin(&scene.member, &scene.secret).await;
    AWS.inject(&Fault { service: Some("sts".into()), ..Fault::new(&scene.hub.account, FaultKind::AccessDenied) });
    let report = scene.step(&rotation, "createSecret", "one").await;
    let told = report.to_string().replace(&scene.member.account, "MEMBER");
    assert_eq!(report.outcome, Outcome::Failed, "{told}");
    assert!(
        told.contains("assuming arn:aws:iam::MEMBER:role/signalbox-rotate-bearer-token as rotate-bearer-token@one"),
        "{told}"
    );
    let report = scene.step(&rotation, "createSecret", "one").await;
    assert_eq!(report.outcome, Outcome::Applied, "once it does: {report}");
}
