//! Entries that ask for a tag beside the name.

use expect_test::expect;
use sharing::Tags;

use super::{AUTOMATED, automated, by, check, check_of, snapshot, subject};
use crate::{Facts, Snapshot};

#[test]
fn a_snapshot_with_the_name_and_without_the_tag_is_not_shared_and_not_copied() {
    let manifest = r#"{"rds": {"base-db-v": {"eu-west-1": {"accounts": ["123456789012"], "tag": {"key": "share", "value": "yes"}}}}}"#;
    let tagged = Tags::from([("share".to_owned(), "yes".to_owned())]);
    check(
        &by(manifest, Snapshot { tags: tagged.clone(), ..snapshot() }),
        &expect![[r#"
        share base-db-v1 in eu-west-1: +123456789012
    "#]],
    );
    check(
        &by(manifest, snapshot()),
        &expect![[r#"
            ignored: no entry of the manifest's section `rds` means base-db-v1 in eu-west-1, whose owner or tags are not those that entries with its name ask for
        "#]],
    );
    let copying = |snapshot| Facts { copies_automated: true, ..by(&manifest.replace("base-db-v", "base"), snapshot) };
    check_of(
        &subject(AUTOMATED),
        &copying(Snapshot { tags: tagged, ..automated() }),
        &expect![[r#"
        copy rds:base-db-v1-2026-11-02-05-30 in eu-west-1 to base-db-v1-2026-11-02-05-30-shared
    "#]],
    );
    check_of(
        &subject(AUTOMATED),
        &copying(automated()),
        &expect![[r#"
            ignored: no entry of the manifest's section `rds` means rds:base-db-v1-2026-11-02-05-30 in eu-west-1, whose owner or tags are not those that entries with its name ask for
        "#]],
    );
}
