//! What AWS does to a run of `emr-dns`, and that the end is the same; and what others do to a record between the reading and
//! the writing.

use emr_dns::{EmrDns, Subject};
use local_aws::{Fault, FaultKind};
use naming::Step;
use reaction::{Error, Mode, Outcome, Plan, Reaction, Report};

use super::{
    CLUSTER, Cluster, ETL, GIVEN, Given, HOME, NEW, NIGHTLY, OLD, OURS, Record, Scene, WIKI, ZONE, Zone, soon,
};
use crate::promises::every_call::{Run, deliver};
use crate::world::AWS;
use crate::world::emr::{put_record, records};
use crate::world::scene::Scene as _;

const CHANGE: &str = "ChangeResourceRecordSets";

/// Where a record leads to that somebody else made, or that is stale.
const ELSEWHERE: &str = "ip-10-0-4-4.eu-west-1.compute.internal";

const SWEEP: &str = "it-is-time-to-sweep-in-two-zones";

/// The name was another cluster's, which has ended.
const SUCCEEDS: Given = Given {
    clusters: &[OLD, CLUSTER],
    zones: &[Zone { records: &[Record::Ours(ETL, OLD.primary, OLD.id)], ..ZONE }],
    ..GIVEN
};

const HAS_ENDED: Given = Given {
    clusters: &[Cluster { state: "TERMINATED", ..CLUSTER }],
    zones: &[Zone { records: &[OURS, WIKI], ..ZONE }],
    ..GIVEN
};

/// One name is missing, one is left over, and in the other zone one leads to a node that is no more.
const IN_TWO_ZONES: Given = Given {
    clusters: &[CLUSTER, Cluster { tag: Some("lab.example.org"), ..NEW }, OLD],
    zones: &[
        Zone { records: &[Record::Ours("old.example.com", OLD.primary, OLD.id), WIKI], ..ZONE },
        Zone {
            id: "Z2EXAMPLEORG",
            domain: "example.org",
            vpcs: &[HOME],
            records: &[Record::Ours("lab.example.org", ELSEWHERE, NEW.id)],
        },
    ],
    ..GIVEN
};

/// The runs whose every call meets each fault: a beginning, a successor, an end and a sweep.
pub fn runs() -> Vec<Run<Given>> {
    vec![
        Run { given: GIVEN, sample: "a-cluster-is-running", calls: 7 },
        Run { given: SUCCEEDS, sample: "a-successor-is-running-whose-predecessor-ended-unnoticed", calls: 8 },
        Run { given: HAS_ENDED, sample: "a-cluster-was-terminated", calls: 7 },
        Run { given: IN_TWO_ZONES, sample: SWEEP, calls: 12 },
    ]
}

/// A fault of the next call that changes records.
fn at_change(scene: &Scene, kind: FaultKind) -> Fault {
    Fault { operation: Some(CHANGE.into()), ..Fault::new(&scene.world.account, kind) }
}

fn error(code: &str, message: &str) -> FaultKind {
    FaultKind::Error { status: 400, code: code.into(), message: message.into() }
}

/// Route 53's refusal of a batch in both of its shapes.
fn rejections(why: &str) -> [FaultKind; 2] {
    [error("InvalidChangeBatch", why), FaultKind::InvalidBatch { message: why.into() }]
}

/// How often Route 53 was asked for changes since the first `skipped` calls.
fn changes(scene: &Scene, skipped: usize) -> usize {
    scene.world.operations_since(skipped).iter().filter(|it| it.ends_with(CHANGE)).count()
}

#[tokio::test]
async fn what_is_throttled_or_too_early_is_tried_again_at_once() {
    for kind in [FaultKind::Throttle, error("PriorRequestNotComplete", "The request was rejected because ..")] {
        let scene = Scene::set_up(&GIVEN, "a-cluster-is-running").await;
        AWS.inject(&at_change(&scene, kind.clone()));
        let before = scene.world.calls();
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Applied, "{kind:?}: {report}");
        assert_eq!(changes(&scene, before), 2, "{kind:?}");
        assert!(scene.picture().await.contains(CLUSTER.primary), "{kind:?}");
    }
}

