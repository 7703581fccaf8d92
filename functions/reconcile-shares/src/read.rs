//! Reads one region and kind: what an entry matches or what we own a grant on, and who may use it.

mod databases;
mod ec2;
mod policies;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use reaction::{AccountId, Deadline, Error, Partition, Region};
use sharing::{Desired, Kind, Principal, Resource};

use crate::ReconcileShares;
use crate::facts::{Facts, Found};

/// How many things are read at a time, beside the pace of the API.
pub(crate) const READS: usize = 100;

/// Below this much time nothing more is read: what is left goes to applying what is known.
const MARGIN: Duration = Duration::from_secs(10);

/// A region and kind.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Images and EBS snapshots.
    Ec2(Region),
    /// Database snapshots.
    Databases(Kind, Region),
    /// What is shared by a policy; buckets wherever they lie.
    Policies(Kind, Option<Region>),
}

/// What a scan found, what it could not read, and what can never be shared as the manifest says.
#[derive(Default)]
pub(crate) struct Scanned {
    pub(crate) found: Vec<Found>,
    pub(crate) unread: Vec<(Kind, String)>,
    pub(crate) refused: Vec<(Resource, String)>,
}

impl Scanned {
    /// Nothing but what could not be read.
    fn unread(kind: Kind, what: String) -> Self {
        Self { unread: vec![(kind, what)], ..Self::default() }
    }

    /// Notes that a thing could not be read, or never can.
    fn miss(&mut self, resource: Resource, error: &Error) {
        if error.is_refused() {
            self.refused.push((resource, error.to_string()));
        } else {
            self.unread.push((resource.kind, format!("{resource}: {error}")));
        }
    }
}

/// What every scan has to know.
pub(crate) struct Reading<'a> {
    function: &'a ReconcileShares,
    desired: Desired,
    owner: AccountId,
    partition: Partition,
    /// What is looked at whatever the manifest says.
    owned: BTreeSet<Resource>,
    now: SystemTime,
    deadline: Deadline,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(function: &'a ReconcileShares, facts: &Facts, deadline: Deadline) -> Self {
        let owned = facts.ours().into_iter().cloned().collect();
        let (desired, now) = (facts.desired.clone(), facts.now);
        let home = function.sessions.home().map(|home| home.partition.as_str()).unwrap_or_default();
        Self {
            function,
            desired,
            owner: facts.owner.clone(),
            partition: policies::partition(home),
            owned,
            now,
            deadline,
        }
    }

    pub(crate) async fn scan(&self, scope: Scope) -> Scanned {
        match scope {
            Scope::Ec2(region) => self.ec2(&region).await,
            Scope::Databases(kind, region) => self.databases(kind, &region).await,
            Scope::Policies(kind, region) => self.policies(kind, region.as_ref()).await,
        }
    }

    /// Whether an entry matches a thing of this name.
    fn is_named(&self, kind: Kind, name: &str, region: Option<&Region>) -> bool {
        self.desired.manifest.as_ref().is_ok_and(|manifest| manifest.wanted(kind, name, region, self.now).is_some())
    }

    /// Who shall have a thing, as far as that is known.
    fn wanted(&self, found: &Found) -> BTreeSet<Principal> {
        let Resource { kind, region, .. } = &found.resource;
        let wanted =
            |name: &String| self.desired.wanted(*kind, name, region.as_ref(), &self.owner, self.now).ok().flatten();
        found.names.iter().filter_map(wanted).flat_map(|wanted| wanted.principals).collect()
    }

    /// The ids of what is looked at whatever the manifest says.
    fn owned(&self, kind: Kind, region: Option<&Region>) -> BTreeSet<&str> {
        let here = self.owned.iter().filter(|it| it.kind == kind && it.region.as_ref() == region);
        here.map(|resource| resource.id.as_str()).collect()
    }

    /// An error where the invocation is about to end.
    fn in_time(&self) -> Result<(), Error> {
        if self.deadline.left() > MARGIN {
            return Ok(());
        }
        Err(Error::failed("not read: the invocation was about to end; the next one goes on"))
    }
}
