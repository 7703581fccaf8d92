//! Reads the facts: whose the job is, and the deployment that it goes on with, or its artifact and every target.

use delivery::{Artifact, Deployment, Order, Request};
use jobs::Job;
use reaction::{Doing, Error};

use crate::DeployLambda;
use crate::facts::Facts;

/// The bytes of an artifact, at most: it is held in memory.
const ARTIFACT: u64 = 100_000_000;

impl DeployLambda {
    pub(crate) async fn read_facts(&self, job: &Job) -> Result<Facts, Error> {
        *self.at_work.lock().await = None;
        let read = self.read(job).await;
        // A deployment that has begun goes on when what failed has passed.
        if job.continuation.is_some() { read.map_err(later) } else { read }
    }

    async fn read(&self, job: &Job) -> Result<Facts, Error> {
        let config = job.config(self.sessions.config());
        job.prove(&config, &self.sessions).await?;
        let who = format!("a pipeline of account {}", job.account);
        if let Some(begun) = self.delivery.resume(job.first()).await? {
            return self.go_on(job, begun, &who).await;
        }
        if let Some(token) = &job.continuation {
            let shown = place::shortened(token, 40);
            return Err(Error::refused(format!("there is no deployment {shown} to go on with; start the stage anew")));
        }
        let artifact = job.artifact()?;
        let bytes = job.read_artifact(&config, artifact, ARTIFACT).await?;
        let source = artifact.to_string();
        let mut opened = Artifact::open(&bytes).doing(|| source.clone())?;
        let text = opened.order().doing(|| source.clone())?;
        let order = match Order::read_for(&text, self.delivery.settings(), &job.parameters) {
            Ok(order) => order,
            Err(findings) => return Ok(Facts::Forbidden(findings)),
        };
        let codes = opened.code(&order).doing(|| source.clone())?;
        let request = Request { deployment: job.first().to_owned(), who, source };
        Ok(match self.delivery.look(&order, codes, request).await? {
            Err(findings) => Facts::Forbidden(findings),
            Ok(deployment) => {
                let record = deployment.record.clone();
                *self.at_work.lock().await = Some((job.id.clone(), deployment));
                Facts::New(record)
            }
        })
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
