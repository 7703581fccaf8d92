//! Entries that ask for more than a name, and a bound that is none.

use expect_test::{Expect, expect};
use sharing::{Desired, Manifest};

use super::{MANIFEST, OURS, check, desired, facts, image};
use crate::{Facts, Image};

/// What an entry asks for beside the name: the owner's account and a tag.
const RESTRICTED: &str = r#"{"ami": {"base_": {"eu-west-1": {"accounts": ["123456789012"], "owner": ["111122223333"],
    "tag": {"key": "share", "value": "yes"}}}}}"#;

#[test]
fn an_image_with_the_name_and_without_the_tag_is_not_shared() {
    let told = |tags: &[(&str, &str)], manifest: &str, expected: &Expect| {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let facts = Facts { desired: desired(Manifest::parse(manifest)), ..facts(Image { tags, ..image() }) };
        check(&facts, expected);
    };
    told(
        &[("share", "yes")],
        RESTRICTED,
        &expect![[r#"
        share ami-0123456789abcdef0 in eu-west-1: +123456789012; snap-1: +123456789012
    "#]],
    );
    told(
        &[("share", "YES"), ("Name", "base_linux_v1")],
        RESTRICTED,
        &expect![[r#"
            ignored: no entry of the manifest's section `ami` means ami-0123456789abcdef0 in eu-west-1, whose owner or tags are not those that entries with its name ask for
        "#]],
    );
    told(
        &[],
        RESTRICTED,
        &expect![[r#"
            ignored: no entry of the manifest's section `ami` means ami-0123456789abcdef0 in eu-west-1, whose owner or tags are not those that entries with its name ask for
        "#]],
    );
    told(
        &[("share", "yes")],
        &RESTRICTED.replace(OURS, "444455556666"),
        &expect![[r#"
            ignored: no entry of the manifest's section `ami` means ami-0123456789abcdef0 in eu-west-1, whose owner or tags are not those that entries with its name ask for
        "#]],
    );
}

#[test]
fn a_bound_that_is_everybody_is_repeated_in_the_report() {
    let allowed = Some("everybody".parse().unwrap());
    check(
        &Facts { desired: Desired { allowed, ..desired(Manifest::parse(MANIFEST)) }, ..facts(image()) },
        &expect![[r#"
            share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
            note: the manifest may share with any account: SIGNALBOX_ALLOWED_ACCOUNTS (AllowedAccounts) is `everybody`
        "#]],
    );
}
