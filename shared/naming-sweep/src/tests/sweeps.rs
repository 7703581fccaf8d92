//! What follows from a look at everything.

use ::events::emr::ClusterState::{Starting, Terminating};
use expect_test::{Expect, expect};
use naming::{Batch, Cluster, RecordSet, Settings, Step};
use reaction::interlock::Limits;

use super::{CLUSTER, NAME, NODE, OLD, after, cluster, ours, set, settings, survey, that_is, upsert_only};
use crate::{Facts, Row, Survey, Table};

fn check(survey: Survey, expected: &Expect) {
    expected.assert_eq(&after(survey));
}

fn named(number: usize) -> String {
    format!("etl-{number:03}.example.com")
}

/// A cluster of this number, and its records.
fn numbered(number: usize) -> (Cluster, Vec<RecordSet>) {
    let (id, name) = (format!("j-{number}"), named(number));
    let node = format!("ip-10-0-0-{number}.eu-west-1.compute.internal");
    let records = ours(&name, &id, &node);
    (Cluster { tag: Some(name), primary: Some(node), ..cluster(&id) }, records)
}

/// So many clusters live, and of so many more the records are left.
fn left_behind(alive: usize, ended: usize) -> Survey {
    let (clusters, records): (Vec<_>, Vec<_>) = (0..alive + ended).map(numbered).unzip();
    let gone = clusters[alive..].iter().map(|it| it.id.clone()).collect();
    Survey { ended: gone, ..survey(clusters[..alive].to_vec(), records.concat()) }
}

