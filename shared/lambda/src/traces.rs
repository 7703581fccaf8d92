//! The trace of each event: where it begins, and how it gets to the daemon that Lambda runs beside the function.

use std::sync::Arc;

use aws::DAEMON_ADDRESS;
use lambda_runtime::Context;
use reaction::settings::Variables;
use reaction::{Outcome, Report, Run};
use trace::{Beginning, Daemon, Ending, Finish, Recorder};

use crate::opened::now;

/// The daemon; none where Lambda runs none, and then nothing is noted.
#[derive(Debug)]
pub(crate) struct Traces(Option<Daemon>);

impl Traces {
    /// Opens a socket for the daemon that the environment names. A function works without traces, so an address that cannot be used
    /// is a warning.
    pub(crate) fn open(function: &str, variables: Variables) -> Self {
        let daemon = variables(DAEMON_ADDRESS).map(|address| Daemon::open(&address));
        if let Some(Err(why)) = &daemon {
            tracing::warn!(service = function, "no event is traced: {DAEMON_ADDRESS} is {why}");
        }
        Self(daemon.and_then(Result::ok))
    }

    /// What notes an event, which may have come with the header of another trace; none where it is not traced.
    pub(crate) fn begin(&self, function: &str, context: &Context, header: Option<&str>) -> Option<Arc<Recorder>> {
        self.0.as_ref()?;
        match Beginning::of(context.xray_trace_id.as_deref(), header) {
            Beginning::At(origin) => Some(Recorder::start(function, origin, now)),
            Beginning::NotSampled => None,
        }
    }

    /// Sends what was noted of a run. It goes before the answer, since Lambda freezes the process after that.
    pub(crate) fn end(&self, run: &Run, report: &Report) {
        let (Some(daemon), Some(recorder)) = (&self.0, &run.trace) else { return };
        let lost = daemon.send(&recorder.finish(finish(run, report)));
        if lost > 0 {
            tracing::debug!(
                service = run.function,
                correlation_id = run.occurrence,
                "{lost} parts of the trace are lost"
            );
        }
    }
}

fn finish(run: &Run, report: &Report) -> Finish {
    let reason = || report.reason.clone().unwrap_or_else(|| report.outcome.to_string());
    let ending = match report.outcome {
        Outcome::Refused => Ending::Error(reason()),
        Outcome::Failed => Ending::Fault(reason()),
        _ => Ending::Well,
    };
    let mut annotations = vec![
        ("function", run.function.to_owned()),
        ("outcome", report.outcome.to_string()),
        ("correlation_id", run.occurrence.clone()),
    ];
    annotations.extend(report.key.as_ref().map(|key| ("key", key.to_string())));
    Finish { ending, annotations }
}
