//! Jobs of a pipeline: each is answered once, whatever happens.

use std::time::Duration;

use aws_sdk_sqs::Client;
use ledger::DynamoLedger;
use local_aws::lambda_api::Outcome;
use local_aws::{Fault, FaultKind};
use reaction::{Claim, Key, Ledger, Repeat};
use serde_json::{Value, json};

use super::{INVOCATION, Trial};
use crate::world::{AWS, LEDGER};

/// As the trial function has it.
const CREDENTIAL: &str = "a-secret-of-the-pipeline";

/// A trial function, and the queue that its answers go to.
struct Pipeline {
    trial: Trial,
    queue: String,
    sqs: Client,
}

impl Pipeline {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let trial = Trial::start("job", settings).await;
        let sqs = Client::new(trial.world.sessions.config());
        let queue = sqs.create_queue().queue_name("answers").send().await.unwrap().queue_url.unwrap();
        Self { trial, queue, sqs }
    }

    /// A job that does this, as `CodePipeline` hands it over.
    fn job(&self, does: &str) -> Value {
        let parameters = json!({"id": does, "does": does}).to_string();
        let credentials = json!({"accessKeyId": "AKID", "secretAccessKey": CREDENTIAL, "sessionToken": CREDENTIAL});
        json!({"CodePipeline.job": {"id": format!("job-{does}"), "accountId": "111122223333", "data": {
            "actionConfiguration": {"configuration": {"FunctionName": "trial", "UserParameters": parameters}},
            "inputArtifacts": [], "outputArtifacts": [], "artifactCredentials": credentials, "queue": self.queue,
        }}})
    }

    /// The answers since the last look.
    async fn answers(&self) -> Vec<String> {
        let mut answers = Vec::new();
        loop {
            let got =
                self.sqs.receive_message().queue_url(&self.queue).max_number_of_messages(10).send().await.unwrap();
            let Some(messages) = got.messages.filter(|it| !it.is_empty()) else { return answers };
            for message in messages {
                let answer: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                answers.push(format!("{}: {}", answer["job"].as_str().unwrap(), answer["reply"].as_str().unwrap()));
                let receipt = message.receipt_handle().unwrap();
                self.sqs.delete_message().queue_url(&self.queue).receipt_handle(receipt).send().await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_job_is_answered_once_after_success_refusal_failure_and_panic() {
    let pipeline = Pipeline::start(&[]).await;
    let panicked = "failure: the code panicked, which is a fault of Signalbox or of a library: see the log for where, and report it";
    for (does, reply) in [
        ("apply", "success"),
        // One that is delivered again is answered anew.
        ("apply", "success"),
        ("refuse", "failure: the database of payroll must not be touched"),
        ("fail", "failure: the database of payroll does not answer"),
        ("panic", panicked),
        ("panic-at-once", panicked),
        ("ignore", "failure: not an event that trial acts on"),
    ] {
        pipeline.trial.respond(&pipeline.job(does)).await;
        assert_eq!(pipeline.answers().await, [format!("job-{does}: {reply}")]);
    }
    let (output, lines) = pipeline.trial.end().await;
    assert_eq!(lines.len(), 7, "{output}");
    assert!(!output.contains(CREDENTIAL), "nothing of an event is logged: {output}");
    assert!(output.contains("panicked at tests/trial/main.rs"), "{output}");
}

#[tokio::test]
async fn a_job_is_answered_once_where_init_fails() {
    for (name, value) in [
        ("TRIAL_FAILS", "the table of trials cannot be read"),
        ("SIGNALBOX_LEDGER_TABLE", ""),
        ("SIGNALBOX_ACCOUNTS", "12"),
        ("AWS_CA_BUNDLE", "/no/such/file"),
    ] {
        let pipeline = Pipeline::start(&[(name, value)]).await;
        pipeline.trial.respond(&pipeline.job("apply")).await;
        let answers = pipeline.answers().await;
        let named = if name == "TRIAL_FAILS" { value } else { name };
        let is_told = |it: &String| it.starts_with("job-apply: failure: init failed: ") && it.contains(named);
        assert!(answers.len() == 1 && answers.iter().all(is_told), "{name}: {answers:?}");
    }
}

#[tokio::test]
async fn near_the_deadline_a_job_is_answered_and_not_begun_or_cut_off() {
    let pipeline = Pipeline::start(&[]).await;
    pipeline.trial.respond(&pipeline.job("apply")).await;
    pipeline.answers().await;
    let invoke = async |does: &str, time: u64| {
        let answer = pipeline.trial.api.invoke(pipeline.job(does).to_string(), Duration::from_millis(time)).await;
        assert!(matches!(answer, Outcome::Response(_)), "{answer:?}");
        pipeline.answers().await
    };
    assert_eq!(invoke("apply", 4_900).await, ["job-apply: success with a continuation token"]);
    let cut_off = invoke("hang", 8_000).await;
    assert!(cut_off.len() == 1 && cut_off[0].starts_with("job-hang: failure: cut off"), "{cut_off:?}");
}

#[tokio::test]
async fn while_another_run_is_at_work_on_a_job_that_one_answers() {
    let pipeline = Pipeline::start(&[]).await;
    let ledger = DynamoLedger::new(&pipeline.trial.world.sessions, LEDGER, "trial");
    let (key, lease) = (Key::new(["apply"]), Duration::from_mins(1));
    let Claim::Fresh(owner) = ledger.claim(&key, Repeat::Again, lease).await.unwrap() else { panic!("a new job") };
    let job = pipeline.job("apply");
    let Outcome::Error(error) = pipeline.trial.api.invoke(job.to_string(), INVOCATION).await else {
        panic!("no error")
    };
    assert_eq!(error["errorType"], "Signalbox.Unanswered");
    assert_eq!(pipeline.answers().await, [""; 0]);
    ledger.release(&key, &owner).await.unwrap();
    pipeline.trial.respond(&job).await;
    assert_eq!(pipeline.answers().await, ["job-apply: success"]);
}

#[tokio::test]
async fn a_job_whose_answer_cannot_be_given_is_an_error_so_that_lambda_delivers_it_again() {
    let pipeline = Pipeline::start(&[]).await;
    let account = &pipeline.trial.world.account;
    AWS.inject(&Fault { service: Some("sqs".into()), ..Fault::new(account, FaultKind::AccessDenied) });
    let job = pipeline.job("apply");
    let Outcome::Error(error) = pipeline.trial.api.invoke(job.to_string(), INVOCATION).await else {
        panic!("no error")
    };
    assert_eq!(error["errorType"], "Signalbox.Unanswered");
    pipeline.trial.respond(&job).await;
    assert_eq!(pipeline.answers().await, ["job-apply: success"]);
}

#[tokio::test]
async fn what_is_no_job_is_an_error_that_quotes_nothing() {
    let pipeline = Pipeline::start(&[]).await;
    let mut without_queue = pipeline.job("apply");
    without_queue["CodePipeline.job"]["data"]["queue"] = json!(null);
    let mut panics = pipeline.job("apply");
    panics["CodePipeline.job"]["id"] = json!("panic");
    for event in [without_queue, panics, json!({"token": CREDENTIAL}), json!(CREDENTIAL)] {
        let Outcome::Error(error) = pipeline.trial.api.invoke(event.to_string(), INVOCATION).await else {
            panic!("{event}")
        };
        assert_eq!(error["errorType"], "Signalbox.Unreadable");
        assert!(!error.to_string().contains(CREDENTIAL), "{error}");
    }
    let (output, _) = pipeline.trial.end().await;
    assert!(!output.contains(CREDENTIAL), "{output}");
}
