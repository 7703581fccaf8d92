//! `signalbox explain`: three lines for each refusal, whatever form it is told in; of what the functions really say.

use expect_test::expect;
use reaction::Mode;

use super::run;
use crate::functions::share_ami::{GIVEN, Scene};
use crate::world::AWS;

/// No other test asks for anything in the name of this account.
const ACCOUNT: &str = "100000000099";

/// Reports that functions give, as they stand in a log and in a file.
#[tokio::test]
async fn a_report_of_a_function_is_explained_from_a_file_from_standard_input_and_as_an_argument() {
    let scene = Scene::set_up(&GIVEN, "an-event-came-from-another-account").await;
    let report = scene.hear(Mode::Apply).await;
    let text = serde_json::to_string(&report).unwrap();
    let line =
        serde_json::json!({"service": "share-ami", "outcome": "refused", "message": "m", "report": text}).to_string();
    let told = run(ACCOUNT, &["explain", &text], "");
    assert_eq!(told.code, Some(0), "{}", told.said);
    let lines: Vec<_> = told.out.lines().collect();
    let [refused, by, fix] = lines[..] else { panic!("three lines: {}", told.out) };
    assert!(refused.starts_with("refused: share-ami: account "), "{refused}");
    assert!(by.starts_with("by:      ") && fix.starts_with("fix:     "), "{by}{fix}");
    assert!(fix.contains("A bus forwards events of another account. Deploy there, or stop the forwarding."), "{fix}");
    assert_eq!(run(ACCOUNT, &["explain", "--file", "-"], &format!("{line}\n{line}\n")).out, told.out);
    let file = std::env::temp_dir().join(format!("signalbox-explain-{}.json", std::process::id()));
    std::fs::write(&file, &text).unwrap();
    let of_file = run(ACCOUNT, &["explain", "--file", file.to_str().unwrap(), "--output", "json"], "");
    std::fs::remove_file(&file).unwrap();
    let json: serde_json::Value = serde_json::from_str(&of_file.out).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1, "{json}");
    assert_eq!(AWS.count(ACCOUNT), 0, "no AWS is asked");
}

#[test]
fn a_denial_is_explained_with_its_policy_and_its_id() {
    let message = "An error occurred (AccessDeniedException) when calling the GetSecretValue operation: User: \
        arn:aws:sts::111122223333:assumed-role/signalbox-share-ami/a-session is not authorized to perform: \
        ec2:ModifyImageAttribute on resource: arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0 with an explicit deny in a service \
        control policy: arn:aws:organizations::999988887777:policy/o-exampleorgid/service_control_policy/p-12345678 (Authorization ID: \
        0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0)";
    let told = run(ACCOUNT, &["explain", message], "");
    assert_eq!(told.code, Some(0), "{}", told.said);
    expect![[r#"
        refused: arn:aws:sts::111122223333:assumed-role/signalbox-share-ami/a-session may not ec2:ModifyImageAttribute on arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0
        by:      the service control policy arn:aws:organizations::999988887777:policy/o-exampleorgid/service_control_policy/p-12345678 denies it; AWS's denial id is 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
        fix:     no permission of the role helps: an administrator of the organization has to change that policy; within 24 hours AWS's iam-toolbox tells by 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0 which statement it was
    "#]]
    .assert_eq(&told.out);
}

#[test]
fn what_tells_of_no_refusal_is_no_explanation() {
    let fine =
        r#"{"function": "share-ami", "key": null, "outcome": "applied", "reason": null, "notes": [], "steps": []}"#;
    for (arguments, stdin, told) in [
        (&["explain", fine][..], "", "the text says of nothing that it was refused or failed"),
        (&["explain", "--file", "-"], "", "standard input says of nothing"),
        (&["explain", "--file", "no-such-file"], "", "cannot read no-such-file"),
        (&["explain"], "", "required"),
        (&["explain", "a", "--file", "-"], "", "cannot be used with"),
        (&["explain", "a", "--region", "eu-west-1"], "", "uses no AWS but its own"),
    ] {
        let ran = run(ACCOUNT, arguments, stdin);
        assert_eq!(ran.code, Some(252), "{arguments:?}: {}{}", ran.out, ran.said);
        assert!(ran.said.contains(told), "{arguments:?}: {}", ran.said);
    }
}
