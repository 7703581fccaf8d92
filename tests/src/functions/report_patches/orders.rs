//! Events in any order, twice, at once, and runs that break off: the table has every scan once, and each thing is reported once.

use futures_util::future::join_all;
use local_aws::{Fault, FaultKind};
use patching::{History, InstanceId, Place, Reader, Scan};
use reaction::{MemoryLedger, Mode, Outcome, drive_json};

use super::{CLEAN, FOUND, GIVEN, Given, NODE, Node, OPEN, SWEEP, Scene, WEB};
use crate::world::patching::{PATCHES, Told, forget, name, run, tell};
use crate::world::scene::{Scene as _, read_sample};
use crate::world::{AWS, REGION, now, run_for};

const COMPLIANT: &str = "an-instance-is-compliant";
const NON_COMPLIANT: &str = "an-instance-misses-patches";

fn sample(name: &str) -> String {
    read_sample(Scene::FUNCTION, name)
}

impl Scene {
    fn place(&self) -> Place {
        Place { account: self.world.account.parse().unwrap(), region: REGION.parse().unwrap() }
    }

    fn history(&self) -> History {
        History::new(self.world.sessions.config(), PATCHES)
    }

    fn sent(&self) -> usize {
        AWS.calls(&self.world.account).iter().filter(|it| it.operation == "PutEvents" && it.status == Some(200)).count()
    }

    fn fault(&self, service: &str, operation: &str, times: usize) {
        let (service, operation) = (Some(service.into()), Some(operation.into()));
        AWS.inject(&Fault { service, operation, times, ..Fault::new(&self.world.account, FaultKind::AccessDenied) });
    }
}

/// What Systems Manager says of an instance.
async fn scan(reader: &Reader, id: &InstanceId) -> Scan {
    let state = reader.state(id).await.unwrap().unwrap();
    reader.with_problems(state).await.unwrap()
}

#[tokio::test]
async fn compliant_before_non_compliant_of_one_scan_is_the_same_as_after_it() {
    let mut pictures = Vec::new();
    for order in [[COMPLIANT, NON_COMPLIANT], [NON_COMPLIANT, COMPLIANT]] {
        let scene = Scene::set_up(&GIVEN, NON_COMPLIANT).await;
        let mut outcomes = Vec::new();
        for name in order {
            outcomes.push(scene.hear_of(&sample(name)).await.outcome);
        }
        assert_eq!(outcomes, [Outcome::Applied, Outcome::Unchanged], "{order:?}");
        pictures.push(scene.picture().await);
    }
    assert_eq!(pictures[0], pictures[1]);
}

#[tokio::test]
async fn an_event_that_comes_twice_at_once_records_one_scan() {
    let scene = Scene::set_up(&GIVEN, NON_COMPLIANT).await;
    let event = scene.with_own_ids(&sample(NON_COMPLIANT));
    let function = scene.function();
    let deliveries = (0..8).map(async |_| {
        // Without a ledger that they share, none of them knows of another.
        let ledger = MemoryLedger::new(scene.world.sessions.clock());
        drive_json(&function, &ledger, Mode::Apply, &run_for(std::time::Duration::from_mins(1)), &event).await
    });
    for report in join_all(deliveries).await {
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{report}");
    }
    let scans = scene.history().scans(&scene.place(), &scene.id_of(WEB).parse().unwrap()).await.unwrap();
    assert_eq!(scans.len(), 1);
    let head = scene.history().head(&scene.place(), &scans[0].instance).await.unwrap();
    assert_eq!((head.at, head.trend), (Some(scans[0].at), vec![2]));
}

#[tokio::test]
async fn a_run_that_read_an_older_scan_and_writes_later_keeps_it_and_moves_nothing_back() {
    let mut scene = Scene::set_up(&GIVEN, NON_COMPLIANT).await;
    let (place, id) = (scene.place(), scene.id_of(WEB).parse().unwrap());
    let reader = Reader::new(scene.world.sessions.config());
    let (late, before) = (scan(&reader, &id).await, scene.history().head(&place, &id).await.unwrap());
    scene.tell_all(&[Node { scan: Some(Told { hours: 0, ..CLEAN }), ..NODE }]).await;
    assert_eq!(scene.hear_of(&sample(COMPLIANT)).await.outcome, Outcome::Applied);
    let newest = scene.history().head(&place, &id).await.unwrap();
    scene.history().record(&place, &[(late.clone(), before.clone())]).await.unwrap();
    assert_eq!(scene.history().head(&place, &id).await.unwrap(), newest);
    let scans = scene.history().scans(&place, &id).await.unwrap();
    assert_eq!(scans.iter().map(|it| it.counts.missing).collect::<Vec<_>>(), [2, 0]);
    // Whoever read the head before has to read it anew where its own scan is the newer one.
    scene.tell_all(&[Node { scan: Some(Told { hours: 0, ..FOUND }), ..NODE }]).await;
    let ahead = Scan { at: late.at + 100_000, ..late };
    let error = scene.history().record(&place, &[(ahead, before)]).await.unwrap_err();
    assert!(!error.is_refused() && error.to_string().contains("another run recorded an older scan"), "{error}");
}

