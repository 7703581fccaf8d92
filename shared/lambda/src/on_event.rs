//! The edges: for events whose sender does not wait, and for steps whose caller does.

use std::process::ExitCode;
use std::sync::Arc;

use function::Function;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use reaction::{Error, Reaction, Report};
use serde_json::value::RawValue;

use crate::answer;
use crate::log::{self, Head, Invocation};
use crate::opened::{Opened, environment, run_of, sessions, write};
use crate::traces::Traces;

/// Runs a function that EventBridge, S3 or a schedule invokes.
///
/// Ends only when Lambda ends the sandbox, or at once, with a line that says why, where init fails.
pub async fn on_event<F: Function>() -> ExitCode {
    run::<F>(answer::to_event).await
}

/// Runs a function whose caller asks for one step and waits for it, as Secrets Manager does: whatever is not done is an error.
/// The rest is as of [`on_event`].
pub async fn on_step<F: Function>() -> ExitCode {
    run::<F>(answer::to_step).await
}

type Answer = fn(Report) -> Result<Report, Diagnostic>;

async fn run<F: Function>(answer: Answer) -> ExitCode {
    log::start(&environment);
    log::report_panics();
    // Boxed, since the compiler gives up on the depth of a type that holds every call of every event.
    ended::<F>(Box::pin(serve::<F>(answer)).await)
}

/// How the program ends, with a line in the log where init failed.
pub(crate) fn ended<R: Reaction>(served: Result<(), Error>) -> ExitCode {
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(service = R::NAME, "init failed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<F: Function>(answer: Answer) -> Result<(), Error> {
    let opened = Opened::<F>::open(Arc::new(sessions()?)).await?;
    let traces = Traces::open(F::NAME, &environment);
    let service = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        let head = Head::of(payload.get());
        let invocation = Invocation::of(&context, head.id());
        let trace = traces.begin(F::NAME, &context, head.trace_header());
        let run = run_of(F::NAME, &opened.sessions, &context, &invocation.correlation_id).traced(trace);
        let report = opened.drive_text(&run, payload.get()).await;
        traces.end(&run, &report);
        write(invocation, &report);
        answer(report)
    });
    Runtime::new(service).run().await.map_err(Error::failed)
}
