//! Reads one region and kind: what an entry matches or what we own a grant on, and who may use it.

mod databases;
mod ec2;
mod listings;
mod policies;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use place::{AccountId, Partition, Region};
use reaction::{Deadline, Error};
use sharing::{Admitted, Candidate, Kind, Manifest, Principal, Resource, Tags};

use crate::facts::{Facts, Found, Unread};
use crate::sweeping::Sweep;

/// How many things are read at a time, beside the pace of the API.
pub(crate) const READS: usize = 100;

/// Below this much time nothing more is read: what is left goes to applying what is known.
const MARGIN: Duration = Duration::from_secs(10);

/// A region and kind of one account.
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

    /// Adds what was read of this account to the facts.
    pub(crate) fn add_to(self, facts: &mut Facts, account: &AccountId) {
        let is_home = *account == facts.home;
        let named = |what: String| if is_home { what } else { format!("account {account}: {what}") };
        let unread = self.unread.into_iter();
        facts.unread.extend(unread.map(|(kind, what)| Unread { account: account.clone(), kind, what: named(what) }));
        facts.found.extend(self.found);
        facts.refused.extend(self.refused);
    }

    /// Notes that a thing could not be read, or never can.
    pub(crate) fn miss(&mut self, resource: Resource, error: &Error) {
        if error.is_refused() {
            self.refused.push((resource, error.to_string()));
        } else {
            self.unread.push((resource.kind, format!("{resource}: {error}")));
        }
    }
}

/// What every scan of one account has to know.
pub(crate) struct Reading<'a> {
    function: &'a Sweep,
    /// The manifest, where it may be acted on.
    manifest: Option<Admitted<'a>>,
    /// The entries by which things are looked for.
    sought: Cow<'a, Manifest>,
    owner: &'a AccountId,
    /// Whether the manifest names its buckets, keys and repositories.
    is_exact: bool,
    partition: Partition,
    /// What is looked at whatever the manifest says.
    owned: BTreeSet<&'a Resource>,
    now: SystemTime,
    deadline: Deadline,
    /// For which accounts images and snapshots may be listed, in place of asking for each.
    listed_for: Option<BTreeSet<AccountId>>,
    facts: &'a Facts,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(function: &'a Sweep, facts: &'a Facts, owner: &'a AccountId, deadline: Deadline) -> Self {
        let home = function.sessions.home().map(|home| home.partition.as_str()).unwrap_or_default();
        Self {
            function,
            manifest: facts.desired.admitted().ok(),
            sought: facts.sought(),
            owner,
            is_exact: *owner == facts.exact,
            partition: policies::partition(home),
            owned: facts.ours().into_iter().filter(|resource| resource.account == *owner).collect(),
            now: facts.now,
            deadline,
            listed_for: facts.is_quick.then(|| facts.holders()),
            facts,
        }
    }

    /// Where to look: the regions of the manifest, and those where we own grants.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        let ec2 = &self.regions(Kind::Image) | &self.regions(Kind::Snapshot);
        let mut scopes: Vec<_> = ec2.into_iter().map(Scope::Ec2).collect();
        for kind in [Kind::DbSnapshot, Kind::DbClusterSnapshot] {
            scopes.extend(self.regions(kind).into_iter().map(|region| Scope::Databases(kind, region)));
        }
        for kind in [Kind::Key, Kind::Repository] {
            scopes.extend(self.regions(kind).into_iter().map(|region| Scope::Policies(kind, Some(region))));
        }
        scopes.push(Scope::Policies(Kind::Bucket, None));
        scopes
    }

    fn regions(&self, kind: Kind) -> BTreeSet<Region> {
        let owned = self.owned.iter().filter(|resource| resource.kind == kind);
        self.sought.regions(kind).into_iter().chain(owned.filter_map(|resource| resource.region.clone())).collect()
    }

    /// What there is of a scope, and whose it is.
    pub(crate) async fn scan(&self, scope: Scope) -> (AccountId, Scanned) {
        let scanned = match scope {
            Scope::Ec2(region) => self.ec2(&region).await,
            Scope::Databases(kind, region) => self.databases(kind, &region).await,
            Scope::Policies(kind, region) => self.policies(kind, region.as_ref()).await,
        };
        (self.owner.clone(), scanned)
    }

    /// A resource of this account, as the manifest's entries see it.
    fn candidate<'c>(&'c self, kind: Kind, name: &'c str, region: Option<&'c Region>, tags: &'c Tags) -> Candidate<'c> {
        Candidate { kind, name, region, owner: self.owner, tags }
    }

    /// Whether an entry, of all that there are, means it.
    fn is_meant(&self, candidate: &Candidate) -> bool {
        self.manifest.is_some_and(|manifest| Manifest::wanted(&manifest, candidate, self.now).is_some())
    }

    /// Whether an entry by which things are looked for means it.
    fn is_sought(&self, candidate: &Candidate) -> bool {
        self.sought.wanted(candidate, self.now).is_some()
    }

    /// Whether an entry by which things are looked for names a thing so.
    fn is_named(&self, kind: Kind, name: &str, region: Option<&Region>) -> bool {
        self.is_sought(&self.candidate(kind, name, region, &Tags::new()))
    }

    /// Who shall have a thing, as far as that is known.
    fn wanted(&self, found: &Found) -> BTreeSet<Principal> {
        let wanted = |candidate| self.manifest?.wanted(&candidate, self.now).ok().flatten();
        found.candidates().filter_map(wanted).flat_map(|wanted| wanted.principals).collect()
    }

    /// The ids of what is looked at whatever the manifest says.
    fn owned(&self, kind: Kind, region: Option<&Region>) -> BTreeSet<&str> {
        let here = self.owned.iter().filter(|it| it.kind == kind && it.region.as_ref() == region);
        here.map(|resource| resource.id.as_str()).collect()
    }

    fn in_time(&self) -> Result<(), Error> {
        in_time(self.deadline)
    }
}

/// An error where the invocation is about to end.
pub(crate) fn in_time(deadline: Deadline) -> Result<(), Error> {
    if deadline.left() > MARGIN {
        return Ok(());
    }
    Err(Error::failed("not read: the invocation was about to end; the next one goes on"))
}
