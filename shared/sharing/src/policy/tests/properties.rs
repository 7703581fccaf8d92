//! What is so of every edit.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{policy, resource, root_statement};
use crate::policy::{edit, holders};
use crate::{Kind, Principal};

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Bucket), Just(Kind::Repository), Just(Kind::Key)]
}

fn any_holders() -> impl Strategy<Value = BTreeSet<Principal>> {
    let account = (0..5_u32).prop_map(|index| format!("10000000000{index}"));
    let members = (0..3_u32).prop_map(|index| format!("o-{index}"));
    let holder = prop_oneof![3 => account, 1 => members];
    proptest::collection::btree_set(holder.prop_map(|text| Principal::written(&text)), 0..6)
}

fn any_statement() -> impl Strategy<Value = Value> {
    let sid = prop_oneof![Just(json!("Partner")), Just(json!("S3ReadAccessToRole")), Just(json!(""))];
    let principal = prop_oneof![
        Just(json!("*")),
        Just(json!({"AWS": "*"})),
        Just(json!({"AWS": ["999988887777", "arn:aws:iam::444455556666:role/app"]})),
        Just(json!({"Service": "cloudtrail.amazonaws.com"})),
    ];
    let effect = prop_oneof![Just("Allow"), Just("Deny")];
    let action = prop_oneof![Just(json!("s3:GetObject")), Just(json!(["kms:Decrypt", "ecr:*"])), Just(json!("*"))];
    (sid, principal, effect, action).prop_map(|(sid, principal, effect, action)| {
        json!({"Sid": sid, "Principal": principal, "Effect": effect, "Action": action, "Resource": "*"})
    })
}

/// The statements that are not ours.
fn others(kind: Kind, text: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(text).unwrap();
    let sid = |statement: &Value| statement["Sid"].as_str().unwrap_or_default().to_owned();
    let is_own = |statement: &Value| kind != Kind::Snapshot && sid(statement).starts_with("Signalbox");
    policy["Statement"].as_array().unwrap().iter().filter(|it| !is_own(it)).cloned().collect()
}

proptest! {
    #[test]
    fn an_edit_admits_whom_it_shall_and_keeps_the_rest(
        kind in any_kind(),
        before in any_holders(),
        after in any_holders(),
        statements in proptest::collection::vec(any_statement(), 0..4),
    ) {
        let mut statements = statements;
        statements.push(root_statement());
        let resource = resource(kind);
        let text = policy(&Value::Array(statements.clone()));
        let first = edit(&resource, Some(&text), &before).unwrap().unwrap();
        prop_assert_eq!(&holders(&resource, Some(&first)).unwrap().ours, &before);
        let second = edit(&resource, Some(&first), &after).unwrap().unwrap();
        prop_assert_eq!(&holders(&resource, Some(&second)).unwrap().ours, &after);
        prop_assert_eq!(others(kind, &second), statements);
        prop_assert_eq!(edit(&resource, Some(&second), &after).unwrap().unwrap(), second);
        prop_assert_eq!(edit(&resource, Some(&text), &after).unwrap(), edit(&resource, Some(&first), &after).unwrap());
    }
}
