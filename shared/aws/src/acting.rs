//! In whose name Signalbox acts: that of the run whose future is polled.
//!
//! The name belongs to the future and not to the program. So two messages of one batch that are handled side by side cannot act
//! under each other's name, and a client that outlives its run acts for the next one. Outside of a run no other account is entered.

use std::sync::Arc;

use reaction::{Error, Run};
use trace::Recorder;

tokio::task_local! {
    static RUN: Run;
}

/// Everything that `work` does is done in the name of `run`. What `work` hands to another task of the runtime is not, and cannot
/// enter another account.
pub async fn in_name_of<F: Future>(run: &Run, work: F) -> F::Output {
    RUN.scope(run.clone(), work).await
}

/// Who acts, as the audit records it; `None` where the run does not say.
#[must_use]
pub fn actor() -> Option<String> {
    RUN.try_with(|run| run.actor.clone()).ok().flatten()
}

/// The correlation id of what is being done; `None` outside of a run.
#[must_use]
pub fn correlation_id() -> Option<String> {
    RUN.try_with(|run| run.occurrence.clone()).ok()
}

/// What to hand on with a message, so that what is done about it joins the trace; `None` where nothing is traced.
#[must_use]
pub fn trace_header() -> Option<String> {
    Some(recorder()?.header())
}

/// What notes the calls that are made now, where the event is traced.
pub(crate) fn recorder() -> Option<Arc<Recorder>> {
    RUN.try_with(|run| run.trace.clone()).ok().flatten()
}

/// A function as an actor, by the ARN by which Lambda invoked it, its version, and the request. The ARN is written without the
/// alias or version that it may end with, since an alias does not say which code ran.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>
#[must_use]
pub fn function_as_actor(arn: &str, version: &str, request: &str) -> String {
    const PARTS: usize = 7;
    let arn: Vec<_> = arn.split(':').take(PARTS).collect();
    format!("{}:{version}, request {request}", arn.join(":"))
}

/// The run in whose name something is done.
pub(crate) fn run() -> Result<Run, Error> {
    RUN.try_with(Clone::clone).map_err(|_| {
        Error::failed("no run says for which event another account is entered; this is a fault of Signalbox, report it")
    })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use futures_util::future::join;
    use reaction::{Deadline, Run};
    use tokio::task::yield_now;

    use super::{actor, function_as_actor, in_name_of, run};

    fn made(function: &'static str, occurrence: &str) -> Run {
        let epoch = || SystemTime::UNIX_EPOCH;
        Run::new(function, occurrence, Deadline::new(epoch(), epoch)).by(format!("{function}, {occurrence}"))
    }

    #[tokio::test]
    async fn runs_that_take_turns_in_one_task_keep_their_own_names() {
        let names = async || {
            let mut names = Vec::new();
            for _ in 0..3 {
                let run = run().unwrap();
                names.push((format!("{}@{}", run.function, run.occurrence), actor().unwrap()));
                yield_now().await;
            }
            names
        };
        let (one, two) = (made("share-ami", "one"), made("emr-dns", "two"));
        let (ones, twos) = join(in_name_of(&one, names()), in_name_of(&two, names())).await;
        assert_eq!(ones, vec![("share-ami@one".to_owned(), "share-ami, one".to_owned()); 3]);
        assert_eq!(twos, vec![("emr-dns@two".to_owned(), "emr-dns, two".to_owned()); 3]);
    }

    #[tokio::test]
    async fn outside_of_a_run_no_account_is_entered() {
        assert!(run().is_err());
        assert_eq!(actor(), None);
    }

    #[test]
    fn a_function_is_named_with_the_version_that_ran_whatever_alias_invoked_it() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:share-ami";
        for invoked in [arn.to_owned(), format!("{arn}:live")] {
            assert_eq!(function_as_actor(&invoked, "7", "6a7e8feb"), format!("{arn}:7, request 6a7e8feb"));
        }
    }
}
