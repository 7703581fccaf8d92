//! Traces: what a compiled function sends to the daemon beside it, and what it costs where there is none. And the one id by which an
//! operator finds all that an event led to.

pub mod across_accounts;
mod faulty;
mod jobs;
mod messages;

use std::collections::BTreeSet;

use expect_test::expect;
use local_aws::lambda_api::{Function, LambdaApi};
use serde_json::Value;

use crate::functions::share_ami::{GIVEN, Scene};
use crate::promises::binary::{environment, respond, start_function};
use crate::world::daemon::{SAMPLED, TRACE, XrayDaemon};

/// A world with an image about which an event is to be heard, and the function beside a daemon.
pub struct Traced {
    /// The world.
    pub scene: Scene,
    /// The daemon.
    pub daemon: XrayDaemon,
    /// What invokes the function, with a trace that is kept.
    pub api: LambdaApi,
    /// The function.
    pub function: Function,
}

impl Traced {
    async fn start() -> Self {
        let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
        let daemon = XrayDaemon::start();
        let (api, function) = start_function("share-ami", &daemon.beside(environment(&scene.world))).await;
        api.set_trace_header(SAMPLED);
        Self { scene, daemon, api, function }
    }

    fn id(&self) -> String {
        let event: Value = serde_json::from_str(&self.scene.event).unwrap();
        event["id"].as_str().unwrap().to_owned()
    }

    /// What the daemon got, without what was read beside the claim: how far that came before it was left is another matter each time.
    /// None of it is a fault.
    fn drawn_without_reads(&self) -> String {
        let drawn = self.scene.with_sample_ids(&self.daemon.drawn());
        let at = drawn.find("─ observe\n").expect("it is read beside the claim") + "─ observe\n".len();
        assert!(!drawn[at..].contains('!'), "{drawn}");
        drawn[..at].to_owned()
    }
}

#[tokio::test]
async fn an_event_is_traced_from_its_claim_to_its_record_and_every_call_is_there() {
    let traced = Traced::start().await;
    assert!(traced.daemon.taken().is_empty(), "what opens connections in init is not traced");
    let before = traced.scene.world.calls();
    assert_eq!(respond(&traced.api, &traced.scene.event).await["outcome"], "applied");
    let calls = traced.scene.world.operations_since(before);
    let documents = traced.daemon.documents();
    let drawn = crate::world::daemon::drawn(documents.clone());
    expect![[r#"
        trace 1-58406520-a006649127e371903a2de979
        share-ami  applied  111122223333/eu-west-1/ami-0123456789abcdef0/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01  5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60
        ├─ claim
        │  └─ DynamoDB PutItem  eu-west-1
        ├─ observe
        │  ├─ S3 GetObject  eu-west-1
        │  ├─ EC2 DescribeImages  eu-west-1
        │  ├─ EC2 DescribeImageAttribute  eu-west-1
        │  └─ EC2 DescribeSnapshotAttribute  eu-west-1
        ├─ plan
        ├─ apply share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098- snap-1: +123456789012 +987654321098
        │  ├─ EC2 ModifySnapshotAttribute  eu-west-1
        │  └─ EC2 ModifyImageAttribute  eu-west-1
        └─ settle
           └─ DynamoDB UpdateItem  eu-west-1
    "#]].assert_eq(&traced.scene.with_sample_ids(&drawn));
    assert_eq!(drawn.matches("─ ").count() - drawn.matches("─ claim").count(), calls.len() + 4, "{calls:?}");
    let root = &documents[0];
    assert_eq!(documents.len(), 1);
    assert_eq!((root.trace_id.as_deref(), root.parent_id.as_deref()), (Some(TRACE), Some("4c721bf33e3caf8f")));
    assert_eq!(root.kind.as_deref(), Some("subsegment"), "it is a part of the segment that Lambda makes");
    for annotation in ["function", "outcome", "key", "correlation_id"] {
        assert!(root.annotations[annotation].is_string(), "{annotation}");
    }
    assert_eq!(root.annotations["correlation_id"], traced.id());
    let called = root.subsegments.iter().flat_map(|phase| &phase.subsegments);
    let ids: BTreeSet<_> = called.map(|it| it.aws.clone().unwrap().request_id.unwrap()).collect();
    assert_eq!(ids.len(), calls.len(), "each call has AWS's id of its request");
}

#[tokio::test]
async fn an_event_that_was_handled_before_is_traced_as_far_as_its_claim() {
    let traced = Traced::start().await;
    respond(&traced.api, &traced.scene.event).await;
    traced.daemon.taken();
    assert_eq!(respond(&traced.api, &traced.scene.event).await["outcome"], "repeated");
    expect![[r#"
        trace 1-58406520-a006649127e371903a2de979
        share-ami  repeated  111122223333/eu-west-1/ami-0123456789abcdef0/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01  5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60
        ├─ claim
        │  └─ DynamoDB PutItem  eu-west-1  ! error: ConditionalCheckFailedException
        └─ observe
    "#]].assert_eq(&traced.drawn_without_reads());
}

#[tokio::test]
async fn what_lambda_does_not_keep_is_not_sent() {
    let traced = Traced::start().await;
    for header in
        [SAMPLED.replace("Sampled=1", "Sampled=0"), format!("Root={TRACE};Sampled=0"), format!("Root={TRACE}")]
    {
        traced.api.set_trace_header(&header);
        respond(&traced.api, &traced.scene.event).await;
    }
    assert_eq!(traced.daemon.taken(), [""; 0]);
}

/// The UDP sockets of a process, as the kernel tells.
fn sockets_for_datagrams(process: u32) -> usize {
    let folder = format!("/proc/{process}");
    let tables = ["udp", "udp6"].map(|table| std::fs::read_to_string(format!("{folder}/net/{table}")).unwrap());
    let known: BTreeSet<_> = tables
        .iter()
        .flat_map(|table| table.lines().skip(1))
        .filter_map(|line| line.split_whitespace().nth(9).map(|inode| format!("socket:[{inode}]")))
        .collect();
    let open =
        std::fs::read_dir(format!("{folder}/fd")).unwrap().filter_map(|it| std::fs::read_link(it.ok()?.path()).ok());
    open.filter(|link| known.contains(&link.to_string_lossy().into_owned())).count()
}

#[tokio::test]
async fn a_function_without_a_daemon_opens_no_socket_for_one() {
    let traced = Traced::start().await;
    respond(&traced.api, &traced.scene.event).await;
    assert_eq!(sockets_for_datagrams(traced.function.id().unwrap()), 1);
    let (api, function) = start_function("share-ami", &environment(&traced.scene.world)).await;
    api.set_trace_header(SAMPLED);
    assert_eq!(respond(&api, &traced.scene.event).await["outcome"], "repeated");
    assert_eq!(sockets_for_datagrams(function.id().unwrap()), 0);
}

#[tokio::test]
async fn a_daemon_that_cannot_be_used_or_does_not_listen_stops_no_function() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    for (address, outcome) in [("nonsense", "applied"), ("127.0.0.1:9", "repeated")] {
        let mut environment = environment(&scene.world);
        environment.insert("AWS_XRAY_DAEMON_ADDRESS".into(), address.into());
        let (api, function) = start_function("share-ami", &environment).await;
        api.set_trace_header(SAMPLED);
        for outcome in [outcome, "repeated"] {
            assert_eq!(respond(&api, &scene.event).await["outcome"], outcome, "{address}");
        }
        let output = function.end().await.unwrap();
        assert_eq!(output.contains("AWS_XRAY_DAEMON_ADDRESS is `nonsense`"), address == "nonsense", "{output}");
    }
}
