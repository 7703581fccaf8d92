//! A stored plan says what may be taken away in members too, and is good for one manifest and one account. `signalbox plan` and
//! `signalbox apply` act in the accounts that their options name.

use std::process::{Command, Stdio};

use aws_sdk_s3::primitives::ByteStream;
use reaction::{Outcome, Reaction, Report};
use reconcile_shares::ReconcileShares;
use sharing::digest;

use super::sweeps::{ANOTHER, SHARED, Sweeps};
use crate::functions::reconcile_shares::SWEEP;
use crate::world::built::binary;
use crate::world::roles::{EXTERNAL_ID, OPERATOR, make_operators_member, member_role};
use crate::world::{AUDIT, AWS, GRANTS, REGION};

const NOTHING: (&str, &str) = ("SIGNALBOX_MAX_REMOVALS", "0");

/// The hub and two members, each of whose snapshots is shared, where nothing may be taken away, and a manifest in which no entry
/// matches them any more. The operator of the hub has a role in the members, by a stack of its own.
async fn given() -> Sweeps {
    let it = Sweeps::new(|organization, _| organization.to_owned()).await;
    it.share(1).await;
    it.share(2).await;
    it.sweep().await;
    it.scene.hub.put_manifest(ANOTHER).await;
    let (hub, organization) = (&it.scene.hub.account, [("OrganizationId", it.scene.organization.as_str())]);
    for member in [&it.scene.member, &it.scene.below] {
        make_operators_member(member, hub, ReconcileShares::NAME, &organization).await;
    }
    it
}

impl Sweeps {
    /// `signalbox` in the hub: its exit code and what it wrote. It is told of the members by its options.
    fn command(&self, words: &str, with_members: bool) -> (Option<i32>, String) {
        let mut command = Command::new(binary("signalbox"));
        command.env_clear().args(words.split(' ')).current_dir(std::env::temp_dir());
        if with_members {
            let organization = &self.scene.organization;
            let role = member_role(OPERATOR);
            command.args(["--accounts", organization, "--member-role", &role, "--external-id", EXTERNAL_ID]);
        }
        command.args(["--grants-table", GRANTS, "--audit-table", AUDIT, "--allowed-accounts", "everybody"]);
        command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.env("AWS_ACCESS_KEY_ID", format!("ASIA{}-{OPERATOR}", self.scene.hub.account)).stdin(Stdio::null());
        let ran = command.output().unwrap();
        (ran.status.code(), [ran.stdout, ran.stderr].map(|it| String::from_utf8(it).unwrap()).concat())
    }

    /// Has `signalbox plan` keep the plan in a file of this name, and gives its text.
    fn plan(&self, name: &str) -> String {
        let place = format!("s3://{}/share.json", self.scene.hub.bucket());
        let (code, told) = self.command(&format!("plan --manifest {place} --out {name}"), true);
        assert_eq!(code, Some(2), "{told}");
        let path = std::env::temp_dir().join(name);
        std::fs::read_to_string(path).unwrap()
    }

    /// Stores a plan beside the manifest, and sweeps with it.
    async fn force(&self, plan: &str) -> Report {
        let (hub, bucket) = (&self.scene.hub, self.scene.hub.bucket());
        let put = hub.s3.put_object().bucket(&bucket).key("plan.json");
        put.body(ByteStream::from(plan.as_bytes().to_vec())).send().await.unwrap();
        let event = format!(r#"{{"signalbox": "sweep", "force": "s3://{bucket}/plan.json"}}"#);
        self.sweep_with(&[NOTHING], &event).await
    }
}

#[tokio::test]
async fn a_stored_plan_admits_a_removal_in_a_member_and_its_digest_is_in_report_and_audit() {
    let it = given().await;
    assert_eq!(it.sweep_with(&[NOTHING], SWEEP).await.outcome, Outcome::Refused);
    let plan = it.plan(&format!("signalbox-forced-{}.json", it.scene.hub.account));
    let report = it.force(&plan).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(it.held().await, ["no account", "no account", "no account"]);
    let named = format!("(SHA-256 {})", digest(&plan));
    assert!(report.notes.iter().any(|note| note.contains(&named)), "{report}");
    for resource in it.scene.hub.grants().all().await.unwrap().heads.into_keys() {
        let items = it.scene.hub.grants().history(&resource).await.unwrap();
        assert!(items.last().unwrap().why.contains(&named), "{items:#?}");
    }
}

#[tokio::test]
async fn a_stored_plan_of_another_manifest_or_another_account_forces_nothing() {
    let it = given().await;
    let plan = it.plan(&format!("signalbox-stale-{}.json", it.scene.hub.account));
    let mut of_a_member: serde_json::Value = serde_json::from_str(&plan).unwrap();
    of_a_member["account"] = it.scene.member.account.clone().into();
    let refused = it.force(&of_a_member.to_string()).await;
    let reason = refused.reason.unwrap();
    assert_eq!(refused.outcome, Outcome::Refused);
    assert!(reason.contains(&format!("is for account {}", it.scene.member.account)), "{reason}");
    // The same entries, and another text: what was looked at is not what is there.
    it.scene.hub.put_manifest(&format!("{ANOTHER}\n")).await;
    let refused = it.force(&plan).await;
    let reason = refused.reason.unwrap();
    assert_eq!(refused.outcome, Outcome::Refused);
    assert!(reason.contains("was made for version"), "{reason}");
    assert_eq!(it.held().await, [SHARED; 3]);
}

#[tokio::test]
async fn a_plan_is_applied_in_the_accounts_that_the_options_name_and_in_no_other() {
    let it = given().await;
    let file = format!("signalbox-applied-{}.json", it.scene.hub.account);
    let plan = it.plan(&file);
    let (code, told) = it.command(&format!("apply {file}"), false);
    assert_eq!(code, Some(254), "{told}");
    assert!(told.contains(&format!("account {} is not ours", it.scene.member.account)), "{told}");
    assert_eq!(it.held().await, ["no account", SHARED, SHARED], "our own is done");
    let (code, told) = it.command(&format!("apply {file}"), true);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("plan {}", digest(&plan))), "{told}");
    assert_eq!(it.held().await, ["no account", "no account", "no account"]);
    let heads = it.scene.hub.grants().all().await.unwrap().heads;
    let mut occurrences = Vec::new();
    for resource in heads.keys() {
        occurrences.push(it.scene.hub.grants().history(resource).await.unwrap().pop().unwrap().occurrence);
    }
    assert_eq!(occurrences, vec![format!("plan/{}", digest(&plan)); 3]);
}