#[test]
fn what_is_missing_is_made_what_is_stale_set_right_and_what_dangles_goes() {
    let (missing, _) = numbered(1);
    let (stale, mut records) = numbered(2);
    records[0].values = vec!["ip-10-9-9-9.eu-west-1.compute.internal".into()];
    records.extend(ours(NAME, OLD, NODE));
    let ended = [OLD.parse().unwrap()].into();
    check(
        Survey { ended, ..survey(vec![missing, stale], records) },
        &expect![[r#"
            in Z1: create etl-001.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1; update etl-002.example.com -> ip-10-0-0-2.eu-west-1.compute.internal for j-2 (was ip-10-9-9-9.eu-west-1.compute.internal for j-2); delete etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal of j-0LDCLUSTER000
              + etl-001.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
              + _signalbox.etl-001.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1,account=111122223333,region=eu-west-1"
              - etl-002.example.com. CNAME 60 ip-10-9-9-9.eu-west-1.compute.internal
              + etl-002.example.com CNAME 60 ip-10-0-0-2.eu-west-1.compute.internal
              - etl.example.com. CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
              - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-0LDCLUSTER000,account=111122223333,region=eu-west-1""#]],
    );
}

#[test]
fn what_is_as_it_should_be_is_left_alone_and_so_is_what_waits() {
    check(survey(vec![cluster(CLUSTER)], ours(NAME, CLUSTER, NODE)), &expect!["nothing"]);
    check(survey(vec![that_is(Starting)], vec![]), &expect!["nothing"]);
    check(survey(vec![that_is(Terminating)], ours(NAME, CLUSTER, NODE)), &expect!["nothing"]);
    check(
        survey(vec![Cluster { tag: None, ..cluster(CLUSTER) }], vec![set("www.example.com", "A", "10.0.0.1")]),
        &expect!["nothing"],
    );
}

#[test]
fn a_living_cluster_that_was_renamed_takes_its_record_along() {
    let renamed = Cluster { tag: Some("new.example.com".into()), ..cluster(CLUSTER) };
    check(
        survey(vec![renamed], ours(NAME, CLUSTER, NODE)),
        &expect![[r#"
        in Z1: delete etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal of j-1YONHTCP3YZKC; create new.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC
          - etl.example.com. CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          + new.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          + _signalbox.new.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]],
    );
    let untagged = Cluster { tag: None, ..cluster(CLUSTER) };
    check(
        survey(vec![untagged], ours(NAME, CLUSTER, NODE)),
        &expect![[r#"
        in Z1: delete etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal of j-1YONHTCP3YZKC
          - etl.example.com. CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]],
    );
}

#[test]
fn whose_wish_is_not_known_keeps_its_record() {
    let bad = Cluster { tag: Some("*.example.com".into()), ..cluster(CLUSTER) };
    check(
        survey(vec![bad], ours(NAME, CLUSTER, NODE)),
        &expect![
            "cannot name j-1YONHTCP3YZKC *.example.com: the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com"
        ],
    );
    let mut unknown = survey(vec![cluster(CLUSTER)], ours(NAME, CLUSTER, NODE));
    unknown.clusters[0].1 = None;
    check(unknown, &expect!["nothing"]);
    check(survey(vec![numbered(1).0], [ours(NAME, OLD, NODE), numbered(1).1].concat()), &expect!["nothing"]);
}

#[test]
fn somebody_elses_name_is_refused_and_the_rest_is_done() {
    let theirs = vec![set(NAME, "A", "10.0.0.1")];
    check(
        survey(vec![cluster(CLUSTER), numbered(1).0], theirs),
        &expect![[r#"
            in Z1: create etl-001.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1
              + etl-001.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
              + _signalbox.etl-001.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1,account=111122223333,region=eu-west-1"
            cannot name etl.example.com: etl.example.com in Z1 is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name"#]],
    );
}

#[test]
fn what_could_not_be_read_deletes_nothing() {
    let mut incomplete = left_behind(3, 1);
    incomplete.clusters.truncate(2);
    incomplete.unread.push("listing the clusters in eu-west-1: AWS answered ThrottlingException".into());
    check(
        incomplete,
        &expect![[r#"
        note: etl-003.example.com would be deleted, but not everything could be read
        unread: listing the clusters in eu-west-1: AWS answered ThrottlingException"#]],
    );
}

/// Two clusters ask for one name, and the newer one has it: what a sweep does that does not see the newer one.
#[test]
fn no_name_is_taken_from_a_cluster_that_was_not_seen() {
    let records = ours(NAME, "j-9", NODE);
    let incomplete = Survey { unread: vec!["j-9".into()], ..survey(vec![cluster(CLUSTER)], records.clone()) };
    check(
        incomplete,
        &expect![[r#"
        note: etl.example.com would be given to j-1YONHTCP3YZKC, but nobody knows whether j-9 still asks for it
        unread: j-9"#]],
    );
    // No list had it, and EMR, asked for it by itself, says that it lives.
    check(
        survey(vec![cluster(CLUSTER)], records.clone()),
        &expect![
            "note: etl.example.com would be given to j-1YONHTCP3YZKC, but nobody knows whether j-9 still asks for it"
        ],
    );
    let mut unplaced = survey(vec![cluster(CLUSTER), cluster("j-9")], records.clone());
    unplaced.clusters[1].1 = None;
    check(
        unplaced,
        &expect![
            "note: etl.example.com would be given to j-1YONHTCP3YZKC, but nobody knows whether j-9 still asks for it"
        ],
    );
    let renamed = Cluster { tag: Some("*.example.com".into()), ..cluster("j-9") };
    check(
        survey(vec![cluster(CLUSTER), renamed], records),
        &expect![[r#"
        in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-10-0-0-1.eu-west-1.compute.internal for j-9)
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-9,account=111122223333,region=eu-west-1"
          + _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        cannot name j-9 *.example.com: the tag `cluster_name` of cluster j-9: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com"#]],
    );
}

#[test]
fn without_any_living_cluster_nothing_is_deleted_unless_it_is_forced() {
    check(
        left_behind(0, 1),
        &expect![[
            r#"refused: no cluster lives at all, and 1 of 1 names would go; nothing was changed; see that EMR's list is right, and invoke with the names that may go: {"signalbox": "sweep", "force": ["etl-000.example.com"]}"#
        ]],
    );
    let force = [named(0).parse().unwrap()].into();
    check(
        Survey { force, ..left_behind(0, 1) },
        &expect![[r#"
        in Z1: delete etl-000.example.com -> ip-10-0-0-0.eu-west-1.compute.internal of j-0
          - etl-000.example.com. CNAME 60 ip-10-0-0-0.eu-west-1.compute.internal
          - _signalbox.etl-000.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-0,account=111122223333,region=eu-west-1""#]],
    );
    let force = [NAME.parse().unwrap()].into();
    check(
        Survey { force, ..left_behind(0, 1) },
        &expect![[
            r#"refused: no cluster lives at all, and 1 of 1 names would go; nothing was changed; see that EMR's list is right, and invoke with the names that may go: {"signalbox": "sweep", "force": ["etl-000.example.com"]}"#
        ]],
    );
    check(survey(vec![], vec![]), &expect!["nothing"]);
}

/// What a sweep says first.
fn begins(survey: Survey) -> String {
    let told = after(survey);
    told.split([';', ':']).take(2).collect::<Vec<_>>().join(";")
}

#[test]
fn much_is_not_deleted_unless_it_is_forced() {
    assert!(begins(left_behind(100, 25)).starts_with("in Z1"), "25 of 125");
    assert_eq!(begins(left_behind(100, 26)), "refused; 26 names would go, and 25 may (SIGNALBOX_MAX_REMOVALS)");
    assert!(begins(left_behind(7, 3)).starts_with("in Z1"), "30 % of ten");
    assert_eq!(
        begins(left_behind(7, 4)),
        "refused; 4 of 11 names would go, and 30 % may (SIGNALBOX_MAX_REMOVED_PERCENT)"
    );
    assert!(begins(left_behind(1, 8)).starts_with("in Z1"), "of nine there is no percentage");
    let force = (7..11).map(|it| named(it).parse().unwrap()).collect();
    assert!(begins(Survey { force, ..left_behind(7, 4) }).starts_with("in Z1"));
    let some = [named(7).parse().unwrap()].into();
    assert!(begins(Survey { force: some, ..left_behind(7, 4) }).starts_with("in Z1"), "what is left is 3 of 11");
}

/// The same two settings as those of a sweep of shares.
#[test]
fn how_much_may_go_is_set() {
    let within = |removals, percent, survey: Survey| begins(Survey { limits: Limits { removals, percent }, ..survey });
    assert_eq!(within(0, 100, left_behind(1, 1)), "refused; 1 names would go, and 0 may (SIGNALBOX_MAX_REMOVALS)");
    assert_eq!(
        within(25, 20, left_behind(7, 3)),
        "refused; 3 of 10 names would go, and 20 % may (SIGNALBOX_MAX_REMOVED_PERCENT)"
    );
    assert!(within(40, 100, left_behind(1, 40)).starts_with("in Z1"));
    let force = [named(1).parse().unwrap()].into();
    assert!(within(0, 0, Survey { force, ..left_behind(1, 1) }).starts_with("in Z1"), "what is forced is not counted");
}

#[test]
fn a_refusal_lists_a_hundred_names_and_no_more() {
    let told = after(left_behind(1, 120));
    assert!(
        told.contains(&named(100))
            && !told.contains(&named(101))
            && told.ends_with("and 20 more (`signalbox dns` shows them)"),
        "{told}"
    );
}

#[test]
fn under_upsert_only_nothing_is_deleted_and_nothing_is_refused() {
    let facts = super::facts(upsert_only(), left_behind(0, 30));
    expect!["note: etl-000.example.com, etl-001.example.com, etl-002.example.com, etl-003.example.com, etl-004.example.com, etl-005.example.com, etl-006.example.com, etl-007.example.com, etl-008.example.com, etl-009.example.com and 20 more would be deleted, but SIGNALBOX_DNS_POLICY is upsert-only"].assert_eq(&super::told(&facts));
}

#[test]
fn two_hundred_clusters_fit_into_one_batch() {
    let clusters: Vec<_> = (0..200).map(|it| numbered(it).0).collect();
    let steps = steps(survey(clusters, vec![]));
    assert_eq!(steps.len(), 1);
}

fn steps(survey: Survey) -> Vec<Batch> {
    let facts = super::facts(settings(), survey);
    let plan = crate::plan(&facts).unwrap();
    let reaction::Plan::Change { steps, .. } = plan else { panic!("a sweep is never ignored") };
    let batch = |step| if let Step::Change(batch) = step { batch } else { panic!("{step}") };
    steps.into_iter().map(batch).collect()
}

#[test]
fn batches_stay_within_what_route_53_takes() {
    let all = steps(survey((0..700).map(|it| numbered(it).0).collect(), vec![]));
    let sets = |batch: &Batch| batch.changes.iter().flat_map(|it| it.create.clone()).collect::<Vec<_>>();
    let characters =
        |batch: &Batch| sets(batch).iter().flat_map(|it| it.values.clone()).map(|it| it.len()).sum::<usize>();
    assert!(all.iter().all(|batch| sets(batch).len() <= 1_000 && characters(batch) <= 32_000));
    assert_eq!(all.iter().map(|it| it.changes.len()).sum::<usize>(), 700);
    let least = all.iter().map(characters).sum::<usize>().div_ceil(32_000);
    assert_eq!(all.len(), least, "no more than are needed");
    let names: Vec<_> = all.iter().flat_map(|it| &it.changes).map(|it| it.name.clone()).collect();
    assert!(names.is_sorted());
}

fn picture() -> Facts {
    let (missing, _) = numbered(1);
    let (stale, mut records) = numbered(2);
    records[0].ttl = 5;
    records.extend(ours(NAME, OLD, NODE));
    records.push(set("taken.example.com", "A", "10.0.0.1"));
    let starting = Cluster { tag: Some("soon.example.com".into()), id: "j-3".parse().unwrap(), ..that_is(Starting) };
    let refused = Cluster { tag: Some("taken.example.com".into()), ..cluster("j-4") };
    let bad = Cluster { tag: Some("bad".into()), ..cluster("j-5") };
    let clusters = vec![missing, stale, starting, refused, bad];
    super::facts(settings(), Survey { ended: [OLD.parse().unwrap()].into(), ..survey(clusters, records) })
}

/// The table, a line for each name.
fn table(facts: &Facts) -> String {
    let line = |row: &Row| {
        let texts = [&row.target, &row.cluster, &row.state, &row.owner].map(|it| it.as_deref().unwrap_or("-"));
        let why = row.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{} | {} | {}{why}", row.name, texts.join(" | "), row.drift)
    };
    Table::of(facts).names.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_table_shows_each_name_with_what_is_wrong_with_it() {
    expect![[r#"
        etl-001.example.com | - | j-1 | RUNNING | - | missing: to be ip-10-0-0-1.eu-west-1.compute.internal
        etl-002.example.com | ip-10-0-0-2.eu-west-1.compute.internal | j-2 | RUNNING | signalbox | stale: its time to live is to be 60
        etl.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-0LDCLUSTER000 | ended | signalbox | dangling
        soon.example.com | - | j-3 | STARTING | - | waiting
        taken.example.com | 10.0.0.1 | j-4 | RUNNING | somebody else | refused: taken.example.com in Z1 is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name
        bad | - | j-5 | RUNNING | - | refused: the tag `cluster_name` of cluster j-5: `bad` has no domain; it has to be host.domain, such as etl.example.com"#]].assert_eq(&table(&picture()));
}

#[test]
fn the_table_tells_whose_a_name_becomes_and_why_one_goes_or_stays() {
    let renamed = Cluster { tag: Some("new.example.com".into()), ..cluster("j-6") };
    let successor = Cluster { tag: Some("next.example.com".into()), ..cluster("j-7") };
    let ending = Cluster { tag: Some("ending.example.com".into()), id: "j-8".parse().unwrap(), ..that_is(Terminating) };
    let records = [
        ours(NAME, "j-6", NODE),
        ours("next.example.com", OLD, "ip-10-0-0-9.eu-west-1.compute.internal"),
        ours("ending.example.com", "j-8", NODE),
        ours("unread.example.com", "j-9", NODE),
    ];
    let survey =
        Survey { ended: [OLD.parse().unwrap()].into(), ..survey(vec![renamed, successor, ending], records.concat()) };
    expect![[r#"
        ending.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-8 | TERMINATING | signalbox | waiting
        etl.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-6 | RUNNING | signalbox | dangling: its cluster asks for another name, or for none, or may not have it
        new.example.com | - | j-6 | RUNNING | - | missing: to be ip-10-0-0-1.eu-west-1.compute.internal
        next.example.com | ip-10-0-0-9.eu-west-1.compute.internal | j-0LDCLUSTER000 | ended | signalbox | stale: to be ip-10-0-0-1.eu-west-1.compute.internal of j-7
        unread.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-9 | - | signalbox | kept: unread.example.com is j-9's and is left alone"#]].assert_eq(&table(&super::facts(settings(), survey.clone())));
    let kept = Survey { clusters: Vec::new(), ..survey };
    expect![[r#"
        ending.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-8 | - | signalbox | kept: ending.example.com is j-8's and is left alone
        etl.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-6 | - | signalbox | kept: etl.example.com is j-6's and is left alone
        next.example.com | ip-10-0-0-9.eu-west-1.compute.internal | j-0LDCLUSTER000 | ended | signalbox | kept: next.example.com would be deleted, but SIGNALBOX_DNS_POLICY is upsert-only
        unread.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-9 | - | signalbox | kept: unread.example.com is j-9's and is left alone"#]].assert_eq(&table(&super::facts(upsert_only(), kept)));
    let other = Settings { owner: "staging".into(), ..settings() };
    let theirs = self::survey(vec![that_is(Starting)], ours(NAME, OLD, NODE));
    expect!["etl.example.com | ip-10-0-0-1.eu-west-1.compute.internal | j-1YONHTCP3YZKC | STARTING | somebody else | foreign: etl.example.com is somebody else's and is left alone: the owner is `signalbox`, for cluster j-0LDCLUSTER000 in account 111122223333, eu-west-1"].assert_eq(&table(&super::facts(other, theirs)));
}

#[test]
fn the_report_counts_names() {
    let plan = crate::plan(&picture()).unwrap();
    let reaction::Plan::Change { counts, .. } = plan else { panic!("a sweep is never ignored") };
    expect![[r#"
        {
            "dns": {
                "created": 1,
                "deleted": 1,
                "incomplete": 0,
                "refused": 2,
                "unchanged": 1,
                "updated": 1,
            },
        }
    "#]]
    .assert_debug_eq(&counts);
}
