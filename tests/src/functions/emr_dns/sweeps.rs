//! Schedule in, zones after: all clusters and all names at once.

use expect_test::expect;
use reaction::{Mode, Outcome};

use super::{CLUSTER, Cluster, ETL, GIVEN, Given, HOME, NEW, OLD, OURS, Record, Scene, WIKI, ZONE, Zone, with};
use crate::world::scene::{Scene as _, chapter};

const WITH_OURS: &[Zone] = &[Zone { records: &[OURS], ..ZONE }];
const WITH_OLD: &[Zone] = &[Zone { records: &[Record::Ours(ETL, OLD.primary, OLD.id)], ..ZONE }];

/// A living cluster of another name.
const NIGHT: Cluster = Cluster {
    id: "j-4NIGHTCLUSTER",
    tag: Some("night.example.com"),
    primary: "ip-10-0-0-44.eu-west-1.compute.internal",
    ..CLUSTER
};

/// One whose primary node was replaced.
const NEW_NODE: Cluster = Cluster { tag: Some("replaced.example.com"), ..NEW };

/// Another owner's target.
const ELSEWHERE: &str = "ip-10-0-4-4.eu-west-1.compute.internal";

/// A name that stays, one that leads to a node that is no more, one whose cluster has ended, and those of others.
const RECORDS: &[Record] = &[
    OURS,
    Record::Ours("replaced.example.com", ELSEWHERE, NEW.id),
    Record::Ours("old.example.com", OLD.primary, OLD.id),
    WIKI,
    Record::Plain("other.example.com", "CNAME", 60, ELSEWHERE),
    Record::Plain(
        "_signalbox.other.example.com",
        "TXT",
        60,
        r#""heritage=signalbox,owner=signalbox,cluster=j-7SOMEBODYELSE,account=444455556666,region=eu-west-1""#,
    ),
    Record::Plain("staging.example.com", "CNAME", 60, ELSEWHERE),
    Record::Plain(
        "_signalbox.staging.example.com",
        "TXT",
        60,
        r#""heritage=signalbox,owner=signalbox-staging,cluster=j-7SOMEBODYELSE,account=111122223333,region=eu-west-1""#,
    ),
];

/// Of eleven names ten would go.
const MOST_GO: Given = Given { zones: &[Zone { records: &[OURS, Record::Forgotten(10)], ..ZONE }], ..GIVEN };

const NINE_MAY_GO: Given = Given { variables: &[("SIGNALBOX_MAX_REMOVALS", "9")], ..MOST_GO };
const ALL_MAY_GO: Given = Given { variables: &[("SIGNALBOX_MAX_REMOVED_PERCENT", "100")], ..MOST_GO };

/// One cluster has its name in a zone of its own.
const IN_TWO: Given = Given {
    clusters: &[CLUSTER, Cluster { tag: Some("lab.example.org"), ..NEW }],
    zones: &[ZONE, Zone { id: "Z2EXAMPLEORG", domain: "example.org", vpcs: &[HOME], records: &[] }],
    ..GIVEN
};

/// And clusters that live, of which one has no name yet.
const EVERYTHING: Given =
    Given { clusters: &[CLUSTER, NIGHT, NEW_NODE, OLD], zones: &[Zone { records: RECORDS, ..ZONE }], ..GIVEN };

/// Of one cluster in another region the node was replaced.
const IN_TWO_REGIONS: Given = Given {
    clusters: &[
        CLUSTER,
        Cluster {
            vpc: "vpc-0123456789abcdef2",
            tag: Some("frankfurt.example.com"),
            primary: "ip-10-0-0-33.eu-central-1.compute.internal",
            ..NEW
        },
    ],
    zones: &[Zone {
        vpcs: &[HOME, "vpc-0123456789abcdef2"],
        records: &[OURS, Record::Ours("frankfurt.example.com", "ip-10-0-4-4.eu-central-1.compute.internal", NEW.id)],
        ..ZONE
    }],
    ..GIVEN
};

