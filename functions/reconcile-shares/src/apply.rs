//! Carries steps out, and plans that were stored.

use reaction::Error;
use sharing::{Effect, Kind, Share};

use crate::ReconcileShares;
use crate::plan::Step;

impl ReconcileShares {
    pub(crate) async fn carry_out(&self, occurrence: &str, step: &Step) -> Result<(), Error> {
        match step {
            Step::CannotShare { resource, why } => Err(Error::refused(format!("{resource}: {why}"))),
            Step::Share(share) => self.recorded_share(occurrence, share).await,
        }
    }

    async fn recorded_share(&self, occurrence: &str, share: &Share) -> Result<(), Error> {
        match &self.grants {
            Some(grants) => grants.record(occurrence, share, self.share(share)).await,
            None => self.share(share).await?.refused.map_or(Ok(()), Err),
        }
    }

    /// Changes who may use the things of one step.
    async fn share(&self, share: &Share) -> Result<Effect, Error> {
        let Some(first) = share.changes.first() else { return Ok(Effect { done: Vec::new(), refused: None }) };
        let resource = &first.resource;
        match (resource.kind, &resource.region) {
            (Kind::Image | Kind::Snapshot, Some(region)) => {
                self.clients.at(&resource.account, region)?.ec2.share(share).await
            }
            _ => Err(Error::failed("not yet")),
        }
    }
}
