//! What an invocation answers: which reports are the function's errors.

use std::borrow::Cow;

use lambda_runtime::Diagnostic;
use reaction::{Left, Outcome, Report};

/// The bytes of a report that is answered, at most. Lambda takes answers of 6 MB, calls a longer one an error and invokes the function again;
/// as the message of an error, a report takes twice its bytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ANSWER: usize = 2_500_000;

/// The answer to an event that came asynchronously (EventBridge, S3, a schedule): `Err` makes Lambda try again and
/// then send the event to the failure queue. A refusal would only be refused again, so it is an answer, unless the
/// event could not even be read: such a poison must end in the queue, since nothing else keeps it.
pub(crate) fn to_event(report: Report) -> Result<Report, Diagnostic> {
    let kind = match (report.outcome, &report.key) {
        (Outcome::Failed, _) => "Signalbox.Failed",
        (Outcome::Refused, None) => "Signalbox.Unreadable",
        _ => return Ok(fitted(report)),
    };
    Err(error(kind, &report))
}

/// The answer to one step of something that another service drives (Secrets Manager, Step Functions): `Err` is the only word for
/// "not done", and a step that was only planned is not done either. What is to be asked for again after a pause has a name of its own,
/// since Step Functions tries again by the name.
pub(crate) fn to_step(report: Report) -> Result<Report, Diagnostic> {
    let kind = match report.outcome {
        Outcome::Failed if report.left == Some(Left::Unfinished) => "Signalbox.Unfinished",
        Outcome::Failed => "Signalbox.Failed",
        Outcome::Refused => "Signalbox.Refused",
        Outcome::Planned => "Signalbox.Planned",
        _ => return Ok(fitted(report)),
    };
    Err(error(kind, &report))
}

fn error(kind: &str, report: &Report) -> Diagnostic {
    let error_message = serde_json::to_string(&report.within(ANSWER)).unwrap_or_default();
    Diagnostic { error_type: kind.into(), error_message }
}

/// The report in as many bytes as an answer may have.
pub(crate) fn fitted(report: Report) -> Report {
    match report.within(ANSWER) {
        Cow::Borrowed(_) => report,
        Cow::Owned(cut) => cut,
    }
}

#[cfg(test)]
mod tests {
    use reaction::{Error, Key, Outcome, Report};

    use super::{to_event, to_step};

    #[test]
    fn only_failures_and_poison_are_errors() {
        let report = |outcome| Report::new("share-ami", outcome, None);
        let key = || Key::new(["ami-12345678", "available"]);
        assert!(to_event(report(Outcome::Refused)).is_err());
        assert!(to_event(report(Outcome::Refused).about(key())).is_ok());
        assert!(to_event(report(Outcome::Failed).about(key())).is_err());
        for outcome in [Outcome::Ignored, Outcome::Repeated, Outcome::Planned, Outcome::Unchanged, Outcome::Applied] {
            assert!(to_event(report(outcome)).is_ok(), "{outcome}");
        }
    }

    #[test]
    fn a_step_that_was_not_done_is_an_error_whatever_kept_it() {
        let report = |outcome| Report::new("rotate-db-user", outcome, None).about(Key::new(["app"]));
        for outcome in [Outcome::Failed, Outcome::Refused, Outcome::Planned] {
            assert!(to_step(report(outcome)).is_err(), "{outcome}");
        }
        for outcome in [Outcome::Ignored, Outcome::Repeated, Outcome::Unchanged, Outcome::Applied] {
            assert!(to_step(report(outcome)).is_ok(), "{outcome}");
        }
        let kind = |error: Error| to_step(Report::of_error("read-fleet", &error)).unwrap_err().error_type;
        assert_eq!(kind(Error::unfinished("AWS was asked too often")), "Signalbox.Unfinished");
        assert_eq!(kind(Error::failed("the network was gone")), "Signalbox.Failed");
    }
}
