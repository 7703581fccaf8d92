//! What is recorded, what is sent of it, and what it costs where nothing is recorded.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::ready;
use std::net::UdpSocket;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use expect_test::expect;
use futures_util::FutureExt;
use futures_util::future::join;
use serde_json::{Value, json};

use crate::{
    Answered, Beginning, CALLS, Call, Daemon, Document, Ending, Finish, LARGEST, Link, Origin, Recorder, STEPS, Tree,
    documents, phase, step,
};

const LAMBDA: &str = "Root=1-58406520-a006649127e371903a2de979;Parent=4c721bf33e3caf8f;Sampled=1;Lineage=1:1fc5bbcd:0";
const EVENT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

thread_local! {
    static SECONDS: Cell<u64> = const { Cell::new(0) };
}

/// A clock that goes on by a second whenever it is looked at.
fn now() -> SystemTime {
    SECONDS.set(SECONDS.get() + 1);
    UNIX_EPOCH + Duration::from_secs(1_793_534_400 + SECONDS.get())
}

fn origin(lambda: Option<&str>, event: Option<&str>) -> Origin {
    match Beginning::of(lambda, event) {
        Beginning::At(origin) => origin,
        Beginning::NotSampled => panic!("not sampled"),
    }
}

fn call(operation: &str) -> Call {
    let region = Some("eu-west-1".into());
    Call { service: "EC2".into(), operation: operation.into(), region, account: Some("222233334444".into()) }
}

fn answered(status: u16, code: Option<&str>) -> Answered {
    let is_throttled = code == Some("RequestLimitExceeded");
    let why = code.map(String::from);
    Answered { status: Some(status), request_id: Some(format!("request-{status}")), is_throttled, why }
}

fn read(sent: &[String]) -> Vec<Document> {
    documents(&sent.join("\n")).unwrap()
}

#[test]
fn lambdas_segment_is_the_parent_and_the_events_own_trace_is_linked() {
    let link = Link { trace_id: "1-5759e988-bd862e3fe1be46a994272793".into(), id: "53995c3f42cd8ad8".into() };
    let lambda = Origin {
        trace_id: Some("1-58406520-a006649127e371903a2de979".into()),
        parent: Some("4c721bf33e3caf8f".into()),
        is_in_lambda: true,
        links: Vec::new(),
    };
    assert_eq!(origin(Some(LAMBDA), None), lambda);
    assert_eq!(origin(Some(LAMBDA), Some(LAMBDA)), lambda, "it is the same trace");
    assert_eq!(origin(Some(LAMBDA), Some(EVENT)), Origin { links: vec![link.clone()], ..lambda });
    let continued = Origin { trace_id: Some(link.trace_id), parent: Some(link.id), ..Origin::default() };
    assert_eq!(origin(None, Some(EVENT)), continued);
    assert_eq!(origin(None, None), Origin::default());
    assert_eq!(origin(Some("Root=1-x-y"), Some("nonsense")), Origin::default());
}

#[test]
fn what_lambda_does_not_keep_is_not_recorded() {
    for lambda in ["Sampled=0", "Sampled=?", ""].map(|sampled| LAMBDA.replace("Sampled=1", sampled)) {
        assert_eq!(Beginning::of(Some(&lambda), Some(EVENT)), Beginning::NotSampled, "{lambda}");
    }
    assert_eq!(Beginning::of(None, Some(&EVENT.replace("Sampled=1", "Sampled=0"))), Beginning::NotSampled);
}

/// A run that claims, reads, is throttled once, and has one of two steps refused.
fn recorded() -> Vec<String> {
    let recorder = Recorder::start("share-ami", origin(Some(LAMBDA), Some(EVENT)), now);
    let work = async {
        let noted = |operation: &str, answers: &[(u16, Option<&str>)]| {
            let id = recorder.call(|| call(operation)).unwrap();
            for (status, code) in answers {
                recorder.answered(id, answered(*status, *code));
            }
        };
        let well = |(): &()| Ending::Well;
        phase(Some(&recorder), "claim", async { noted("PutItem", &[(200, None)]) }, well).await;
        let read = async { noted("DescribeImages", &[(503, Some("RequestLimitExceeded")), (200, None)]) };
        phase(Some(&recorder), "observe", read, well).await;
        let denied = async { noted("ModifyImageAttribute", &[(403, Some("UnauthorizedOperation"))]) };
        let refused = |(): &()| Ending::Error("EC2 denied it".into());
        step(Some(&recorder), || "apply share ami-1: +123456789012".into(), denied, refused).await;
        let failing = async { noted("ModifySnapshotAttribute", &[(500, Some("InternalError"))]) };
        let failed = |(): &()| Ending::Fault("EC2 failed".into());
        step(Some(&recorder), || "apply share snap-1".into(), failing, failed).await;
        phase(Some(&recorder), "release", ready(()), well).await;
    };
    work.now_or_never().unwrap();
    let annotations = vec![("function", "share-ami".into()), ("outcome", "failed".into()), ("key", "a/b".into())];
    recorder.finish(Finish { ending: Ending::Fault("EC2 failed".into()), annotations })
}

