//! Each option has an effect.

use serde_json::json;

use super::Operator;
use crate::world::{AWS, REGION};

/// What a command told and what it asked of AWS.
fn asked(operator: &Operator, arguments: &[&str]) -> String {
    let hub = &operator.fleet.hub.account;
    let before = AWS.count(hub);
    let output = operator.command(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let calls = AWS.calls_since(hub, before);
    let calls = calls.iter().map(|it| format!("{} {} {} {}", it.region, it.operation, it.path, it.body));
    let calls = calls.collect::<Vec<_>>().join("\n");
    format!("exit {:?}\n{}{}{calls}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// An option, what it is given, and what is told then.
type Given = (&'static str, &'static str, &'static str);

/// What each command takes.
const OF_ALL: [Given; 6] = [
    ("--deployments-table", "another-table", "another-table"),
    ("--region", "eu-central-1", "eu-central-1 "),
    ("--profile", "of-no-file", "of-no-file"),
    ("--ca-bundle", "of-no-file.pem", "of-no-file.pem"),
    ("--endpoint-url", "http://127.0.0.1:1", "AWS is http://127.0.0.1:1"),
    ("--output", "json", "\n[{\"]"),
];

/// What commands take that enter accounts.
const ELSEWHERE: [Given; 3] = [
    ("--accounts", "nowhere", "SIGNALBOX_ACCOUNTS"),
    ("--member-role", "another-role", "role%2Fanother-role"),
    ("--external-id", "only-us", "ExternalId=only-us"),
];

/// What commands take that deliver.
const DELIVERING: [Given; 9] = [
    ("--code-bucket", "Another", "SIGNALBOX_CODE_BUCKET"),
    ("--deploy-functions", "billing", "billing"),
    ("--deploy-aliases", "prod", "prod"),
    ("--deploy-hooks", "a b", "SIGNALBOX_DEPLOY_HOOKS"),
    ("--deploy-owned", "a b", "SIGNALBOX_DEPLOY_OWNED"),
    ("--deploy-keep", "0", "SIGNALBOX_DEPLOY_KEEP"),
    ("--deploy-traffic", "0", "SIGNALBOX_DEPLOY_TRAFFIC"),
    ("--deploy-quiet", "maybe", "SIGNALBOX_DEPLOY_QUIET"),
    ("--deploy-errors", "101", "SIGNALBOX_DEPLOY_ERRORS"),
];

#[tokio::test]
async fn each_option_of_the_deploy_commands_has_an_effect() {
    let operator = Operator::of(1, &[REGION]).await;
    operator.write("orders.zip", "new", json!({}));
    assert_eq!(operator.run(&["run", "orders.zip"]).code, Some(0));
    operator.write("newer.zip", "newer", json!({}));
    let id = operator.id(1);
    let (status, rollback) = (["status", &id], ["rollback", &id]);
    let commands: [(&[&str], &[&[Given]]); 6] = [
        (&["plan", "newer.zip"], &[&OF_ALL, &ELSEWHERE, &DELIVERING]),
        (&status, &[&OF_ALL]),
        (&["history", "orders"], &[&OF_ALL]),
        (&["drift"], &[&OF_ALL, &ELSEWHERE]),
        (&["run", "newer.zip"], &[&OF_ALL, &ELSEWHERE, &DELIVERING]),
        (&rollback, &[&OF_ALL, &ELSEWHERE]),
    ];
    for (command, options) in commands {
        for (option, value, expected) in options.iter().copied().flatten() {
            let told = asked(&operator, &[command, &[option, value]].concat());
            let is_told = |it: char| told.contains(&format!("\n{it}\n"));
            let is_json = *option == "--output" && (is_told('[') || is_told('{'));
            assert!(is_json || told.contains(expected), "{command:?} {option}: {told}");
        }
    }
    assert!(asked(&operator, &["history", "orders", "--most", "7"]).contains("\"Limit\":7"));
    assert!(asked(&operator, &["run", "--resume", &id]).contains("succeeded"));
}
