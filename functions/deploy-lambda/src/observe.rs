//! Reads the facts: whose the job is, and the deployment that it goes on with, or its artifact and every target.

use aws::SdkConfig;
use delivery::{Artifact, Deployment, Order, Request, is_passing};
use futures_util::future::join3;
use jobs::Job;
use reaction::{Doing, Error, Finding};

use crate::DeployLambda;
use crate::facts::Facts;

/// The bytes of an artifact, at most: it is held in memory.
const ARTIFACT: u64 = 100_000_000;

/// How long a deployment that has not begun waits for updates that are under way, in seconds. Lambda takes a minute for most.
const WAIT: u64 = 10 * 60;

/// How long after the first answer there may be no record yet, in seconds: a deployment whose record was lost is not begun anew, since
/// the way back would be lost with it.
const UNBEGUN: u64 = 30 * 60;

impl DeployLambda {
    pub(crate) async fn read_facts(&self, job: &Job) -> Result<Facts, Error> {
        *self.at_work.lock().await = None;
        let read = self.read(job).await;
        // A deployment that has begun goes on when what failed has passed.
        if job.continuation.is_some() { read.map_err(later) } else { read }
    }

    async fn read(&self, job: &Job) -> Result<Facts, Error> {
        let config = job.config(self.sessions.config());
        // By the job's own credentials, and opened after it is known whose they are. What goes on has its code from the first job.
        let bytes = async {
            match &job.continuation {
                None => Some(self.fetch(job, &config).await),
                Some(_) => None,
            }
        };
        let (proof, begun, bytes) =
            join3(job.prove(&config, &self.sessions), self.delivery.resume(job.first()), bytes).await;
        proof?;
        let who = format!("a pipeline of account {}", job.account);
        if let Some(begun) = begun? {
            return self.go_on(job, begun, &who).await;
        }
        if job.continuation.as_ref().is_some_and(|it| self.sessions.seconds() > it.since.saturating_add(UNBEGUN)) {
            let first = job.first();
            return Err(Error::refused(format!(
                "there is no deployment {first} to go on with: it did not begin within {} minutes, or its record was lost; see where its \
                 aliases point, and start the stage anew",
                UNBEGUN / 60
            )));
        }
        let bytes = match bytes {
            Some(bytes) => bytes?,
            None => self.fetch(job, &config).await?,
        };
        self.begin(job, &bytes, who).await
    }

    /// The deployment that an artifact asks for, with what was read at its targets.
    async fn begin(&self, job: &Job, bytes: &[u8], who: String) -> Result<Facts, Error> {
        let source = job.artifact()?.to_string();
        let mut opened = Artifact::open(bytes).doing(|| source.clone())?;
        let text = opened.order().doing(|| source.clone())?;
        let order = match Order::read_for(&text, self.delivery.settings(), &job.parameters) {
            Ok(order) => order,
            Err(findings) => return Ok(Facts::Forbidden(findings)),
        };
        let codes = opened.code(&order).doing(|| source.clone())?;
        let request = Request { deployment: job.first().to_owned(), who, source };
        Ok(match self.delivery.look(&order, codes, request).await? {
            Err(findings) => self.forbidden(job, findings)?,
            Ok(deployment) => {
                let record = deployment.record.clone();
                *self.at_work.lock().await = Some((job.id.clone(), deployment));
                Facts::New(record)
            }
        })
    }

    /// The bytes of the job's artifact.
    async fn fetch(&self, job: &Job, config: &SdkConfig) -> Result<Vec<u8>, Error> {
        job.read_artifact(config, job.artifact()?, ARTIFACT).await
    }

    /// What forbids the deployment. Where that passes by itself, such as the end of an update that the attempt before began, the pipeline is
    /// asked to come again, for some minutes.
    fn forbidden(&self, job: &Job, findings: Vec<Finding>) -> Result<Facts, Error> {
        let now = self.sessions.seconds();
        let since = job.continuation.as_ref().map_or(now, |it| it.since);
        match findings.first() {
            Some(first) if is_passing(&findings) && now < since.saturating_add(WAIT) => {
                let why = format!("nothing was changed yet: {}: {}", first.path, first.message);
                Err(Error::unfinished(why))
            }
            _ => Ok(Facts::Forbidden(findings)),
        }
    }

    /// Takes up a deployment, if it is of the pipeline that asks: any identity that may invoke the function can write any token.
    async fn go_on(&self, job: &Job, begun: Deployment, who: &str) -> Result<Facts, Error> {
        if begun.record.who != who {
            return Err(Error::refused(format!(
                "deployment {} was asked for by {}, and not by {who}",
                job.first(),
                begun.record.who
            )));
        }
        let record = begun.record.clone();
        *self.at_work.lock().await = Some((job.id.clone(), begun));
        Ok(Facts::Begun(record))
    }
}

/// A failure that may pass, as something that goes on.
pub(crate) fn later(error: Error) -> Error {
    if error.is_refused() || error.is_unfinished() { error } else { Error::unfinished(error) }
}
