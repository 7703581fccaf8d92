//! `signalbox trace`: all that an event led to, by its id; and recorded traces.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::run;
use crate::promises::traces::across_accounts::{Led, hear};
use crate::world::daemon::{TRACE, drawn};
use crate::world::logs::write_log;
use crate::world::{AWS, World};

/// What Lambda and the daemon do with what the function wrote and sent.
pub(super) async fn deliver(led: &Led, datagrams: &[String]) {
    let hub = &led.scene.hub;
    let platform = json!({"type": "platform.report", "record": {"requestId": led.id}});
    write_log(hub, "share-ami", &format!("{}{platform}\nnot JSON about {}\n", led.output, led.id), Duration::ZERO)
        .await;
    write_log(hub, "emr-dns", "{\"service\": \"emr-dns\", \"correlation_id\": \"another\"}", Duration::ZERO).await;
    write_log(
        hub,
        "of-others",
        &format!("{{\"service\": \"of-others\", \"correlation_id\": \"{}\"}}", led.id),
        Duration::ZERO,
    )
    .await;
    let documents = datagrams.iter().filter_map(|it| it.split_once('\n')).map(|(_, document)| document.to_owned());
    let lambda = json!({
        "trace_id": TRACE, "id": "4c721bf33e3caf8f", "name": "share-ami", "origin": "AWS::Lambda::Function",
        "start_time": 1_478_519_072.0, "end_time": 1_478_519_073.0, "links": [{"trace_id": "1-5759e988-bd862e3fe1be46a994272793", "id": "53995c3f42cd8ad8"}],
    });
    let sender = json!({
        "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "id": "53995c3f42cd8ad8", "name": "the-sender",
        "start_time": 1_478_519_070.0, "end_time": 1_478_519_071.0,
    });
    let documents = documents.chain([lambda.to_string(), sender.to_string()]).collect();
    let xray = aws_sdk_xray::Client::new(hub.sessions.config());
    let put = xray.put_trace_segments().set_trace_segment_documents(Some(documents)).send().await.unwrap();
    assert!(put.unprocessed_trace_segments.unwrap_or_default().is_empty());
}

