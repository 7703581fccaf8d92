//! `signalbox deadletters`: events that failed are handed over once more, and AWS is asked what became of them.

mod handed;

use std::process::{Command, Stdio};

use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::QueueAttributeName;
use expect_test::expect;
use local_aws::{Fault, FaultKind};
use serde_json::{Value, json};

use super::interrupt;
use super::run;
use crate::functions::share_ami::{GIVEN, Scene};
use crate::templates::deployed::DeployedAccount;
use crate::world::built::binary;
use crate::world::{AWS, REGION, World};

const QUEUE: &str = "share-ami-failures";
const SHARED: &str = "image: 123456789012, 987654321098\nsnap-1: 123456789012, 987654321098\n";
const NOT_SHARED: &str = "image: no account\nsnap-1: no account\n";

type Account = DeployedAccount<Scene>;

async fn account() -> Account {
    Account::set_up(&GIVEN, "an-image-became-available").await
}

/// How many messages a queue shows, and how many are hidden.
pub async fn counted(sqs: &Sqs, url: &str) -> [String; 2] {
    let counts =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let asked = sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(counts.to_vec()));
    let attributes = asked.send().await.unwrap().attributes.unwrap();
    counts.map(|count| attributes[&count].clone())
}

/// The same of the function's failure queue.
async fn waiting(account: &Account) -> [String; 2] {
    counted(&account.sqs, &account.outputs["FailureQueueUrl"]).await
}

