//! Reads the facts: the desired state and our records side by side, then every region and kind side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::{Document, Location};
use futures_util::{StreamExt, stream};
use grants::Recorded;
use reaction::{AccountId, Deadline, Doing, Error, Region};
use sharing::{Desired, Kind, Manifest, Principal, Resource};
use tokio::join;

use crate::ReconcileShares;
use crate::facts::Facts;
use crate::read::{Reading, Scanned, Scope};
use crate::stored::StoredPlan;
use crate::subject::Subject;

/// How many regions and kinds are read at a time; within each, things are read side by side too.
const SCOPES: usize = 16;

impl ReconcileShares {
    pub(crate) async fn read_facts(&self, subject: &Subject, deadline: Deadline) -> Result<Facts, Error> {
        let owner = self.sessions.home()?.account.clone();
        // Before anything is read: what another run leaves open from now on counts as its own.
        let now = self.sessions.now();
        if let Some(why) = self.not_ours(subject) {
            let desired = self.source.complete(Ok(Manifest::default()), &[]).await?;
            return Ok(Facts { not_ours: Some(why), ..self.no_facts(owner, desired, subject, now) });
        }
        let (desired, recorded, forced) = join!(self.desired(subject), self.recorded(), self.forced(subject));
        let mut facts = self.no_facts(owner, desired?, subject, now);
        Recorded { grants: facts.grants, heads: facts.heads } = recorded?;
        // Functions that act in several accounts have their records in one table, and other accounts' are looked at there.
        facts.grants.retain(|grant| grant.resource.account == facts.owner);
        facts.heads.retain(|resource, _| resource.account == facts.owner);
        facts.forced = forced?;
        // A manifest that is not acted on is not worth a scan; `plan` says what is wrong with it.
        if facts.desired.admitted().is_ok() {
            self.scan(&mut facts, deadline).await;
        }
        Ok(facts)
    }

    /// Why the subject is none of our business, if it is not.
    fn not_ours(&self, subject: &Subject) -> Option<String> {
        let Subject::Changed { location, .. } = subject else { return None };
        let ours = self.source.location().map(ToString::to_string).unwrap_or_default();
        (*location != ours).then(|| format!("{location} has changed, and the manifest lies at {ours}"))
    }

    fn no_facts(&self, owner: AccountId, desired: Desired, subject: &Subject, now: SystemTime) -> Facts {
        let is_whole = !matches!(subject, Subject::Payload(_));
        Facts {
            now,
            owner,
            limits: self.limits,
            desired,
            is_whole,
            not_ours: None,
            found: Vec::new(),
            unread: Vec::new(),
            refused: Vec::new(),
            grants: BTreeSet::new(),
            heads: BTreeMap::new(),
            forced: None,
        }
    }

    async fn desired(&self, subject: &Subject) -> Result<Desired, Error> {
        match subject {
            Subject::Payload(manifest) => self.source.complete(Ok((**manifest).clone()), &Kind::ALL).await,
            _ => self.source.read(&Kind::ALL).await,
        }
    }

    async fn recorded(&self) -> Result<Recorded, Error> {
        match &self.grants {
            Some(grants) => grants.all().await.doing(|| "reading which shares are ours"),
            None => Ok(Recorded::default()),
        }
    }

    /// What the stored plan takes away that the sweep is forced by.
    async fn forced(&self, subject: &Subject) -> Result<Option<BTreeSet<(Resource, Principal)>>, Error> {
        let Subject::Sweep { force: Some(force) } = subject else { return Ok(None) };
        let location: Location = force.parse().map_err(Error::refused).doing(|| "`force`")?;
        let text = Document::new(self.sessions.config(), location).read().await?;
        let plan = StoredPlan::read(&text).map_err(|error| Error::refused(format!("{force} {error}")))?;
        Ok(Some(plan.removals()))
    }

    /// Finds everything that an entry matches or that we own a grant on.
    async fn scan(&self, facts: &mut Facts, deadline: Deadline) {
        let reading = Reading::new(self, facts, deadline);
        let scans = stream::iter(scopes(facts)).map(|scope| reading.scan(scope));
        let scans: Vec<_> = scans.buffer_unordered(SCOPES).collect().await;
        for Scanned { found, unread, refused } in scans {
            facts.found.extend(found);
            facts.unread.extend(unread);
            facts.refused.extend(refused);
        }
        facts.found.sort_by(|one, other| one.resource.cmp(&other.resource));
        facts.unread.sort();
        facts.refused.sort();
    }
}

/// Where to look: the regions of the manifest, and those where we own grants.
fn scopes(facts: &Facts) -> Vec<Scope> {
    let Ok(manifest) = &facts.desired.manifest else { return Vec::new() };
    let regions = |kind: Kind| -> BTreeSet<Region> {
        let ours = facts.ours().into_iter().filter(|resource| resource.kind == kind);
        manifest.regions(kind).into_iter().chain(ours.filter_map(|resource| resource.region.clone())).collect()
    };
    let ec2 = &regions(Kind::Image) | &regions(Kind::Snapshot);
    let mut scopes: Vec<_> = ec2.into_iter().map(Scope::Ec2).collect();
    for kind in [Kind::DbSnapshot, Kind::DbClusterSnapshot] {
        scopes.extend(regions(kind).into_iter().map(|region| Scope::Databases(kind, region)));
    }
    for kind in [Kind::Key, Kind::Repository] {
        scopes.extend(regions(kind).into_iter().map(|region| Scope::Policies(kind, Some(region))));
    }
    scopes.push(Scope::Policies(Kind::Bucket, None));
    scopes
}
