//! The edges: for events that nobody waits for, and for steps that somebody does.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use aws::{Home, Sessions, function_as_actor, in_name_of};
use lambda_runtime::{Context, Diagnostic, LambdaEvent, Runtime, service_fn};
use ledger::DynamoLedger;
use reaction::settings::{Variables, malformed};
use reaction::{Deadline, Error, Reaction, Report, Run, drive_json};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::log::{self, Invocation};
use crate::settings::{Settings, environment};
use crate::{answer, metrics};

/// Runs a reaction as a Lambda function that EventBridge, S3 or a schedule invokes. `open` makes the reaction of the
/// sessions and the environment; it may open connections, since init is the time when Lambda gives full CPU.
///
/// Ends only when Lambda ends the sandbox, or at once, with a line that says why, where init fails.
pub async fn on_event<R: Reaction>(open: impl AsyncFnOnce(Arc<Sessions>, Variables) -> Result<R, Error>) -> ExitCode {
    run(open, answer::to_event).await
}

/// Runs a reaction as a Lambda function of which somebody asks one step and waits for it, as Secrets Manager does: whatever is
/// not done is an error. The rest is as of [`on_event`].
pub async fn on_step<R: Reaction>(open: impl AsyncFnOnce(Arc<Sessions>, Variables) -> Result<R, Error>) -> ExitCode {
    run(open, answer::to_step).await
}

type Answer = fn(Report) -> Result<Report, Diagnostic>;

async fn run<R: Reaction>(
    open: impl AsyncFnOnce(Arc<Sessions>, Variables) -> Result<R, Error>,
    answer: Answer,
) -> ExitCode {
    log::start(&environment);
    // Boxed, since the compiler gives up on the depth of a type that holds every call of every event.
    match Box::pin(serve(open, answer)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(service = R::NAME, "init failed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<R: Reaction>(
    open: impl AsyncFnOnce(Arc<Sessions>, Variables) -> Result<R, Error>,
    answer: Answer,
) -> Result<(), Error> {
    let settings = Settings::read(&environment)?;
    let sessions = Arc::new(sessions()?);
    let ledger = DynamoLedger::new(&sessions, settings.ledger_table, R::NAME);
    let ((), reaction) = tokio::join!(ledger.open_connection(), open(sessions.clone(), &environment));
    let reaction = reaction?;
    let is_first = AtomicBool::new(true);
    let service = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        if let Ok(home) = Home::of_arn(&context.invoked_function_arn) {
            sessions.know_home(home);
        }
        let mut invocation = invocation(&context, payload.get());
        let version = &context.env_config.version;
        let actor = function_as_actor(&context.invoked_function_arn, version, &context.request_id);
        let occurrence = invocation.correlation_id.as_ref().unwrap_or(&invocation.request_id);
        let run = Run::new(R::NAME, occurrence, Deadline::new(context.deadline(), sessions.clock())).by(actor);
        // Boxed, as above.
        let driven = Box::pin(drive_json(&reaction, &ledger, settings.mode, &run, payload.get()));
        let report = in_name_of(&run, driven).await;
        invocation.cold_start = is_first.swap(false, Ordering::Relaxed);
        log::write(&invocation, &report);
        println!("{}", metrics::line(&report, sessions.now()));
        answer(report)
    });
    Runtime::new(service).run().await.map_err(Error::failed)
}

fn invocation(context: &Context, payload: &str) -> Invocation {
    let event: Option<Value> = serde_json::from_str(payload).ok();
    Invocation {
        cold_start: false,
        function_name: context.env_config.function_name.clone(),
        request_id: context.request_id.clone(),
        correlation_id: event.and_then(|event| event.get("id")?.as_str().map(String::from)),
        xray_trace_id: context.xray_trace_id.clone(),
    }
}

/// Sessions by the environment; the roots are Amazon's own unless `AWS_CA_BUNDLE` names others.
fn sessions() -> Result<Sessions, Error> {
    let roots = match environment("AWS_CA_BUNDLE") {
        Some(path) => {
            Some(std::fs::read(&path).map_err(|error| malformed("AWS_CA_BUNDLE", format!("{path}: {error}")))?)
        }
        None => environment("AWS_REGION").and_then(|region| aws::roots_of(&region)),
    };
    #[expect(clippy::disallowed_methods, reason = "the clock of a deployed function")]
    Sessions::of_function(environment, roots.as_deref(), SystemTime::now)
}
