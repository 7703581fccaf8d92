//! In whatever order the events of clusters arrive, how often, how late or not at all: the zone is as EMR then says.

use std::future::pending;
use std::time::Duration;

use emr_dns::EmrDns;
use futures_util::join;
use ledger::DynamoLedger;
use local_aws::{Fault, FaultKind};
use reaction::{Claim, Error, Key, Ledger, Mode, Outcome, Owner, Repeat, Report, drive_json};
use tokio::sync::Notify;

use super::{CLUSTER, Cluster, ETL, GIVEN, Given, NEW, NIGHTLY, OLD, OURS, Record, Scene, ZONE, Zone, soon};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::emr::{put_record, set_state, terminate};
use crate::world::scene::{Scene as _, read_sample};
use crate::world::{AWS, let_time_pass};

const RUNNING: &str = "a-cluster-is-running";
const TERMINATED: &str = "a-cluster-was-terminated";
const CHANGE: &str = "ChangeResourceRecordSets";
const SWEEP: &str = "it-is-time-to-sweep";

/// The zone once the cluster runs, and once it has ended.
const NAMED: &str = "\
in Z1EXAMPLECOM:
  etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
  _signalbox.etl.example.com TXT 60 \"heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1\"
  wiki.example.com A 300 10.0.9.9
";
const NOT_NAMED: &str = "in Z1EXAMPLECOM:\n  wiki.example.com A 300 10.0.9.9\n";

async fn scene() -> Scene {
    Scene::set_up(&GIVEN, RUNNING).await
}

/// How often Route 53 took a change since the first `skipped` calls.
fn changes_taken(scene: &Scene, skipped: usize) -> usize {
    let calls = AWS.calls(&scene.world.account).into_iter().skip(skipped);
    calls.filter(|call| call.operation == CHANGE && call.status == Some(200)).count()
}

/// The state that EMR then says of the cluster of most samples.
async fn becomes(scene: &Scene, state: &str) {
    set_state(&scene.world, scene.id_of(NIGHTLY), state).await;
}

/// The event of the scene with something else in place of something.
async fn hear_with(scene: &Scene, old: &str, new: &str) -> Report {
    let event = scene.event.replace(old, new);
    assert_ne!(event, scene.event, "{old} is in the event");
    scene.hear_of(&event).await
}

#[tokio::test]
async fn the_same_event_at_once_after_a_minute_after_six_hours_and_with_a_new_id_changes_nothing_more() {
    let scene = scene().await;
    let before = scene.world.calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    for after in [Duration::ZERO, Duration::from_mins(1), Duration::from_hours(6)] {
        let_time_pass(after);
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged, "after {after:?}");
    }
    let forwarded = hear_with(&scene, "1e0d27a4-9c3d-4f6e-8a41-6c0a3b1f7d52", "another-id").await;
    assert_eq!(forwarded.outcome, Outcome::Unchanged, "{forwarded}");
    assert_eq!(scene.picture().await, NAMED);
    assert_eq!(changes_taken(&scene, before), 1);
}

#[tokio::test]
async fn the_same_event_twice_at_the_same_time_is_acted_on_once() {
    let scene = scene().await;
    let before = scene.world.calls();
    let (one, other) = join!(scene.hear(Mode::Apply), scene.hear(Mode::Apply));
    let mut outcomes = [one.outcome, other.outcome];
    outcomes.sort_by_key(|it| *it != Outcome::Applied);
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Failed], "{one} {other}");
    let busy = if one.outcome == Outcome::Failed { one } else { other };
    assert!(busy.reason.unwrap().contains("another run is at work"), "which is what it failed of");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged, "its retry");
    assert_eq!(changes_taken(&scene, before), 1);
    assert_eq!(scene.picture().await, NAMED);
}

#[tokio::test]
async fn after_six_hours_the_same_event_sets_right_what_was_changed_meanwhile() {
    let scene = scene().await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    put_record(&scene.world, scene.id_of(ZONE.id), ETL, "CNAME", 300, &["somewhere.example.org"]).await;
    let_time_pass(Duration::from_hours(6));
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert_eq!(scene.picture().await, NAMED);
}

#[tokio::test]
async fn the_work_is_done_and_the_answer_lost() {
    for (given, sample, end) in [(GIVEN, RUNNING, NAMED), (ENDED, TERMINATED, NOT_NAMED)] {
        let scene = Scene::set_up(&given, sample).await;
        let before = scene.world.calls();
        let lost = Fault::new(&scene.world.account, FaultKind::Reset);
        AWS.inject(&Fault { operation: Some(CHANGE.into()), ..lost });
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Failed, "asked again, Route 53 sees a race with ourselves: {report}");
        assert_eq!(scene.picture().await, end);
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
        assert_eq!(scene.picture().await, end);
        assert!(changes_taken(&scene, before) <= 1);
    }
}

