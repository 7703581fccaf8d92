//! A function that has been opened, and all that it takes to drive events through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws::{Home, Sessions, function_as_actor, in_name_of};
use function::{Function, Settings};
use lambda_runtime::Context;
use ledger::DynamoLedger;
use reaction::settings::malformed;
use reaction::{Deadline, Error, Left, Mode, Report, Run, drive, drive_json};
use tokio::time::timeout;

use crate::log::{self, Invocation};
use crate::metrics;

/// So long before the end of an invocation a run is cut off where a caller waits for an answer: enough to answer.
const MARGIN: Duration = Duration::from_secs(2);

/// A function that has been opened.
pub(crate) struct Opened<F> {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) function: F,
    ledger: DynamoLedger,
    mode: Mode,
}

impl<F: Function> Opened<F> {
    /// Reads the settings, and opens the connections of the function and of its ledger side by side: init is the time when Lambda
    /// gives full CPU.
    pub(crate) async fn open(sessions: Arc<Sessions>) -> Result<Self, Error> {
        let settings = Settings::read(F::REPEAT, &environment)?;
        let claims = settings.ledger_table.is_some();
        // A function that claims nothing never asks its ledger.
        let ledger = DynamoLedger::new(&sessions, settings.ledger_table.unwrap_or_default(), F::NAME);
        let function = F::open(sessions.clone(), &environment)?;
        let connected = async {
            if claims {
                ledger.open_connection().await;
            }
        };
        tokio::join!(connected, function.warm());
        Ok(Self { sessions, function, ledger, mode: settings.mode })
    }

    /// Drives an event that is given as text, in the name of the run.
    pub(crate) async fn drive_text(&self, run: &Run, event: &str) -> Report {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of every event.
        let driven = Box::pin(drive_json(&self.function, &self.ledger, self.mode, run, event));
        in_name_of(run, driven).await
    }

    /// Drives an event, in the name of the run.
    pub(crate) async fn drive(&self, run: &Run, event: F::Event) -> Report {
        // Boxed, as above.
        in_name_of(run, Box::pin(drive(&self.function, &self.ledger, self.mode, run, event))).await
    }
}

/// Reads this program's own environment.
pub(crate) fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place where a function reads its environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Sessions by the environment; the roots are Amazon's own unless `AWS_CA_BUNDLE` names others.
pub(crate) fn sessions() -> Result<Sessions, Error> {
    let roots = match environment("AWS_CA_BUNDLE") {
        Some(path) => {
            Some(std::fs::read(&path).map_err(|error| malformed("AWS_CA_BUNDLE", format!("{path}: {error}")))?)
        }
        None => environment("AWS_REGION").and_then(|region| aws::roots_of(&region)),
    };
    Sessions::of_function(environment, roots.as_deref(), now)
}

/// The clock of a deployed function.
pub(crate) fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "the one clock of a deployed function")]
    SystemTime::now()
}

/// The run of a function about an occurrence, as far as an invocation goes; the sessions know from now on whose they are.
pub(crate) fn run_of(function: &'static str, sessions: &Sessions, context: &Context, occurrence: &str) -> Run {
    if let Ok(home) = Home::of_arn(&context.invoked_function_arn) {
        sessions.know_home(home);
    }
    TIMEOUT.fetch_max(left(context.deadline()), Ordering::Relaxed);
    let actor = function_as_actor(&context.invoked_function_arn, &context.env_config.version, &context.request_id);
    Run::new(function, occurrence, Deadline::new(context.deadline(), sessions.clock())).by(actor)
}

/// The report of `driven`, or, shortly before the invocation ends, that it was cut off.
pub(crate) async fn in_time(run: &Run, driven: impl Future<Output = Report>) -> Report {
    let left = run.deadline.left().saturating_sub(MARGIN);
    if left.is_zero() {
        let late = Error::failed("not begun: the invocation was about to end");
        return Report { left: Some(Left::OutOfTime), ..Report::of_error(run.function, &late) }.of_run(run);
    }
    timeout(left, driven).await.unwrap_or_else(|_| {
        let cut_off = "cut off, since the invocation was about to end: what was done stands, and a retry goes on from there; see the \
            log for what takes so long, or give the function more time";
        Report::of_error(run.function, &Error::failed(cut_off)).of_run(run)
    })
}

/// Writes the line of a run to the log, and its metrics.
pub(crate) fn write(mut invocation: Invocation, report: &Report) {
    static IS_FIRST: AtomicBool = AtomicBool::new(true);
    invocation.cold_start = IS_FIRST.swap(false, Ordering::Relaxed);
    log::write(&invocation, report);
    println!("{}", metrics::line(report, now(), is_near_timeout(invocation.ends)));
}

/// The most milliseconds that an invocation of this environment had at its beginning: the function's timeout, which Lambda tells in no
/// other way.
static TIMEOUT: AtomicU64 = AtomicU64::new(0);

fn left(ends: SystemTime) -> u64 {
    ends.duration_since(now()).ok().and_then(|it| u64::try_from(it.as_millis()).ok()).unwrap_or_default()
}

/// Whether an invocation has used four fifths of its time.
fn is_near_timeout(ends: SystemTime) -> bool {
    left(ends) < TIMEOUT.load(Ordering::Relaxed) / 5
}
