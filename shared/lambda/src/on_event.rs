//! The edges: for events that nobody waits for, and for steps that somebody does.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use aws::{Home, Sessions, function_as_actor, in_name_of};
use function::{Function, Settings};
use lambda_runtime::{Context, Diagnostic, LambdaEvent, Runtime, service_fn};
use ledger::DynamoLedger;
use reaction::settings::malformed;
use reaction::{Deadline, Error, Report, Run, drive_json};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::log::{self, Invocation};
use crate::{answer, metrics};

/// Runs a function that EventBridge, S3 or a schedule invokes.
///
/// Ends only when Lambda ends the sandbox, or at once, with a line that says why, where init fails.
pub async fn on_event<F: Function>() -> ExitCode {
    run::<F>(answer::to_event).await
}

/// Runs a function whose caller asks for one step and waits for it, as Secrets Manager does: whatever is not done is an error. The rest is as of [`on_event`].
pub async fn on_step<F: Function>() -> ExitCode {
    run::<F>(answer::to_step).await
}

type Answer = fn(Report) -> Result<Report, Diagnostic>;

async fn run<F: Function>(answer: Answer) -> ExitCode {
    log::start(&environment);
    // Boxed, since the compiler gives up on the depth of a type that holds every call of every event.
    match Box::pin(serve::<F>(answer)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(service = F::NAME, "init failed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<F: Function>(answer: Answer) -> Result<(), Error> {
    let settings = Settings::read(&environment)?;
    let sessions = Arc::new(sessions()?);
    let ledger = DynamoLedger::new(&sessions, settings.ledger_table, F::NAME);
    let reaction = F::open(sessions.clone(), &environment)?;
    tokio::join!(ledger.open_connection(), reaction.warm());
    let is_first = AtomicBool::new(true);
    let service = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        if let Ok(home) = Home::of_arn(&context.invoked_function_arn) {
            sessions.know_home(home);
        }
        let mut invocation = invocation(&context, payload.get());
        let version = &context.env_config.version;
        let actor = function_as_actor(&context.invoked_function_arn, version, &context.request_id);
        let occurrence = invocation.correlation_id.as_ref().unwrap_or(&invocation.request_id);
        let run = Run::new(F::NAME, occurrence, Deadline::new(context.deadline(), sessions.clock())).by(actor);
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

/// Reads this program's own environment.
fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place where a function reads its environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
