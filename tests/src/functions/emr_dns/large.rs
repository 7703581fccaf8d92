//! Zones of several pages: what stands at a name is found there, and so is the wildcard that answers for it.

use aws_sdk_route53::types::Change;
use reaction::{Mode, Outcome};

use super::warm::hear;
use super::{CLUSTER, Cluster, ETL, GIVEN, Given, NIGHTLY, OLD, Record, Scene, ZONE, Zone};
use crate::world::emr::{apply, change, set_state};
use crate::world::scene::Scene as _;

/// Puts so many other records there, whose names begin with what `name` makes of a number.
async fn put_others(scene: &Scene, count: usize, name: impl Fn(usize) -> String) {
    let others: Vec<Change> = (0..count).map(|it| change("CREATE", &name(it), "A", 300, &["10.0.9.9"])).collect();
    apply(&scene.world, scene.id_of(ZONE.id), others).await.unwrap();
}

/// The old cluster's name, which the new one is to have.
const SUCCEEDS: Given = Given {
    clusters: &[OLD, Cluster { state: "WAITING", ..CLUSTER }],
    zones: &[Zone { records: &[Record::Ours(ETL, OLD.primary, OLD.id)], ..ZONE }],
    ..GIVEN
};

/// The two records of the name, as they are in the end.
fn assert_is_the_clusters(picture: &str) {
    let is_ours = |line: &&str| line.starts_with("etl.example.com ") || line.starts_with("_signalbox.etl.example.com ");
    let ours: Vec<_> = picture.lines().map(str::trim).filter(is_ours).collect();
    let [cname, txt] = ours[..] else { panic!("two records, not {ours:?}") };
    assert_eq!(cname, format!("etl.example.com CNAME 60 {}", CLUSTER.primary));
    assert!(txt.starts_with("_signalbox.etl.example.com TXT 60 ") && txt.contains(CLUSTER.id), "{txt}");
}

/// How many pages of records were asked for.
fn pages(calls: &[String]) -> usize {
    calls.iter().filter(|it| it.ends_with("ListResourceRecordSets")).count()
}

#[tokio::test]
async fn a_name_with_many_names_below_it_is_read_to_its_mark() {
    for sample in ["a-cluster-is-waiting", "it-is-time-to-sweep"] {
        let scene = Scene::set_up(&SUCCEEDS, sample).await;
        put_others(&scene, 105, |it| format!("0-{it:03}.{ETL}")).await;
        let before = scene.world.calls();
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Applied, "{sample}: {report}");
        let pages = pages(&scene.world.operations_since(before));
        assert_eq!(pages, if sample == "it-is-time-to-sweep" { 1 } else { 7 }, "{sample}: the zone, and 20 of 107");
        assert_is_the_clusters(&scene.picture().await);
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged, "{sample}");
    }
}

#[tokio::test]
async fn a_name_on_a_later_page_of_its_zone_is_found() {
    for (sample, expected) in [("a-cluster-is-waiting", 2), ("it-is-time-to-sweep", 3)] {
        let scene = Scene::set_up(&SUCCEEDS, sample).await;
        put_others(&scene, 650, |it| format!("a-{it:03}.example.com")).await;
        put_others(&scene, 30, |it| format!("z-{it:03}.example.com")).await;
        let before = scene.world.calls();
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Applied, "{sample}: {report}");
        let pages = pages(&scene.world.operations_since(before));
        assert_eq!(pages, expected, "{sample}");
        assert_is_the_clusters(&scene.picture().await);
    }
}

#[tokio::test]
async fn a_large_zone_is_listed_whole_once_and_its_wildcard_found_above_the_name() {
    const WILDCARD: Record = Record::Plain("*.example.com", "A", 300, "10.0.8.8");
    const DEEP: &[Cluster] = &[Cluster { tag: Some("etl.lab.example.com"), ..CLUSTER }];
    let given = Given { clusters: DEEP, zones: &[Zone { records: &[WILDCARD], ..ZONE }], ..GIVEN };
    let scene = Scene::set_up(&given, "a-cluster-is-running").await;
    put_others(&scene, 120, |it| format!("a-{it:03}.example.com")).await;
    let function = scene.function();
    let (report, calls) = hear(&scene, &function, "a-cluster-is-running").await;
    let told = report.to_string();
    assert!(report.outcome == Outcome::Refused && told.contains("the wildcard *.example.com"), "{told}");
    assert_eq!(pages(&calls), 5, "the zone, the name, the wildcards below `lab` and the domain, what is below `lab`");
    // The domain `lab` exists from now on, and keeps the wildcard from answering.
    put_others(&scene, 1, |_| "www.lab.example.com".into()).await;
    set_state(&scene.world, scene.id_of(NIGHTLY), "WAITING").await;
    let (report, calls) = hear(&scene, &function, "a-cluster-is-waiting").await;
    assert_eq!((&report.outcome, pages(&calls)), (&Outcome::Applied, 4), "{report}");
    assert!(scene.picture().await.contains("etl.lab.example.com CNAME"));
}
