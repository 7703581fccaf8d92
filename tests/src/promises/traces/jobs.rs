//! Jobs: the answer is a part of the trace, and what is cut off or panics shows as a fault.

use std::time::Duration;

use local_aws::lambda_api::Outcome;
use serde_json::{Value, json};
use trace::Document;

use crate::promises::binary::{INVOCATION, environment, start_function};
use crate::world::World;
use crate::world::daemon::{SAMPLED, XrayDaemon};

const CREDENTIAL: &str = "a-secret-of-the-pipeline";

/// A job that does this, and is answered in this queue.
fn job(does: &str, queue: &str) -> String {
    let parameters = json!({"id": does, "does": does}).to_string();
    let data = json!({"actionConfiguration": {"configuration": {"UserParameters": parameters}}, "queue": queue,
        "artifactCredentials": {"secretAccessKey": CREDENTIAL}});
    json!({"CodePipeline.job": {"id": format!("job-{does}"), "data": data}}).to_string()
}

/// How a part ended: `?` is an error, `!` a fault.
fn ending(part: &Document) -> &'static str {
    match (part.error, part.fault) {
        (true, _) => "?",
        (_, true) => "!",
        _ => "",
    }
}

#[tokio::test]
async fn a_job_is_traced_with_its_answer_and_one_that_hangs_or_panics_is_a_fault() {
    let (world, daemon) = (World::new().await, XrayDaemon::start());
    let sqs = aws_sdk_sqs::Client::new(world.sessions.config());
    let queue = sqs.create_queue().queue_name("answers").send().await.unwrap().queue_url.unwrap();
    let (api, function) = start_function("trial", &daemon.beside(environment(&world))).await;
    api.set_trace_header(SAMPLED);
    let mut told = Vec::new();
    for (does, deadline) in [("apply", INVOCATION), ("panic", INVOCATION), ("hang", Duration::from_secs(8))] {
        let Outcome::Response(_) = api.invoke(job(does, &queue), deadline).await else { panic!("{does}: no answer") };
        let documents = daemon.documents();
        let [root] = &documents[..] else { panic!("{does}: {documents:?}") };
        assert_eq!(root.annotations["correlation_id"], format!("job-{does}"));
        let phases = root.subsegments.iter().map(|it| format!("{}{}", it.name, ending(it)));
        told.push(format!("{}{}", phases.collect::<Vec<_>>().join(", "), ending(root)));
    }
    let expected = [
        "claim, observe, plan, apply apply, settle, answer",
        "claim, observe, plan, apply panic!, release, answer!",
        "claim, observe, plan, apply hang!, answer!",
    ];
    assert_eq!(told, expected);
    let output = function.end().await.unwrap();
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let panicked: Vec<_> =
        lines.filter(|it| it["message"].as_str().is_some_and(|it| it.contains("panicked at"))).collect();
    assert!(panicked.len() == 1 && panicked[0]["correlation_id"] == "job-panic", "{output}");
    assert!(!output.contains(CREDENTIAL), "{output}");
}