#[test]
fn a_trace_is_drawn_as_it_was_recorded() {
    expect![[r"
        trace 1-58406520-a006649127e371903a2de979
        share-ami  20000 ms  failed  a/b  ! fault: EC2 failed  from trace 1-5759e988-bd862e3fe1be46a994272793
        ├─ claim  3000 ms
        │  └─ EC2 PutItem  1000 ms  222233334444  eu-west-1  request request-200
        ├─ observe  4000 ms
        │  └─ EC2 DescribeImages  2000 ms  222233334444  eu-west-1  1 retry  request request-200  throttled once
        ├─ apply share ami-1: +123456789012  3000 ms  ! error: EC2 denied it
        │  └─ EC2 ModifyImageAttribute  1000 ms  222233334444  eu-west-1  request request-403  ! error: UnauthorizedOperation
        ├─ apply share snap-1  3000 ms  ! fault: EC2 failed
        │  └─ EC2 ModifySnapshotAttribute  1000 ms  222233334444  eu-west-1  request request-500  ! fault: InternalError
        └─ release  1000 ms
    "]]
    .assert_eq(&Tree::of(read(&recorded())).to_string());
}

#[test]
fn a_part_of_lambdas_segment_says_so_and_calls_are_as_x_ray_defines_them() {
    let sent = recorded();
    assert_eq!(sent.len(), 1);
    let document: Value = serde_json::from_str(&sent[0]).unwrap();
    let of = |fields: &[&str]| fields.iter().map(|field| document[*field].clone()).collect::<Vec<_>>();
    assert_eq!(
        of(&["type", "trace_id", "parent_id", "name", "fault"]),
        [
            json!("subsegment"),
            json!("1-58406520-a006649127e371903a2de979"),
            json!("4c721bf33e3caf8f"),
            json!("share-ami"),
            json!(true)
        ]
    );
    assert_eq!(document["annotations"], json!({"function": "share-ami", "outcome": "failed", "key": "a/b"}));
    assert_eq!(document["metadata"], json!({"signalbox": {"calls": 4, "steps": 2}}));
    let throttled = &document["subsegments"][1]["subsegments"][0];
    assert_eq!(
        throttled["aws"],
        json!({"operation": "DescribeImages", "account_id": "222233334444", "region": "eu-west-1",
            "request_id": "request-200", "retries": 1})
    );
    assert_eq!((&throttled["namespace"], &throttled["error"]), (&json!("aws"), &Value::Null), "the last answer counts");
    let denied = &document["subsegments"][2]["subsegments"][0];
    assert_eq!((&denied["error"], &denied["fault"]), (&json!(true), &Value::Null));
    assert_eq!(denied["http"]["response"]["status"], 403);
    let failed = &document["subsegments"][3]["subsegments"][0];
    assert_eq!((&failed["error"], &failed["fault"]), (&Value::Null, &json!(true)));
    let ids: BTreeSet<_> = Tree::of(read(&sent)).to_string().lines().map(String::from).collect();
    assert_eq!(ids.len(), 11);
}

#[test]
fn a_throttled_call_that_is_given_up_is_an_error_by_throttling_and_one_without_an_answer_is_a_fault() {
    let recorder = Recorder::start("emr-dns", origin(None, None), now);
    let throttled = recorder.call(|| call("DescribeCluster")).unwrap();
    recorder.answered(throttled, answered(503, Some("RequestLimitExceeded")));
    let silent = recorder.call(|| call("ListClusters")).unwrap();
    recorder.answered(silent, Answered { why: Some("timed out".into()), ..Answered::default() });
    let unasked = recorder.call(|| call("ListTags"));
    assert!(unasked.is_some());
    let told = |it: &Document| {
        let cause = it.cause.pointer("/exceptions/0/message").and_then(Value::as_str).unwrap_or_default().to_owned();
        (it.throttle, it.error, it.fault, cause)
    };
    let told: Vec<_> = read(&recorder.finish(Finish::default()))[0].subsegments.iter().map(told).collect();
    assert_eq!(
        told,
        [
            (true, true, false, "RequestLimitExceeded".into()),
            (false, false, true, "timed out".into()),
            (false, false, true, "no answer came".into())
        ]
    );
}

#[test]
fn a_run_without_a_parent_is_a_segment_of_a_new_trace() {
    let recorder = Recorder::start("emr-dns", origin(None, None), now);
    let sent = read(&recorder.finish(Finish::default()));
    assert_eq!((&sent[0].kind, &sent[0].parent_id), (&None, &None));
    let trace_id = sent[0].trace_id.clone().unwrap();
    assert!(crate::header::is_trace_id(&trace_id), "{trace_id}");
    let other = Recorder::start("emr-dns", origin(None, None), now);
    assert_ne!(other.trace_id(), trace_id);
}

#[test]
fn steps_that_take_turns_keep_their_own_calls() {
    let recorder = Recorder::start("share-ami", origin(None, None), now);
    let work = |name: &'static str| {
        let recorder = &recorder;
        let calls = async move {
            for _ in 0..2 {
                let id = recorder.call(|| call(name)).unwrap();
                recorder.answered(id, answered(200, None));
                futures_util::pending!();
            }
        };
        step(Some(&**recorder), move || name.into(), calls, |()| Ending::Well)
    };
    let mut both = Box::pin(join(work("one"), work("two")));
    while both.as_mut().now_or_never().is_none() {}
    drop(both);
    let root = &read(&recorder.finish(Finish::default()))[0];
    for step in &root.subsegments {
        let calls: Vec<_> = step.subsegments.iter().map(|it| it.aws.clone().unwrap().operation.unwrap()).collect();
        assert_eq!(calls, [step.name.clone(), step.name.clone()]);
    }
    assert_eq!(root.subsegments.len(), 2);
}

#[test]
fn further_calls_and_steps_are_counted_and_the_calls_of_such_steps_stay() {
    let recorder = Recorder::start("reconcile-shares", origin(Some(LAMBDA), None), now);
    let asked = Cell::new(0);
    for number in 0..STEPS + 20 {
        let name = || {
            asked.set(asked.get() + 1);
            format!("apply {number}")
        };
        let work = async {
            if let Some(id) = recorder.call(|| call("ModifyImageAttribute")) {
                recorder.answered(id, answered(200, None));
            }
        };
        step(Some(&recorder), name, work, |()| Ending::Well).now_or_never().unwrap();
    }
    assert!(recorder.call(|| unreachable!("what has no subsegment is not described")).is_none());
    let sent = recorder.finish(Finish::default());
    let all = Tree::of(read(&sent)).to_string();
    assert_eq!(all.matches("EC2 ModifyImageAttribute").count(), CALLS);
    assert_eq!((all.matches("─ apply ").count(), asked.get()), (STEPS, STEPS));
    assert!(all.contains("21 calls more  20 steps more"), "{all}");
}

#[test]
fn a_trace_that_is_too_large_for_a_datagram_is_sent_in_parts_that_belong_together() {
    let recorder = Recorder::start("reconcile-shares", origin(Some(LAMBDA), None), now);
    for number in 0..STEPS {
        let work = async {
            for answer in [answered(400, Some(&"x".repeat(200))), answered(200, None)].iter().take(1 + number % 2) {
                if let Some(id) = recorder.call(|| call(&"y".repeat(100))) {
                    recorder.answered(id, answer.clone());
                }
            }
        };
        let reason = |(): &()| Ending::Fault("z".repeat(250));
        step(Some(&recorder), || format!("apply {number} {}", "ä".repeat(190)), work, reason).now_or_never().unwrap();
    }
    let whole = 100 * (500 + 600);
    let sent = recorder.finish(Finish::default());
    assert!(sent.len() > 1 && sent.iter().map(String::len).sum::<usize>() > whole, "{}", sent.len());
    assert!(sent.iter().all(|it| it.len() <= LARGEST));
    let parts = read(&sent);
    assert!(parts.iter().all(|it| it.trace_id.is_some() && it.parent_id.is_some() && it.kind.is_some()));
    let tree = Tree::of(parts).to_string();
    assert_eq!(tree.lines().filter(|line| line.starts_with("├─ apply") || line.starts_with("└─ apply")).count(), STEPS);
    assert_eq!(tree.lines().filter(|line| !line.starts_with([' ', '│', '├', '└'])).count(), 2, "one trace, one top");
}

#[test]
fn what_is_cut_off_is_a_fault() {
    let recorder = Recorder::start("share-ami", origin(None, None), now);
    let hangs = phase(Some(&recorder), "observe", std::future::pending::<()>(), |()| Ending::Well);
    assert!(hangs.now_or_never().is_none());
    let after = recorder.call(|| call("PutItem")).unwrap();
    recorder.answered(after, answered(200, None));
    let root = &read(&recorder.finish(Finish::default()))[0];
    assert!(root.subsegments[0].fault && root.subsegments[0].end_time.is_some());
    assert_eq!(root.subsegments[1].name, "EC2", "what comes after it is no part of it");
}

#[test]
fn names_are_in_letters_that_x_ray_takes() {
    let recorder = Recorder::start("share-ami", origin(None, None), now);
    recorder.open(&format!("apply «a» <b>; ä_1 {}", "x".repeat(300))).close(Ending::Well);
    let name = read(&recorder.finish(Finish::default()))[0].subsegments[0].name.clone();
    assert!(name.starts_with("apply -a- -b-- ä_1 xxx") && name.chars().count() == 200, "{name}");
}

#[test]
fn without_a_recorder_nothing_is_asked_and_nothing_allocated() {
    let count = allocation_counter::measure(|| {
        let work = async {
            phase(None, "claim", ready(1), |_| Ending::Fault("never made".into())).await
                + step(None, || unreachable!("no name is made"), ready(2), |_| Ending::Well).await
        };
        assert_eq!(work.now_or_never(), Some(3));
    });
    assert_eq!(count.count_total, 0);
    let on = allocation_counter::measure(|| drop(Recorder::start("share-ami", Origin::default(), now)));
    assert!(on.count_total > 0, "what counts allocations counts them");
}

#[test]
fn a_daemon_is_sent_a_line_and_a_document_in_each_datagram() {
    for address in ["127.0.0.1", "[::1]"] {
        let daemon = UdpSocket::bind(format!("{address}:0")).unwrap();
        let port = daemon.local_addr().unwrap().port();
        let plain = format!("{address}:{port}");
        for named in [plain.clone(), format!("tcp:127.0.0.1:1 udp:{plain}")] {
            assert_eq!(Daemon::open(&named).unwrap().send(&recorded()), 0);
            let mut datagram = vec![0; 70_000];
            let length = daemon.recv(&mut datagram).unwrap();
            let text = String::from_utf8(datagram[..length].to_vec()).unwrap();
            let (first, rest) = text.split_once('\n').unwrap();
            assert_eq!(first, r#"{"format": "json", "version": 1}"#);
            assert!(!rest.contains('\n'));
            assert_eq!(documents(&text).unwrap().len(), 1, "and it can be read as it was sent");
        }
    }
    for address in ["", "127.0.0.1", "127.0.0.1:x", "udp:"] {
        assert!(Daemon::open(address).unwrap_err().contains(&format!("`{address}`")), "{address}");
    }
}

#[test]
fn the_largest_document_fits_into_a_datagram() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = daemon.local_addr().unwrap().to_string();
    assert_eq!(Daemon::open(&address).unwrap().send(&["x".repeat(LARGEST)]), 0);
    let mut datagram = vec![0; 70_000];
    assert!((LARGEST..65_536).contains(&daemon.recv(&mut datagram).unwrap()));
    assert_eq!(Daemon::open(&address).unwrap().send(&["x".repeat(70_000)]), 1, "what is lost is counted");
}

#[test]
fn traces_are_read_as_x_ray_and_the_command_line_of_aws_print_them() {
    let sent = recorded().remove(0);
    let answer =
        json!({"Traces": [{"Id": "1-x", "Segments": [{"Id": "y", "Document": sent}]}], "UnprocessedTraceIds": []});
    let list = format!("[{sent}]");
    for text in [answer.to_string(), list] {
        assert_eq!(documents(&text).unwrap(), read(&recorded_as(&sent)), "{text:.80}");
    }
    assert!(documents("").unwrap().is_empty());
    let told = |text: &str| documents(text).unwrap_err();
    assert!(told(&format!("{sent}\n{{")).starts_with("value 2 is not a part of a trace: "));
    assert!(told(r#"{"name": "x"}"#).contains("missing field `id`"));
}

fn recorded_as(sent: &str) -> Vec<String> {
    vec![sent.to_owned()]
}
