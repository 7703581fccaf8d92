//! The entry points for events that no caller waits for, and for steps that a caller does.

use std::process::ExitCode;
use std::sync::Arc;

use aws::Sessions;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use reaction::settings::Variables;
use reaction::{Error, Reaction, Report};
use serde_json::value::RawValue;

use crate::answer;
use crate::log::{self, Invocation};
use crate::opened::{Opened, run_of, sessions, write};
use crate::settings::environment;

/// Runs a reaction as a Lambda function that EventBridge, S3 or a schedule invokes. `open` makes the reaction of the
/// sessions and the environment; it may open connections, since init is the time when Lambda gives full CPU.
///
/// Ends only when Lambda ends the sandbox, or at once, with a line that says why, where init fails.
pub async fn on_event<R: Reaction>(open: impl AsyncFnOnce(Arc<Sessions>, Variables) -> Result<R, Error>) -> ExitCode {
    run(open, answer::to_event).await
}

/// Runs a reaction as a Lambda function whose caller asks for one step and waits for it, as Secrets Manager does: whatever is
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
    ended::<R>(Box::pin(serve(open, answer)).await)
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

async fn serve<R: Reaction>(
    open: impl AsyncFnOnce(Arc<Sessions>, Variables) -> Result<R, Error>,
    answer: Answer,
) -> Result<(), Error> {
    let opened = Opened::open(Arc::new(sessions()?), open).await?;
    let service = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        let invocation = Invocation::of(&context, log::id_in(payload.get()));
        let run = run_of(R::NAME, &opened.sessions, &context, invocation.occurrence());
        let report = opened.drive_text(&run, payload.get()).await;
        write(invocation, &report);
        answer(report)
    });
    Runtime::new(service).run().await.map_err(Error::failed)
}
