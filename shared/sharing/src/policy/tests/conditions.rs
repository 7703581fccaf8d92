//! Who a statement with conditions admits, case by case, in the policy of a bucket, of a repository and of a key.

use serde_json::{Value, json};

use super::{OWNER, policy, resource};
use crate::Kind;
use crate::policy::{Admitted, admits, holders};

const ORGANIZATION: &str = "o-exampleorgid";
const OTHER: &str = "444455556666";
const UNDER_CONDITIONS: &str = "* under conditions";
const PUBLIC: &str = "public";
const NONE: &str = "";

/// What is said of a policy of one statement: who it admits from elsewhere, or that it is public.
fn said(kind: Kind, statement: &Value) -> String {
    let holders = holders(&resource(kind), Some(&policy(&json!([statement])))).unwrap();
    assert!(holders.ours.is_empty());
    let mut said: Vec<_> = holders.foreign.into_iter().collect();
    if holders.is_public {
        said.push(PUBLIC.into());
    }
    said.join(", ")
}

fn allow(principal: &Value, condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*", "Condition": condition})
}

/// Asserts what each of these conditions leaves of everybody, for every kind of policy.
fn assert_cases(cases: &[(Value, &str)]) {
    for kind in [Kind::Bucket, Kind::Repository, Kind::Key] {
        for (condition, expected) in cases {
            for everybody in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
                assert_eq!(said(kind, &allow(&everybody, condition)), *expected, "{kind}: {condition}");
            }
        }
    }
}

#[test]
fn keys_and_operators_have_no_case() {
    assert_cases(&[
        (json!({"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), ORGANIZATION),
        (json!({"StringEquals": {"aws:PrincipalOrgId": ORGANIZATION}}), ORGANIZATION),
        (json!({"stringequals": {"AWS:PRINCIPALORGID": [ORGANIZATION]}}), ORGANIZATION),
        (json!({"StringEquals": {"aws:principalaccount": OWNER}}), NONE),
    ]);
}

#[test]
fn the_owners_account_may_be_a_condition() {
    let role = format!("arn:aws:iam::{OWNER}:role/*");
    assert_cases(&[
        (json!({"StringEquals": {"aws:PrincipalAccount": OWNER}}), NONE),
        (json!({"StringLike": {"aws:PrincipalAccount": [OWNER]}}), NONE),
        (json!({"ForAnyValue:StringEquals": {"aws:PrincipalAccount": OWNER}}), NONE),
        (json!({"StringEquals": {"aws:PrincipalAccount": [OWNER, OTHER]}}), OTHER),
        (json!({"StringLike": {"aws:PrincipalAccount": "11112222*"}}), UNDER_CONDITIONS),
        (json!({"StringLike": {"aws:PrincipalAccount": [OWNER, "*"]}}), PUBLIC),
        (json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}), UNDER_CONDITIONS),
        (json!({"StringEquals": {"aws:PrincipalAccount": []}}), UNDER_CONDITIONS),
        (json!({"ArnLike": {"aws:PrincipalArn": role}}), NONE),
        (json!({"StringLike": {"aws:PrincipalArn": [role, format!("arn:aws:iam::{OTHER}:user/app")]}}), OTHER),
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}), UNDER_CONDITIONS),
        (json!({"StringLike": {"aws:PrincipalArn": format!("arn:*:{OWNER}:role/app")}}), UNDER_CONDITIONS),
    ]);
}

