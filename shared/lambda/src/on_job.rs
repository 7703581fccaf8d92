//! The entry point for jobs: a pipeline waits for each, and its event holds credentials.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use aws::{Sessions, in_name_of};
use function::Function;
use futures_util::FutureExt;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, Runtime, service_fn};
use reaction::{Answers, Error, Left, Repeat, Report, Run};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::answer::fitted;
use crate::log::{self, Invocation};
use crate::on_event::ended;
use crate::opened::{Opened, environment, in_time, now, run_of, sessions, write};
use crate::traces::Traces;

/// Runs a function whose caller waits for an answer, as `CodePipeline` does. The caller is answered once, whatever
/// happens: the reaction succeeded, refused, failed or panicked, its init failed, or the invocation is about to end. While another run
/// is at work on the same job, that one answers.
///
/// `answers` is made first, of sessions for the function's own account, so that it is there when init fails. A failed init is tried
/// again with the next job. Lambda delivers a job again only where the answer could not be given. Nothing of the event is logged: not in an
/// error about it, and not in the message of a panic.
pub async fn on_job<F: Function, A: Answers>(answers: impl FnOnce(&Arc<Sessions>) -> A) -> ExitCode {
    const { assert!(matches!(F::REPEAT, Repeat::Again), "a job that is delivered again is answered again") };
    log::start(&environment);
    log::keep_panics_silent();
    // Boxed, since the compiler gives up on the depth of a type that holds every call of every event.
    ended::<F>(Box::pin(serve::<F, A>(answers)).await)
}

/// The function as far as it could be opened.
struct Jobs<F, A> {
    sessions: Arc<Sessions>,
    /// Why these are not the sessions that the settings ask for, if so.
    malformed: Option<String>,
    answers: A,
    traces: Traces,
    opened: OnceCell<Opened<F>>,
}

async fn serve<F: Function, A: Answers>(answers: impl FnOnce(&Arc<Sessions>) -> A) -> Result<(), Error> {
    let (sessions, malformed) = match sessions() {
        Ok(sessions) => (sessions, None),
        Err(error) => {
            let roots = environment("AWS_REGION").and_then(|region| aws::roots_of(&region));
            (Sessions::of_own_account(environment, roots.as_deref(), now)?, Some(error.to_string()))
        }
    };
    let sessions = Arc::new(sessions);
    let answers = answers(&sessions);
    let traces = Traces::open(F::NAME, &environment);
    let jobs = Jobs::<F, A> { sessions, malformed, answers, traces, opened: OnceCell::new() };
    if let Err(error) = jobs.opened().await {
        tracing::error!(service = F::NAME, "init failed, and each job is answered so until it succeeds: {error}");
    }
    let service = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        jobs.hear(&context, payload.get()).await
    });
    Runtime::new(service).run().await.map_err(Error::failed)
}

impl<F: Function, A: Answers> Jobs<F, A> {
    async fn opened(&self) -> Result<&Opened<F>, Error> {
        if let Some(why) = &self.malformed {
            return Err(Error::refused(why));
        }
        self.opened.get_or_try_init(|| Opened::open(self.sessions.clone())).await
    }

    async fn hear(&self, context: &Context, event: &str) -> Result<Report, Diagnostic> {
        let Ok(Some(caller)) = catch_unwind(|| A::caller(event)) else {
            let error = Error::refused("not a job: the event does not say who waits for an answer");
            let report = Report::of_error(F::NAME, &error);
            write(Invocation::of(context, None), &report);
            return Err(Diagnostic { error_type: "Signalbox.Unreadable".into(), error_message: error.to_string() });
        };
        let invocation = Invocation::of(context, Some(caller.to_string()));
        let run = run_of(F::NAME, &self.sessions, context, &invocation.correlation_id);
        let run = run.traced(self.traces.begin(F::NAME, context, None));
        let mut report = in_time(&run, self.react(&run, event)).await.of_run(&run);
        let answered = match report.left {
            Some(Left::Busy) => Err(Error::failed("not answered: another run is at work on it, and answers")),
            _ => self.answer(&caller, &report, &run).await,
        };
        report.notes.extend(answered.as_ref().err().map(ToString::to_string));
        self.traces.end(&run, &report);
        write(invocation, &report);
        let unanswered =
            |error: Error| Diagnostic { error_type: "Signalbox.Unanswered".into(), error_message: error.to_string() };
        answered.map(|()| fitted(report)).map_err(unanswered)
    }

    async fn react(&self, run: &Run, event: &str) -> Report {
        let opened = match self.opened().await {
            Ok(opened) => opened,
            Err(error) => return Report::of_error(F::NAME, &error.context("init failed")),
        };
        match serde_json::from_str(event) {
            Ok(event) => opened.drive(run, event).await,
            // What the parser says may quote the event.
            Err(error) => {
                let why = format!("not a job that {} can read: {}", F::NAME, log::place_of(&error));
                Report::of_error(F::NAME, &Error::refused(why))
            }
        }
    }

    async fn answer(&self, caller: &A::Caller, report: &Report, run: &Run) -> Result<(), Error> {
        let answering =
            AssertUnwindSafe(in_name_of(run, run.phase("answer", self.answers.answer(caller, report, run))))
                .catch_unwind();
        let answered = match timeout(run.deadline.left(), answering).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => Err(Error::failed("the code that answers panicked: see the log for where, and report it")),
            Err(_) => Err(Error::failed("the invocation ended before it was given")),
        };
        answered.map_err(|error| error.context(format!("the answer to {caller}")))
    }
}