chapter! { Scene;
    it_is_time_to_sweep: EVERYTHING, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create night.example.com -> ip-10-0-0-44.eu-west-1.compute.internal for j-4NIGHTCLUSTER; delete old.example.com -> ip-10-0-0-22.eu-west-1.compute.internal of j-2OLDCLUSTER77; update replaced.example.com -> ip-10-0-0-33.eu-west-1.compute.internal for j-3NEWCLUSTER88 (was ip-10-0-4-4.eu-west-1.compute.internal for j-3NEWCLUSTER88)
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          old.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.old.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
          other.example.com CNAME 60 ip-10-0-4-4.eu-west-1.compute.internal
          _signalbox.other.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-7SOMEBODYELSE,account=444455556666,region=eu-west-1"
          replaced.example.com CNAME 60 ip-10-0-4-4.eu-west-1.compute.internal
          _signalbox.replaced.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-3NEWCLUSTER88,account=111122223333,region=eu-west-1"
          staging.example.com CNAME 60 ip-10-0-4-4.eu-west-1.compute.internal
          _signalbox.staging.example.com TXT 60 "heritage=signalbox,owner=signalbox-staging,cluster=j-7SOMEBODYELSE,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          night.example.com CNAME 60 ip-10-0-0-44.eu-west-1.compute.internal
          _signalbox.night.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-4NIGHTCLUSTER,account=111122223333,region=eu-west-1"
          other.example.com CNAME 60 ip-10-0-4-4.eu-west-1.compute.internal
          _signalbox.other.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-7SOMEBODYELSE,account=444455556666,region=eu-west-1"
          replaced.example.com CNAME 60 ip-10-0-0-33.eu-west-1.compute.internal
          _signalbox.replaced.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-3NEWCLUSTER88,account=111122223333,region=eu-west-1"
          staging.example.com CNAME 60 ip-10-0-4-4.eu-west-1.compute.internal
          _signalbox.staging.example.com TXT 60 "heritage=signalbox,owner=signalbox-staging,cluster=j-7SOMEBODYELSE,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    it_is_time_to_sweep_and_nothing_is_to_be_done:
        Given { zones: &[Zone { records: &[OURS, WIKI], ..ZONE }], ..GIVEN }, expect![[r#"
            emr-dns: unchanged
            nothing changed
        "#]];
    it_is_time_to_sweep_and_a_tag_was_taken_away:
        with(&[Cluster { tag: None, ..CLUSTER }, NIGHT], WITH_OURS), expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: delete etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal of j-1YONHTCP3YZKC; create night.example.com -> ip-10-0-0-44.eu-west-1.compute.internal for j-4NIGHTCLUSTER
            before
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
            after
            in Z1EXAMPLECOM:
              night.example.com CNAME 60 ip-10-0-0-44.eu-west-1.compute.internal
              _signalbox.night.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-4NIGHTCLUSTER,account=111122223333,region=eu-west-1"
        "#]];
    it_is_time_to_sweep_and_a_cluster_was_renamed:
        with(&[Cluster { tag: Some("nightly.example.com"), ..CLUSTER }], WITH_OURS), expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: delete etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal of j-1YONHTCP3YZKC; create nightly.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
            before
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
            after
            in Z1EXAMPLECOM:
              nightly.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.nightly.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        "#]];
    it_is_time_to_sweep_and_a_name_is_somebody_elses:
        Given { clusters: &[CLUSTER, Cluster { tag: Some("wiki.example.com"), ..NEW }], ..GIVEN }, expect![[r#"
            emr-dns: refused (wiki.example.com in Z1EXAMPLECOM is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name)
              - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
              - name wiki.example.com
                not done: wiki.example.com in Z1EXAMPLECOM is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name
            before
            in Z1EXAMPLECOM:
              wiki.example.com A 300 10.0.9.9
            after
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
              wiki.example.com A 300 10.0.9.9
        "#]];
    it_is_time_to_sweep_and_a_name_is_served_by_a_wildcard: Given {
        clusters: &[CLUSTER, Cluster { tag: Some("www.lab.example.com"), ..NEW }],
        ..with(&[], &[Zone { records: &[OURS, Record::Plain("*.example.com", "A", 300, "10.0.8.8")], ..ZONE }])
    }, expect![[r#"
        emr-dns: refused (www.lab.example.com in Z1EXAMPLECOM is somebody else's: the wildcard *.example.com, a record of type A, answers for it, and no TXT record beside it says whose it is; take the record away or choose another name)
          - name www.lab.example.com
            not done: www.lab.example.com in Z1EXAMPLECOM is somebody else's: the wildcard *.example.com, a record of type A, answers for it, and no TXT record beside it says whose it is; take the record away or choose another name
        nothing changed
    "#]];
    it_is_time_to_sweep_and_a_tag_is_no_name:
        Given { clusters: &[CLUSTER, Cluster { tag: Some("*.example.com"), ..NEW }], ..GIVEN }, expect![[r#"
            emr-dns: refused (the tag `cluster_name` of cluster j-3NEWCLUSTER88: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com)
              - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
              - name j-3NEWCLUSTER88 *.example.com
                not done: the tag `cluster_name` of cluster j-3NEWCLUSTER88: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
            before
            in Z1EXAMPLECOM:
              wiki.example.com A 300 10.0.9.9
            after
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
              wiki.example.com A 300 10.0.9.9
        "#]];
    it_is_time_to_sweep_and_two_clusters_have_one_name: with(&[CLUSTER, NEW], WITH_OURS), expect![[r#"
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
    it_is_time_to_sweep_and_a_successor_is_starting:
        with(&[OLD, Cluster { state: "STARTING", ..CLUSTER }], WITH_OLD), expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: delete etl.example.com -> ip-10-0-0-22.eu-west-1.compute.internal of j-2OLDCLUSTER77
            before
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
            after
            in Z1EXAMPLECOM:
              nothing
        "#]];
    it_is_time_to_sweep_and_no_cluster_lives: with(&[OLD], WITH_OLD), expect![[r#"
        emr-dns: refused (no cluster lives at all, and 1 of 1 names would go; nothing was changed; see that EMR's list is right, and invoke with the names that may go: {"signalbox": "sweep", "force": ["etl.example.com"]})
        nothing changed
    "#]];
    a_sweep_is_forced_though_no_cluster_lives: with(&[OLD], WITH_OLD), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: delete etl.example.com -> ip-10-0-0-22.eu-west-1.compute.internal of j-2OLDCLUSTER77
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          nothing
    "#]];
    it_is_time_to_sweep_and_too_many_of_the_names_would_go: MOST_GO, expect![[r#"
        emr-dns: refused (10 of 11 names would go, and 30 % may (SIGNALBOX_MAX_REMOVED_PERCENT); nothing was changed; see that EMR's list is right, and invoke with the names that may go: {"signalbox": "sweep", "force": ["forgotten-1.example.com", "forgotten-10.example.com", "forgotten-2.example.com", "forgotten-3.example.com", "forgotten-4.example.com", "forgotten-5.example.com", "forgotten-6.example.com", "forgotten-7.example.com", "forgotten-8.example.com", "forgotten-9.example.com"]})
        nothing changed
    "#]];
    a_sweep_is_forced_for_too_few_names: MOST_GO, expect![[r#"
        emr-dns: refused (9 of 11 names would go, and 30 % may (SIGNALBOX_MAX_REMOVED_PERCENT); nothing was changed; see that EMR's list is right, and invoke with the names that may go: {"signalbox": "sweep", "force": ["forgotten-1.example.com", "forgotten-10.example.com", "forgotten-2.example.com", "forgotten-3.example.com", "forgotten-4.example.com", "forgotten-5.example.com", "forgotten-6.example.com", "forgotten-7.example.com", "forgotten-8.example.com", "forgotten-9.example.com"]})
        nothing changed
    "#]];
    a_sweep_is_forced_for_most_of_the_names: MOST_GO, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: delete forgotten-1.example.com -> ip-10-0-7-1.eu-west-1.compute.internal of j-FORGOTTEN1; delete forgotten-10.example.com -> ip-10-0-7-10.eu-west-1.compute.internal of j-FORGOTTEN10; delete forgotten-2.example.com -> ip-10-0-7-2.eu-west-1.compute.internal of j-FORGOTTEN2; delete forgotten-3.example.com -> ip-10-0-7-3.eu-west-1.compute.internal of j-FORGOTTEN3; delete forgotten-4.example.com -> ip-10-0-7-4.eu-west-1.compute.internal of j-FORGOTTEN4; delete forgotten-5.example.com -> ip-10-0-7-5.eu-west-1.compute.internal of j-FORGOTTEN5; delete forgotten-6.example.com -> ip-10-0-7-6.eu-west-1.compute.internal of j-FORGOTTEN6; delete forgotten-7.example.com -> ip-10-0-7-7.eu-west-1.compute.internal of j-FORGOTTEN7; delete forgotten-8.example.com -> ip-10-0-7-8.eu-west-1.compute.internal of j-FORGOTTEN8; delete forgotten-9.example.com -> ip-10-0-7-9.eu-west-1.compute.internal of j-FORGOTTEN9
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          forgotten-1.example.com CNAME 60 ip-10-0-7-1.eu-west-1.compute.internal
          _signalbox.forgotten-1.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN1,account=111122223333,region=eu-west-1"
          forgotten-10.example.com CNAME 60 ip-10-0-7-10.eu-west-1.compute.internal
          _signalbox.forgotten-10.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN10,account=111122223333,region=eu-west-1"
          forgotten-2.example.com CNAME 60 ip-10-0-7-2.eu-west-1.compute.internal
          _signalbox.forgotten-2.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN2,account=111122223333,region=eu-west-1"
          forgotten-3.example.com CNAME 60 ip-10-0-7-3.eu-west-1.compute.internal
          _signalbox.forgotten-3.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN3,account=111122223333,region=eu-west-1"
          forgotten-4.example.com CNAME 60 ip-10-0-7-4.eu-west-1.compute.internal
          _signalbox.forgotten-4.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN4,account=111122223333,region=eu-west-1"
          forgotten-5.example.com CNAME 60 ip-10-0-7-5.eu-west-1.compute.internal
          _signalbox.forgotten-5.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN5,account=111122223333,region=eu-west-1"
          forgotten-6.example.com CNAME 60 ip-10-0-7-6.eu-west-1.compute.internal
          _signalbox.forgotten-6.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN6,account=111122223333,region=eu-west-1"
          forgotten-7.example.com CNAME 60 ip-10-0-7-7.eu-west-1.compute.internal
          _signalbox.forgotten-7.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN7,account=111122223333,region=eu-west-1"
          forgotten-8.example.com CNAME 60 ip-10-0-7-8.eu-west-1.compute.internal
          _signalbox.forgotten-8.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN8,account=111122223333,region=eu-west-1"
          forgotten-9.example.com CNAME 60 ip-10-0-7-9.eu-west-1.compute.internal
          _signalbox.forgotten-9.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-FORGOTTEN9,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
    "#]];
    a_sweep_is_forced_for_no_name: MOST_GO, expect![[r#"
        emr-dns: refused (the payload is not like {"signalbox": "sweep", "force": null}, where `force` may be a list of names: invalid type: string "etl.example.com", expected a sequence)
        nothing changed
    "#]];
    it_is_time_to_sweep_and_too_many_names_would_go:
        Given { zones: &[Zone { records: &[OURS, Record::Forgotten(26)], ..ZONE }], ..GIVEN }, expect![[r#"
            emr-dns: refused (26 names would go, and 25 may (SIGNALBOX_MAX_REMOVALS); nothing was changed; see that EMR's list is right, and invoke with the names that may go: {"signalbox": "sweep", "force": ["forgotten-1.example.com", "forgotten-10.example.com", "forgotten-11.example.com", "forgotten-12.example.com", "forgotten-13.example.com", "forgotten-14.example.com", "forgotten-15.example.com", "forgotten-16.example.com", "forgotten-17.example.com", "forgotten-18.example.com", "forgotten-19.example.com", "forgotten-2.example.com", "forgotten-20.example.com", "forgotten-21.example.com", "forgotten-22.example.com", "forgotten-23.example.com", "forgotten-24.example.com", "forgotten-25.example.com", "forgotten-26.example.com", "forgotten-3.example.com", "forgotten-4.example.com", "forgotten-5.example.com", "forgotten-6.example.com", "forgotten-7.example.com", "forgotten-8.example.com", "forgotten-9.example.com"]})
            nothing changed
        "#]];
    it_is_time_to_sweep_where_nothing_may_be_deleted: Given {
        clusters: &[OLD, NIGHT],
        zones: WITH_OLD,
        variables: &[("SIGNALBOX_DNS_POLICY", "upsert-only")],
        ..GIVEN
    }, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create night.example.com -> ip-10-0-0-44.eu-west-1.compute.internal for j-4NIGHTCLUSTER
          note: etl.example.com would be deleted, but SIGNALBOX_DNS_POLICY is upsert-only
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
          night.example.com CNAME 60 ip-10-0-0-44.eu-west-1.compute.internal
          _signalbox.night.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-4NIGHTCLUSTER,account=111122223333,region=eu-west-1"
    "#]];
    it_is_time_to_sweep_in_every_private_zone:
        Given { variables: &[("SIGNALBOX_DNS_ZONES", "")], ..IN_TWO }, expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
              - in Z2EXAMPLEORG: create lab.example.org -> ip-10-0-0-33.eu-west-1.compute.internal for j-3NEWCLUSTER88
            before
            in Z1EXAMPLECOM:
              wiki.example.com A 300 10.0.9.9
            in Z2EXAMPLEORG:
              nothing
            after
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
              wiki.example.com A 300 10.0.9.9
            in Z2EXAMPLEORG:
              lab.example.org CNAME 60 ip-10-0-0-33.eu-west-1.compute.internal
              _signalbox.lab.example.org TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-3NEWCLUSTER88,account=111122223333,region=eu-west-1"
        "#]];
    it_is_time_to_sweep_in_two_zones: IN_TWO, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
          - in Z2EXAMPLEORG: create lab.example.org -> ip-10-0-0-33.eu-west-1.compute.internal for j-3NEWCLUSTER88
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        in Z2EXAMPLEORG:
          nothing
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
        in Z2EXAMPLEORG:
          lab.example.org CNAME 60 ip-10-0-0-33.eu-west-1.compute.internal
          _signalbox.lab.example.org TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-3NEWCLUSTER88,account=111122223333,region=eu-west-1"
    "#]];
    it_is_time_to_sweep_and_a_zone_cannot_be_read: Given {
        clusters: &[OLD, NIGHT],
        zones: WITH_OLD,
        variables: &[("SIGNALBOX_DNS_ZONES", "Z1EXAMPLECOM,Z0GONE")],
        ..GIVEN
    }, expect![[r#"
        emr-dns: failed (could not read the zone Z0GONE: there is no such hosted zone; correct SIGNALBOX_DNS_ZONES)
          - in Z1EXAMPLECOM: create night.example.com -> ip-10-0-0-44.eu-west-1.compute.internal for j-4NIGHTCLUSTER
          note: etl.example.com would be deleted, but not everything could be read
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-22.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-2OLDCLUSTER77,account=111122223333,region=eu-west-1"
          night.example.com CNAME 60 ip-10-0-0-44.eu-west-1.compute.internal
          _signalbox.night.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-4NIGHTCLUSTER,account=111122223333,region=eu-west-1"
    "#]];
    it_is_time_to_sweep_and_a_cluster_is_in_another_region: IN_TWO_REGIONS, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: update frankfurt.example.com -> ip-10-0-0-33.eu-central-1.compute.internal for j-3NEWCLUSTER88 (was ip-10-0-4-4.eu-central-1.compute.internal for j-3NEWCLUSTER88)
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          frankfurt.example.com CNAME 60 ip-10-0-4-4.eu-central-1.compute.internal
          _signalbox.frankfurt.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-3NEWCLUSTER88,account=111122223333,region=eu-central-1"
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          frankfurt.example.com CNAME 60 ip-10-0-0-33.eu-central-1.compute.internal
          _signalbox.frankfurt.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-3NEWCLUSTER88,account=111122223333,region=eu-central-1"
    "#]];
}

/// Of eleven names ten would go, and the settings say how many may.
#[tokio::test]
async fn how_many_names_a_sweep_may_delete_is_set() {
    let scene = Scene::set_up(&NINE_MAY_GO, "it-is-time-to-sweep").await;
    let before = scene.picture().await;
    let report = scene.hear(Mode::Apply).await;
    assert!(report.to_string().contains("10 names would go, and 9 may (SIGNALBOX_MAX_REMOVALS)"), "{report}");
    assert_eq!(scene.picture().await, before);
    let scene = Scene::set_up(&ALL_MAY_GO, "it-is-time-to-sweep").await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let after = scene.picture().await;
    assert!(after.contains("etl.example.com") && !after.contains("forgotten"), "{after}");
}