#[tokio::test]
async fn a_batch_that_somebody_outran_fails_and_the_retry_plans_again() {
    let why = "[Tried to create resource record set [name='etl.example.com.', type='CNAME'] but it already exists]";
    for kind in rejections(why) {
        let scene = Scene::set_up(&GIVEN, "a-cluster-is-running").await;
        AWS.inject(&at_change(&scene, kind.clone()));
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Failed, "{kind:?}: {report}");
        let reason = report.reason.unwrap();
        assert!(reason.contains("somebody was faster") && reason.contains("already exists"), "{reason}");
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied, "{kind:?}");
    }
}

#[tokio::test]
async fn a_batch_that_route_53_never_takes_is_refused_with_its_reason() {
    let why = "[RRSet with DNS name etl.example.com. is not permitted in zone example.com.]";
    for kind in rejections(why) {
        let scene = Scene::set_up(&GIVEN, "a-cluster-is-running").await;
        AWS.inject(&at_change(&scene, kind.clone()));
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Refused, "{kind:?}: {report}");
        assert!(report.reason.as_ref().unwrap().contains("is not permitted in zone"), "{report}");
        assert!(!scene.picture().await.contains(ETL), "nothing of it was made");
    }
}

/// The owner of the zone forbids a change of what stands there: trying again changes nothing about that.
#[tokio::test]
async fn what_a_protection_or_a_guardrail_forbids_is_refused_and_says_which_it_was() {
    let protected = "[The record set etl.example.com. of type CNAME is protected (owned by the platform): a record set \
                     already exists for it, and its protection has to be deleted first]";
    let guarded =
        "[The record etl.example.com. was rejected by the change guardrail ACTIVE_RECORD_CHECK: it was queried]";
    for (given, sample) in [(GIVEN, "a-cluster-is-running"), (HAS_ENDED, "a-cluster-was-terminated")] {
        for (why, rule) in [(protected, "record set protection"), (guarded, "change guardrail ACTIVE_RECORD_CHECK")] {
            for kind in rejections(why) {
                let scene = Scene::set_up(&given, sample).await;
                let (was, before) = (scene.picture().await, scene.world.calls());
                AWS.inject(&Fault { times: 100, ..at_change(&scene, kind.clone()) });
                let report = scene.hear(Mode::Apply).await;
                assert_eq!(report.outcome, Outcome::Refused, "{kind:?}: {report}");
                let reason = report.reason.unwrap();
                assert!(reason.contains(rule) && reason.contains(why), "{reason}");
                assert_eq!(changes(&scene, before), 1, "it is not tried again: {kind:?}");
                AWS.clear_faults(&scene.world.account);
                assert_eq!(scene.picture().await, was, "{kind:?}");
            }
        }
    }
}

/// What the function means to do now, not yet done.
async fn meant(scene: &Scene) -> (EmrDns, Subject, Vec<Step>) {
    let function = scene.function();
    let subject = EmrDns::parse(serde_json::from_str(scene.event()).unwrap()).unwrap().unwrap();
    let facts = function.observe(&subject, &soon()).await.unwrap();
    let Plan::Change { steps, .. } = EmrDns::plan(&subject, &facts).unwrap() else { panic!("a change") };
    (function, subject, steps)
}

/// Puts a record there after the function has read and before it writes: what comes of the one step it has.
async fn meanwhile(scene: &Scene, name: &str, kind: &str, value: &str) -> Result<(), Error> {
    let (function, subject, steps) = meant(scene).await;
    let [step] = &steps[..] else { panic!("one step, not {steps:?}") };
    put_record(&scene.world, scene.id_of(ZONE.id), name, kind, 300, &[value]).await;
    function.apply(&subject, step, &soon()).await
}

#[tokio::test]
async fn a_record_that_somebody_makes_meanwhile_is_not_overwritten() {
    for (kind, value) in [("CNAME", ELSEWHERE), ("A", "10.0.4.4")] {
        let scene = Scene::set_up(&GIVEN, "a-cluster-is-running").await;
        let error = meanwhile(&scene, ETL, kind, value).await.unwrap_err();
        assert!(!error.is_refused() && error.to_string().contains("somebody was faster"), "{error}");
        let expected =
            format!("in Z1EXAMPLECOM:\n  etl.example.com {kind} 300 {value}\n  wiki.example.com A 300 10.0.9.9\n");
        assert_eq!(scene.picture().await, expected, "neither of our two records was made");
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert_eq!(scene.picture().await, expected);
    }
}

