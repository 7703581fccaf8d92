//! Event in, RDS after: each sample event through the real reaction and real SDK clients, as its story tells.

use expect_test::expect;

use super::{Engine, GIVEN, Given, Scene};
use crate::functions::share_ami::Key;
use crate::world::scene::stories;

const HELD: &[&str] = &["123456789012", "987654321098"];
const AUTOMATED: Given = Given { name: "rds:base-db-v1-2026-11-02-05-30", ..GIVEN };
const COPY: Given =
    Given { name: "base-db-v1-2026-11-02-05-30-shared", copy_of: Some("rds:base-db-v1-2026-11-02-05-30"), ..GIVEN };
const CLUSTER: Given = Given { engine: Engine::Aurora, ..GIVEN };

/// Snapshots of instances are shared with an organizational unit, and those of clusters with the whole organization.
const OF_AN_ORGANIZATION: Given = Given {
    manifest: r#"{
        "rds": {"base-db-v": {"eu-west-1": ["arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"]}},
        "rds-cluster": {"base-db-v": {"eu-west-1": ["arn:aws:organizations::111122223333:organization/o-exampleorgid"]}}}"#,
    has_organization: true,
    ..GIVEN
};

/// One account more than RDS shares a snapshot with.
const TOO_MANY: &str = r#"{"rds": {"base-db-v": {"eu-west-1": [
    "100000000001", "100000000002", "100000000003", "100000000004", "100000000005", "100000000006", "100000000007",
    "100000000008", "100000000009", "100000000010", "100000000011", "100000000012", "100000000013", "100000000014",
    "100000000015", "100000000016", "100000000017", "100000000018", "100000000019", "100000000020", "100000000021"]}}}"#;

