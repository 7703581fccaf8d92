//! JSON lines on standard output, with Powertools' field names.
//! <https://docs.aws.amazon.com/powertools/python/latest/core/logger/#standard-structured-keys>

use reaction::settings::Variables;
use reaction::{Outcome, Report};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The crates that may say more than `info`. Whatever an SDK, a TLS library or a database client says at `debug` or `trace` may
/// hold a request or an answer as it was sent, with values of secrets in it; which of them does, a new version decides.
const OURS: [&str; 2] = ["sharing_records", "lambda"];

/// What a line says about its invocation.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) cold_start: bool,
    pub(crate) function_name: String,
    pub(crate) request_id: String,
    /// The EventBridge event's id, which ties the lines of a forwarded event together.
    pub(crate) correlation_id: Option<String>,
    pub(crate) xray_trace_id: Option<String>,
}

/// Whether a line may be written at all, whatever level is chosen.
fn is_harmless(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().split("::").next().is_some_and(|it| OURS.contains(&it))
}

/// Starts logging at the level that `AWS_LAMBDA_LOG_LEVEL` names, or else as `RUST_LOG` says, or else at `info`. Below `info` only
/// our own crates say anything.
pub(crate) fn start(variables: Variables) {
    let chosen = variables("AWS_LAMBDA_LOG_LEVEL").or_else(|| variables("RUST_LOG")).unwrap_or_else(|| "info".into());
    let targets: Targets = chosen.to_lowercase().replace("fatal", "error").parse().unwrap_or_default();
    // The line of an invocation is written whatever else is chosen, and what cannot be read counts as nothing chosen.
    let says_nothing = targets.default_level().is_none_or(|level| level == LevelFilter::OFF);
    let targets = if says_nothing { targets.with_default(LevelFilter::INFO) } else { targets };
    // It logs what the function answers as an error, which our own line has said already.
    let targets = targets.with_target("lambda_runtime", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_current_span(false)
        .with_span_list(false);
    // A second start in one program (tests) keeps the first.
    drop(tracing_subscriber::registry().with(targets).with(filter_fn(is_harmless)).with(lines).try_init());
}

/// Writes the one line of an invocation: what happened, and nothing of the event itself.
pub(crate) fn write(invocation: &Invocation, report: &Report) {
    let Invocation { cold_start, function_name, request_id, correlation_id, xray_trace_id } = invocation;
    let json = serde_json::to_string(report).unwrap_or_default();
    macro_rules! line {
        ($level:expr) => {
            tracing::event!(
                $level,
                service = report.function,
                cold_start,
                function_name,
                function_request_id = request_id,
                correlation_id,
                xray_trace_id,
                key = report.key.as_ref().map(tracing::field::display),
                outcome = %report.outcome,
                report = json,
                "{}",
                report.reason.clone().unwrap_or_else(|| report.outcome.to_string()),
            )
        };
    }
    match report.outcome {
        Outcome::Refused | Outcome::Failed => line!(tracing::Level::ERROR),
        _ => line!(tracing::Level::INFO),
    }
}
