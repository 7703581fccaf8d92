//! What the function hears, and what it refuses to read. What it decides is shown in `shared/sharing-sweep/src/tests/moved.rs`.

use reaction::Reaction;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sharing_sweep::Subject;

use crate::ReactOrgChange;

fn parse(event: &Value) -> String {
    let event: Box<RawValue> = serde_json::from_str(&event.to_string()).unwrap();
    match ReactOrgChange::parse(event) {
        Ok(Some(Subject::Moved { account, key })) => {
            format!("{} by {key}", account.map_or("somebody".into(), |it| it.to_string()))
        }
        Ok(Some(other)) => format!("{other:?}"),
        Ok(None) => "nothing".into(),
        Err(error) => format!("refused: {error}"),
    }
}

fn event(detail_type: &str, detail: Value) -> Value {
    let mut event = json!({"version": "0", "id": "an-id", "detail-type": detail_type, "source": "aws.organizations",
        "account": "111122223333", "time": "2026-11-02T05:30:41Z", "region": "us-east-1", "resources": []});
    event["detail"] = detail;
    event
}

fn call(name: &str) -> Value {
    let detail = json!({"eventSource": "organizations.amazonaws.com", "eventName": name, "eventID": "e1",
        "requestParameters": {"accountId": "222233334444"}});
    event("AWS API Call via CloudTrail", detail)
}

fn result(name: &str, details: Value) -> Value {
    let mut detail = json!({"eventSource": "organizations.amazonaws.com", "eventName": name, "eventID": "e1",
        "userIdentity": {"accountId": "111122223333", "invokedBy": "AWS Internal"}, "requestParameters": null});
    detail["serviceEventDetails"] = details;
    event("AWS Service Event via CloudTrail", detail)
}

const HEARD: &str = "222233334444 by 111122223333/222233334444/e1";

#[test]
fn calls_and_results_that_give_an_account_another_place_are_heard() {
    for name in ["MoveAccount", "RemoveAccountFromOrganization", "CloseAccount"] {
        assert_eq!(parse(&call(name)), HEARD, "{name}");
    }
    let status = |state: &str| json!({"state": state, "accountId": "222233334444"});
    assert_eq!(parse(&result("CreateAccountResult", json!({"createAccountStatus": status("SUCCEEDED")}))), HEARD);
    assert_eq!(parse(&result("CloseAccountResult", json!({"closeAccountStatus": status("SUCCEEDED")}))), HEARD);
    for name in ["AccountJoinedOrganization", "AccountDepartedOrganization"] {
        assert_eq!(parse(&result(name, json!({"accountId": "222233334444"}))), HEARD, "{name}");
        // It is time to look, whoever it was.
        assert_eq!(parse(&result(name, json!({"member": "?"}))), "somebody by 111122223333/an-account/e1");
    }
    let mut replayed = call("MoveAccount");
    replayed["replay-name"] = json!("again");
    assert_eq!(parse(&replayed), format!("{HEARD}/again"));
}

#[test]
fn what_failed_what_is_of_others_and_what_imitates_is_not_heard() {
    let mut failed = call("MoveAccount");
    failed["detail"]["errorCode"] = json!("DuplicateAccountException");
    let mut imitated = call("MoveAccount");
    imitated["source"] = json!("custom.aws.organizations");
    let mut of_others = call("MoveAccount");
    of_others["detail"]["eventSource"] = json!("account.amazonaws.com");
    let status = json!({"createAccountStatus": {"state": "FAILED", "failureReason": "EMAIL_ALREADY_EXISTS"}});
    for event in [
        failed,
        imitated,
        of_others,
        call("CreateAccount"),
        call("InviteAccountToOrganization"),
        result("CreateAccountResult", status),
        result("CreatePolicy", json!({})),
    ] {
        assert_eq!(parse(&event), "nothing", "{event}");
    }
}

#[test]
fn an_account_that_is_none_is_refused() {
    let expected = "`all` is not an account id of 12 digits, such as \"111122223333\"";
    let mut moved = call("MoveAccount");
    moved["detail"]["requestParameters"]["accountId"] = json!("all");
    assert_eq!(parse(&moved), format!("refused: the account of MoveAccount: {expected}"));
    moved["detail"]["requestParameters"] = json!(null);
    assert_eq!(parse(&moved), "refused: MoveAccount names no account");
    let joined = result("AccountJoinedOrganization", json!({"accountId": 222_233_334_444_u64}));
    assert!(parse(&joined).starts_with("refused: the account of AccountJoinedOrganization"));
    let mut poison = call("MoveAccount");
    poison["detail"] = json!("poison");
    assert!(parse(&poison).starts_with("refused: the detail of this `AWS API Call via CloudTrail` event"));
}