/// Without the times, which differ from run to run.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.ends_with('Z') && word.contains('T') && word.starts_with("20");
    let line = |line: &str| {
        let parts = line.split("  ").filter(|part| !part.starts_with("request ") && !part.ends_with(" ms"));
        let parts = parts.map(|part| part.split(' ').filter(|word| !is_time(word)).collect::<Vec<_>>().join(" "));
        parts.collect::<Vec<_>>().join("  ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// What the event led to: changes in the member, the run, and its trace below what Lambda and the sender made.
fn led_to() -> Expect {
    expect![[r#"
        EVENT
        share-ami: change 1 of arn:aws:ec2:eu-west-1::image/ami-1 in MEMBER, intent: +123456789012 +987654321098
        share-ami: change 1 of arn:aws:ec2:eu-west-1::snapshot/snap-1 in MEMBER, intent: +123456789012 +987654321098
        share-ami: change 2 of arn:aws:ec2:eu-west-1::image/ami-1 in MEMBER, outcome: +123456789012 +987654321098 (done)
        share-ami: change 2 of arn:aws:ec2:eu-west-1::snapshot/snap-1 in MEMBER, outcome: +123456789012 +987654321098 (done)
        share-ami: applied  MEMBER/eu-west-1/ami-1/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01
          - share ami-1 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098

        trace 1-5759e988-bd862e3fe1be46a994272793
        the-sender
        trace 1-58406520-a006649127e371903a2de979
        share-ami  from trace 1-5759e988-bd862e3fe1be46a994272793
        └─ share-ami  applied  MEMBER/eu-west-1/ami-1/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01  EVENT
           ├─ claim
           │  └─ DynamoDB PutItem  eu-west-1
           ├─ observe
           │  ├─ Organizations DescribeAccount  eu-west-1
           │  ├─ STS AssumeRole  eu-west-1
           │  ├─ S3 GetObject  eu-west-1
           │  ├─ EC2 DescribeImages  MEMBER  eu-west-1
           │  ├─ EC2 DescribeImageAttribute  MEMBER  eu-west-1
           │  ├─ EC2 DescribeSnapshotAttribute  MEMBER  eu-west-1
           │  └─ DynamoDB BatchGetItem  eu-west-1
           ├─ plan
           └─ apply share ami-1 in eu-west-1: +123456789012 +987654321098- snap-1: +123456789012 +987654321098
              ├─ DynamoDB TransactWriteItems  eu-west-1
              ├─ EC2 ModifySnapshotAttribute  MEMBER  eu-west-1
              ├─ EC2 ModifyImageAttribute  MEMBER  eu-west-1
              └─ DynamoDB TransactWriteItems  eu-west-1
    "#]]
}

#[tokio::test]
async fn an_id_leads_from_the_event_over_the_function_and_its_calls_to_the_changes_in_other_accounts() {
    let led = hear().await;
    let datagrams = led.daemon.taken();
    deliver(&led, &datagrams).await;
    let account = led.scene.hub.account.clone();
    let found = run(&account, &["trace", &led.id], "");
    assert_eq!(found.code, Some(0), "{}{}", found.out, found.said);
    let told = |text: &str| {
        let text = text.replace(&led.scene.member.account, "MEMBER").replace(&account, "HUB");
        text.replace(&led.id, "EVENT").replace(&led.image, "ami-1").replace(&led.snapshot, "snap-1")
    };
    led_to().assert_eq(&told(&without_times(&found.out)));
    assert_found_otherwise(&account, &led, &datagrams);
}

/// The same, asked for in other ways.
fn assert_found_otherwise(account: &str, led: &Led, datagrams: &[String]) {
    // By the trace's id the same, but for what has no trace in its line.
    let by_trace = run(account, &["trace", TRACE], "");
    assert!(by_trace.out.contains("share-ami: applied") && by_trace.out.contains("the-sender"), "{}", by_trace.out);
    let json = run(account, &["trace", &led.id, "--output", "json"], "");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json["lines"].as_array().unwrap().len(), json["documents"].as_array().unwrap().len()), (5, 3));
    let unknown = run(account, &["trace", "1b2c3d4e"], "");
    assert_eq!(unknown.code, Some(254));
    assert!(unknown.out.contains("nothing is known of 1b2c3d4e: look back further with --hours"), "{}", unknown.out);
    // A recorded trace is the same tree.
    let recorded = run(account, &["trace", "--file", "-"], &datagrams.join("\n"));
    assert_eq!(recorded.code, Some(0), "{}", recorded.said);
    assert_eq!(without_times(&recorded.out), drawn(trace::documents(&datagrams.join("\n")).unwrap()));
}

#[tokio::test]
async fn a_trace_that_is_not_kept_is_told_and_what_the_functions_wrote_is_shown() {
    let world = World::new().await;
    let line = json!({
        "timestamp": "2026-11-01T12:00:00Z", "service": "emr-dns", "outcome": "failed", "message": "no answer",
        "correlation_id": "an-event", "xray_trace_id": format!("Root={TRACE};Sampled=1"), "key": "a/b",
        "report": json!({"steps": [{"step": "create x", "error": "denied"}, {"step": "create y"}]}).to_string(),
    });
    let other = json!({"timestamp": "2026-11-01T12:00:01Z", "service": "emr-dns", "message": "panicked at x.rs:1: no", "correlation_id": "an-event"});
    write_log(&world, "emr-dns", &format!("{line}\n{other}\n"), Duration::ZERO).await;
    let found = run(&world.account, &["trace", "an-event"], "");
    assert_eq!(found.code, Some(0), "{}", found.said);
    expect![[r#"
        an-event
        2026-11-01T12:00:00Z emr-dns: failed: no answer  a/b
          - create x
            not done: denied
          - create y
        2026-11-01T12:00:01Z emr-dns: panicked at x.rs:1: no
        X-Ray does not keep the trace 1-58406520-a006649127e371903a2de979, or does not have it yet
    "#]]
    .assert_eq(&found.out);
}

#[test]
fn what_is_no_id_or_no_trace_is_refused_and_nothing_is_asked() {
    let account = "888899990000";
    for (arguments, stdin, told) in [
        (&["trace"][..], "", "required"),
        (&["trace", "a|b"], "", "an id has letters, digits"),
        (&["trace", ""], "", "an id is not empty"),
        (&["trace", "an-event", "--hours", "0"], "", "0 is not in 1..=8760"),
        (&["trace", "an-event", "--file", "-"], "", "cannot be used with"),
        (&["trace", "--file", "-"], "", "standard input has no part of a trace in it"),
        (
            &["trace", "--file", "-"],
            "{\"name\": \"x\"}",
            "standard input cannot be drawn: value 1 is not a part of a trace: missing field `id`",
        ),
        (&["trace", "--file", "no-such-file"], "", "cannot read no-such-file"),
        (&["trace", "--file", "-", "--region", "eu-west-1"], "", "uses no AWS but its own"),
    ] {
        let ran = run(account, arguments, stdin);
        assert_eq!(ran.code, Some(252), "{arguments:?}: {}", ran.said);
        assert!(ran.said.contains(told), "{arguments:?}: {}", ran.said);
    }
    assert_eq!(AWS.count(account), 0);
    let nowhere = run(account, &["trace", "an-event"], "");
    assert_eq!(nowhere.code, Some(254));
    assert!(nowhere.said.contains("no function has a log group /aws/lambda/NAME"), "{}", nowhere.said);
}
