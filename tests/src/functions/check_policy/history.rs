//! What is recorded of policies: who changed them, when and how, and the command that takes it back.

use std::time::Duration;

use ledger::DynamoLedger;
use place::Partition;
use reaction::{Mode, Outcome, Reaction, drive_json};
use reconcile_shares::{ReconcileShares, Settings};
use sharing::{Kind, Resource};
use sharing_aws::Source;

use super::{GIVEN, Given, READERS, Scene, WRITERS};
use crate::functions::reconcile_shares::SWEEP;
use crate::world::scene::Scene as _;
use crate::world::{LEDGER, run_for};

#[tokio::test]
async fn each_change_is_in_the_history_with_the_command_that_takes_it_back() {
    let scene = Scene::set_up(&Given { before: &[READERS], sent: WRITERS, ..GIVEN }, "a-policy-was-sent").await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    scene.assert_recorded().await;
    let account = scene.requester.account.parse().unwrap();
    let resource = Resource::managed_policy(Partition::Aws, &account, "signalbox/data-readers");
    assert_eq!(Resource::of_arn(&resource.arn(), &account).unwrap(), resource);
    let history = scene.grants().unwrap().history(&resource).await.unwrap();
    let reverts: Vec<_> = history.iter().filter_map(|it| Some((it.kind.to_string(), it.revert.clone()?))).collect();
    let arn = resource.arn();
    let (delete, back) = (
        format!("aws iam delete-policy --policy-arn {arn}"),
        format!("aws iam set-default-policy-version --policy-arn {arn} --version-id v1"),
    );
    let expected = [("intent", &delete), ("outcome", &delete), ("intent", &back), ("outcome", &back)];
    assert_eq!(reverts, expected.map(|(kind, command)| (kind.to_owned(), command.clone())));
    // Run it, and the policy says again what it said before; the next job makes the change anew.
    let call = scene.iam().set_default_policy_version().policy_arn(&arn).version_id("v1");
    call.send().await.unwrap();
    assert!(scene.picture().await.starts_with("signalbox/data-readers: v1 "));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(report.steps[0].step.starts_with("make v2 the default"), "{report}");
    assert!(scene.picture().await.starts_with("signalbox/data-readers: v2 "));
}

/// The records of policies lie in the tables of shares, and a sweep of shares leaves them alone.
#[tokio::test]
async fn a_sweep_of_shares_does_not_touch_the_records_of_policies() {
    let scene = Scene::set_up(&Given { is_here: true, ..GIVEN }, "a-policy-was-sent").await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let before = scene.grants().unwrap().all().await.unwrap();
    assert_eq!(before.grants.iter().map(|it| it.resource.kind).collect::<Vec<_>>(), [Kind::ManagedPolicy]);
    let sessions = &scene.world.sessions;
    let (source, settings) = (Source::of_text(sessions, "{}", None), Settings::read(&|_| None).unwrap());
    let sweep = ReconcileShares::new(sessions.clone(), source, settings, scene.grants());
    let ledger = DynamoLedger::new(sessions, LEDGER, ReconcileShares::NAME);
    let sweep = drive_json(&sweep, &ledger, Mode::Apply, &run_for(Duration::from_mins(1)), SWEEP).await;
    assert_eq!(sweep.outcome, Outcome::Unchanged, "{sweep}");
    assert_eq!(scene.grants().unwrap().all().await.unwrap(), before);
}
