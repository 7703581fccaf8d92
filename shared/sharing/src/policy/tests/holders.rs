//! The principals that a policy admits.

use expect_test::expect;
use serde_json::{Value, json};

use super::{OWNER, check, edited, policy, read_statement, resource, root_statement, set, told};
use crate::Kind;
use crate::policy::{edit, holders};

#[test]
fn what_the_function_of_2015_wrote_is_ours() {
    let text = json!({"Version": "2012-10-17", "Id": "ReadBucketPolicy", "Statement": [{
        "Sid": "S3ReadAccessToRole", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::222233334444:root", "333344445555"]},
        "Action": ["s3:List*", "s3:Get*"],
        "Resource": ["arn:aws:s3:::com-example-bucket", "arn:aws:s3:::com-example-bucket/*"]}]});
    check(
        &told(Kind::Bucket, &text.to_string()),
        &expect![[r#"
            ours: 222233334444, 333344445555
            foreign: 
        "#]],
    );
    check(
        &edited(Kind::Bucket, Some(&text.to_string()), &["333344445555"]),
        &expect![[r#"
            "2012-10-17" "ReadBucketPolicy"
            "SignalboxRead"
                "Allow"
                {"AWS":["arn:aws:iam::333344445555:root"]}
                ["s3:Get*","s3:List*"]
                ["arn:aws:s3:::com-example-bucket","arn:aws:s3:::com-example-bucket/*"]
        "#]],
    );
}

#[test]
fn a_statement_of_that_name_with_other_actions_is_somebody_elses() {
    let statement = json!({"Sid": "S3ReadAccessToRole", "Effect": "Allow", "Principal": {"AWS": "222233334444"},
        "Action": "s3:*", "Resource": ["arn:aws:s3:::com-example-bucket", "arn:aws:s3:::com-example-bucket/*"]});
    check(
        &told(Kind::Bucket, &policy(&json!([statement]))),
        &expect![[r#"
            ours: 
            foreign: 222233334444
        "#]],
    );
}

#[test]
fn a_text_or_a_list_in_any_order_is_the_same() {
    for principal in [json!({"AWS": "222233334444"}), json!({"AWS": ["arn:aws:iam::222233334444:root"]})] {
        let mut statement = read_statement(&principal);
        statement["Action"] = json!(["s3:List*", "s3:Get*"]);
        assert_eq!(told(Kind::Bucket, &policy(&statement)), "ours: 222233334444\nforeign: \n");
    }
}

#[test]
fn who_was_deleted_in_our_statement_is_a_stray_and_goes_with_the_next_edit() {
    let text = policy(&json!([read_statement(&json!({"AWS": ["AIDACKCEVSQ6C2EXAMPLE", "222233334444"]}))]));
    check(
        &told(Kind::Bucket, &text),
        &expect![[r#"
            ours: 222233334444, [AIDACKCEVSQ6C2EXAMPLE]
            foreign: 
        "#]],
    );
    assert!(!edited(Kind::Bucket, Some(&text), &["222233334444"]).contains("AIDA"));
}

#[test]
fn a_statement_of_ours_that_somebody_altered_is_a_stray_by_its_sid() {
    let mut wider = read_statement(&json!({"AWS": "222233334444"}));
    wider["Action"] = json!("s3:*");
    let mut narrower = read_statement(&json!({"AWS": "222233334444"}));
    narrower["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
    let everybody = read_statement(&json!("*"));
    let denied = json!({"Sid": "SignalboxReadOrganization", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    check(
        &told(Kind::Bucket, &policy(&json!([wider]))),
        &expect![[r#"
            ours: [SignalboxRead]
            foreign: 
        "#]],
    );
    check(
        &told(Kind::Bucket, &policy(&json!([narrower, denied]))),
        &expect![[r#"
            ours: [SignalboxRead], [SignalboxReadOrganization]
            foreign: 
        "#]],
    );
    check(
        &told(Kind::Bucket, &policy(&json!([everybody]))),
        &expect![[r#"
            ours: [SignalboxRead]
            foreign: 
            public
        "#]],
    );
}

#[test]
fn an_account_in_one_of_a_keys_two_statements_is_mended() {
    let whole = edit(&resource(Kind::Key), Some(&policy(&root_statement())), &set(&["222233334444"])).unwrap().unwrap();
    let mut half: Value = serde_json::from_str(&whole).unwrap();
    half["Statement"].as_array_mut().unwrap().pop();
    check(
        &told(Kind::Key, &half.to_string()),
        &expect![[r#"
            ours: [222233334444 in SignalboxDecrypt alone]
            foreign: 
        "#]],
    );
    let mended = edit(&resource(Kind::Key), Some(&half.to_string()), &set(&["222233334444"])).unwrap().unwrap();
    assert_eq!(mended, whole);
}

#[test]
fn whom_others_admit_is_listed_but_for_the_owner_and_services() {
    let allow =
        |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*"});
    let mut members = allow(json!("*"));
    members["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}});
    let mut conditional = allow(json!({"AWS": "*"}));
    conditional["Condition"] = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
    let mut denied = allow(json!({"AWS": "arn:aws:iam::555566667777:root"}));
    denied["Effect"] = json!("Deny");
    let statements = json!([
        allow(json!({"AWS": [format!("arn:aws:iam::{OWNER}:role/app"), "arn:aws:iam::999988887777:root"]})),
        allow(json!({"AWS": "arn:aws:iam::444455556666:role/app", "Service": "cloudtrail.amazonaws.com"})),
        allow(json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"})),
        members,
        conditional,
        denied
    ]);
    check(
        &told(Kind::Bucket, &policy(&statements)),
        &expect![[r#"
            ours: 
            foreign: * under conditions, 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be, 999988887777, arn:aws:iam::444455556666:role/app, o-exampleorgid
        "#]],
    );
}

#[test]
fn whoever_admits_everybody_makes_it_public() {
    let allow = |element: &str, principal: Value| json!({"Effect": "Allow", element: principal, "Action": "s3:GetObject", "Resource": "*"});
    for statement in [
        allow("Principal", json!("*")),
        allow("Principal", json!({"AWS": ["*"]})),
        allow("NotPrincipal", json!({"AWS": "222233334444"})),
    ] {
        assert_eq!(told(Kind::Bucket, &policy(&statement)), "ours: \nforeign: \npublic\n", "{statement}");
    }
}

#[test]
fn a_text_that_is_no_policy_is_refused() {
    for text in ["", "[]", "{\"Statement\": [1]}", "{\"Statement\": \"x\"}"] {
        assert!(holders(&resource(Kind::Bucket), Some(text)).is_err(), "{text}");
        assert!(
            edited(Kind::Bucket, Some(text), &[]).starts_with("refused: the policy of com-example-bucket"),
            "{text}"
        );
    }
}
