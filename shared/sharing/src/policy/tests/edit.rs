//! The policy that admits other principals.

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::{Value, json};

use super::{OWNER, check, edited, foreign_statement, policy, read_statement, resource, root_statement, set};
use crate::policy::edit;
use crate::{Kind, Principal};

#[test]
fn a_bucket_without_a_policy_gets_one() {
    check(
        &edited(Kind::Bucket, None, &["222233334444", "o-exampleorgid"]),
        &expect![[r#"
            "2012-10-17" null
            "SignalboxRead"
                "Allow"
                {"AWS":["arn:aws:iam::222233334444:root"]}
                ["s3:Get*","s3:List*"]
                ["arn:aws:s3:::com-example-bucket","arn:aws:s3:::com-example-bucket/*"]
            "SignalboxReadOrganization"
                "Allow"
                "*"
                ["s3:Get*","s3:List*"]
                ["arn:aws:s3:::com-example-bucket","arn:aws:s3:::com-example-bucket/*"]
                {"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}
        "#]],
    );
}

#[test]
fn a_repository_gets_statements_without_a_resource() {
    check(
        &edited(Kind::Repository, None, &["222233334444", "o-exampleorgid"]),
        &expect![[r#"
            "2012-10-17" null
            "SignalboxPull"
                "Allow"
                {"AWS":["arn:aws:iam::222233334444:root"]}
                ["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]
            "SignalboxPullOrganization"
                "Allow"
                "*"
                ["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]
                {"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}
        "#]],
    );
}

#[test]
fn a_key_gets_two_statements_for_each_kind_of_holder() {
    let text = policy(&json!([root_statement()]));
    check(
        &edited(Kind::Key, Some(&text), &["222233334444", "o-exampleorgid"]),
        &expect![[r#"
            "2012-10-17" null
            "Enable IAM User Permissions"
                "Allow"
                {"AWS":"arn:aws:iam::111122223333:root"}
                "kms:*"
                "*"
            "SignalboxDecrypt"
                "Allow"
                {"AWS":["arn:aws:iam::222233334444:root"]}
                ["kms:Decrypt","kms:DescribeKey","kms:GenerateDataKey*","kms:ReEncrypt*"]
                "*"
            "SignalboxGrant"
                "Allow"
                {"AWS":["arn:aws:iam::222233334444:root"]}
                ["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"]
                "*"
                {"Bool":{"kms:GrantIsForAWSResource":"true"}}
            "SignalboxDecryptOrganization"
                "Allow"
                "*"
                ["kms:Decrypt","kms:DescribeKey","kms:GenerateDataKey*","kms:ReEncrypt*"]
                "*"
                {"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}
            "SignalboxGrantOrganization"
                "Allow"
                "*"
                ["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"]
                "*"
                {"Bool":{"kms:GrantIsForAWSResource":"true"},"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}
        "#]],
    );
}

#[test]
fn accounts_share_one_statement_and_so_do_organizations() {
    let text =
        edit(&resource(Kind::Bucket), None, &set(&["222233334444", "333344445555", "o-a", "o-b"])).unwrap().unwrap();
    let policy: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 2, "{policy:#}");
    assert_eq!(policy["Statement"][1]["Condition"]["StringEquals"]["aws:PrincipalOrgID"], json!(["o-a", "o-b"]));
}

#[test]
fn what_others_wrote_is_kept_and_the_version_is_not_changed() {
    let text = json!({"Version": "2008-10-17", "Id": "Theirs",
        "Statement": [foreign_statement(), read_statement(&json!({"AWS": "444455556666"}))]});
    check(
        &edited(Kind::Bucket, Some(&text.to_string()), &["222233334444"]),
        &expect![[r#"
            "2008-10-17" "Theirs"
            "Partner"
                "Allow"
                {"AWS":"arn:aws:iam::999988887777:root"}
                "s3:GetObject"
                "arn:aws:s3:::com-example-bucket/public/*"
            "SignalboxRead"
                "Allow"
                {"AWS":["arn:aws:iam::222233334444:root"]}
                ["s3:Get*","s3:List*"]
                ["arn:aws:s3:::com-example-bucket","arn:aws:s3:::com-example-bucket/*"]
        "#]],
    );
}

#[test]
fn replacing_a_whole_policy_would_destroy_what_others_wrote() {
    let text = policy(&json!([foreign_statement()]));
    let emptied = edit(&resource(Kind::Bucket), Some(&text), &BTreeSet::new()).unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&emptied).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
}

#[test]
fn a_policy_with_our_statement_alone_is_deleted_with_it() {
    let text = policy(&read_statement(&json!({"AWS": ["222233334444"]})));
    check(
        &edited(Kind::Bucket, Some(&text), &[]),
        &expect![[r#"
            no policy
        "#]],
    );
    check(
        &edited(Kind::Bucket, None, &[]),
        &expect![[r#"
            no policy
        "#]],
    );
}

#[test]
fn one_deleted_principal_makes_s3_refuse_the_whole_policy() {
    let mut statement = foreign_statement();
    statement["Principal"] = json!({"AWS": ["999988887777", "AROACKCEVSQ6C2EXAMPLE"]});
    check(
        &edited(Kind::Bucket, Some(&policy(&json!([statement]))), &["222233334444"]),
        &expect![[r#"
            refused: the statement Partner in the policy of com-example-bucket names AROACKCEVSQ6C2EXAMPLE, a user or role that was deleted, and so AWS takes no change of that policy; take AROACKCEVSQ6C2EXAMPLE out of it
        "#]],
    );
    statement.as_object_mut().unwrap().remove("Sid");
    statement["Effect"] = json!("Deny");
    let statements = json!([foreign_statement(), statement]);
    check(
        &edited(Kind::Bucket, Some(&policy(&statements)), &["222233334444"]),
        &expect![[r#"
            refused: the statement number 2 of others, which has no Sid, in the policy of com-example-bucket names AROACKCEVSQ6C2EXAMPLE, a user or role that was deleted, and so AWS takes no change of that policy; take AROACKCEVSQ6C2EXAMPLE out of it
        "#]],
    );
}

#[test]
fn a_key_is_not_locked_against_its_own_account() {
    check(
        &edited(Kind::Key, None, &["222233334444"]),
        &expect![[r#"
            refused: no statement of others in the policy of 1234abcd-12ab-34cd-56ef-1234567890ab in eu-west-1 lets account 111122223333 change that policy, so nobody could mend it any more; give the key a statement that allows kms:* to arn:aws:iam::111122223333:root
        "#]],
    );
    let mut ours = root_statement();
    ours["Sid"] = json!("SignalboxAdministration");
    assert!(edited(Kind::Key, Some(&policy(&ours)), &["222233334444"]).starts_with("refused: no statement"));
    let mut role = root_statement();
    role["Principal"] = json!({"AWS": format!("arn:aws:iam::{OWNER}:role/administrator")});
    role["Action"] = json!(["kms:Put*", "kms:Get*"]);
    assert!(!edited(Kind::Key, Some(&policy(&role)), &["222233334444"]).starts_with("refused"));
    role["Action"] = json!("kms:Decrypt");
    assert!(edited(Kind::Key, Some(&policy(&role)), &["222233334444"]).starts_with("refused: no statement"));
}

/// `count` accounts that do not exist.
fn many(count: usize) -> BTreeSet<Principal> {
    (0..count).map(|index| Principal::written(&format!("1000000{index:05}"))).collect()
}

#[test]
fn a_policy_that_would_be_too_long_is_refused_with_its_length() {
    let refusal = |kind, text: Option<&str>| edit(&resource(kind), text, &many(700)).unwrap_err().to_string();
    let key = policy(&root_statement());
    check(
        &refusal(Kind::Bucket, None),
        &expect![[
            r#"the policy of com-example-bucket would have 23316 bytes, and AWS takes 20480 at most; name an organization in place of its accounts ({"organization": "o-.."}), or take statements out that nobody needs"#
        ]],
    );
    check(
        &refusal(Kind::Repository, None),
        &expect![[
            r#"the policy of base/linux in eu-west-1 would have 23295 bytes, and AWS takes 10240 at most; name an organization in place of its accounts ({"organization": "o-.."}), or take statements out that nobody needs"#
        ]],
    );
    check(
        &refusal(Kind::Key, Some(&key)),
        &expect![[
            r#"the policy of 1234abcd-12ab-34cd-56ef-1234567890ab in eu-west-1 would have 46743 bytes, and AWS takes 32768 at most; name an organization in place of its accounts ({"organization": "o-.."}), or take statements out that nobody needs"#
        ]],
    );
    assert!(edit(&resource(Kind::Bucket), None, &many(500)).is_ok());
}

#[test]
fn what_a_policy_cannot_name_is_refused() {
    check(
        &edited(Kind::Bucket, None, &["arn:aws:organizations::111122223333:organization/o-abcde12345"]),
        &expect![[r#"
            refused: arn:aws:organizations::111122223333:organization/o-abcde12345 is neither an account nor an organization's id, and cannot stand in the policy of com-example-bucket
        "#]],
    );
}
