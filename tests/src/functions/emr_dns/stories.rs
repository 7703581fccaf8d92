//! Event in, zone after: the life of one cluster.

use expect_test::expect;

use super::{CLUSTER, Cluster, GIVEN, Given, OURS, Scene, WIKI, ZONE, Zone, with};
use crate::world::scene::chapter;

/// The zone once the cluster's name is there.
const WITH_OURS: &[Zone] = &[Zone { records: &[OURS, WIKI], ..ZONE }];

const IS_STARTING: Given = with_cluster(&[Cluster { state: "STARTING", ..CLUSTER }]);
const IS_WAITING: &[Cluster] = &[Cluster { state: "WAITING", ..CLUSTER }];
const ENDED: Cluster = Cluster { state: "TERMINATED", ..CLUSTER };
const HAS_ENDED: Given = with(&[ENDED], WITH_OURS);

/// The cluster and the zone's VPC are in another region.
const ELSEWHERE: Given = Given {
    clusters: &[Cluster {
        vpc: "vpc-0123456789abcdef2",
        primary: "ip-10-0-0-11.eu-central-1.compute.internal",
        ..CLUSTER
    }],
    zones: &[Zone { vpcs: &["vpc-0123456789abcdef2"], ..ZONE }],
    ..GIVEN
};

const fn with_cluster(clusters: &'static [Cluster]) -> Given {
    Given { clusters, ..GIVEN }
}

chapter! { Scene;
    a_cluster_is_starting: IS_STARTING, expect![[r#"
        emr-dns: unchanged (j-1YONHTCP3YZKC is STARTING: the next event or a sweep goes on)
        nothing changed
    "#]];
    a_cluster_is_starting_again: IS_STARTING, expect![[r#"
        emr-dns: unchanged (j-1YONHTCP3YZKC is STARTING: the next event or a sweep goes on)
        nothing changed
    "#]];
    a_cluster_is_bootstrapping: with_cluster(&[Cluster { state: "BOOTSTRAPPING", ..CLUSTER }]), expect![[r#"
        emr-dns: unchanged (j-1YONHTCP3YZKC is BOOTSTRAPPING: the next event or a sweep goes on)
        nothing changed
    "#]];
    a_cluster_is_running: GIVEN, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_cluster_is_running_whose_node_has_no_name_yet: with_cluster(&[Cluster { primary: "", ..CLUSTER }]), expect![[r#"
        emr-dns: unchanged (j-1YONHTCP3YZKC is RUNNING and has no primary node yet: the next event or a sweep goes on)
        nothing changed
    "#]];
    a_cluster_is_waiting: Given { zones: WITH_OURS, ..with_cluster(IS_WAITING) }, expect![[r#"
        emr-dns: unchanged
        nothing changed
    "#]];
    a_cluster_is_waiting_whose_running_was_missed: with_cluster(IS_WAITING), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_cluster_is_terminating:
        Given { zones: WITH_OURS, ..with_cluster(&[Cluster { state: "TERMINATING", ..CLUSTER }]) }, expect![[r#"
            emr-dns: unchanged (j-1YONHTCP3YZKC is TERMINATING: the next event or a sweep goes on)
            nothing changed
        "#]];
    a_cluster_was_terminated: HAS_ENDED, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: delete etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal of j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_cluster_was_terminated_with_errors:
        Given { clusters: &[Cluster { state: "TERMINATED_WITH_ERRORS", ..CLUSTER }], ..HAS_ENDED }, expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: delete etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal of j-1YONHTCP3YZKC
            before
            in Z1EXAMPLECOM:
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
              wiki.example.com A 300 10.0.9.9
            after
            in Z1EXAMPLECOM:
              wiki.example.com A 300 10.0.9.9
        "#]];
    a_cluster_failed_before_it_had_a_node:
        with_cluster(&[Cluster { state: "TERMINATED_WITH_ERRORS", has_failed_early: true, ..CLUSTER }]), expect![[r#"
            emr-dns: unchanged
            nothing changed
        "#]];
    a_cluster_was_terminated_where_nothing_may_be_deleted:
        Given { variables: &[("SIGNALBOX_DNS_POLICY", "upsert-only")], ..HAS_ENDED }, expect![[r#"
            emr-dns: unchanged (etl.example.com would be deleted, but SIGNALBOX_DNS_POLICY is upsert-only)
            nothing changed
        "#]];
    a_cluster_was_terminated_whose_tag_was_taken_away:
        Given { clusters: &[Cluster { tag: None, ..ENDED }], ..HAS_ENDED }, expect![[r#"
            emr-dns: ignored (cluster j-1YONHTCP3YZKC has no tag `cluster_name`)
            nothing changed
        "#]];
    a_cluster_was_terminated_whose_subnet_is_gone: Given { has_lost_subnets: true, ..HAS_ENDED }, expect![[r#"
        emr-dns: unchanged (j-1YONHTCP3YZKC has no subnet (any more): a sweep takes its records away)
        nothing changed
    "#]];
    a_late_start_came_after_the_end: with_cluster(&[ENDED]), expect![[r#"
        emr-dns: unchanged
        nothing changed
    "#]];
    a_late_start_came_while_the_record_was_still_there: HAS_ENDED, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: delete etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal of j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_cluster_without_the_tag_is_running: with_cluster(&[Cluster { tag: None, ..CLUSTER }]), expect![[r#"
        emr-dns: ignored (cluster j-1YONHTCP3YZKC has no tag `cluster_name`)
        nothing changed
    "#]];
    a_cluster_is_running_whose_tag_has_another_key:
        Given { variables: &[("SIGNALBOX_DNS_TAG", "dns name"), ("SIGNALBOX_DNS_TTL", "300")], ..GIVEN }, expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
            before
            in Z1EXAMPLECOM:
              wiki.example.com A 300 10.0.9.9
            after
            in Z1EXAMPLECOM:
              etl.example.com CNAME 300 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 300 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
              wiki.example.com A 300 10.0.9.9
        "#]];
    a_cluster_is_running_that_emr_does_not_know: with_cluster(&[]), expect![[r#"
        emr-dns: ignored (EMR does not know cluster j-1YONHTCP3YZKC in eu-west-1 (any more))
        nothing changed
    "#]];
    a_cluster_is_running_in_another_region: ELSEWHERE, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-central-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-central-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-central-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_cluster_came_into_a_state_of_tomorrow: Given { zones: WITH_OURS, ..GIVEN }, expect![[r#"
        emr-dns: unchanged
        nothing changed
    "#]];
    an_event_was_replayed_weeks_later: with_cluster(&[ENDED]), expect![[r#"
        emr-dns: unchanged
        nothing changed
    "#]];
    an_event_came_from_the_future: GIVEN, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    an_event_came_from_another_account: GIVEN, expect![[r#"
        emr-dns: refused (account 444455556666 is not ours (111122223333): deploy the function there, send it the events of 111122223333 only, or name 444455556666 in SIGNALBOX_ACCOUNTS, with SIGNALBOX_MEMBER_ROLE)
        nothing changed
    "#]];
    an_event_came_from_another_partition: GIVEN, expect![[r#"
        emr-dns: refused (region cn-north-1 lies in partition aws-cn, and our credentials are of aws)
        nothing changed
    "#]];
    an_event_came_of_another_kind: GIVEN, expect![[r#"
        emr-dns: ignored (not an event that emr-dns acts on)
        nothing changed
    "#]];
    an_event_came_without_a_cluster: GIVEN, expect![[r#"
        emr-dns: refused (the detail of this `EMR Cluster State Change` event: missing field `clusterId`)
        nothing changed
    "#]];
}
