//! Event in, AWS after: each sample event through the real reaction and real SDK clients, as its story tells.

use expect_test::expect;

use super::{GIVEN, Given, GivenImage, IMAGE, Key, MANIFEST, Meanwhile, Scene};
use crate::world::scene::stories;

fn given(image: GivenImage) -> Given {
    Given { image: Some(image), ..GIVEN }
}

fn by_manifest(manifest: &'static str) -> Given {
    Given { manifest: Some(manifest), ..GIVEN }
}

/// The account of the organization's unit is named, where these are allowed.
fn for_a_member(allowed: &'static str) -> Given {
    let manifest = r#"{"ami": {"base_linux_v": {"eu-west-1": ["222233334444"]}}}"#;
    Given { allowed_accounts: Some(allowed), has_organization: true, ..by_manifest(manifest) }
}

const HELD: &[&str] = &["123456789012", "987654321098"];
const HELD_AND_STALE: &[&str] = &["123456789012", "444455556666"];

stories! { Scene;
    an_image_became_available: GIVEN, expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
        before
        image: no account
        snap-1: no account
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
    "#]];
    an_image_with_two_disks_became_available: given(GivenImage { snapshots: &[&[], HELD_AND_STALE], ..IMAGE }), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098; snap-2: +987654321098 -444455556666
        before
        image: no account
        snap-1: no account
        snap-2: 123456789012, 444455556666
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
        snap-2: 123456789012, 987654321098
    "#]];
    an_image_became_available_whose_manifest_is_a_parameter: Given { is_parameter: true, ..GIVEN }, expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
        before
        image: no account
        snap-1: no account
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
    "#]];
    an_image_became_available_that_no_entry_names:
        given(GivenImage { name: "windows_v1", launch: HELD_AND_STALE, ..IMAGE }), expect![[r#"
            share-ami: ignored (no entry of the manifest's section `ami` matches `windows_v1` in eu-west-1, the name of ami-0123456789abcdef0)
            nothing changed
        "#]];
    an_image_became_available_that_an_account_has_lost:
        given(GivenImage { launch: HELD_AND_STALE, snapshots: &[HELD_AND_STALE], ..IMAGE }), expect![[r#"
            share-ami: applied
              - share ami-0123456789abcdef0 in eu-west-1: +987654321098 -444455556666; snap-1: +987654321098 -444455556666
            before
            image: 123456789012, 444455556666
            snap-1: 123456789012, 444455556666
            after
            image: 123456789012, 987654321098
            snap-1: 123456789012, 987654321098
        "#]];
    an_image_became_available_that_nobody_may_use_any_more: Given {
        manifest: Some(r#"{"ami": {"base_linux_v": {"eu-west-1": []}}}"#),
        ..given(GivenImage { launch: HELD, snapshots: &[HELD], ..IMAGE })
    }, expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: -123456789012 -987654321098; snap-1: -123456789012 -987654321098
        before
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
        after
        image: no account
        snap-1: no account
    "#]];
    an_image_became_available_for_an_organization: by_manifest(
        r#"{"ami": {"base_*": {"eu-west-1": ["123456789012",
            "arn:aws:organizations::111122223333:organization/o-abcde12345",
            "arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56"]}}}"#
    ), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +arn:aws:organizations::111122223333:organization/o-abcde12345 +arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56; snap-1: +123456789012
          note: arn:aws:organizations::111122223333:organization/o-abcde12345, arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56 may launch the image but not copy it: snapshots are shared with accounts only
        before
        image: no account
        snap-1: no account
        after
        image: 123456789012, arn:aws:organizations::111122223333:organization/o-abcde12345, arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56
        snap-1: 123456789012
    "#]];
    a_public_image_became_available: given(GivenImage { is_public: true, ..IMAGE }), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
          note: ami-0123456789abcdef0 in eu-west-1 is public and stays so: everybody may use it
        before
        image: all
        snap-1: no account
        after
        image: 123456789012, 987654321098, all
        snap-1: 123456789012, 987654321098
    "#]];
    an_image_on_a_shared_snapshot_became_available: given(GivenImage {
        launch: &["444455556666", "555566667777"],
        snapshots: &[&["444455556666", "555566667777"]],
        sibling: Some(("golden", &["444455556666"])),
        ..IMAGE
    }), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098 -444455556666 -555566667777; snap-1: +123456789012 +987654321098 -555566667777
        before
        image: 444455556666, 555566667777
        sibling: 444455556666
        snap-1: 444455556666, 555566667777
        after
        image: 123456789012, 987654321098
        sibling: 444455556666
        snap-1: 123456789012, 444455556666, 987654321098
    "#]];
    an_image_was_enabled_again: given(GivenImage {
        launch: HELD,
        snapshots: &[HELD],
        meanwhile: Meanwhile::DisableAndEnable,
        ..IMAGE
    }), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
        before
        image: no account
        snap-1: 123456789012, 987654321098
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
    "#]];
    an_image_under_the_aws_managed_key_became_available: given(GivenImage { key: Key::AwsManaged, ..IMAGE }), expect![[r#"
        share-ami: refused (ami-0123456789abcdef0 cannot be shared: snap-1 is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy the image with a customer managed key (CopyImage --encrypted --kms-key-id))
        nothing changed
    "#]];
    an_image_under_a_customer_key_became_available: given(GivenImage { key: Key::Customer, ..IMAGE }), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
          note: ami-0123456789abcdef0 in eu-west-1: an account that uses it also needs its key arn:aws:kms:eu-west-1:111122223333:key/key (kms:Decrypt, kms:CreateGrant, ..)
        before
        image: no account
        snap-1: no account
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
    "#]];
    an_image_of_another_account_became_available: Given { image: None, ..GIVEN }, expect![[r#"
        share-ami: refused (ami-0f0e1a0e0f0e1a0e0 belongs to another account; only its owner can share it)
        nothing changed
    "#]];
    an_image_was_deregistered_while_its_event_was_on_the_way:
        given(GivenImage { meanwhile: Meanwhile::Deregister, ..IMAGE }), expect![[r#"
            share-ami: unchanged (EC2 in eu-west-1 does not know ami-0123456789abcdef0 any more; there is nothing to share)
            nothing changed
        "#]];
    an_image_was_disabled_while_its_event_was_on_the_way:
        given(GivenImage { launch: HELD, meanwhile: Meanwhile::Disable, ..IMAGE }), expect![[r#"
            share-ami: refused (ami-0123456789abcdef0 is disabled; enable it (EnableImage) and it is shared again)
            nothing changed
        "#]];
    an_image_could_not_be_made: GIVEN, expect![[r#"
        share-ami: ignored (not an event that share-ami acts on)
        nothing changed
    "#]];
    an_image_was_deregistered: given(GivenImage { meanwhile: Meanwhile::Deregister, ..IMAGE }), expect![[r#"
        share-ami: ignored (not an event that share-ami acts on)
        nothing changed
    "#]];
    an_image_was_disabled: given(GivenImage { meanwhile: Meanwhile::Disable, ..IMAGE }), expect![[r#"
        share-ami: ignored (not an event that share-ami acts on)
        nothing changed
    "#]];
    an_image_came_into_a_state_of_tomorrow: GIVEN, expect![[r#"
        share-ami: ignored (not an event that share-ami acts on)
        nothing changed
    "#]];
    an_image_with_a_short_id_became_available: Given { image: None, ..GIVEN }, expect![[r#"
        share-ami: unchanged (EC2 in eu-west-1 does not know ami-1a2b3c4d any more; there is nothing to share)
        nothing changed
    "#]];
    an_event_came_without_resources: GIVEN, expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
        before
        image: no account
        snap-1: no account
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
    "#]];
    an_event_came_from_another_account: GIVEN, expect![[r#"
        share-ami: refused (account 444455556666 is not ours (111122223333): deploy the function there, send it the events of 111122223333 only, or name 444455556666 in SIGNALBOX_ACCOUNTS, with SIGNALBOX_MEMBER_ROLE)
        nothing changed
    "#]];
    an_event_came_from_another_partition: GIVEN, expect![[r#"
        share-ami: refused (region cn-north-1 lies in partition aws-cn, and our credentials are of aws)
        nothing changed
    "#]];
    an_event_was_forwarded_from_another_region: GIVEN, expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
        before
        image: no account
        snap-1: no account
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
    "#]];
    an_event_was_replayed_weeks_later: given(GivenImage { launch: HELD, snapshots: &[HELD], ..IMAGE }), expect![[r#"
        share-ami: unchanged
        nothing changed
    "#]];
    an_event_came_from_the_future: GIVEN, expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
        before
        image: no account
        snap-1: no account
        after
        image: 123456789012, 987654321098
        snap-1: 123456789012, 987654321098
    "#]];
    an_image_became_available_while_the_manifest_had_a_mistake: Given {
        manifest: Some("{\"ami\": {\"base_linux_v\": {\n  \"eu-west-1\": [\"1234567890123\"]}}}"),
        ..given(GivenImage { launch: HELD, ..IMAGE })
    }, expect![[r#"
        share-ami: refused (the manifest, line 2, column 31: `1234567890123` is not an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56")
        nothing changed
    "#]];
    an_image_became_available_while_there_was_no_manifest:
        Given { manifest: None, ..given(GivenImage { launch: HELD, ..IMAGE }) }, expect![[r#"
            share-ami: refused (reading s3://manifests-111122223333/share.json: there is no such object; upload it)
            nothing changed
        "#]];
    an_image_became_available_for_an_account_that_is_not_allowed:
        Given { allowed_accounts: Some("123456789012"), manifest: Some(MANIFEST), ..GIVEN }, expect![[r#"
            share-ami: refused (the manifest names 987654321098, which SIGNALBOX_ALLOWED_ACCOUNTS does not; nothing was changed)
            nothing changed
        "#]];
    an_image_became_available_for_an_account_of_an_allowed_organization: for_a_member("o-exampleorgid"), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +222233334444; snap-1: +222233334444
        before
        image: no account
        snap-1: no account
        after
        image: 222233334444
        snap-1: 222233334444
    "#]];
    an_image_became_available_for_an_account_of_an_allowed_unit: for_a_member("ou-ab12-cd34ef56"), expect![[r#"
        share-ami: applied
          - share ami-0123456789abcdef0 in eu-west-1: +222233334444; snap-1: +222233334444
        before
        image: no account
        snap-1: no account
        after
        image: 222233334444
        snap-1: 222233334444
    "#]];
}
