//! Whether a key admits an account.

use place::AccountId;
use serde_json::{Value, json};

use super::{policy, resource, root_statement, set};
use crate::Kind;
use crate::policy::{Admitted, admits, edit};

fn admitted(statements: &Value) -> Admitted {
    admits(&policy(statements), &"222233334444".parse::<AccountId>().unwrap()).unwrap()
}

fn allow(principal: &str, actions: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": "*"})
}

#[test]
fn a_key_admits_whom_we_gave_it() {
    let text = edit(&resource(Kind::Key), Some(&policy(&root_statement())), &set(&["222233334444", "o-exampleorgid"]));
    let text = text.unwrap().unwrap();
    let level = |account: &str| admits(&text, &account.parse().unwrap()).unwrap();
    assert_eq!(level("222233334444"), Admitted::Yes);
    assert_eq!(level("333344445555"), Admitted::Partly, "a member of the organization, perhaps");
    assert_eq!(admitted(&root_statement()), Admitted::No);
}

#[test]
fn a_key_admits_an_account_by_wildcards_and_by_all_but_some_actions() {
    for actions in [json!("kms:*"), json!("*"), json!(["kms:De*", "kms:CREATEGRANT"])] {
        assert_eq!(admitted(&allow("arn:aws:iam::222233334444:root", &actions)), Admitted::Yes, "{actions}");
    }
    let mut others = allow("222233334444", &json!("kms:*"));
    others.as_object_mut().unwrap().remove("Action");
    others["NotAction"] = json!("kms:ScheduleKeyDeletion");
    assert_eq!(admitted(&others), Admitted::Yes);
    assert_eq!(admitted(&allow("222233334444", &json!(["kms:Decrypt", "kms:DescribeKey"]))), Admitted::No, "no grants");
}

#[test]
fn a_key_admits_an_account_partly_by_conditions_and_by_roles() {
    assert_eq!(admitted(&allow("arn:aws:iam::222233334444:role/app", &json!("kms:*"))), Admitted::Partly);
    let mut through_ec2 = allow("*", &json!("kms:*"));
    through_ec2["Condition"] = json!({"StringEquals": {"kms:ViaService": "ec2.eu-west-1.amazonaws.com"}});
    assert_eq!(admitted(&through_ec2), Admitted::Partly);
}

#[test]
fn a_key_that_denies_an_account_does_not_admit_it() {
    let whole = allow("222233334444", &json!("kms:*"));
    let deny = |principal: &str| {
        let mut deny = allow(principal, &json!("kms:CreateGrant"));
        deny["Effect"] = json!("Deny");
        deny
    };
    assert_eq!(admitted(&json!([whole, deny("*")])), Admitted::No);
    assert_eq!(admitted(&json!([whole, deny("arn:aws:iam::222233334444:role/app")])), Admitted::Partly);
    assert_eq!(admitted(&json!([whole, deny("333344445555")])), Admitted::Yes);
    let mut all_but = deny("*");
    all_but.as_object_mut().unwrap().remove("Principal");
    all_but["NotPrincipal"] = json!({"AWS": "333344445555"});
    assert_eq!(admitted(&json!([whole, all_but])), Admitted::No);
}
