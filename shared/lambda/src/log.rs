//! JSON lines on standard output, with Powertools' field names.
//! <https://docs.aws.amazon.com/powertools/python/latest/core/logger/#standard-structured-keys>

use std::time::SystemTime;

use lambda_runtime::Context;
use reaction::settings::Variables;
use reaction::{Outcome, Report};
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;
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
    /// What the run is about: the event by its id, or else the request.
    pub(crate) correlation_id: String,
    pub(crate) xray_trace_id: Option<String>,
    /// When Lambda ends the invocation.
    pub(crate) ends: SystemTime,
}

impl Invocation {
    /// An invocation as its context tells it, about an event of this id, or else about the request.
    pub(crate) fn of(context: &Context, id: Option<String>) -> Self {
        Self {
            cold_start: false,
            function_name: context.env_config.function_name.clone(),
            request_id: context.request_id.clone(),
            correlation_id: id.unwrap_or_else(|| context.request_id.clone()),
            xray_trace_id: context.xray_trace_id.clone(),
            ends: context.deadline(),
        }
    }
}

/// What an event says of itself, whatever it is of.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Head {
    #[serde(default)]
    id: Value,
    /// Where EventBridge hands a trace on.
    #[serde(default, rename = "trace-header")]
    trace_header: Value,
}

impl Head {
    /// Reads what is there.
    pub(crate) fn of(event: &str) -> Self {
        serde_json::from_str(event).unwrap_or_default()
    }

    /// The event's id, if it has one.
    pub(crate) fn id(&self) -> Option<String> {
        self.id.as_str().map(String::from)
    }

    /// The header of the trace that the event belongs to.
    pub(crate) fn trace_header(&self) -> Option<&str> {
        self.trace_header.as_str()
    }
}

/// What is wrong with JSON and where, without a word of what it says.
pub(crate) fn place_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Io | Category::Eof => "it ends too early",
        Category::Syntax => "it is not JSON",
        Category::Data => "a field is missing or of another type",
    };
    format!("{what}, at line {}, column {}", error.line(), error.column())
}

/// Has a panic tell only where it happened: its message may quote an event that holds credentials.
pub(crate) fn keep_panics_silent() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let correlation_id = aws::correlation_id();
        tracing::error!(correlation_id, "panicked at {place}; the message is not shown, since it may quote the event");
    }));
}

/// Has a panic tell in a line of the log, with the event that it is about.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(correlation_id = aws::correlation_id(), "panicked at {place}: {message}");
    }));
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

/// How much of a line the report may take, in bytes: CloudWatch Logs takes 1 MB an event, and Lambda breaks what it passes on at 256 KB, within
/// a field if need be.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
const REPORT_BYTES: usize = 200_000;

/// The bytes of a report that stands as a text in a line of JSON.
fn in_a_line(report: &str) -> usize {
    report.len() + report.bytes().filter(|it| matches!(it, b'"' | b'\\')).count()
}

/// Writes what happened in an invocation, and nothing of the event itself: one line; and where the report is too long for that, lines with the
/// rest of it, which have no outcome of their own.
pub(crate) fn write(invocation: &Invocation, report: &Report) {
    for (before, part) in report.parts(REPORT_BYTES, in_a_line).enumerate() {
        if before == 0 {
            write_first(invocation, &part);
        } else {
            write_rest(invocation, &part, before + 1);
        }
    }
}

fn write_first(invocation: &Invocation, report: &Report) {
    let Invocation { cold_start, function_name, request_id, correlation_id, xray_trace_id, .. } = invocation;
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

fn write_rest(invocation: &Invocation, report: &Report, part: usize) {
    let Invocation { function_name, request_id, correlation_id, xray_trace_id, .. } = invocation;
    let json = serde_json::to_string(report).unwrap_or_default();
    macro_rules! line {
        ($level:expr) => {
            tracing::event!(
                $level,
                service = report.function,
                function_name,
                function_request_id = request_id,
                correlation_id,
                xray_trace_id,
                key = report.key.as_ref().map(tracing::field::display),
                part,
                rest = json,
                "part {part} of the report",
            )
        };
    }
    match report.outcome {
        Outcome::Refused | Outcome::Failed => line!(tracing::Level::ERROR),
        _ => line!(tracing::Level::INFO),
    }
}
