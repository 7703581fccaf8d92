//! Whose a name is: of several clusters, and of others who write into the zone.

use expect_test::expect;

use super::{CLUSTER, Cluster, ETL, GIVEN, Given, NEW, NIGHTLY, OLD, OURS, Record, Scene, ZONE, Zone, with};
use crate::world::scene::chapter;

const WITH_OURS: &[Zone] = &[Zone { records: &[OURS], ..ZONE }];
const WITH_OLD: &[Zone] = &[Zone { records: &[Record::Ours(ETL, OLD.primary, OLD.id)], ..ZONE }];
const WITH_NEW: &[Zone] = &[Zone { records: &[Record::Ours(ETL, NEW.primary, NEW.id)], ..ZONE }];
const ENDED: Cluster = Cluster { state: "TERMINATED", ..CLUSTER };

/// The TXT record of the cluster's name alone.
pub const MARK: Record = Record::Plain(
    "_signalbox.etl.example.com",
    "TXT",
    60,
    r#""heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1""#,
);
const OTHER: Record = Record::Plain(ETL, "CNAME", 60, "ip-10-0-4-4.eu-west-1.compute.internal");
const OF_STAGING: &[Record] = &[
    OTHER,
    Record::Plain(
        "_signalbox.etl.example.com",
        "TXT",
        60,
        r#""heritage=signalbox,owner=signalbox-staging,cluster=j-7SOMEBODYELSE,account=111122223333,region=eu-west-1""#,
    ),
];
const OF_ANOTHER_ACCOUNT: &[Record] = &[
    OTHER,
    Record::Plain(
        "_signalbox.etl.example.com",
        "TXT",
        60,
        r#""heritage=signalbox,owner=signalbox,cluster=j-7SOMEBODYELSE,account=444455556666,region=eu-west-1""#,
    ),
];
const OF_ANOTHER_TOOL: &[Record] = &[
    OTHER,
    Record::Plain("_signalbox.etl.example.com", "TXT", 300, r#""heritage=external-dns,external-dns/owner=k8s""#),
];

/// The running cluster, where this stands in the zone.
fn with_records(records: &'static [Record]) -> Given {
    Given { zones: vec![Zone { records, ..ZONE }].leak(), ..GIVEN }
}

chapter! { Scene;
    a_cluster_was_terminated_whose_successor_has_the_name: with(&[OLD, CLUSTER], WITH_OURS), expect![[r#"
        emr-dns: unchanged (etl.example.com is j-1YONHTCP3YZKC's and is left alone)
        nothing changed
    "#]];
    a_successor_is_running_whose_predecessor_ended_unnoticed: with(&[OLD, CLUSTER], WITH_OLD), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: update etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-10-0-0-22.eu-west-1.compute.internal for j-2OLDCLUSTER77)
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
    "#]];
    a_successor_is_running_whose_predecessor_emr_has_forgotten: Given { zones: WITH_OLD, ..GIVEN }, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: update etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-10-0-0-22.eu-west-1.compute.internal for j-2OLDCLUSTER77)
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
    "#]];
    a_second_cluster_of_the_name_is_running: with(&[CLUSTER, NEW], WITH_OURS), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: update etl.example.com -> ip-10-0-0-33.eu-west-1.compute.internal for j-3NEWCLUSTER88 (was ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC)
          note: etl.example.com is j-3NEWCLUSTER88's, the newest that is RUNNING or WAITING; so tagged are also j-1YONHTCP3YZKC (RUNNING)
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-33.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-3NEWCLUSTER88,account=111122223333,region=eu-west-1"
    "#]];
    the_first_of_two_clusters_of_the_name_is_waiting:
        with(&[Cluster { state: "WAITING", ..CLUSTER }, NEW], WITH_NEW), expect![[r#"
            emr-dns: unchanged (etl.example.com is j-3NEWCLUSTER88's, the newest that is RUNNING or WAITING; so tagged are also j-1YONHTCP3YZKC (WAITING))
            nothing changed
        "#]];
    a_cluster_is_waiting_that_was_renamed:
        with(&[Cluster { tag: Some("nightly.example.com"), ..CLUSTER }], WITH_OURS), expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: create nightly.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
            before
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
            after
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
              nightly.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.nightly.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        "#]];
    a_record_is_there_that_nobody_marked: with_records(&[OTHER]), expect![[r#"
        emr-dns: refused (etl.example.com in Z1EXAMPLECOM is somebody else's: there is a record of type CNAME, and no TXT record beside it says whose it is; take the record away or choose another name)
        nothing changed
    "#]];
    a_record_is_of_another_owner: with_records(OF_STAGING), expect![[r#"
        emr-dns: refused (etl.example.com in Z1EXAMPLECOM is somebody else's: the owner is `signalbox-staging`, for cluster j-7SOMEBODYELSE in account 111122223333, eu-west-1; take the record away or choose another name)
        nothing changed
    "#]];
    a_record_is_of_another_account: with_records(OF_ANOTHER_ACCOUNT), expect![[r#"
        emr-dns: refused (etl.example.com in Z1EXAMPLECOM is somebody else's: the owner is `signalbox`, for cluster j-7SOMEBODYELSE in account 444455556666, eu-west-1; take the record away or choose another name)
        nothing changed
    "#]];
    a_record_is_of_another_tool: with_records(OF_ANOTHER_TOOL), expect![[r#"
        emr-dns: refused (etl.example.com in Z1EXAMPLECOM is somebody else's: the TXT record beside it is not one of ours: `"heritage=external-dns,external-dns/owner=k8s"`; take the record away or choose another name)
        nothing changed
    "#]];
    our_mark_stands_beside_an_address: with_records(&[Record::Plain(ETL, "A", 60, "10.0.4.4"), MARK]), expect![[r#"
        emr-dns: refused (etl.example.com in Z1EXAMPLECOM is somebody else's: our TXT record stands beside what we would not make: a record of type A; take the record away or choose another name)
        nothing changed
    "#]];
    a_target_was_changed_by_hand:
        with_records(&[Record::Ours(ETL, "ip-10-0-4-4.eu-west-1.compute.internal", NIGHTLY)]), expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: update etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was ip-10-0-4-4.eu-west-1.compute.internal for j-1YONHTCP3YZKC)
            before
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-4-4.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
            after
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        "#]];
    a_time_to_live_was_changed_by_hand:
        with_records(&[Record::Plain(ETL, "CNAME", 3600, CLUSTER.primary), MARK]), expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: update etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC (its time to live was 3600)
            before
            in Z1EXAMPLECOM:
              etl.example.com CNAME 3600 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
            after
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        "#]];
    a_record_was_taken_away_by_hand: with_records(&[MARK]), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: update etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was nowhere for j-1YONHTCP3YZKC)
        before
        in Z1EXAMPLECOM:
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
    "#]];
    a_cluster_ended_whose_record_nobody_marked: Given { clusters: &[ENDED], ..with_records(&[OTHER]) }, expect![[r#"
        emr-dns: unchanged (etl.example.com is somebody else's and is left alone: there is a record of type CNAME, and no TXT record beside it says whose it is)
        nothing changed
    "#]];
    a_cluster_ended_whose_record_was_changed_by_hand: Given {
        clusters: &[ENDED],
        ..with_records(&[Record::Plain(ETL, "CNAME", 3600, "somewhere.example.org"), MARK])
    }, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: delete etl.example.com -> somewhere.example.org of j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 3600 somewhere.example.org
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          nothing
    "#]];
}