#[tokio::test]
async fn an_answer_that_nobody_can_read_to_what_was_not_done_fails_and_the_retry_does_it() {
    let scene = scene().await;
    let lost = Fault::new(&scene.world.account, FaultKind::Lost);
    AWS.inject(&Fault { operation: Some(CHANGE.into()), ..lost });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!((report.outcome, scene.picture().await.as_str()), (Outcome::Failed, NOT_NAMED), "{report}");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert_eq!(scene.picture().await, NAMED);
}

/// A ledger of which a run that has done its work hears nothing any more, and what tells that it has come so far.
struct Killed {
    ledger: DynamoLedger,
    is_done: Notify,
}

impl Ledger for Killed {
    async fn claim(&self, key: &Key, repeat: Repeat, lease: Duration) -> Result<Claim, Error> {
        self.ledger.claim(key, repeat, lease).await
    }

    async fn settle(&self, _: &Key, _: &Owner, _: &Report) -> Result<bool, Error> {
        self.is_done.notify_one();
        pending().await
    }

    async fn release(&self, _: &Key, _: &Owner) -> Result<(), Error> {
        pending().await
    }
}

#[tokio::test]
async fn a_run_that_is_killed_after_its_work_is_finished_by_the_next_delivery_when_its_lease_has_lapsed() {
    let scene = scene().await;
    let killed = Killed { ledger: scene.ledger(), is_done: Notify::new() };
    let (function, run): (EmrDns, _) = (scene.function(), soon());
    tokio::select! {
        report = drive_json(&function, &killed, Mode::Apply, &run, &scene.event) => panic!("it ended: {report}"),
        () = killed.is_done.notified() => {}
    }
    assert_eq!(scene.picture().await, NAMED, "the work is done");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Failed, "the lease still stands");
    let_time_pass(AN_INVOCATION);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
    assert_eq!(scene.picture().await, NAMED);
}

/// The cluster has ended, and its record still stands.
const ENDED: Given = Given {
    clusters: &[Cluster { state: "TERMINATED", ..CLUSTER }],
    zones: &[Zone { records: &[OURS, super::WIKI], ..ZONE }],
    ..GIVEN
};

#[tokio::test]
async fn a_late_start_after_the_end_does_not_bring_the_record_back() {
    let scene = Scene::set_up(&ENDED, TERMINATED).await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    for late in ["a-cluster-is-starting", "a-cluster-is-bootstrapping", RUNNING, "a-cluster-is-waiting"] {
        assert_eq!(scene.hear_sample(late).await.outcome, Outcome::Unchanged, "{late}");
        assert_eq!(scene.picture().await, NOT_NAMED, "{late}");
    }
}

#[tokio::test]
async fn an_end_that_comes_before_the_start_of_the_same_cluster_leaves_nothing() {
    let given = Given { clusters: &[Cluster { state: "STARTING", ..CLUSTER }], ..GIVEN };
    let scene = Scene::set_up(&given, "a-cluster-is-starting").await;
    terminate(&scene.world, scene.id_of(NIGHTLY)).await;
    assert_eq!(scene.hear_sample(TERMINATED).await.outcome, Outcome::Unchanged);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
    assert_eq!(scene.picture().await, NOT_NAMED);
}

#[tokio::test]
async fn an_old_clusters_end_does_not_touch_its_successors_record() {
    let of_old = |sample: &str| read_sample(Scene::FUNCTION, sample).replace(NIGHTLY, OLD.id);
    let given = Given { clusters: &[Cluster { state: "WAITING", ..OLD }, CLUSTER], ..GIVEN };
    let scene = Scene::set_up(&given, RUNNING).await;
    assert_eq!(scene.hear_of(&of_old(RUNNING)).await.outcome, Outcome::Applied, "the old one has the name");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied, "the newer one takes it over");
    assert_eq!(scene.picture().await, NAMED);
    terminate(&scene.world, scene.id_of(OLD.id)).await;
    let before = scene.world.calls();
    assert_eq!(scene.hear_of(&of_old(TERMINATED)).await.outcome, Outcome::Unchanged);
    assert_eq!(scene.picture().await, NAMED);
    assert!(!scene.world.operations_since(before).iter().any(|it| it.ends_with(CHANGE)));
}

#[tokio::test]
async fn an_end_before_the_successors_start_frees_the_name_for_it() {
    let given = Given {
        clusters: &[OLD, Cluster { state: "STARTING", ..CLUSTER }],
        zones: &[Zone { records: &[Record::Ours(ETL, OLD.primary, OLD.id), super::WIKI], ..ZONE }],
        ..GIVEN
    };
    let scene = Scene::set_up(&given, RUNNING).await;
    let end = read_sample(Scene::FUNCTION, TERMINATED).replace(NIGHTLY, OLD.id);
    assert_eq!(scene.hear_of(&end).await.outcome, Outcome::Applied);
    assert_eq!(scene.picture().await, NOT_NAMED);
    becomes(&scene, "RUNNING").await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert_eq!(scene.picture().await, NAMED);
}

