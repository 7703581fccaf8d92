//! Schedule in, zones after: all clusters and all names at once.

use expect_test::expect;

use super::{CLUSTER, Cluster, ETL, GIVEN, Given, HOME, NEW, OLD, OURS, Record, Scene, WIKI, ZONE, Zone};
use crate::scene::chapter;

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

/// Somebody else's target.
const ELSEWHERE: &str = "ip-10-0-4-4.eu-west-1.compute.internal";

/// A name that stays, one that leads to a node that is no more, one whose cluster has ended, and those of others.
const EVERYTHING: &[Record] = &[
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

/// One cluster has its name in a zone of its own.
const IN_TWO: Given = Given {
    clusters: &[CLUSTER, Cluster { tag: Some("lab.example.org"), ..NEW }],
    zones: &[ZONE, Zone { id: "Z2EXAMPLEORG", domain: "example.org", vpcs: &[HOME], records: &[] }],
    ..GIVEN
};

chapter! { Scene;
    it_is_time_to_sweep: Given {
    clusters: &[CLUSTER, NIGHT, NEW_NODE, OLD],
    zones: &[Zone { records: EVERYTHING, ..ZONE }],
    ..GIVEN
}, expect![[r#""#]];
    it_is_time_to_sweep_and_nothing_is_to_be_done: Given { zones: &[Zone { records: &[OURS, WIKI], ..ZONE }], ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_a_tag_was_taken_away: Given { clusters: &[Cluster { tag: None, ..CLUSTER }, NIGHT], zones: WITH_OURS, ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_a_cluster_was_renamed: Given { clusters: &[Cluster { tag: Some("nightly.example.com"), ..CLUSTER }], zones: WITH_OURS, ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_a_name_is_somebody_elses: Given { clusters: &[CLUSTER, Cluster { tag: Some("wiki.example.com"), ..NEW }], ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_a_tag_is_no_name: Given { clusters: &[CLUSTER, Cluster { tag: Some("*.example.com"), ..NEW }], ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_two_clusters_have_one_name: Given { clusters: &[CLUSTER, NEW], zones: WITH_OURS, ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_a_successor_is_starting: Given { clusters: &[OLD, Cluster { state: "STARTING", ..CLUSTER }], zones: WITH_OLD, ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_no_cluster_lives: Given { clusters: &[OLD], zones: WITH_OLD, ..GIVEN }, expect![[r#""#]];
    a_sweep_is_forced_though_no_cluster_lives: Given { clusters: &[OLD], zones: WITH_OLD, ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_too_many_of_the_names_would_go: MOST_GO, expect![[r#""#]];
    a_sweep_is_forced_for_too_few_names: MOST_GO, expect![[r#""#]];
    a_sweep_is_forced_for_most_of_the_names: MOST_GO, expect![[r#""#]];
    a_sweep_is_forced_for_no_name: MOST_GO, expect![[r#""#]];
    it_is_time_to_sweep_and_too_many_names_would_go: Given { zones: &[Zone { records: &[OURS, Record::Forgotten(26)], ..ZONE }], ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_where_nothing_may_be_deleted: Given { clusters: &[OLD, NIGHT], zones: WITH_OLD, variables: &[("SIGNALBOX_DNS_POLICY", "upsert-only")], ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_in_every_private_zone: Given { variables: &[("SIGNALBOX_DNS_ZONES", "")], ..IN_TWO }, expect![[r#""#]];
    it_is_time_to_sweep_in_two_zones: IN_TWO, expect![[r#""#]];
    it_is_time_to_sweep_and_a_zone_cannot_be_read: Given { clusters: &[OLD, NIGHT], zones: WITH_OLD, variables: &[("SIGNALBOX_DNS_ZONES", "Z1EXAMPLECOM,Z0GONE")], ..GIVEN }, expect![[r#""#]];
    it_is_time_to_sweep_and_a_cluster_is_in_another_region: Given {
    clusters: &[CLUSTER, Cluster { vpc: "vpc-0123456789abcdef2", tag: Some("frankfurt.example.com"), ..NEW }],
    zones: &[Zone {
        vpcs: &[HOME, "vpc-0123456789abcdef2"],
        records: &[OURS, Record::Ours("frankfurt.example.com", "ip-10-0-4-4.eu-central-1.compute.internal", NEW.id)],
        ..ZONE
    }],
    ..GIVEN
}, expect![[r#""#]];
}
