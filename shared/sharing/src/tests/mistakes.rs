//! What is said of a manifest's mistakes: each by its line and column.

use expect_test::{Expect, expect};

use crate::Manifest;

/// The mistake's message, and the text that it marks.
fn check(manifest: &str, expected: &Expect) {
    let mistake = Manifest::parse(manifest).unwrap_err();
    expected.assert_eq(&format!("{mistake}\n>>{}<<\n", &manifest[mistake.span(manifest)]));
}

#[test]
fn an_account_of_thirteen_digits() {
    check(
        "{\"ami\": {\"base\": {\n  \"eu-west-1\": [\"1234567890123\"]}}}",
        &expect![[r#"
            line 2, column 31: `1234567890123` is not an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"
            >>"1234567890123"<<
        "#]],
    );
}

#[test]
fn an_account_that_is_a_number() {
    check(
        r#"{"rds": {"base": {"eu-west-1": [123456789012]}}}"#,
        &expect![[r#"
            line 1, column 44: invalid type: integer `123456789012`, expected an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"
            >>123456789012<<
        "#]],
    );
}

#[test]
fn a_region_that_does_not_exist() {
    check(
        r#"{"ami": {"base": {"eu-wset-1": []}}}"#,
        &expect![[r#"
            line 1, column 29: `eu-wset-1` is not an AWS region, such as "eu-west-1"
            >>"eu-wset-1"<<
        "#]],
    );
}

#[test]
fn keys_that_stand_twice() {
    check(
        "{\"ami\": {\"base\": {}, \"base\": {}}}",
        &expect![[r#"
            line 1, column 27: `base` stands twice; merge the two
            >>"base"<<
        "#]],
    );
    check(
        "{\"ami\": {}, \"ami\": {}}",
        &expect![[r#"
            line 1, column 17: `ami` stands twice; merge the two
            >>"ami"<<
        "#]],
    );
}

#[test]
fn text_after_the_end() {
    check(
        "{} x",
        &expect![[r"
            line 1, column 4: trailing characters
            >>x<<
        "]],
    );
}

#[test]
fn a_manifest_that_was_cut() {
    check(
        "{\"ami\": {\"base\": {\"eu-west-1\": [\"1111",
        &expect![[r#"
            line 1, column 37: EOF while parsing a string
            >>1111<<
        "#]],
    );
}

#[test]
fn a_byte_order_mark() {
    let text = "\u{feff}{ \"ami\": {} }";
    let mistake = Manifest::parse(text).unwrap_err();
    expect!["line 1, column 3: the text begins with a byte order mark (U+FEFF, the bytes EF BB BF), which JSON must not; save it as UTF-8 without the mark"]
        .assert_eq(&mistake.to_string());
    assert_eq!(&text[mistake.span(text)], "\u{feff}");
}

#[test]
fn no_manifest_at_all() {
    check(
        "",
        &expect![[r"
            line 1, column 1: EOF while parsing a value
            >><<
        "]],
    );
    check(
        "<html>",
        &expect![[r"
            line 1, column 1: expected value
            >><<<
        "]],
    );
    check(
        "[]",
        &expect![[r#"
            line 1, column 1: invalid type: sequence, expected a share manifest, an object such as {"ami": {"base_linux_v": {"eu-west-1": ["111122223333"]}}}
            >>[<<
        "#]],
    );
}

#[test]
fn an_entry_without_a_name_or_a_list() {
    check(
        r#"{"ami": {"": {}}}"#,
        &expect![[r#"
            line 1, column 11: `` is not a name that is not empty (`*` matches every name)
            >>""<<
        "#]],
    );
    check(
        r#"{"s3": {"com-example-bucket": "111122223333"}}"#,
        &expect![[r#"
            line 1, column 44: invalid type: string "111122223333", expected a list of accounts, or an object such as {"accounts": ["111122223333"], "organization": "o-exampleorgid"}
            >>"111122223333"<<
        "#]],
    );
}

#[test]
fn an_unknown_key_of_an_item() {
    check(
        r#"{"ami": {"a": {"eu-west-1": [{"account": "111122223333", "until": "2027-01-01T00:00:00Z"}]}}}"#,
        &expect![[r#"
            line 1, column 64: `until` is neither `account` nor `expires`
            >>"until"<<
        "#]],
    );
}

#[test]
fn an_item_without_an_account() {
    check(
        r#"{"ami": {"a": {"eu-west-1": [{"expires": "2027-01-01T00:00:00Z"}]}}}"#,
        &expect![[r#"
            line 1, column 64: `account` is missing
            >>}<<
        "#]],
    );
}

#[test]
fn a_key_of_an_item_that_stands_twice() {
    check(
        r#"{"ami": {"a": {"eu-west-1": [{"account": "111122223333", "account": "222233334444"}]}}}"#,
        &expect![[r#"
            line 1, column 66: `account` stands twice; keep one
            >>"account"<<
        "#]],
    );
}

#[test]
fn an_end_that_is_no_time() {
    check(
        "{\"ami\": {\"a\": {\"eu-west-1\": [\n  {\"account\": \"111122223333\", \"expires\": \"2027-01-01\"}]}}}",
        &expect![[r#"
            line 2, column 53: `2027-01-01` is not a time of RFC 3339, such as "2027-01-01T00:00:00Z"
            >>"2027-01-01"<<
        "#]],
    );
    check(
        r#"{"rds": {"a": {"eu-west-1": [{"account": "111122223333", "expires": "2027-02-30T00:00:00Z"}]}}}"#,
        &expect![[r#"
            line 1, column 90: `2027-02-30T00:00:00Z` is not a time of RFC 3339, such as "2027-01-01T00:00:00Z"
            >>"2027-02-30T00:00:00Z"<<
        "#]],
    );
    check(
        r#"{"ebs": {"a": {"eu-west-1": [{"account": "111122223333", "expires": 1798761600}]}}}"#,
        &expect![[r#"
            line 1, column 78: invalid type: integer `1798761600`, expected a time of RFC 3339, such as "2027-01-01T00:00:00Z"
            >>1798761600<<
        "#]],
    );
}

#[test]
fn an_item_whose_account_is_none() {
    check(
        r#"{"s3": {"a": [{"account": "11112222333", "expires": "2027-01-01T00:00:00Z"}]}}"#,
        &expect![[r#"
            line 1, column 39: `11112222333` is not an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"
            >>"11112222333"<<
        "#]],
    );
    check(
        r#"{"s3": {"a": [null]}}"#,
        &expect![[r#"
            line 1, column 18: invalid type: null, expected an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"
            >>null<<
        "#]],
    );
}

#[test]
fn an_organization_that_is_none() {
    check(
        r#"{"s3": {"a": {"accounts": [], "organization": "exampleorgid"}}}"#,
        &expect![[r#"
            line 1, column 60: `exampleorgid` is not the id of an organization, such as "o-exampleorgid"
            >>"exampleorgid"<<
        "#]],
    );
    check(
        r#"{"s3": {"a": {"organization": "arn:aws:organizations::111122223333:organization/o-abcde12345"}}}"#,
        &expect![[r#"
            line 1, column 93: `arn:aws:organizations::111122223333:organization/o-abcde12345` is not the id of an organization, such as "o-exampleorgid"
            >>"arn:aws:organizations::111122223333:organization/o-abcde12345"<<
        "#]],
    );
    check(
        r#"{"kms": {"a": {"eu-west-1": {"organization": null}}}}"#,
        &expect![[r#"
            line 1, column 49: invalid type: null, expected the id of an organization, such as "o-exampleorgid"
            >>null<<
        "#]],
    );
}

#[test]
fn an_unknown_key_beside_the_accounts() {
    check(
        "{\"ecr\": {\"a\": {\"eu-west-1\": {\n  \"accounts\": [],\n  \"organisation\": \"o-exampleorgid\"}}}}",
        &expect![[r#"
            line 3, column 16: unknown field `organisation`, expected `accounts` or `organization`
            >>"organisation"<<
        "#]],
    );
}

#[test]
fn accounts_that_stand_twice() {
    check(
        r#"{"s3": {"a": {"accounts": [], "accounts": ["111122223333"]}}}"#,
        &expect![[r#"
            line 1, column 40: duplicate field `accounts`
            >>"accounts"<<
        "#]],
    );
}

#[test]
fn accounts_that_are_no_list() {
    check(
        r#"{"s3": {"a": {"accounts": "111122223333"}}}"#,
        &expect![[r#"
            line 1, column 40: invalid type: string "111122223333", expected a list, of which each item is an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"
            >>"111122223333"<<
        "#]],
    );
}

#[test]
fn a_bucket_by_region_and_a_repository_without_one() {
    check(
        r#"{"s3": {"a": {"eu-west-1": ["111122223333"]}}}"#,
        &expect![[r#"
            line 1, column 25: unknown field `eu-west-1`, expected `accounts` or `organization`
            >>"eu-west-1"<<
        "#]],
    );
    check(
        r#"{"ecr": {"a": ["111122223333"]}}"#,
        &expect![[r#"
            line 1, column 14: invalid type: sequence, expected an object whose keys are each an AWS region, such as "eu-west-1"
            >> <<
        "#]],
    );
}
