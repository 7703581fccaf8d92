//! What cannot be shared: no account gains it, and an account that the manifest does not name loses it.

use expect_test::expect;
use reaction::Reaction;
use sharing::Encryption;

use super::{check, facts, held_by, image, open, snapshot, subject};
use crate::{Image, ImageSnapshot, ShareAmi};

const HELD: [&str; 2] = ["123456789012", "444455556666"];

#[test]
fn an_image_that_cannot_be_shared_is_taken_back_with_its_snapshots() {
    let managed = ImageSnapshot { encryption: Encryption::AwsManaged, ..snapshot("snap-1", &HELD) };
    let snapshots = vec![managed, snapshot("snap-2", &["444455556666"])];
    check(
        &facts(Image { launch: held_by(&HELD), snapshots, ..image() }),
        &expect![[r#"
        share ami-0123456789abcdef0 in eu-west-1: -444455556666; snap-1: -444455556666; snap-2: +123456789012 -444455556666
        cannot share ami-0123456789abcdef0 in eu-west-1: snap-1 is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy the image with a customer managed key (CopyImage --encrypted --kms-key-id)
    "#]],
    );
}

#[test]
fn an_account_that_has_the_snapshot_and_is_to_have_the_image_keeps_the_snapshot() {
    let managed = ImageSnapshot { encryption: Encryption::AwsManaged, ..snapshot("snap-1", &["987654321098"]) };
    check(
        &facts(Image { launch: held_by(&["444455556666"]), snapshots: vec![managed], ..image() }),
        &expect![[r#"
        share ami-0123456789abcdef0 in eu-west-1: -444455556666
        cannot share ami-0123456789abcdef0 in eu-west-1: snap-1 is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy the image with a customer managed key (CopyImage --encrypted --kms-key-id)
    "#]],
    );
}

#[test]
fn what_each_account_has_already_is_not_refused() {
    let held = ["123456789012", "987654321098"];
    let managed = ImageSnapshot { encryption: Encryption::AwsManaged, ..snapshot("snap-1", &held) };
    check(&facts(Image { launch: held_by(&held), snapshots: vec![managed], ..image() }), &expect![[""]]);
}

#[test]
fn nothing_is_taken_back_while_another_run_is_at_work() {
    let busy = ImageSnapshot { head: open(1), ..snapshot("snap-2", &[]) };
    let managed = ImageSnapshot { encryption: Encryption::AwsManaged, ..snapshot("snap-1", &HELD) };
    check(
        &facts(Image { launch: held_by(&HELD), snapshots: vec![managed, busy], ..image() }),
        &expect![[r#"
        failed: another run is at work on snap-2 in eu-west-1; it is tried again
    "#]],
    );
}

#[test]
fn while_another_run_is_at_work_on_the_image_or_a_snapshot_it_is_tried_again() {
    let busy = ImageSnapshot { head: open(1), ..snapshot("snap-1", &[]) };
    for (image, id) in [
        (Image { head: open(1), ..image() }, "ami-0123456789abcdef0"),
        (Image { snapshots: vec![busy], ..image() }, "snap-1"),
    ] {
        let expected = format!("failed: another run is at work on {id} in eu-west-1; it is tried again");
        let plan = ShareAmi::plan(&subject(), &facts(image)).map_err(|error| format!("failed: {error}"));
        assert_eq!(plan.unwrap_err(), expected);
    }
}
