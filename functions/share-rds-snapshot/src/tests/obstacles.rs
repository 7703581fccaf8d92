//! What cannot be shared: no account gains it, and an account that the manifest does not name loses it.

use expect_test::expect;
use sharing::{Encryption, Kind, OptionGroup};

use super::{AUTOMATED, MANIFEST, automated, by, check, check_of, copying, facts, held_by, snapshot, subject};
use crate::{Snapshot, Subject};

#[test]
fn a_snapshot_that_cannot_be_shared_is_taken_back() {
    let held = || Snapshot { holders: held_by(&["123456789012", "444455556666"]), ..snapshot() };
    check(
        &facts(Snapshot { encryption: Encryption::AwsManaged, ..held() }),
        &expect![[r#"
        share base-db-v1 in eu-west-1: -444455556666
        cannot share base-db-v1 in eu-west-1: it is encrypted with the AWS-managed key aws/rds, which no other account can use; copy it with a customer managed key (CopyDBSnapshot with KmsKeyId), and the copy is shared
    "#]],
    );
    let options = OptionGroup::Fixed { group: "with-options".into(), options: vec!["TDE".into()] };
    check(
        &facts(Snapshot { options, ..held() }),
        &expect![[r#"
        share base-db-v1 in eu-west-1: -444455556666
        cannot share base-db-v1 in eu-west-1: its option group with-options has the persistent or permanent option TDE, and RDS shares no snapshot with such an option; export its data, or share a snapshot of a database without the option
    "#]],
    );
    let accounts: Vec<_> = (0..21).map(|number| format!("\"1000000000{number:02}\"")).collect();
    let many = format!(r#"{{"rds": {{"base-db-v": {{"eu-west-1": [{}]}}}}}}"#, accounts.join(","));
    check(
        &by(&many, held()),
        &expect![[r#"
        share base-db-v1 in eu-west-1: -123456789012 -444455556666
        cannot share base-db-v1 in eu-west-1: the manifest names 21 accounts, and RDS shares a snapshot with 20 at most; name fewer, or copy the snapshot and share the copy with the others; none of them gained it
    "#]],
    );
}

#[test]
fn what_the_aws_managed_key_encrypts_is_neither_shared_nor_copied() {
    check(
        &facts(Snapshot { encryption: Encryption::AwsManaged, ..snapshot() }),
        &expect![[r#"
        refused: base-db-v1 cannot be shared: it is encrypted with the AWS-managed key aws/rds, which no other account can use; copy it with a customer managed key (CopyDBSnapshot with KmsKeyId), and the copy is shared
    "#]],
    );
    let of_cluster = Subject { kind: Kind::DbClusterSnapshot, ..subject("base-db-v1") };
    let manifest = MANIFEST.replace("rds", "rds-cluster");
    check_of(
        &of_cluster,
        &by(&manifest, Snapshot { encryption: Encryption::AwsManaged, ..snapshot() }),
        &expect![[r#"
            refused: base-db-v1 cannot be shared: it is encrypted with the AWS-managed key aws/rds, which no other account can use; copy it with a customer managed key (CopyDBClusterSnapshot with KmsKeyId), and the copy is shared
        "#]],
    );
    let managed = Snapshot { encryption: Encryption::AwsManaged, ..automated() };
    check_of(
        &subject(AUTOMATED),
        &copying(managed),
        &expect![[r#"
        refused: rds:base-db-v1-2026-11-02-05-30 cannot be shared: it is encrypted with the AWS-managed key aws/rds, which no other account can use; copy it with a customer managed key (CopyDBSnapshot with KmsKeyId), and the copy is shared
    "#]],
    );
}
