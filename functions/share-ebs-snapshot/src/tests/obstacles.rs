//! What cannot be shared: no account gains it, and an account that the manifest does not name loses it.

use expect_test::expect;
use sharing::Encryption;

use super::{OTHER, SNAPSHOT, check, check_of, facts, held_by, several, snapshot};
use crate::Snapshot;

fn managed() -> Snapshot {
    let volumes = held_by(&["123456789012", "444455556666"]);
    Snapshot { encryption: Encryption::AwsManaged, volumes, ..snapshot() }
}

#[test]
fn a_snapshot_that_cannot_be_shared_is_taken_back() {
    check(
        &facts(&[(SNAPSHOT, managed())]),
        &expect![[r#"
        share snap-0123456789abcdef0 in eu-west-1: -444455556666
        cannot share snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
    "#]],
    );
    check_of(
        &several("succeeded"),
        &facts(&[(SNAPSHOT, managed()), (OTHER, snapshot())]),
        &expect![[r#"
        share snap-0123456789abcdef0 in eu-west-1: -444455556666
        cannot share snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
        share snap-0123456789abcdef1 in eu-west-1: +123456789012 +987654321098
    "#]],
    );
}

#[test]
fn what_each_account_has_already_is_not_refused() {
    let volumes = held_by(&["123456789012", "987654321098"]);
    check(&facts(&[(SNAPSHOT, Snapshot { volumes, ..managed() })]), &expect![[""]]);
}
