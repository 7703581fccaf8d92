//! What follows from the event of one cluster.

use ::events::emr::ClusterState::{
    self, Bootstrapping, Running, Starting, Terminated, TerminatedWithErrors, Terminating, Unknown, Waiting,
};
use expect_test::{Expect, expect};
use naming::{Cluster, Vpc};

use super::{
    CLUSTER, NAME, NODE, OLD, after_event, cluster, facts, look, ours, set, settings, that_is, told, upsert_only, zone,
};
use crate::facts::{Look, Other};

fn check(look: Look, expected: &Expect) {
    expected.assert_eq(&after_event(look));
}

/// What is said in each state, of a cluster whose records stand there.
fn in_each_state(states: &[ClusterState]) -> String {
    let lines = states.iter().map(|it| format!("{it}: {}", after_event(look(that_is(*it), ours(NAME, CLUSTER, NODE)))));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_cluster_that_runs_gets_its_name_with_who_has_it_beside_it() {
    check(
        look(cluster(CLUSTER), vec![]),
        &expect![[r#"
        in Z1: create etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC
          + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          + _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]],
    );
}

#[test]
fn what_stands_there_already_is_left_alone() {
    expect![[r#"
        RUNNING: nothing
        WAITING: nothing"#]]
    .assert_eq(&in_each_state(&[Running, Waiting]));
    let shouted = ours(NAME, CLUSTER, "IP-10-0-0-1.eu-west-1.compute.internal.");
    check(look(cluster(CLUSTER), shouted), &expect!["nothing"]);
}

#[test]
fn a_cluster_without_a_node_waits() {
    expect![[r#"
        STARTING: note: j-1YONHTCP3YZKC is STARTING: the next event or a sweep goes on
        BOOTSTRAPPING: note: j-1YONHTCP3YZKC is BOOTSTRAPPING: the next event or a sweep goes on
        TERMINATING: note: j-1YONHTCP3YZKC is TERMINATING: the next event or a sweep goes on
        UNKNOWN: note: j-1YONHTCP3YZKC is UNKNOWN: the next event or a sweep goes on"#]]
    .assert_eq(&in_each_state(&[Starting, Bootstrapping, Terminating, Unknown]));
    check(
        look(Cluster { primary: None, ..cluster(CLUSTER) }, vec![]),
        &expect!["note: j-1YONHTCP3YZKC is RUNNING and has no primary node yet: the next event or a sweep goes on"],
    );
}

#[test]
fn an_ended_cluster_loses_its_records_as_they_were_observed() {
    expect![[r#"
        TERMINATED: in Z1: delete etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal of j-1YONHTCP3YZKC
          - etl.example.com. CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        TERMINATED_WITH_ERRORS: in Z1: delete etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal of j-1YONHTCP3YZKC
          - etl.example.com. CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]].assert_eq(&in_each_state(&[Terminated, TerminatedWithErrors]));
    let mut by_hand = ours(NAME, CLUSTER, "elsewhere.example.com");
    by_hand[0].ttl = 5;
    check(
        look(that_is(Terminated), by_hand.clone()),
        &expect![[r#"
        in Z1: delete etl.example.com -> elsewhere.example.com of j-1YONHTCP3YZKC
          - etl.example.com. CNAME 5 elsewhere.example.com
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]],
    );
    check(
        look(that_is(Terminated), by_hand.split_off(1)),
        &expect![[r#"
        in Z1: delete etl.example.com -> nowhere of j-1YONHTCP3YZKC
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]],
    );
    check(look(that_is(Terminated), vec![]), &expect!["nothing"]);
}

#[test]
fn an_ended_cluster_leaves_alone_what_is_not_its_own() {
    check(
        look(that_is(Terminated), ours(NAME, OLD, NODE)),
        &expect!["note: etl.example.com is j-0LDCLUSTER000's and is left alone"],
    );
    check(
        look(that_is(Terminated), vec![set(NAME, "CNAME", NODE)]),
        &expect![
            "note: etl.example.com is somebody else's and is left alone: there is a record of type CNAME, and no TXT record beside it says whose it is"
        ],
    );
}

#[test]
fn under_upsert_only_nothing_is_deleted_and_the_rest_is_done() {
    let told = |look: Look| told(facts(upsert_only(), Some(Box::new(look))));
    expect!["note: etl.example.com would be deleted, but SIGNALBOX_DNS_POLICY is upsert-only"]
        .assert_eq(&told(look(that_is(Terminated), ours(NAME, CLUSTER, NODE))));
    expect![[r#"
        in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-old.compute.internal for j-1YONHTCP3YZKC)
          - etl.example.com. CNAME 60 ip-old.compute.internal
          + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal"#]]
    .assert_eq(&told(look(cluster(CLUSTER), ours(NAME, CLUSTER, "ip-old.compute.internal"))));
}

#[test]
fn a_successor_takes_the_name_over_from_a_cluster_that_has_ended_or_that_emr_forgot() {
    check(
        look(cluster(CLUSTER), ours(NAME, OLD, "ip-old.compute.internal")),
        &expect![[r#"
            in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-old.compute.internal for j-0LDCLUSTER000)
              - etl.example.com. CNAME 60 ip-old.compute.internal
              - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-0LDCLUSTER000,account=111122223333,region=eu-west-1"
              + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
              + _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]],
    );
    let other = Other::Known(Box::new(Cluster { id: OLD.parse().unwrap(), ..that_is(Terminated) }));
    check(
        Look { other, ..look(cluster(CLUSTER), ours(NAME, OLD, NODE)) },
        &expect![[r#"
            in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-10-0-0-1.eu-west-1.compute.internal for j-0LDCLUSTER000)
              - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-0LDCLUSTER000,account=111122223333,region=eu-west-1"
              + _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]],
    );
}

/// The plan of a cluster that runs, where the name is marked for another one.
fn beside(other: Cluster) -> String {
    let other = Cluster { primary: Some("ip-old.compute.internal".into()), ..other };
    let records = ours(NAME, OLD, "ip-old.compute.internal");
    after_event(Look { other: Other::Known(Box::new(other)), ..look(cluster(CLUSTER), records) })
}

#[test]
fn of_two_living_clusters_the_newest_that_runs_has_the_name() {
    let newer = cluster(CLUSTER).created.map(|time| time + std::time::Duration::from_secs(1));
    expect!["note: etl.example.com is j-0LDCLUSTER000's, the newest that is RUNNING or WAITING; so tagged are also j-1YONHTCP3YZKC (RUNNING)"].assert_eq(&beside(Cluster { created: newer, ..cluster(OLD) }));
    expect![[r#"
        in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-old.compute.internal for j-0LDCLUSTER000)
          - etl.example.com. CNAME 60 ip-old.compute.internal
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-0LDCLUSTER000,account=111122223333,region=eu-west-1"
          + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          + _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        note: etl.example.com is j-1YONHTCP3YZKC's, the newest that is RUNNING or WAITING; so tagged are also j-0LDCLUSTER000 (RUNNING)"#]].assert_eq(&beside(Cluster { created: None, ..cluster(OLD) }));
    expect![[r#"
        in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-old.compute.internal for j-0LDCLUSTER000)
          - etl.example.com. CNAME 60 ip-old.compute.internal
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-0LDCLUSTER000,account=111122223333,region=eu-west-1"
          + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          + _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        note: etl.example.com is j-1YONHTCP3YZKC's, the newest that is RUNNING or WAITING; so tagged are also j-0LDCLUSTER000 (TERMINATING)"#]].assert_eq(&beside(Cluster { created: newer, state: Terminating, ..cluster(OLD) }));
}

#[test]
fn a_living_cluster_that_asks_for_another_name_loses_this_one() {
    expect![[r#"
        in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-old.compute.internal for j-0LDCLUSTER000)
          - etl.example.com. CNAME 60 ip-old.compute.internal
          - _signalbox.etl.example.com. TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-0LDCLUSTER000,account=111122223333,region=eu-west-1"
          + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
          + _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#]].assert_eq(&beside(Cluster { tag: Some("other.example.com".into()), ..cluster(OLD) }));
}

#[test]
fn records_that_were_changed_by_hand_are_set_right() {
    let mut records = ours(NAME, CLUSTER, NODE);
    records[0].ttl = 300;
    check(
        look(cluster(CLUSTER), records.clone()),
        &expect![[r#"
            in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (its time to live was 300)
              - etl.example.com. CNAME 300 ip-10-0-0-1.eu-west-1.compute.internal
              + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal"#]],
    );
    check(
        look(cluster(CLUSTER), records.split_off(1)),
        &expect![[r#"
            in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was nowhere for j-1YONHTCP3YZKC)
              + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal"#]],
    );
}

#[test]
fn what_is_somebody_elses_is_never_changed() {
    check(
        look(cluster(CLUSTER), vec![set(NAME, "CNAME", NODE)]),
        &expect![
            "refused: etl.example.com in Z1 is somebody else's: there is a record of type CNAME, and no TXT record beside it says whose it is; take the record away or choose another name"
        ],
    );
    let mut records = ours(NAME, CLUSTER, NODE);
    records[0] = set(NAME, "A", "10.0.0.1");
    check(
        look(cluster(CLUSTER), records),
        &expect![
            "refused: etl.example.com in Z1 is somebody else's: our TXT record stands beside what we would not make: a record of type A; take the record away or choose another name"
        ],
    );
}

#[test]
fn a_cname_leads_to_a_host() {
    let to = |primary: &str| look(Cluster { primary: Some(primary.into()), ..cluster(CLUSTER) }, vec![]);
    check(
        to("10.0.0.1"),
        &expect![
            "refused: etl.example.com: the primary node of j-1YONHTCP3YZKC is `10.0.0.1`, an address, and a CNAME leads to a name; enable DNS hostnames in the VPC"
        ],
    );
    check(
        to("ETL.example.com."),
        &expect![
            "refused: etl.example.com: the primary node of j-1YONHTCP3YZKC is `ETL.example.com.`, the friendly name itself"
        ],
    );
    check(
        to("a b"),
        &expect!["refused: etl.example.com: the primary node of j-1YONHTCP3YZKC is `a b`, which is no name of a host"],
    );
}

#[test]
fn without_the_tag_nothing_is_done_and_a_bad_name_is_refused() {
    check(
        look(Cluster { tag: None, ..cluster(CLUSTER) }, vec![]),
        &expect!["ignored: cluster j-1YONHTCP3YZKC has no tag `cluster_name`"],
    );
    check(
        look(Cluster { tag: Some(String::new()), ..that_is(Starting) }, vec![]),
        &expect![
            "refused: the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `` is empty; it has to be host.domain, such as etl.example.com"
        ],
    );
    expect!["ignored: EMR does not know cluster j-1YONHTCP3YZKC in eu-west-1 (any more)"]
        .assert_eq(&told(facts(settings(), None)));
}

#[test]
fn where_the_zone_is_not_known_nothing_is_done() {
    let without = |cluster: Cluster, vpc: Option<Vpc>| Look { vpc, site: None, ..look(cluster, vec![]) };
    check(
        without(that_is(Terminated), Some(Vpc::Gone)),
        &expect!["note: j-1YONHTCP3YZKC has no subnet (any more): a sweep takes its records away"],
    );
    check(
        without(that_is(Terminated), None),
        &expect!["note: j-1YONHTCP3YZKC has no subnet (any more): a sweep takes its records away"],
    );
    check(
        without(cluster(CLUSTER), None),
        &expect!["note: j-1YONHTCP3YZKC has no subnet (any more): a sweep takes its records away"],
    );
    check(
        without(cluster(CLUSTER), Some(super::vpc(&[zone("Z1", "example.org")]))),
        &expect![
            "refused: no private hosted zone that vpc-1 is associated with is a domain of etl.example.com; the VPC's zones are example.org (Z1); associate the zone with the VPC, or correct the cluster's tag"
        ],
    );
}
