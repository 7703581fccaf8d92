//! Carries steps out, by the deployment that was read.

use delivery::{Pause, Status};
use jobs::Job;
use reaction::{Error, Run};

use crate::DeployLambda;
use crate::observe::later;
use crate::plan::{Step, ended};

impl DeployLambda {
    pub(crate) async fn carry_out(&self, job: &Job, step: &Step, run: &Run) -> Result<(), Error> {
        let mut at_work = self.at_work.lock().await;
        let lost = || {
            Error::failed(
                "the deployment of this job is not the one that was read; this is a fault of Signalbox, report it",
            )
        };
        let (_, deployment) = at_work.as_mut().filter(|(id, _)| *id == job.id).ok_or_else(lost)?;
        match step {
            Step::Put { .. } => self.delivery.put_code(deployment).await,
            Step::Rehearse(_) => self.delivery.rehearse(deployment).await,
            Step::Record(_) => self.delivery.begin(deployment).await,
            // From here on there is a record: what fails now is found again by the next round.
            Step::GoOn { .. } => match self.delivery.advance(deployment, run).await.map_err(later)? {
                Pause::Waiting(why) => Err(Error::unfinished(why)),
                Pause::Over if deployment.record.status == Status::Succeeded => Ok(()),
                Pause::Over => Err(ended(&deployment.record)),
            },
        }
    }
}
