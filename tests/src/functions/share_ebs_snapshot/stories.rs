//! Event in, EC2 after: each sample event through the real reaction and real SDK clients, as its story tells.

use expect_test::expect;

use super::{GIVEN, Given, GivenSnapshot, SNAPSHOT, Scene};
use crate::functions::share_ami::Key;
use crate::world::scene::stories;

/// Of two volumes one is shared with an organizational unit, and the other with the whole organization.
const OF_AN_ORGANIZATION: Given = Given {
    manifest: r#"{"ebs": {
        "data-": {"eu-west-1": ["arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"]},
        "logs-": {"eu-west-1": ["arn:aws:organizations::111122223333:organization/o-exampleorgid"]}}}"#,
    has_organization: true,
    ..GIVEN
};
const MANAGED: GivenSnapshot = GivenSnapshot { key: Key::AwsManaged, ..SNAPSHOT };

stories! { Scene;
    a_snapshot_was_created: GIVEN, expect![[r#"
        share-ebs-snapshot: applied
          - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
        before
        snap-0123456789abcdef0: no account
        after
        snap-0123456789abcdef0: 123456789012, 987654321098
    "#]];
    a_snapshot_was_created_whose_manifest_is_a_parameter: Given { is_parameter: true, ..GIVEN }, expect![[r#"
        share-ebs-snapshot: applied
          - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
        before
        snap-0123456789abcdef0: no account
        after
        snap-0123456789abcdef0: 123456789012, 987654321098
    "#]];
    a_snapshot_was_copied_from_another_region: GIVEN, expect![[r#"
        share-ebs-snapshot: applied
          - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
        before
        snap-0123456789abcdef0: no account
        after
        snap-0123456789abcdef0: 123456789012, 987654321098
    "#]];
    snapshots_of_several_volumes_were_created: Given { snapshots: &[SNAPSHOT, SNAPSHOT], ..GIVEN }, expect![[r#"
        share-ebs-snapshot: applied
          - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
          - share snap-0123456789abcdef1 in eu-west-1: +123456789012 +987654321098
        before
        snap-0123456789abcdef0: no account
        snap-0123456789abcdef1: no account
        after
        snap-0123456789abcdef0: 123456789012, 987654321098
        snap-0123456789abcdef1: 123456789012, 987654321098
    "#]];
    of_several_snapshots_one_is_gone:
        Given { snapshots: &[SNAPSHOT, GivenSnapshot { is_gone: true, ..SNAPSHOT }], ..GIVEN }, expect![[r#"
            share-ebs-snapshot: applied
              - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
              note: EC2 in eu-west-1 does not know snap-0123456789abcdef1 any more; there is nothing to share
            before
            snap-0123456789abcdef0: no account
            snap-0123456789abcdef1: gone
            after
            snap-0123456789abcdef0: 123456789012, 987654321098
            snap-0123456789abcdef1: gone
        "#]];
    of_several_snapshots_one_cannot_be_shared: Given { snapshots: &[MANAGED, SNAPSHOT], ..GIVEN }, expect![[r#"
        share-ebs-snapshot: refused (snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id))
          - cannot share snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
            not done: snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
          - share snap-0123456789abcdef1 in eu-west-1: +123456789012 +987654321098
        before
        snap-0123456789abcdef0: no account
        snap-0123456789abcdef1: no account
        after
        snap-0123456789abcdef0: no account
        snap-0123456789abcdef1: 123456789012, 987654321098
    "#]];
    a_snapshot_was_created_that_an_account_has_lost: Given {
        snapshots: &[GivenSnapshot { holders: &["123456789012", "444455556666"], ..SNAPSHOT }],
        ..GIVEN
    }, expect![[r#"
        share-ebs-snapshot: applied
          - share snap-0123456789abcdef0 in eu-west-1: +987654321098 -444455556666
        before
        snap-0123456789abcdef0: 123456789012, 444455556666
        after
        snap-0123456789abcdef0: 123456789012, 987654321098
    "#]];
    a_snapshot_was_created_for_an_organizational_unit: OF_AN_ORGANIZATION, expect![[r#"
        share-ebs-snapshot: applied
          - share snap-0123456789abcdef0 in eu-west-1: +222233334444
        before
        snap-0123456789abcdef0: no account
        after
        snap-0123456789abcdef0: 222233334444
    "#]];
    a_snapshot_was_created_for_an_organization:
        Given { snapshots: &[GivenSnapshot { name: Some("logs-1"), ..SNAPSHOT }], ..OF_AN_ORGANIZATION }, expect![[r#"
            share-ebs-snapshot: applied
              - share snap-0123456789abcdef0 in eu-west-1: +222233334444
            before
            snap-0123456789abcdef0: no account
            after
            snap-0123456789abcdef0: 222233334444
        "#]];
    a_snapshot_that_backs_an_image_was_created: Given {
        snapshots: &[GivenSnapshot { holders: &["444455556666", "555566667777"], ..SNAPSHOT }],
        image: Some(("golden", &["444455556666", "666677778888"])),
        ..GIVEN
    }, expect![[r#"
        share-ebs-snapshot: applied
          - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098 -555566667777
          note: 444455556666 keep snap-0123456789abcdef0: an image of ours that they may launch stands on it
        before
        snap-0123456789abcdef0: 444455556666, 555566667777
        after
        snap-0123456789abcdef0: 123456789012, 444455556666, 987654321098
    "#]];
    a_public_snapshot_was_created:
        Given { snapshots: &[GivenSnapshot { is_public: true, ..SNAPSHOT }], ..GIVEN }, expect![[r#"
            share-ebs-snapshot: applied
              - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
              note: snap-0123456789abcdef0 in eu-west-1 is public and stays so: everybody may use it
            before
            snap-0123456789abcdef0: all
            after
            snap-0123456789abcdef0: 123456789012, 987654321098, all
        "#]];
    a_snapshot_without_a_name_was_created:
        Given { snapshots: &[GivenSnapshot { name: None, ..SNAPSHOT }], ..GIVEN }, expect![[r#"
            share-ebs-snapshot: ignored (snap-0123456789abcdef0 has no tag `Name` by which the manifest could name it)
            nothing changed
        "#]];
    a_snapshot_was_created_that_no_entry_names:
        Given { snapshots: &[GivenSnapshot { name: Some("logs-1"), ..SNAPSHOT }], ..GIVEN }, expect![[r#"
            share-ebs-snapshot: ignored (no entry of the manifest's section `ebs` matches `logs-1` in eu-west-1, the name of snap-0123456789abcdef0)
            nothing changed
        "#]];
    a_snapshot_under_the_aws_managed_key_was_created: Given { snapshots: &[MANAGED], ..GIVEN }, expect![[r#"
        share-ebs-snapshot: refused (snap-0123456789abcdef0 cannot be shared: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id))
        nothing changed
    "#]];
    a_snapshot_under_a_customer_key_was_created:
        Given { snapshots: &[GivenSnapshot { key: Key::Customer, ..SNAPSHOT }], ..GIVEN }, expect![[r#"
            share-ebs-snapshot: applied
              - share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
              note: snap-0123456789abcdef0 in eu-west-1: an account that uses it also needs its key arn:aws:kms:eu-west-1:111122223333:key/key (kms:Decrypt, kms:CreateGrant, ..)
            before
            snap-0123456789abcdef0: no account
            after
            snap-0123456789abcdef0: 123456789012, 987654321098
        "#]];
    a_snapshot_was_deleted_while_its_event_was_on_the_way:
        Given { snapshots: &[GivenSnapshot { is_gone: true, ..SNAPSHOT }], ..GIVEN }, expect![[r#"
            share-ebs-snapshot: unchanged (EC2 in eu-west-1 does not know snap-0123456789abcdef0 any more; there is nothing to share)
            nothing changed
        "#]];
    a_snapshot_with_a_short_id_was_created: GIVEN, expect![[r#"
        share-ebs-snapshot: unchanged (EC2 in eu-west-1 does not know snap-1a2b3c4d any more; there is nothing to share)
        nothing changed
    "#]];
    a_snapshot_was_shared_with_us: GIVEN, expect![[r#"
        share-ebs-snapshot: ignored (not an event that share-ebs-snapshot acts on)
        nothing changed
    "#]];
    a_snapshot_was_archived: GIVEN, expect![[r#"
        share-ebs-snapshot: ignored (not an event that share-ebs-snapshot acts on)
        nothing changed
    "#]];
    a_snapshot_could_not_be_created: GIVEN, expect![[r#"
        share-ebs-snapshot: ignored (not an event that share-ebs-snapshot acts on)
        nothing changed
    "#]];
    an_event_came_from_another_account: GIVEN, expect![[r#"
        share-ebs-snapshot: refused (account 444455556666 is not ours (111122223333): deploy the function there, send it the events of 111122223333 only, or name 444455556666 in SIGNALBOX_ACCOUNTS, with SIGNALBOX_MEMBER_ROLE)
        nothing changed
    "#]];
}