stories! { Scene;
    a_snapshot_was_created: GIVEN, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +987654321098
        before
        base-db-v1: no account
        after
        base-db-v1: 123456789012, 987654321098
    "#]];
    a_cluster_snapshot_was_created: CLUSTER, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +987654321098
        before
        base-db-v1: no account
        after
        base-db-v1: 123456789012, 987654321098
    "#]];
    a_snapshot_was_created_whose_manifest_is_a_parameter: Given { is_parameter: true, ..GIVEN }, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +987654321098
        before
        base-db-v1: no account
        after
        base-db-v1: 123456789012, 987654321098
    "#]];
    an_event_came_without_an_event_id: GIVEN, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +987654321098
        before
        base-db-v1: no account
        after
        base-db-v1: 123456789012, 987654321098
    "#]];
    an_event_came_with_an_arn_alone: GIVEN, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +987654321098
        before
        base-db-v1: no account
        after
        base-db-v1: 123456789012, 987654321098
    "#]];
    a_snapshot_was_copied_from_another_region: GIVEN, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +987654321098
        before
        base-db-v1: no account
        after
        base-db-v1: 123456789012, 987654321098
    "#]];
    a_snapshot_was_created_that_an_account_has_lost:
        Given { holders: &["123456789012", "444455556666"], ..GIVEN }, expect![[r#"
            share-rds-snapshot: applied
              - share base-db-v1 in eu-west-1: +987654321098 -444455556666
            before
            base-db-v1: 123456789012, 444455556666
            after
            base-db-v1: 123456789012, 987654321098
        "#]];
    a_snapshot_was_created_that_nobody_may_restore_any_more:
        Given { holders: HELD, manifest: r#"{"rds": {"base-db-v": {"eu-west-1": []}}}"#, ..GIVEN }, expect![[r#"
            share-rds-snapshot: applied
              - share base-db-v1 in eu-west-1: -123456789012 -987654321098
            before
            base-db-v1: 123456789012, 987654321098
            after
            base-db-v1: no account
        "#]];
    a_snapshot_was_created_that_no_entry_names: Given { name: "other-db", holders: HELD, ..GIVEN }, expect![[r#"
        share-rds-snapshot: ignored (no entry of the manifest's section `rds` matches `other-db` in eu-west-1)
        nothing changed
    "#]];
    a_snapshot_was_created_for_more_accounts_than_rds_takes:
        Given { holders: HELD, manifest: TOO_MANY, ..GIVEN }, expect![[r#"
            share-rds-snapshot: refused (base-db-v1 in eu-west-1: the manifest names 21 accounts, and RDS shares a snapshot with 20 at most; name fewer, or copy the snapshot and share the copy with the others; none of them gained it)
              - share base-db-v1 in eu-west-1: -123456789012 -987654321098
              - cannot share base-db-v1 in eu-west-1: the manifest names 21 accounts, and RDS shares a snapshot with 20 at most; name fewer, or copy the snapshot and share the copy with the others; none of them gained it
                not done: base-db-v1 in eu-west-1: the manifest names 21 accounts, and RDS shares a snapshot with 20 at most; name fewer, or copy the snapshot and share the copy with the others; none of them gained it
            before
            base-db-v1: 123456789012, 987654321098
            after
            base-db-v1: no account
        "#]];
    a_snapshot_was_created_for_an_organizational_unit: OF_AN_ORGANIZATION, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +222233334444
        before
        base-db-v1: no account
        after
        base-db-v1: 222233334444
    "#]];
    a_cluster_snapshot_was_created_for_an_organization:
        Given { engine: Engine::Aurora, ..OF_AN_ORGANIZATION }, expect![[r#"
            share-rds-snapshot: applied
              - share base-db-v1 in eu-west-1: +222233334444
            before
            base-db-v1: no account
            after
            base-db-v1: 222233334444
        "#]];
    a_public_snapshot_was_created: Given { holders: &["all"], ..GIVEN }, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +987654321098
          note: base-db-v1 in eu-west-1 is public and stays so: everybody may use it
        before
        base-db-v1: all
        after
        base-db-v1: 123456789012, 987654321098, all
    "#]];
    a_snapshot_under_the_aws_managed_key_was_created: Given { key: Key::AwsManaged, ..GIVEN }, expect![[r#"
        share-rds-snapshot: refused (base-db-v1 cannot be shared: it is encrypted with the AWS-managed key aws/rds, which no other account can use; copy it with a customer managed key (CopyDBSnapshot with KmsKeyId), and the copy is shared)
        nothing changed
    "#]];
    a_snapshot_under_a_customer_key_was_created: Given {
        key: Key::Customer,
        admitted: (&["123456789012"], &["555566667777"]),
        manifest: r#"{"rds": {"base-db-v": {"eu-west-1": ["123456789012", "555566667777", "987654321098"]}}}"#,
        ..GIVEN
    }, expect![[r#"
        share-rds-snapshot: applied
          - share base-db-v1 in eu-west-1: +123456789012 +555566667777 +987654321098
          note: base-db-v1 in eu-west-1: its key arn:aws:kms:eu-west-1:111122223333:key/key does not admit 987654321098, who can copy or restore it only when policy or grants of the key do (kms:Decrypt, kms:CreateGrant, ..)
        before
        base-db-v1: no account
        after
        base-db-v1: 123456789012, 555566667777, 987654321098
    "#]];
    a_snapshot_with_a_persistent_option_was_created:
        Given { options: &["SQLSERVER_BACKUP_RESTORE", "TDE"], ..GIVEN }, expect![[r#"
            share-rds-snapshot: refused (base-db-v1 cannot be shared: its option group with-options has the persistent or permanent option TDE, and RDS shares no snapshot with such an option; export its data, or share a snapshot of a database without the option)
            nothing changed
        "#]];
    an_automated_snapshot_was_created: AUTOMATED, expect![[r#"
        share-rds-snapshot: ignored (`rds:base-db-v1-2026-11-02-05-30` is a snapshot of RDS's own, which cannot be shared; copy it, or set SIGNALBOX_COPY_AUTOMATED to true and such snapshots are copied, and the copies shared)
        nothing changed
    "#]];
    an_automated_snapshot_was_created_that_is_to_be_copied:
        Given { copies_automated: true, key: Key::Customer, ..AUTOMATED }, expect![[r#"
            share-rds-snapshot: applied
              - copy rds:base-db-v1-2026-11-02-05-30 in eu-west-1 to base-db-v1-2026-11-02-05-30-shared
            before
            after
            base-db-v1-2026-11-02-05-30-shared, a copy of base-db-v1-2026-11-02-05-30: no account
        "#]];
    an_automated_cluster_snapshot_was_created_that_is_to_be_copied:
        Given { copies_automated: true, engine: Engine::Aurora, ..AUTOMATED }, expect![[r#"
            share-rds-snapshot: applied
              - copy rds:base-db-v1-2026-11-02-05-30 in eu-west-1 to base-db-v1-2026-11-02-05-30-shared
              note: AWS documents no event for the finished copy of a cluster snapshot: where none comes, the sweep shares base-db-v1-2026-11-02-05-30-shared
            before
            after
            base-db-v1-2026-11-02-05-30-shared, a copy of base-db-v1-2026-11-02-05-30: no account
        "#]];
    a_copy_of_ours_was_finished:
        Given { copies_automated: true, ..COPY }, expect![[r#"
            share-rds-snapshot: applied
              - share base-db-v1-2026-11-02-05-30-shared in eu-west-1: +123456789012 +987654321098
            before
            base-db-v1-2026-11-02-05-30-shared, a copy of base-db-v1-2026-11-02-05-30: no account
            after
            base-db-v1-2026-11-02-05-30-shared, a copy of base-db-v1-2026-11-02-05-30: 123456789012, 987654321098
        "#]];
    a_snapshot_is_being_created: GIVEN, expect![[r#"
        share-rds-snapshot: ignored (not an event that share-rds-snapshot acts on)
        nothing changed
    "#]];
    a_snapshot_was_deleted: GIVEN, expect![[r#"
        share-rds-snapshot: ignored (not an event that share-rds-snapshot acts on)
        nothing changed
    "#]];
    a_snapshot_was_deleted_while_its_event_was_on_the_way: Given { is_gone: true, ..GIVEN }, expect![[r#"
        share-rds-snapshot: unchanged (RDS in eu-west-1 does not know base-db-v1 any more; there is nothing to share)
        nothing changed
    "#]];
    a_snapshot_of_neptune_was_created: Given { engine: Engine::Neptune, ..GIVEN }, expect![[r#"
        share-rds-snapshot: ignored (`base-db-v1` is a snapshot of Neptune, which only shares RDS's events)
        nothing changed
    "#]];
    an_event_came_whose_snapshot_is_of_another_account: GIVEN, expect![[r#"
        share-rds-snapshot: refused (SourceArn: the event comes from 111122223333 in eu-west-1, and its snapshot is said to lie in 444455556666 in eu-west-1)
        nothing changed
    "#]];
    an_event_came_from_another_account: GIVEN, expect![[r#"
        share-rds-snapshot: refused (account 444455556666 is not ours (111122223333): deploy the function there, send it the events of 111122223333 only, or name 444455556666 in SIGNALBOX_ACCOUNTS, with SIGNALBOX_MEMBER_ROLE)
        nothing changed
    "#]];
    an_event_was_replayed_weeks_later: Given { holders: HELD, ..GIVEN }, expect![[r#"
        share-rds-snapshot: unchanged
        nothing changed
    "#]];
}