#[test]
fn organizations_and_their_units_are_named_where_they_are_certain() {
    let path = "o-exampleorgid/r-ab12/ou-ab12-cd34ef56/*";
    assert_cases(&[
        (json!({"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION, "o-other"]}}), "o-exampleorgid, o-other"),
        (json!({"StringLike": {"aws:PrincipalOrgID": ORGANIZATION}}), ORGANIZATION),
        (json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}), UNDER_CONDITIONS),
        (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": path}}), path),
        (json!({"StringLike": {"aws:PrincipalOrgPaths": path}}), UNDER_CONDITIONS),
        (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/ou-ab12-cd34ef56/*"}}), UNDER_CONDITIONS),
    ]);
}

#[test]
fn what_holds_where_its_key_is_missing_admits_anonymous_callers() {
    assert_cases(&[
        (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}), PUBLIC),
        (json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), PUBLIC),
        (json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorgid/*"}}), PUBLIC),
        (json!({"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), PUBLIC),
        (json!({"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}), PUBLIC),
        (json!({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:root"}}), PUBLIC),
        (json!({"Null": {"aws:PrincipalOrgID": "true"}}), PUBLIC),
        (json!({"Null": {"aws:PrincipalArn": true}}), PUBLIC),
        (json!({"StringNotEquals": {"aws:PrincipalAccount": OWNER}}), PUBLIC),
        (json!({"Null": {"aws:PrincipalOrgID": "false"}}), UNDER_CONDITIONS),
        (json!({"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), UNDER_CONDITIONS),
        (json!({"StringEqualsIfExists": {"aws:PrincipalAccount": OWNER}}), UNDER_CONDITIONS),
    ]);
}

#[test]
fn what_says_nothing_of_the_caller_restricts_none() {
    assert_cases(&[
        (json!({}), PUBLIC),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), PUBLIC),
        (json!({"Bool": {"AWS:SecureTransport": true}}), PUBLIC),
        (json!({"BoolIfExists": {"aws:SecureTransport": ["true"]}}), PUBLIC),
    ]);
}

#[test]
fn what_is_not_understood_admits_some() {
    assert_cases(&[
        (json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), UNDER_CONDITIONS),
        (json!({"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}), UNDER_CONDITIONS),
        (json!({"StringEquals": {"aws:SourceAccount": OWNER}}), UNDER_CONDITIONS),
        (json!({"StringEquals": {"aws:PrincipalTag/team": "data"}}), UNDER_CONDITIONS),
        (json!({"StringEquals": {"s3:DataAccessPointAccount": OWNER}}), UNDER_CONDITIONS),
        (json!({"OfSomeDay": {"aws:PrincipalAccount": OWNER}}), UNDER_CONDITIONS),
        (json!({"StringEquals": "aws:PrincipalAccount"}), UNDER_CONDITIONS),
    ]);
}

#[test]
fn all_operators_and_keys_have_to_hold() {
    assert_cases(&[
        (json!({"StringEquals": {"aws:PrincipalAccount": OWNER, "aws:SourceVpce": "vpce-0123456789abcdef0"}}), NONE),
        (
            json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:PrincipalOrgId": ORGANIZATION}}),
            ORGANIZATION,
        ),
        (json!({"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION, "aws:PrincipalAccount": [OTHER, OWNER]}}), OTHER),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": [OTHER, OWNER]}, "StringNotEquals": {"aws:PrincipalAccount": OTHER}}),
            NONE,
        ),
        (
            json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            UNDER_CONDITIONS,
        ),
        (
            json!({"StringLike": {"aws:PrincipalOrgID": ORGANIZATION}, "StringEqualsIfExists": {"aws:PrincipalArn": "x"}}),
            ORGANIZATION,
        ),
    ]);
}

#[test]
fn everybody_but_some_is_told_with_its_exceptions() {
    let statement = |condition: &Value| {
        let mut statement = allow(&json!("*"), condition);
        statement.as_object_mut().unwrap().remove("Principal");
        statement["NotPrincipal"] =
            json!({"AWS": ["arn:aws:iam::333333333333:root", "arn:aws:iam::333333333333:user/app"]});
        statement
    };
    let within = json!({"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}});
    for kind in [Kind::Bucket, Kind::Repository, Kind::Key] {
        let told = "* but 333333333333, arn:aws:iam::333333333333:user/app under conditions";
        assert_eq!(said(kind, &statement(&within)), told);
        assert_eq!(said(kind, &statement(&json!({}))), PUBLIC);
        let members = json!({"StringEquals": {"aws:PrincipalOrgId": ORGANIZATION}});
        assert_eq!(said(kind, &statement(&members)), ORGANIZATION);
        assert_eq!(said(kind, &statement(&json!({"StringEquals": {"aws:PrincipalAccount": OWNER}}))), NONE);
    }
}

#[test]
fn who_is_named_and_left_out_by_a_condition_is_not_admitted() {
    let ours = json!({"StringEquals": {"aws:PrincipalAccount": OWNER}});
    let theirs = json!({"StringEquals": {"aws:PrincipalAccount": OTHER}});
    for kind in [Kind::Bucket, Kind::Repository, Kind::Key] {
        for named in [json!({"AWS": OTHER}), json!({"CanonicalUser": "79a59df900b949e5"})] {
            assert_eq!(said(kind, &allow(&named, &ours)), NONE);
        }
        assert_eq!(said(kind, &allow(&json!({"AWS": [OTHER, "555566667777"]}), &theirs)), OTHER);
        assert_eq!(said(kind, &allow(&json!({"CanonicalUser": "79a59df900b949e5"}), &theirs)), "79a59df900b949e5");
        assert_eq!(said(kind, &allow(&json!({"Service": "ec2.amazonaws.com"}), &theirs)), NONE);
    }
}

#[test]
fn a_key_says_by_a_key_of_its_own_which_account_may_use_it() {
    let through_ec2 =
        json!({"StringEquals": {"kms:CallerAccount": OWNER, "kms:ViaService": "ec2.eu-west-1.amazonaws.com"}});
    assert_eq!(said(Kind::Key, &allow(&json!({"AWS": "*"}), &through_ec2)), NONE);
    assert_eq!(said(Kind::Bucket, &allow(&json!({"AWS": "*"}), &through_ec2)), UNDER_CONDITIONS);
    let for_services = json!({"Bool": {"kms:GrantIsForAWSResource": "true"}});
    assert_eq!(said(Kind::Key, &allow(&json!({"AWS": "*"}), &for_services)), PUBLIC);
}

#[test]
fn a_key_admits_an_account_that_its_conditions_name_and_denies_all_others() {
    let whole = json!({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"});
    let with = |effect: &str, condition: Value| {
        let mut statement = whole.clone();
        (statement["Effect"], statement["Condition"]) = (json!(effect), condition);
        statement
    };
    let level = |statements: Value| admits(&policy(&statements), &OTHER.parse().unwrap()).unwrap();
    let named = |accounts: Value| json!({"StringEquals": {"AWS:PrincipalAccount": accounts}});
    assert_eq!(level(json!([with("Allow", named(json!([OTHER])))])), Admitted::Yes);
    assert_eq!(level(json!([with("Allow", named(json!([OWNER])))])), Admitted::No);
    assert_eq!(level(json!([with("Allow", json!({"StringEquals": {"kms:CallerAccount": OWNER}}))])), Admitted::No);
    assert_eq!(
        level(json!([with("Allow", json!({"StringNotEquals": {"aws:PrincipalAccount": OTHER}}))])),
        Admitted::No
    );
    assert_eq!(
        level(json!([with("Allow", json!({"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}))])),
        Admitted::Partly
    );
    let others = |accounts: Value| with("Deny", json!({"StringNotEquals": {"aws:PrincipalAccount": accounts}}));
    assert_eq!(level(json!([whole, others(json!([OWNER, OTHER]))])), Admitted::Yes);
    assert_eq!(level(json!([whole, others(json!([OWNER]))])), Admitted::No);
}
