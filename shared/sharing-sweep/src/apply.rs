//! Carries steps out, and plans that were stored.

use std::collections::{BTreeMap, BTreeSet};

use place::shortened;
use reaction::Error;
use sharing::{Change, Effect, Kind, Principal, Resource, Share};
use sharing_aws::Holders;
use sharing_policies::PolicyRead;
use sharing_records::record_if_any;

use crate::plan::Step;
use crate::sweeping::Sweep;

/// What became of a step of a stored plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was carried out, wholly or what was left of it.
    Done,
    /// Everything was as it says already.
    AlreadyDone,
}

impl Sweep {
    pub(crate) async fn carry_out(&self, occurrence: &str, step: &Step) -> Result<(), Error> {
        match step {
            Step::CannotShare(cannot) => Err(cannot.error()),
            Step::Share(share) => self.recorded_share(occurrence, share).await,
            Step::Forget(share) => self.forget(occurrence, share).await,
        }
    }

    /// Carries exactly this step of a stored plan out: what is as it was *before* is changed, what is as it shall be
    /// *after* is left alone, and anything else is refused.
    ///
    /// # Errors
    /// `Refused` where somebody changed a thing since the plan was made; otherwise what a call's error means.
    pub async fn apply_stored(&self, occurrence: &str, share: &Share) -> Result<Applied, Error> {
        share.changes.iter().try_for_each(lets_no_stray_in)?;
        let resources: Vec<_> = share.changes.iter().map(|change| change.resource.clone()).collect();
        let mut heads = match &self.grants {
            Some(grants) => grants.heads(&resources).await?,
            None => BTreeMap::new(),
        };
        let mut left = Share { changes: Vec::new(), manifest: share.manifest.clone() };
        for change in &share.changes {
            let now = Box::pin(self.present(&change.resource)).await?;
            let head = heads.remove(&change.resource).unwrap_or_default();
            let change = Change { head, ..still(change, now)? };
            if !change.is_empty() {
                left.changes.push(change);
            }
        }
        if left.changes.is_empty() {
            return Ok(Applied::AlreadyDone);
        }
        self.recorded_share(occurrence, &left).await.map(|()| Applied::Done)
    }

    async fn recorded_share(&self, occurrence: &str, share: &Share) -> Result<(), Error> {
        let effect = Box::pin(self.share(share));
        record_if_any(self.grants.as_ref(), occurrence, share, None, effect).await
    }

    /// Records that nobody has what is gone.
    async fn forget(&self, occurrence: &str, share: &Share) -> Result<(), Error> {
        let Some(grants) = &self.grants else { return Ok(()) };
        let done = share.changes.iter().map(Change::difference).collect();
        grants.record(occurrence, share, None, async { Ok(Effect { done, refused: None }) }).await
    }

    /// Changes who may use the things of one step.
    async fn share(&self, share: &Share) -> Result<Effect, Error> {
        let Some(first) = share.changes.first() else { return Ok(Effect { done: Vec::new(), refused: None }) };
        let resource = &first.resource;
        match (resource.kind, &resource.region) {
            (Kind::Image | Kind::Snapshot, Some(region)) => {
                self.clients.at(&resource.account, region).await?.ec2.share(share).await
            }
            (Kind::DbSnapshot | Kind::DbClusterSnapshot, Some(region)) => {
                self.clients.at(&resource.account, region).await?.rds.share(share).await
            }
            (Kind::Bucket, _) => self.buckets.change(first).await,
            (Kind::Repository, _) => self.repositories.change(first).await,
            (Kind::Key, _) => self.keys.change(first).await,
            (Kind::ManagedPolicy, Some(_)) => Err(not_shared(resource)),
            (kind, None) => Err(Error::refused(format!("{resource}, of section {kind}, has no region"))),
        }
    }

    /// The policy of a bucket, repository or key; `None` where there is no such thing.
    pub(crate) async fn policy(&self, resource: &Resource) -> Result<Option<PolicyRead>, Error> {
        match resource.kind {
            Kind::Bucket => self.buckets.read(resource).await,
            Kind::Repository => self.repositories.read(resource).await,
            Kind::ManagedPolicy => Err(not_shared(resource)),
            _ => self.keys.read(resource).await,
        }
    }

    /// Who may use a thing now, as far as we manage it; `None` where it is gone.
    async fn present(&self, resource: &Resource) -> Result<Option<BTreeSet<Principal>>, Error> {
        let Resource { kind, account, region, id, .. } = resource;
        let holders = match (kind, region) {
            (Kind::Image | Kind::Snapshot | Kind::DbSnapshot | Kind::DbClusterSnapshot, Some(region)) => {
                self.clients.at(account, region).await?.holders(*kind, id, account).await?
            }
            _ => return Ok(self.policy(resource).await?.map(|read| read.holders.ours)),
        };
        Ok(holders.map(|Holders { principals, .. }| principals))
    }
}

/// Refuses a change that would let in what no manifest can name: a plan is a text, and RDS takes `all` for every account.
fn lets_no_stray_in(change: &Change) -> Result<(), Error> {
    let add = change.difference().add;
    let Some(stray) = add.iter().find(|who| matches!(who, Principal::Stray(_))) else { return Ok(()) };
    let (resource, stray) = (&change.resource, shortened(&stray.to_string(), 80));
    Err(Error::refused(format!(
        "the plan lets `{stray}` use {resource}, which is not an account, an organization or an organizational unit; make the plan anew"
    )))
}

/// What a stored plan that was edited may name.
fn not_shared(resource: &Resource) -> Error {
    Error::refused(format!(
        "{resource} is a managed policy, which is not shared; send a pipeline's job to check-policy"
    ))
}

/// The change that is left, given who may use the thing now.
fn still(change: &Change, now: Option<BTreeSet<Principal>>) -> Result<Change, Error> {
    let resource = &change.resource;
    let Some(now) = now else {
        return Err(Error::refused(format!("{resource} is gone since the plan was made; make it anew")));
    };
    if now != change.before && now != change.after {
        let now: Vec<_> = now.iter().map(ToString::to_string).collect();
        return Err(Error::refused(format!(
            "{resource} was changed since the plan was made: shared with {}, which is neither before nor after; make it anew",
            if now.is_empty() { "nobody".into() } else { now.join(", ") }
        )));
    }
    Ok(Change { before: now, ..change.clone() })
}