#[tokio::test]
async fn a_record_that_somebody_changes_meanwhile_is_neither_deleted_nor_replaced() {
    for (given, sample) in [
        (HAS_ENDED, "a-cluster-was-terminated"),
        (SUCCEEDS, "a-successor-is-running-whose-predecessor-ended-unnoticed"),
    ] {
        let scene = Scene::set_up(&given, sample).await;
        let mark = records(&scene.world, scene.id_of(ZONE.id)).await;
        let mark = mark.lines().find(|line| line.contains(" TXT ")).unwrap().to_owned();
        let error = meanwhile(&scene, ETL, "CNAME", ELSEWHERE).await.unwrap_err();
        assert!(!error.is_refused() && error.to_string().contains("do not match the current values"), "{error}");
        let left = records(&scene.world, scene.id_of(ZONE.id)).await;
        assert!(left.contains(&format!("etl.example.com CNAME 300 {ELSEWHERE}\n")) && left.contains(&mark), "{left}");
    }
}

#[tokio::test]
async fn a_name_that_a_successor_takes_meanwhile_stays_its_own() {
    let given = Given { clusters: &[Cluster { state: "TERMINATED", ..CLUSTER }, NEW], ..HAS_ENDED };
    let scene = Scene::set_up(&given, "a-cluster-was-terminated").await;
    let (function, subject, steps) = meant(&scene).await;
    let running = crate::world::scene::read_sample(EmrDns::NAME, "a-cluster-is-running").replace(NIGHTLY, NEW.id);
    assert_eq!(scene.hear_of(&running).await.outcome, Outcome::Applied);
    let taken = scene.picture().await;
    assert!(taken.contains(NEW.primary) && taken.contains(NEW.id) && !taken.contains(NIGHTLY), "{taken}");
    assert!(!function.apply(&subject, &steps[0], &soon()).await.unwrap_err().is_refused());
    assert_eq!(scene.picture().await, taken);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
    assert_eq!(scene.picture().await, taken);
}

/// Three names are missing.
const THREE: Given = Given {
    clusters: &[
        CLUSTER,
        Cluster { tag: Some("bad.example.com"), ..NEW },
        Cluster { id: "j-4NIGHTCLUSTER", tag: Some("night.example.com"), ..NEW },
    ],
    ..GIVEN
};

/// Whether a sweep made the two good names of [`THREE`] and said which one it did not make.
async fn assert_only_the_bad_one_is_missing(scene: &Scene, said: &str) {
    assert!(said.contains("1 of 3 names were not changed: bad.example.com: "), "{said}");
    assert!(!said.contains("etl.example.com:") && !said.contains("night.example.com:"), "{said}");
    let left = scene.picture().await;
    assert!(left.contains("etl.example.com CNAME 60") && left.contains("night.example.com CNAME 60"), "{left}");
    assert!(!left.contains("_signalbox.bad.example.com"), "{left}");
}

#[tokio::test]
async fn one_name_that_somebody_takes_meanwhile_does_not_keep_the_others_out() {
    let scene = Scene::set_up(&THREE, SWEEP).await;
    let error = meanwhile(&scene, "bad.example.com", "CNAME", ELSEWHERE).await.unwrap_err();
    assert!(!error.is_refused(), "a retry may well succeed: {error}");
    assert_only_the_bad_one_is_missing(&scene, &error.to_string()).await;
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "now it is read as somebody else's: {report}");
    assert!(scene.picture().await.contains(&format!("bad.example.com CNAME 300 {ELSEWHERE}\n")));
}

#[tokio::test]
async fn one_name_that_route_53_refuses_does_not_keep_the_others_out() {
    for kind in rejections("[RRSet with DNS name bad.example.com. is not permitted in zone example.com.]") {
        let scene = Scene::set_up(&THREE, SWEEP).await;
        let (contains, before) = (Some("bad.example.com".into()), scene.world.calls());
        AWS.inject(&Fault { contains, times: 100, ..at_change(&scene, kind) });
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert_only_the_bad_one_is_missing(&scene, report.reason.as_ref().unwrap()).await;
        assert_eq!(changes(&scene, before), 4, "all at once, and each by itself");
        AWS.clear_faults(&scene.world.account);
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
        assert!(scene.picture().await.contains("_signalbox.bad.example.com"));
    }
}

/// One sweep in which a call that contains this text is denied, and what it says.
async fn sweep_without(scene: &Scene, operation: &str, contains: Option<&str>) -> Report {
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    let contains = contains.map(|id| scene.with_own_ids(id));
    AWS.inject(&Fault { operation: Some(operation.into()), contains, ..denied });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{operation}: {report}");
    assert!(report.reason.as_ref().unwrap().starts_with("could not read "), "{operation}: {report}");
    report
}