#[tokio::test]
async fn an_instance_that_is_gone_is_recorded_no_more_and_reported_no_more() {
    let scene = Scene::set_up(&Given { before: &[OPEN], ..GIVEN }, NON_COMPLIANT).await;
    let id = scene.id_of(WEB).to_owned();
    let before = scene.picture().await;
    scene.world.ec2.terminate_instances().instance_ids(&id).send().await.unwrap();
    forget(&scene.world, &id).await;
    let report = scene.hear_of(&sample(NON_COMPLIANT)).await;
    assert_eq!(report.outcome, Outcome::Ignored, "{report}");
    assert!(report.reason.unwrap().contains("it is unknown"));
    assert_eq!(scene.picture().await, before);
    let report = scene.hear_of(SWEEP).await;
    assert_eq!(report.counts["patches"]["instances"], 0, "{report}");
    assert_eq!(scene.sent(), 2, "the window has no instance left: {}", scene.picture().await);
}

#[tokio::test]
async fn a_report_that_was_sent_is_not_sent_again_where_the_run_broke_off_after_it() {
    let scene = Scene::set_up(&GIVEN, "it-is-time-to-sweep").await;
    assert_eq!(scene.hear_of(&sample(NON_COMPLIANT)).await.outcome, Outcome::Applied);
    scene.fault("dynamodb", "TransactWriteItems", usize::MAX);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!((report.outcome, scene.sent()), (Outcome::Failed, 1), "{report}");
    AWS.clear_faults(&scene.world.account);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!((report.outcome, scene.sent()), (Outcome::Applied, 1), "{report}");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn what_was_mended_and_comes_back_is_reported_again() {
    let mut scene = Scene::set_up(
        &Given { instances: &[], before: &[Node { scan: Some(Told { hours: 9, ..FOUND }), ..NODE }], ..GIVEN },
        "it-is-time-to-sweep",
    )
    .await;
    scene.tell_all(&[Node { scan: Some(Told { hours: 5, ..CLEAN }), ..NODE }]).await;
    assert_eq!(scene.hear_of(SWEEP).await.outcome, Outcome::Applied);
    scene.tell_all(&[OPEN]).await;
    assert_eq!(scene.hear_of(SWEEP).await.outcome, Outcome::Applied);
    assert_eq!((scene.sent(), scene.reports().len()), (2, 2), "two reports with ids of their own");
}

#[tokio::test]
async fn what_cannot_be_read_of_one_instance_holds_up_that_instance_alone_and_is_never_compliant() {
    const OTHER: Node = Node { id: "i-0123456789abcdef1", ..OPEN };
    let scene = Scene::set_up(&Given { instances: &[OPEN, OTHER], ..GIVEN }, "it-is-time-to-sweep").await;
    scene.fault("ssm", "DescribeInstancePatches", 1);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    let reported = scene.picture().await.lines().filter(|it| it.starts_with("reported: i-")).count();
    assert_eq!(reported, 1, "{}", scene.picture().await);
    assert!(!scene.picture().await.contains("today:"), "what was not wholly read is not how it stands");
    AWS.clear_faults(&scene.world.account);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let reported = scene.picture().await.lines().filter(|it| it.starts_with("reported: i-")).count();
    assert_eq!((reported, scene.sent()), (2, 2));
}

#[tokio::test]
async fn an_instance_whose_state_cannot_be_read_is_unknown_and_not_called_never_scanned() {
    let scene = Scene::set_up(&GIVEN, "it-is-time-to-sweep").await;
    scene.fault("ssm", "DescribeInstancePatchStates", 1);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    let counts = &report.counts["patches"];
    assert_eq!((counts["unknown"], counts["compliant"], counts["worse"]), (1, 0, 0), "{counts:?}");
    assert_eq!(scene.sent(), 0);
}

#[tokio::test]
async fn a_sweep_that_read_less_than_an_event_has_recorded_says_nothing_of_that_instance() {
    let mut scene = Scene::set_up(&Given { instances: &[], before: &[NODE], ..GIVEN }, "it-is-time-to-sweep").await;
    let id = scene.id_of(WEB).parse().unwrap();
    let reader = Reader::new(scene.world.sessions.config());
    scene.tell_all(&[Node { scan: Some(Told { hours: 0, ..FOUND }), ..NODE }]).await;
    let newer = scan(&reader, &id).await;
    let head = scene.history().head(&scene.place(), &id).await.unwrap();
    scene.history().record(&scene.place(), &[(newer, head)]).await.unwrap();
    // Systems Manager shows the former state once more, as a replica that lags behind does.
    let at = scene.time(1);
    tell(&scene.world, id.as_str(), "Linux Servers", &CLEAN, &at).await;
    let report = scene.hear_of(SWEEP).await;
    assert!(!report.to_string().contains("record"), "{report}");
    assert_eq!(scene.history().scans(&scene.place(), &id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_report_that_eventbridge_answered_and_did_not_take_is_sent_again() {
    let scene = Scene::set_up(&GIVEN, "it-is-time-to-sweep").await;
    let operation = Some("PutEvents".to_owned());
    AWS.inject(&Fault { operation, ..Fault::new(&scene.world.account, FaultKind::Lost) });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.to_string().contains("EventBridge did not take it"), "{report}");
    let before = scene.sent();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert_eq!(scene.sent(), before + 1);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn without_time_left_nothing_is_called_compliant_and_the_next_sweep_goes_on() {
    let scene = Scene::set_up(&Given { instances: &[NODE], ..GIVEN }, "it-is-time-to-sweep").await;
    let ledger = MemoryLedger::new(scene.world.sessions.clock());
    let short = run_for(std::time::Duration::from_secs(30));
    let report = drive_json(&scene.function(), &ledger, Mode::Apply, &short, SWEEP).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.to_string().contains("there was no time left"), "{report}");
    assert_eq!((report.counts["patches"]["compliant"], report.counts["patches"]["unknown"]), (0, 1), "{report}");
    assert!(!scene.picture().await.contains("today:"), "{}", scene.picture().await);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert!(scene.picture().await.contains("today: compliant 1"), "{}", scene.picture().await);
}

#[tokio::test]
async fn the_tag_without_a_space_names_the_group_too() {
    let scene = Scene::set_up(&Given { instances: &[NODE], windows: &[], ..GIVEN }, "it-is-time-to-sweep").await;
    let [id] = &run(&scene.world, 1).await[..] else { panic!("one instance runs") };
    name(&scene.world, id, &[("PatchGroup", "Of Metadata")]).await;
    scene.hear(Mode::Apply).await;
    let told = scene.picture().await;
    assert!(told.contains("reported: account: patch group `Of Metadata` has no baseline"), "{told}");
}

#[tokio::test]
async fn everything_that_is_kept_says_when_dynamodb_may_delete_it() {
    let scene = Scene::set_up(&GIVEN, "it-is-time-to-sweep").await;
    scene.hear(Mode::Apply).await;
    let items = scene.items().await;
    let kinds: std::collections::BTreeSet<_> = items.keys().map(|it| it.split('#').next().unwrap()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["day", "head", "report", "scan"]);
    let in_a_year = now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 365 * patching::DAY;
    for (name, item) in items {
        let expires: u64 = item["expires"].as_n().unwrap().parse().unwrap();
        assert!(expires > in_a_year, "{name}");
    }
}

#[tokio::test]
async fn of_two_runs_that_note_what_they_told_the_second_has_to_read_anew() {
    let scene = Scene::set_up(&GIVEN, NON_COMPLIANT).await;
    let (history, place, id) = (scene.history(), scene.place(), scene.id_of(WEB).parse().unwrap());
    let before = history.head(&place, &id).await.unwrap();
    for round in 1..=2 {
        let read = history.head(&place, &id).await.unwrap();
        let told = |text: &str| vec![(Some(id.clone()), read.clone(), [text.to_owned()].into())];
        history.remember(&place, &told("the first"), 1).await.unwrap();
        let error = history.remember(&place, &told("the second"), 1).await.unwrap_err();
        assert!(!error.is_refused() && error.to_string().contains("another run reported meanwhile"), "{error}");
        let kept = history.head(&place, &id).await.unwrap();
        assert_eq!((kept.told, kept.round), (["the first".to_owned()].into(), round));
    }
    assert_eq!(before.round, 0);
}
