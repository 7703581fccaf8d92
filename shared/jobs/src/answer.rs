//! The answer that a job waits for.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws::{Answer, Narrowed, SdkConfig, Sessions, is_answered};
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::http::HttpResponse;
use aws_sdk_codepipeline::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codepipeline::types::{ExecutionDetails, FailureDetails, FailureType};
use place::{AccountId, shortened};
use reaction::{Answers, Doing, Error, Outcome, Reply, Report, Run};

use crate::{Continuation, Job};

/// The characters of a failure's message, at most.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_FailureDetails.html>
const MESSAGE: usize = 5_000;

/// The characters of a success's summary, at most.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ExecutionDetails.html>
const SUMMARY: usize = 2_048;

/// The session that answers jobs of another account: its name, what it may do, and the shortest time that STS gives.
const SESSION: &str = "SignalboxAnswersJob";
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    "Action": ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"], "Resource": "*"}]}"#;
const LASTS: Duration = Duration::from_mins(15);

/// The pipeline that waits for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    id: String,
    account: AccountId,
    /// What this one goes on with: a job that comes again may have an id of its own.
    /// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html>
    continuation: Option<Continuation>,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// Answers jobs of the function's own account by its own role, and jobs of another account by a session there that may do nothing
/// else.
#[derive(Debug)]
pub struct Pipeline {
    sessions: Arc<Sessions>,
    wording: Wording,
}

/// What an answer begins with; findings follow it.
pub type Wording = fn(&Report) -> String;

impl Pipeline {
    /// By these sessions; makes no call.
    #[must_use]
    pub fn new(sessions: &Arc<Sessions>) -> Self {
        Self { sessions: sessions.clone(), wording }
    }

    /// The same, with answers that begin so.
    #[must_use]
    pub fn saying(self, wording: Wording) -> Self {
        Self { wording, ..self }
    }

    /// The configuration by which jobs of this account are answered.
    async fn config(&self, account: &AccountId) -> Result<SdkConfig, Error> {
        if self.sessions.home()?.account == *account {
            return Ok(self.sessions.config().clone());
        }
        let session = Narrowed { session_name: SESSION, policy: POLICY.to_owned(), duration: LASTS };
        self.sessions.narrowed(account, &self.sessions.region()?, &session).await
    }
}

impl Answers for Pipeline {
    type Caller = Caller;

    fn caller(event: &str) -> Option<Caller> {
        let job = Job::read(event).ok()?;
        Some(Caller { id: job.id, account: job.account, continuation: job.continuation })
    }

    async fn answer(&self, caller: &Caller, report: &Report, _: &Run) -> Result<(), Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a job.
        Box::pin(self.tell(caller, report)).await
    }
}

impl Pipeline {
    /// What the next job brings: the same through all of them, so that it says how long the work goes on.
    fn token(&self, caller: &Caller) -> String {
        let begun = || Continuation { first: caller.id.clone(), since: self.sessions.seconds() };
        caller.continuation.clone().unwrap_or_else(begun).to_string()
    }

    async fn tell(&self, caller: &Caller, report: &Report) -> Result<(), Error> {
        let answering = || format!("answering the pipeline of account {}", caller.account);
        let client = Client::new(&self.config(&caller.account).await.doing(answering)?);
        let lead = (self.wording)(report);
        match report.reply() {
            Reply::NotDone => fail(&client, caller, report, &lead).await,
            Reply::Done => succeed(&client, caller, &lead, None).await,
            // CodePipeline gives the job again, and its wait of 20 minutes begins anew.
            Reply::Later => succeed(&client, caller, &lead, Some(&self.token(caller))).await,
        }
        .doing(answering)
    }
}

async fn succeed(client: &Client, caller: &Caller, summary: &str, token: Option<&str>) -> Result<(), Error> {
    let details = ExecutionDetails::builder().summary(fitted(summary, SUMMARY)).build();
    let call = client.put_job_success_result().job_id(&caller.id).execution_details(details);
    given(call.set_continuation_token(token.map(String::from)).send().await)
}

async fn fail(client: &Client, caller: &Caller, report: &Report, lead: &str) -> Result<(), Error> {
    let kind = match report.outcome {
        Outcome::Refused => FailureType::ConfigurationError,
        _ => FailureType::JobFailed,
    };
    let message = message(lead, report);
    let details = FailureDetails::builder().r#type(kind).message(message).build().map_err(Error::failed)?;
    given(client.put_job_failure_result().job_id(&caller.id).failure_details(details).send().await)
}

/// An answer that is there already was given by an earlier attempt, of which the function did not hear: no other identity has the job.
fn given<T, E>(answer: Result<T, SdkError<E, HttpResponse>>) -> Result<(), Error>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if answer.as_ref().is_err_and(is_answered) { Ok(()) } else { answer.or_error().map(drop) }
}

/// What an answer begins with where the function has no words of its own: one line, since a summary shows no other.
pub(crate) fn wording(report: &Report) -> String {
    match report.reply() {
        Reply::NotDone => report.reason.clone().unwrap_or_else(|| report.outcome.to_string()),
        Reply::Done | Reply::Later => report.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; "),
    }
}

/// The text in as many characters as the answer may have: what a terminal obeys is escaped, and each such character becomes several.
pub(crate) fn fitted(text: &str, most: usize) -> String {
    shortened(text, most).chars().take(most).collect()
}

/// How it begins, and each finding, in as many characters as the answer may have.
pub(crate) fn message(lead: &str, report: &Report) -> String {
    let mut text = fitted(lead, MESSAGE / 2);
    for (told, finding) in report.findings.iter().enumerate() {
        let line = format!("\n{finding}");
        let rest = format!("\n.. and {} more; the log has all", report.findings.len() - told);
        if text.chars().count() + line.chars().count() + rest.chars().count() > MESSAGE {
            return text + &rest;
        }
        text += &line;
    }
    text
}