#[tokio::test]
async fn a_replay_weeks_later_does_what_is_true_then() {
    let scene = scene().await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let replay = |it: &Scene| it.event.replacen('{', "{\"replay-name\": \"after-the-outage\",", 1);
    let_time_pass(Duration::from_hours(21 * 24));
    assert_eq!(scene.hear_of(&replay(&scene)).await.outcome, Outcome::Unchanged, "the cluster still runs");
    terminate(&scene.world, scene.id_of(NIGHTLY)).await;
    assert_eq!(scene.hear_of(&replay(&scene)).await.outcome, Outcome::Applied, "it has ended, whatever the event says");
    assert_eq!(scene.picture().await, NOT_NAMED);
    let_time_pass(Duration::from_hours(21 * 24));
    assert_eq!(scene.hear_of(&replay(&scene)).await.outcome, Outcome::Unchanged);
    assert_eq!(scene.picture().await, NOT_NAMED);
}

#[tokio::test]
async fn an_event_that_is_older_than_the_last_change_changes_nothing_back() {
    let scene = scene().await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let older = hear_with(&scene, "2026-11-02T05:30:41Z", "2026-11-02T05:21:00Z").await;
    assert_eq!(older.outcome, Outcome::Unchanged, "{older}");
    let older_end = read_sample(Scene::FUNCTION, TERMINATED).replace("2026-11-02T07:15:07Z", "2026-11-02T05:00:00Z");
    assert_eq!(scene.hear_of(&older_end).await.outcome, Outcome::Unchanged, "EMR says that it runs");
    assert_eq!(scene.picture().await, NAMED);
}

#[tokio::test]
async fn an_event_of_the_future_is_as_good_as_any() {
    let scene = scene().await;
    let report = hear_with(&scene, "2026-11-02T05:30:41Z", "2126-11-02T05:30:41Z").await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(scene.picture().await, NAMED);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged, "and that of today comes after it");
}

#[tokio::test]
async fn an_event_of_another_account_is_refused_and_one_of_another_partition_does_no_harm() {
    let scene = scene().await;
    let before = scene.world.calls();
    let report = scene.hear_sample("an-event-came-from-another-account").await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let report = scene.hear_sample("an-event-came-from-another-partition").await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(!scene.world.operations_since(before).iter().any(|it| it.ends_with(CHANGE)));
    assert_eq!(scene.picture().await, NOT_NAMED);
}

#[tokio::test]
async fn the_event_never_comes_and_the_sweep_acts() {
    let scene = Scene::set_up(&Given { clusters: &[CLUSTER, NIGHT], ..GIVEN }, RUNNING).await;
    assert_eq!(scene.hear_sample(SWEEP).await.outcome, Outcome::Applied);
    let both = scene.picture().await;
    assert!(both.contains(CLUSTER.primary) && both.contains(NEW.primary), "{both}");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged, "it comes after all");
    terminate(&scene.world, scene.id_of(NIGHTLY)).await;
    assert_eq!(scene.hear_sample(SWEEP).await.outcome, Outcome::Applied);
    let left = scene.picture().await;
    assert!(!left.contains(CLUSTER.primary) && left.contains(NEW.primary), "{left}");
    assert_eq!(scene.hear_sample(TERMINATED).await.outcome, Outcome::Unchanged);
    assert_eq!(scene.picture().await, left);
}

/// A living cluster of another name.
const NIGHT: Cluster = Cluster { tag: Some("night.example.com"), ..NEW };

#[tokio::test]
async fn event_and_sweep_at_the_same_time_act_once() {
    for turn in 0..10 {
        let scene = scene().await;
        let before = scene.world.calls();
        let (event, sweep) = join!(scene.hear(Mode::Apply), scene.hear_sample(SWEEP));
        assert!([event.outcome, sweep.outcome].contains(&Outcome::Applied), "{turn}: {event} {sweep}");
        assert_eq!(changes_taken(&scene, before), 1, "{turn}: {event} {sweep}");
        assert_eq!(scene.picture().await, NAMED, "{turn}");
        for late in [scene.hear(Mode::Apply).await, scene.hear_sample(SWEEP).await] {
            assert_eq!(late.outcome, Outcome::Unchanged, "{turn}: {late}");
        }
    }
}

#[tokio::test]
async fn two_sweeps_at_the_same_time_act_once() {
    let scene = Scene::set_up(&Given { clusters: &[CLUSTER, NIGHT], ..GIVEN }, SWEEP).await;
    let before = scene.world.calls();
    let (one, other) = join!(scene.hear(Mode::Apply), scene.hear(Mode::Apply));
    let mut outcomes = [one.outcome, other.outcome];
    outcomes.sort_by_key(|it| *it != Outcome::Applied);
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Failed], "one finds the other at work: {one} {other}");
    assert_eq!(changes_taken(&scene, before), 1);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
}
