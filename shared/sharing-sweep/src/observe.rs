//! Reads the facts: the desired state and our records side by side, then every region and kind side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::{Document, Location};
use futures_util::{StreamExt, stream};
use place::AccountId;
use reaction::{Deadline, Doing, Error};
use sharing::{Desired, Kind, Manifest, Mistake};
use sharing_records::Recorded;
use tokio::join;

use crate::facts::{Facts, Moved, Unread};
use crate::read::Reading;
use crate::stored::{Forced, StoredPlan};
use crate::subject::Subject;
use crate::sweeping::Sweep;

/// How many regions and kinds, of all accounts, are read at a time; within each, things are read side by side too.
const SCOPES: usize = 16;

/// Why it does not matter where an account is.
const NO_UNITS: &str =
    "no entry of the manifest names an organization or organizational unit where accounts alone can be named";

impl Sweep {
    pub(crate) async fn read_facts(&self, subject: &Subject, deadline: Deadline) -> Result<Facts, Error> {
        let home = self.sessions.home()?.account.clone();
        // Before anything is read: what another run leaves open from now on counts as its own.
        let now = self.sessions.now();
        let manifest = match subject {
            Subject::Moved { .. } => Some(self.source.manifest().await?),
            _ => None,
        };
        let has_no_units = manifest.as_ref().is_some_and(|it| it.as_ref().is_ok_and(|it| it.by_units().is_empty()));
        if let Some(why) = self.not_ours(subject).or(has_no_units.then(|| NO_UNITS.into())) {
            let desired = self.source.complete(Ok(Manifest::default()), &[]).await?;
            return Ok(Facts { not_ours: Some(why), ..self.no_facts(home, desired, subject, now) });
        }
        let (desired, recorded, forced) = join!(self.desired(subject, manifest), self.recorded(), self.forced(subject));
        let mut facts = self.no_facts(home, desired?, subject, now);
        Recorded { grants: facts.grants, heads: facts.heads } = recorded?;
        facts.forced = match (forced?, &facts.desired.manifest) {
            (Some((name, plan, forced)), Ok(manifest)) => {
                plan.check_fits(&facts.home, manifest.version())
                    .map_err(|error| Error::refused(format!("{name} {error}")))?;
                Some(forced)
            }
            // `plan` says what is wrong with the manifest.
            _ => None,
        };
        // A manifest that is not acted on is not worth a scan; `plan` says what is wrong with it.
        if facts.desired.admitted().is_ok() {
            self.find_owners(&mut facts).await?;
            self.scan(&mut facts, deadline).await;
            self.look_closer(&mut facts, deadline).await;
        }
        Ok(facts)
    }

    /// Why the subject is none of our business, if it is not.
    fn not_ours(&self, subject: &Subject) -> Option<String> {
        let Subject::Changed { location, .. } = subject else { return None };
        let ours = self.source.location().map(ToString::to_string).unwrap_or_default();
        (*location != ours).then(|| format!("{location} has changed, and the manifest lies at {ours}"))
    }

    fn no_facts(&self, home: AccountId, desired: Desired, subject: &Subject, now: SystemTime) -> Facts {
        let is_whole = !matches!(subject, Subject::Payload(_) | Subject::Moved { .. });
        let moved = if let Subject::Moved { account, .. } = subject { Some(Moved(account.clone())) } else { None };
        Facts {
            now,
            exact: self.exact.clone().unwrap_or_else(|| home.clone()),
            is_of_one_account: self.exact.is_some(),
            home,
            owners: BTreeSet::new(),
            left_alone: BTreeMap::new(),
            limits: self.limits,
            desired,
            is_whole,
            is_quick: subject.is_quick(now, self.limits.period),
            not_ours: None,
            moved,
            found: Vec::new(),
            unread: Vec::new(),
            refused: Vec::new(),
            grants: BTreeSet::new(),
            heads: BTreeMap::new(),
            forced: None,
        }
    }

    /// The desired state, of a manifest that may have been read already.
    async fn desired(&self, subject: &Subject, read: Option<Result<Manifest, Mistake>>) -> Result<Desired, Error> {
        match (subject, read) {
            (Subject::Payload(manifest), _) => self.source.complete(Ok((**manifest).clone()), &Kind::ALL).await,
            (_, Some(manifest)) => self.source.complete(manifest, &Kind::ALL).await,
            (_, None) => self.source.read(&Kind::ALL).await,
        }
    }

    async fn recorded(&self) -> Result<Recorded, Error> {
        match &self.grants {
            Some(grants) => grants.all().await.doing(|| "reading which shares are ours").map(shares),
            None => Ok(Recorded::default()),
        }
    }

    /// The stored plan that the sweep is forced by, where it lies, and what it admits.
    async fn forced<'a>(&self, subject: &'a Subject) -> Result<Option<(&'a str, StoredPlan, Forced)>, Error> {
        let Subject::Sweep { force: Some(force) } = subject else { return Ok(None) };
        let location: Location = force.parse().map_err(Error::refused).doing(|| "`force`")?;
        let text = Document::new(self.sessions.config(), location).read(self.source.bucket_owner()?).await?;
        let plan = StoredPlan::read(&text).map_err(|error| Error::refused(format!("{force} {error}")))?;
        let forced = Forced::of(&plan, force, &text);
        Ok(Some((force, plan, forced)))
    }

    /// Whose things are looked at: our own account's, those of the accounts that the settings name, and those that our
    /// records are or were about; as far as we may act there.
    async fn find_owners(&self, facts: &mut Facts) -> Result<(), Error> {
        let here = self.sessions.region()?;
        let held: BTreeSet<_> = facts.grants.iter().map(|grant| grant.resource.account.clone()).collect();
        let met = held.iter().cloned().chain(facts.heads.keys().map(|resource| resource.account.clone()));
        let met = met.chain(self.sessions.named_accounts()).chain([facts.home.clone()]).collect::<BTreeSet<_>>();
        for account in met {
            match self.sessions.admit(&account, &here).await {
                Ok(()) => drop(facts.owners.insert(account)),
                // Where nothing is shared any more, there is nothing to tell either.
                Err(error) if error.is_refused() && !held.contains(&account) && account != facts.home => {}
                Err(error) if error.is_refused() => drop(facts.left_alone.insert(account, error.to_string())),
                Err(error) => {
                    let what = format!("whether account {account} is still ours to act in: {error}");
                    // Of its things, none is known to be gone or to be as it was.
                    facts.unread.push(Unread { account, kind: Kind::Image, what });
                }
            }
        }
        Ok(())
    }

    /// Finds everything that an entry matches or that we own a grant on.
    async fn scan(&self, facts: &mut Facts, deadline: Deadline) {
        let readings: Vec<_> = facts.owners.iter().map(|owner| Reading::new(self, facts, owner, deadline)).collect();
        let mut scans = Vec::new();
        for reading in &readings {
            scans.extend(reading.scopes().into_iter().map(|scope| reading.scan(scope)));
        }
        let scans: Vec<_> = stream::iter(scans).buffer_unordered(SCOPES).collect().await;
        for (account, scanned) in scans {
            scanned.add_to(facts, &account);
        }
        facts.sort();
    }
}

/// Without the records of what is not shared, which other functions keep in the same tables.
fn shares(mut recorded: Recorded) -> Recorded {
    let is_shared = |kind| Kind::ALL.contains(&kind);
    recorded.grants.retain(|it| is_shared(it.resource.kind));
    recorded.heads.retain(|it, _| is_shared(it.kind));
    recorded
}
