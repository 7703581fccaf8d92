//! What the pipeline is told.

use std::sync::Arc;

use aws::Sessions;
use jobs::Pipeline;
use reaction::{Outcome, Reply, Report, Severity};

/// Answers the pipelines of jobs.
#[must_use]
pub fn answers(sessions: &Arc<Sessions>) -> Pipeline {
    Pipeline::new(sessions).saying(wording)
}

/// The answer to a job, without its findings.
pub(crate) fn wording(report: &Report) -> String {
    let reason = || report.reason.as_deref().unwrap_or_default();
    let errors = || report.findings.iter().filter(|it| it.severity == Severity::Error).count();
    match (report.reply(), report.outcome) {
        (Reply::Done, Outcome::Unchanged) => report.notes.join("; "),
        (Reply::Done, _) => {
            let steps: Vec<_> = report.steps.last().map(|it| it.step.as_str()).into_iter().collect();
            format!("Delivered ({})", steps.join("; "))
        }
        (Reply::Later, _) => format!("The deployment goes on: {}", reason()),
        (Reply::NotDone, Outcome::Planned) => {
            "The deployment was planned and not made: the function is deployed with Mode=Plan".to_owned()
        }
        (Reply::NotDone, Outcome::Refused) if errors() > 0 => {
            format!("Nothing was changed: {} errors were found before the first change", errors())
        }
        (Reply::NotDone, _) => reason().to_owned(),
    }
}