/// What Lambda writes around an event that failed.
pub fn record(event: &Value, function: &str) -> String {
    json!({
        "version": "1.0", "timestamp": "2026-11-01T12:00:00.000Z",
        "requestContext": {"requestId": "1", "functionArn": function, "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event, "responsePayload": {"errorType": "Signalbox.Failed", "errorMessage": "no answer"},
    })
    .to_string()
}

/// Puts a message into the failure queue: its id.
async fn put(account: &Account, body: &str) -> String {
    let send = account.sqs.send_message().queue_url(&account.outputs["FailureQueueUrl"]).message_body(body);
    send.send().await.unwrap().message_id.unwrap()
}

fn denied(account: &str) -> Fault {
    Fault {
        service: Some("ec2".into()),
        operation: Some("DescribeImages".into()),
        times: usize::MAX,
        ..Fault::new(account, FaultKind::AccessDenied)
    }
}

/// The text without ids and times.
fn told(account: &Account, text: &str) -> String {
    let word = |word: &str| match word {
        _ if word.len() == 36 && word.matches('-').count() == 4 => "MESSAGE".to_owned(),
        _ if word.len() == 20 && word.starts_with("20") && word.ends_with('Z') => "TIME".to_owned(),
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    account.scene.with_sample_ids(&text.lines().map(line).collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn an_event_that_failed_is_redriven_when_its_cause_is_gone_and_a_month_later_once_more() {
    let account = account().await;
    let id = account.scene.world.account.clone();
    AWS.inject(&denied(&id));
    account.send(&account.scene.event).await;
    while waiting(&account).await != ["1", "0"] {}
    let listed = run(&id, &["deadletters", "list"], "");
    assert_eq!(listed.code, Some(0), "{}", listed.said);
    expect![[r#"
        share-ami-failures: 1 waiting
        MESSAGE SINCE WHAT WHY
        MESSAGE TIME EC2 AMI State Change failed: describing ami-0123456789abcdef0: AWS"#]]
    .assert_eq(told(&account, &listed.out).split(" answered").next().unwrap());
    let planned = run(&id, &["deadletters", "redrive", QUEUE, "--all"], "");
    assert_eq!(planned.code, Some(2), "{}{}", planned.out, planned.said);
    let kept = run(&id, &["deadletters", "redrive", QUEUE, "--all", "--apply"], "");
    assert_eq!(kept.code, Some(254), "{}{}", kept.out, kept.said);
    assert!(kept.out.contains("! ") && kept.out.ends_with("0 done, 1 kept in share-ami-failures\n"), "{}", kept.out);
    assert_eq!(waiting(&account).await, ["1", "0"], "what failed again is shown to the next reader");
    assert_eq!(account.scene.picture().await, NOT_SHARED);
    AWS.clear_faults(&id);
    let done = run(&id, &["deadletters", "redrive", QUEUE, "--all", "--apply"], "");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.said);
    expect![[r#"
        ~ MESSAGE EC2 AMI State Change -> share-ami
        1 would be handed over, 0 not; to carry it out: the same with --apply
        MESSAGE EC2 AMI State Change: applied
        1 done, 0 kept in share-ami-failures"#]]
    .assert_eq(&told(&account, &(planned.out + &done.out)));
    assert_eq!((waiting(&account).await, account.scene.picture().await), (["0", "0"].map(String::from), SHARED.into()));
    let nothing = run(&id, &["deadletters", "redrive", QUEUE, "--all", "--apply"], "");
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(0), "share-ami-failures: nothing to do\n"));
    converges(&account, &id).await;
}

/// A second letter of the same event is known; and when the ledger has forgotten it, there is nothing left to do.
async fn converges(account: &Account, id: &str) {
    let event: Value = serde_json::from_str(&account.scene.event).unwrap();
    let audit = account.audit().await;
    let key = account.remembered().await[0]["key"].as_str().unwrap().to_owned();
    for outcome in ["repeated: this occurrence was handled before", "unchanged"] {
        put(account, &record(&event, &account.outputs["FunctionArn"])).await;
        let done =
            run(id, &["deadletters", "redrive", QUEUE, "--all", "--apply", "--most", "1", "--output", "json"], "");
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.said);
        let done: Value = serde_json::from_str(&done.out).unwrap();
        let told = done["letters"][0]["outcome"].as_str().unwrap();
        assert!(done["function"] == "share-ami" && told.starts_with(outcome), "{done}");
        let table = ["--ledger-table", crate::templates::deployed::TABLE];
        let forgotten = run(id, &["ledger", "forget", &format!("share-ami#{key}"), table[0], table[1]], "");
        assert_eq!(forgotten.code, Some(0), "{}{}", forgotten.out, forgotten.said);
    }
    assert_eq!((account.scene.picture().await.as_str(), account.audit().await), (SHARED, audit));
}

/// An identity that may write to the queue may less than the operator: it says neither which function is invoked nor what is forced.
#[tokio::test]
async fn what_a_message_says_decides_neither_where_it_goes_nor_what_is_forced() {
    let account = account().await;
    let id = account.scene.world.account.clone();
    let other = format!("arn:aws:lambda:{REGION}:{id}:function:reconcile-shares");
    let event: Value = serde_json::from_str(&account.scene.event).unwrap();
    let mut hostile = vec![
        put(&account, &record(&json!({"signalbox": "sweep", "force": "s3://a-bucket/plan.json"}), &other)).await,
        put(&account, &record(&json!({"Step": "finishSecret", "SecretId": "a", "ClientRequestToken": "b"}), &other))
            .await,
        put(&account, "{\"detail-type\": \"\\u001b[2J\\u009b1A\\u202eshared\", \"source\": \"aws.ec2\"}").await,
        put(&account, "not JSON").await,
    ];
    // An event of this function goes to this function, whatever the record says.
    put(&account, &record(&event, &other)).await;
    let calls = account.scene.world.calls();
    let done = run(&id, &["deadletters", "redrive", QUEUE, "--all", "--apply"], "");
    assert_eq!(done.code, Some(254), "{}{}", done.out, done.said);
    assert!(done.out.ends_with("1 done, 4 kept in share-ami-failures\n"), "{}", done.out);
    let invoked: Vec<_> = AWS
        .calls_since(&id, calls)
        .into_iter()
        .filter(|it| it.service == "lambda" && it.operation == "Invoke")
        .collect();
    assert!(invoked.len() == 1 && invoked[0].path.contains("/functions/share-ami/"), "{invoked:?}");
    assert_eq!(account.scene.picture().await, SHARED);
    let shown = run(&id, &["deadletters", "show", QUEUE, &hostile[2]], "");
    let listed = run(&id, &["deadletters", "list", QUEUE], "");
    for text in [&done.out, &done.said, &shown.out, &listed.out] {
        assert!(!text.contains(|it: char| it != '\n' && (it.is_control() || it == '\u{202e}')), "{text:?}");
    }
    let json = run(&id, &["deadletters", "show", QUEUE, &hostile[0], "--output", "json", "--most", "10"], "");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["letter"]["event"]["force"], "s3://a-bucket/plan.json", "{json}");
    assert_eq!(waiting(&account).await, ["4", "0"]);
    let foreign =
        run(&id, &["deadletters", "redrive", QUEUE, "--all", "--function", "reconcile-shares", "--apply"], "");
    assert_eq!(foreign.code, Some(252));
    assert!(foreign.said.contains("its messages go to no other function"), "{}", foreign.said);
    drops(&account, &id, &mut hostile).await;
}

/// One that is not there any more is told, and the others are deleted.
async fn drops(account: &Account, id: &str, hostile: &mut Vec<String>) {
    let last = hostile.pop().unwrap();
    let named: Vec<_> = hostile.iter().map(String::as_str).collect();
    let planned = run(id, &[&["deadletters", "drop", QUEUE], named.as_slice()].concat(), "");
    assert_eq!(planned.code, Some(2), "{}{}", planned.out, planned.said);
    assert_eq!(waiting(account).await, ["4", "0"]);
    let dropped =
        run(id, &[&["deadletters", "drop", QUEUE, "--apply"], named.as_slice(), &["no-such-message"]].concat(), "");
    assert_eq!(dropped.code, Some(254), "{}{}", dropped.out, dropped.said);
    assert!(dropped.said.contains("has no message no-such-message among"), "{}", dropped.said);
    let left = run(id, &["deadletters", "list", QUEUE, "--output", "json"], "");
    let left: Value = serde_json::from_str(&left.out).unwrap();
    assert_eq!((&left[0]["waiting"], &left[0]["letters"][0]["id"]), (&json!(1), &json!(last)));
}

#[tokio::test]
async fn throttling_is_waited_for_and_an_interruption_begins_no_other_message() {
    let account = account().await;
    let id = account.scene.world.account.clone();
    let event: Value = serde_json::from_str(&account.scene.event).unwrap();
    for _ in 0..3 {
        put(&account, &record(&event, &account.outputs["FunctionArn"])).await;
    }
    let throttled = Fault {
        service: Some("lambda".into()),
        operation: Some("Invoke".into()),
        times: 2,
        ..Fault::new(&id, FaultKind::Throttle)
    };
    AWS.inject(&throttled);
    let mut gate = AWS.gate(&id);
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().args(["deadletters", "redrive", QUEUE, "--all", "--apply"]).env("AWS_ACCESS_KEY_ID", &id);
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    loop {
        let held = gate.next().await;
        if held.call.operation == "Invoke" {
            interrupt(&child);
            break;
        }
    }
    drop(gate);
    let ran = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let (out, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert_eq!(ran.status.code(), Some(130), "{out}{said}");
    assert!(said.contains("the message that runs is waited for"), "{said}");
    assert!(out.ends_with("1 done, 0 kept in share-ami-failures\n"), "{out}");
    assert_eq!(waiting(&account).await, ["2", "0"], "the others are as they were");
    assert_eq!(account.scene.picture().await, SHARED);
}

#[tokio::test]
async fn every_page_of_a_queue_is_read_up_to_the_bound_and_all_is_shown_again() {
    let world = World::new().await;
    let sqs = Sqs::new(world.sessions.config());
    let url = sqs.create_queue().queue_name("signalbox-bus-failures").send().await.unwrap().queue_url.unwrap();
    for others in ["orders-failures", "orders-bus-failures"] {
        sqs.create_queue().queue_name(others).send().await.unwrap();
    }
    for number in 0..25 {
        sqs.send_message().queue_url(&url).message_body(format!("{{\"number\": {number}}}")).send().await.unwrap();
    }
    let listed = run(&world.account, &["deadletters", "list", "--output", "json"], "");
    let json: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1, "a queue of others is not read: {json}");
    assert_eq!(json[0]["letters"].as_array().unwrap().len(), 25);
    assert_eq!(counted(&sqs, &url).await, ["25", "0"]);
    let some = run(&world.account, &["deadletters", "list", "--most", "12"], "");
    assert!(some.out.ends_with("these are 12 of about 25; --most reads more\n"), "{}", some.out);
    assert_eq!(counted(&sqs, &url).await, ["25", "0"]);
    let drop = ["deadletters", "drop", "signalbox-bus-failures", "--all", "--most", "20", "--output", "json"];
    let planned = run(&world.account, &drop, "");
    let json: Value = serde_json::from_str(&planned.out).unwrap();
    assert_eq!((planned.code, json["letters"].as_array().unwrap().len()), (Some(2), 20), "{}", planned.said);
    assert_eq!(counted(&sqs, &url).await, ["25", "0"]);
    assert_eq!(run(&world.account, &[&drop[..], &["--apply"]].concat(), "").code, Some(0));
    assert_eq!(counted(&sqs, &url).await, ["5", "0"]);
    refuses(&world.account);
}

fn refuses(account: &str) {
    for (arguments, told) in [
        (&["drop", "orders-failures", "--all", "--apply"][..], "orders-failures is not a failure queue that is here"),
        (&["list", "share-ami-failures"], "share-ami-failures is not a failure queue that is here"),
        (&["redrive", "signalbox-bus-failures", "--all"], "name the one that is to have them with --function"),
        (&["redrive", "signalbox-bus-failures"], "required"),
        (&["show", "signalbox-bus-failures", "1"], "has no message 1 among the first 100"),
    ] {
        let ran = run(account, &[&["deadletters"], arguments].concat(), "");
        assert_eq!(ran.code, Some(252), "{arguments:?}: {}", ran.said);
        assert!(ran.said.contains(told), "{arguments:?}: {}", ran.said);
    }
    let absent =
        run(account, &["deadletters", "redrive", "signalbox-bus-failures", "--all", "--function", "share-ami"], "");
    assert_eq!(absent.code, Some(254));
    assert!(absent.said.contains("share-ami is not deployed in this account and Region"), "{}", absent.said);
}
