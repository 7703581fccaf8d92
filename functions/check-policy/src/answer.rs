//! What the pipeline is told.

use std::sync::Arc;

use aws::Sessions;
use jobs::Pipeline;
use reaction::{Outcome, Reply, Report, Severity};

/// What the function of 2017 told a pipeline of a policy that allows everything, and of what went wrong.
const EVERYTHING: &str = "Policy creation request rejected: * permissions not allowed in both actions and resources";
const ERROR: &str = "An error has occurred while validating policy. Please contact admin";

/// The rule of findings about all actions on all resources.
const ALL: &str = "all-on-all";

/// Answers the pipelines of jobs.
#[must_use]
pub fn answers(sessions: &Arc<Sessions>) -> Pipeline {
    Pipeline::new(sessions).saying(wording)
}

/// The answer to a job, without its findings. The same artifact has the same answer, whether its policy was made now or before.
pub(crate) fn wording(report: &Report) -> String {
    let reason = || report.reason.as_deref().unwrap_or_default();
    match (report.reply(), report.outcome) {
        (Reply::Done, _) => report.notes.join("; "),
        (Reply::Later, _) => "The invocation was about to end; the job goes on in the next one".to_owned(),
        (Reply::NotDone, Outcome::Planned) => {
            "The policy was judged and not made: the function is deployed with Mode=Plan".to_owned()
        }
        (Reply::NotDone, Outcome::Failed) => format!("{ERROR}: {}", reason()),
        (Reply::NotDone, _) if report.findings.iter().any(|it| it.rule == ALL && it.severity == Severity::Error) => {
            EVERYTHING.to_owned()
        }
        (Reply::NotDone, _) => match report.findings.iter().filter(|it| it.severity == Severity::Error).count() {
            0 => format!("Policy creation request rejected: {}", reason()),
            1 => "Policy creation request rejected: 1 error was found".to_owned(),
            many => format!("Policy creation request rejected: {many} errors were found"),
        },
    }
}