#[tokio::test]
async fn a_sweep_that_could_not_read_everything_deletes_nothing_and_the_next_one_finishes() {
    let undisturbed = Scene::set_up(&IN_TWO_ZONES, SWEEP).await;
    assert_eq!(undisturbed.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let expected = undisturbed.picture().await;
    // What is done all the same: the missing name is made, and the stale one is set right.
    for (operation, contains, is_made, is_set_right) in [
        ("ListClusters", None, false, false),
        ("DescribeCluster", Some(NIGHTLY), false, true),
        ("DescribeCluster", Some(NEW.id), true, false),
        ("DescribeCluster", Some(OLD.id), true, true),
        ("DescribeSubnets", None, false, false),
        ("ListHostedZones", None, false, false),
        ("ListHostedZonesByVPC", None, false, false),
        ("ListResourceRecordSets", None, false, true),
    ] {
        let is_any = operation == "ListHostedZones";
        let variables: &[_] = if is_any { &[("SIGNALBOX_DNS_ZONES", "")] } else { &[] };
        let scene = Scene::set_up(&Given { variables, ..IN_TWO_ZONES }, SWEEP).await;
        sweep_without(&scene, operation, contains).await;
        let left = scene.picture().await;
        assert!(left.contains("_signalbox.old.example.com"), "{operation} {contains:?}: {left}");
        let done = (left.contains(CLUSTER.primary), left.contains(NEW.primary));
        assert_eq!(done, (is_made, is_set_right), "{operation} {contains:?}: {left}");
        assert_eq!(deliver(&scene).await.outcome, Outcome::Applied, "{operation} {contains:?}");
        assert_eq!(scene.picture().await, expected, "{operation} {contains:?}");
    }
}

#[tokio::test]
async fn a_name_is_not_taken_from_a_cluster_that_could_not_be_read() {
    let given = Given {
        clusters: &[CLUSTER, NEW],
        zones: &[Zone { records: &[Record::Ours(ETL, NEW.primary, NEW.id)], ..ZONE }],
        ..GIVEN
    };
    for (operation, contains) in [("DescribeCluster", Some(NEW.id)), ("ListClusters", None)] {
        let scene = Scene::set_up(&given, SWEEP).await;
        let before = scene.picture().await;
        sweep_without(&scene, operation, contains).await;
        assert_eq!(scene.picture().await, before, "{operation}");
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged, "{operation}");
    }
}

#[tokio::test]
async fn a_list_that_lacks_living_clusters_takes_no_name_away() {
    let named = &[Zone { records: &[OURS, WIKI], ..ZONE }];
    let scene = Scene::set_up(&Given { zones: named, ..GIVEN }, SWEEP).await;
    let before = scene.picture().await;
    let empty = Fault::new(&scene.world.account, FaultKind::Lost);
    AWS.inject(&Fault { operation: Some("ListClusters".into()), ..empty });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Unchanged, "EMR, asked for the cluster by itself, says that it runs: {report}");
    assert_eq!(scene.picture().await, before);
}

/// One name is missing, and in another region one is left over.
const IN_TWO_REGIONS: Given = Given {
    clusters: &[CLUSTER, Cluster { vpc: FRANKFURT, state: "TERMINATED", tag: Some("frankfurt.example.com"), ..NEW }],
    zones: &[Zone {
        vpcs: &[HOME, FRANKFURT],
        records: &[Record::Ours("frankfurt.example.com", NEW.primary, NEW.id)],
        ..ZONE
    }],
    ..GIVEN
};
const FRANKFURT: &str = "vpc-0123456789abcdef2";

#[tokio::test]
async fn a_region_whose_clusters_cannot_be_listed_keeps_its_names_and_the_others_are_done() {
    let scene = Scene::set_up(&IN_TWO_REGIONS, SWEEP).await;
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    let region = Some("eu-central-1".into());
    AWS.inject(&Fault { operation: Some("ListClusters".into()), region, ..denied });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.reason.as_ref().unwrap().contains("the clusters in eu-central-1"), "{report}");
    let left = scene.picture().await;
    assert!(left.contains(CLUSTER.primary) && left.contains(NEW.primary), "{left}");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let left = scene.picture().await;
    assert!(left.contains(CLUSTER.primary) && !left.contains("frankfurt"), "{left}");
}
