//! What is to be done about everything that was found. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use reaction::{Error, Plan};
use sharing::{Admitted, Change, Kind, Manifest, Principal, Resource, Share, Wanted};

use crate::facts::{Facts, Found};
use crate::{groups, interlocks};

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Changes who may use things.
    Share(Share),
    /// Says why a thing that shall be shared cannot be; the others are.
    CannotShare {
        /// The thing.
        resource: Resource,
        /// Why, and what to do.
        why: String,
    },
    /// Closes the record of a thing that is gone: nobody has it any more, and nothing is asked of AWS.
    Forget(Share),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => share.fmt(f),
            Self::Forget(share) => {
                let named = share.changes.iter().map(|change| change.resource.to_string()).collect::<Vec<_>>();
                write!(f, "forget {}, which is gone", named.join(", "))
            }
            Self::CannotShare { resource, why } => write!(f, "cannot share {resource}: {why}"),
        }
    }
}

/// What was decided about one thing.
#[derive(Clone, Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) found: &'a Found,
    pub(crate) change: Change,
    /// Whether an entry matches it, so that the entry is the truth.
    pub(crate) is_managed: bool,
    /// Who has it no longer because their time is over.
    pub(crate) expired: BTreeSet<Principal>,
    /// Those who shall have it and do not get it, since it cannot be shared.
    pub(crate) barred: BTreeSet<Principal>,
    /// Why no account loses it, and none gains it but by an image: an entry names a unit whose accounts cannot be told.
    pub(crate) held: Option<String>,
}

pub(crate) fn plan(facts: &Facts) -> Result<Plan<Step>, Error> {
    if let Some(why) = &facts.not_ours {
        return Ok(Plan::Ignore(why.clone()));
    }
    let decisions = decide(facts)?;
    interlocks::check(facts, &decisions)?;
    change(facts, &decisions)
}

/// The steps of what was decided, whatever the interlocks say.
pub(crate) fn change(facts: &Facts, decisions: &[Decision]) -> Result<Plan<Step>, Error> {
    let admitted = facts.desired.admitted()?;
    let manifest = admitted.version();
    let held = decisions.iter().filter_map(|decision| Some((&decision.found.resource, decision.held.clone()?)));
    let held: Vec<_> = held.map(|(resource, why)| Step::CannotShare { resource: resource.clone(), why }).collect();
    let is_busy = |decision: &&Decision| decision.change.head.is_busy(facts.now);
    let (busy, idle): (Vec<_>, Vec<_>) = decisions.iter().partition(is_busy);
    let cannot = idle.iter().filter(|decision| decision.is_blocked()).map(|Decision { found, .. }| Step::CannotShare {
        resource: found.resource.clone(),
        why: found.obstacle.clone().unwrap_or_default(),
    });
    let refused = facts.refused.iter().cloned().map(|(resource, why)| Step::CannotShare { resource, why });
    let steps = groups::steps(&idle, manifest).into_iter().map(Step::Share);
    let steps = steps.chain(forgotten(facts, manifest)).chain(cannot).chain(held).chain(refused).collect();
    let busy = busy.into_iter().map(|decision| format!("{}: another run is at work on it", decision.found.resource));
    let incomplete = facts.unread.iter().map(|unread| unread.what.clone()).chain(busy).collect();
    let alone =
        facts.left_alone.iter().map(|(account, why)| format!("things of account {account} are left alone: {why}"));
    let forced = facts.forced.iter().map(|forced| format!("removals are admitted by the stored plan {}", forced.name));
    let notes = forced.chain(facts.skipped()).chain(alone).chain(notes(decisions));
    let notes = notes.chain(admitted.held_back()).chain(facts.desired.notes()).collect();
    Ok(Plan::Change { steps, notes, incomplete })
}

/// What our records know and a whole scan did not find.
fn forgotten(facts: &Facts, manifest: &str) -> Vec<Step> {
    let found: BTreeSet<_> = facts.found.iter().map(|found| &found.resource).collect();
    let head = |resource: &Resource| facts.heads.get(resource).cloned().unwrap_or_default();
    let refused: BTreeSet<_> = facts.refused.iter().map(|(resource, _)| resource).collect();
    // Where something could not be read, nothing is known to be gone; what can never be read is there.
    let is_missing = |resource: &Resource| !found.contains(resource) && !refused.contains(resource);
    let is_gone = |resource: &&Resource| is_missing(resource) && !facts.is_unread(&resource.account, None);
    let gone = facts.ours().into_iter().filter(is_gone).filter(|resource| !head(resource).is_busy(facts.now));
    let forget = |resource: &Resource| {
        let head = head(resource);
        // What was left open is closed first: it is not known what it did before the thing went.
        let before = if head.pending.is_some() { BTreeSet::new() } else { facts.owned(resource) };
        let (resource, after) = (resource.clone(), BTreeSet::new());
        let change = Change { resource, name: String::new(), before, after, why: "it is gone".into(), head };
        Step::Forget(Share { changes: vec![change], manifest: manifest.into() })
    };
    gone.map(forget).collect()
}

impl Decision<'_> {
    /// Whether an entry shares what cannot be shared. Those who are to lose it lose it all the same.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.barred.is_empty()
    }

    /// Whether the thing is a snapshot that an image brings along.
    pub(crate) fn follows(&self) -> bool {
        self.found.resource.kind == Kind::Snapshot && self.found.names.is_empty() && self.found.tags.is_empty()
    }
}

/// What is decided about each thing, in the order of things.
pub(crate) fn decide(facts: &Facts) -> Result<Vec<Decision<'_>>, Error> {
    let manifest = facts.desired.admitted()?;
    let (mut wanted, mut held) = (BTreeMap::new(), BTreeMap::new());
    for found in &facts.found {
        match wanted_by(manifest, found, facts.now) {
            Ok(None) => {}
            Ok(Some(wanted_of)) => drop(wanted.insert(&found.resource, wanted_of)),
            Err(error) if error.is_refused() => drop(held.insert(&found.resource, error.to_string())),
            Err(error) => return Err(error),
        }
    }
    let needs = Needs::of(facts, &wanted);
    let awake = facts.found.iter().filter(|found| !found.is_disabled);
    let decided = awake.map(|found| match held.remove(&found.resource) {
        None => decision(facts, found, &wanted, &needs),
        Some(why) => held_back(decision(facts, found, &wanted, &needs), why, &needs),
    });
    let mut decisions: Vec<_> = decided.collect();
    if facts.moved.is_some() {
        let sought = facts.sought();
        decisions.retain(|decision| is_sought(&sought, decision.found, facts.now));
    }
    decisions.sort_by(|one, other| one.found.resource.cmp(&other.found.resource));
    Ok(decisions)
}

/// Whether an entry by which things are looked for matches it.
fn is_sought(sought: &Manifest, found: &Found, now: SystemTime) -> bool {
    found.candidates().any(|candidate| sought.wanted(&candidate, now).is_some())
}

/// What the manifest says of a thing: the union over all its names.
fn wanted_by(manifest: Admitted, found: &Found, now: SystemTime) -> Result<Option<Wanted>, Error> {
    let mut all: Option<Wanted> = None;
    for candidate in found.candidates() {
        let Some(wanted) = manifest.wanted(&candidate, now)? else { continue };
        let all = all.get_or_insert_default();
        all.principals.extend(wanted.principals);
        all.expired.extend(wanted.expired);
    }
    Ok(all.map(|Wanted { principals, expired }| Wanted { expired: &expired - &principals, principals }))
}

/// What images need of the snapshots that back them.
#[derive(Default)]
struct Needs<'a> {
    /// By the manifest: accounts for which an image is shared.
    asked: BTreeMap<&'a Resource, BTreeSet<Principal>>,
    /// By images that no entry matches: accounts that may launch them now.
    kept: BTreeMap<&'a Resource, BTreeSet<Principal>>,
}

impl<'a> Needs<'a> {
    fn of(facts: &'a Facts, wanted: &BTreeMap<&Resource, Wanted>) -> Self {
        let mut needs = Self::default();
        for image in facts.found.iter().filter(|found| found.resource.kind == Kind::Image) {
            let (side, principals) = match wanted.get(&image.resource) {
                Some(wanted) if image.is_disabled => (&mut needs.kept, wanted.principals.clone()),
                Some(wanted) if image.obstacle.is_none() => (&mut needs.asked, wanted.principals.clone()),
                // It gains no account, and so nor do its snapshots.
                Some(wanted) => (&mut needs.asked, &wanted.principals & &image.holders),
                None => (&mut needs.kept, remaining(facts, image)),
            };
            // Snapshots can be shared with accounts only.
            let accounts: BTreeSet<_> = principals.into_iter().filter(|who| who.account().is_some()).collect();
            for snapshot in &image.snapshots {
                side.entry(snapshot).or_default().extend(accounts.iter().cloned());
            }
        }
        needs
    }
}

/// Who keeps a thing that no entry matches: everybody but those with whom we shared it.
fn remaining(facts: &Facts, found: &Found) -> BTreeSet<Principal> {
    if facts.is_whole { &found.holders - &facts.owned(&found.resource) } else { found.holders.clone() }
}

fn decision<'a>(facts: &Facts, found: &'a Found, wanted: &BTreeMap<&Resource, Wanted>, needs: &Needs) -> Decision<'a> {
    let (before, wanted) = (&found.holders, wanted.get(&found.resource));
    let asked = needs.asked.get(&found.resource);
    let kept = needs.kept.get(&found.resource).cloned().unwrap_or_default();
    let is_managed = wanted.is_some() || asked.is_some();
    let mut after = if is_managed {
        let entries = wanted.map(|wanted| wanted.principals.clone()).unwrap_or_default();
        let images = asked.cloned().unwrap_or_default();
        entries.into_iter().chain(images).collect()
    } else {
        remaining(facts, found)
    };
    after.extend(before & &kept);
    // An image that could not be read may need its snapshots.
    let is_unread = facts.is_image_unread(&found.resource.account);
    if is_unread && found.resource.kind == Kind::Snapshot {
        after.extend(before.iter().cloned());
    }
    // Nobody whom we share with: a statement of ours is written without it.
    after.retain(|who| !matches!(who, Principal::Stray(_)));
    let barred = if found.obstacle.is_some() { &after - before } else { BTreeSet::new() };
    after = &after - &barred;
    let expired = wanted.map(|wanted| &(&wanted.expired & before) - &after).unwrap_or_default();
    let why =
        if is_managed { "an entry of the manifest matches it" } else { "no entry of the manifest matches it any more" };
    let loses = before.iter().any(|who| !after.contains(who));
    let why = match facts.forced.as_ref().filter(|_| loses) {
        Some(forced) => format!("{why}; removals are admitted by the stored plan {}", forced.name),
        None => why.into(),
    };
    let change = Change {
        resource: found.resource.clone(),
        name: found.names.first().cloned().unwrap_or_default(),
        before: before.clone(),
        after,
        why,
        head: facts.heads.get(&found.resource).cloned().unwrap_or_default(),
    };
    Decision { found, change, is_managed, expired, barred, held: None }
}

/// The decision about a resource that an entry means which is held back: images may need it by more accounts, and none loses it.
fn held_back<'a>(decision: Decision<'a>, why: String, needs: &Needs) -> Decision<'a> {
    let mut change = decision.change;
    let asked = needs.asked.get(&change.resource).cloned().unwrap_or_default();
    change.after = &change.before | &(&asked - &decision.barred);
    change.after.retain(|who| !matches!(who, Principal::Stray(_)));
    Decision { change, is_managed: true, held: Some(why), ..decision }
}

fn notes(decisions: &[Decision]) -> Vec<String> {
    let mut notes = Vec::new();
    for Decision { found, change, is_managed, expired, .. } in decisions {
        let resource = &found.resource;
        if found.is_public && *is_managed {
            notes.push(format!("{resource} is public and stays so: everybody may use it"));
        }
        notes.extend(expired.iter().map(|who| format!("{who} had {resource} for a time that is over")));
        notes.extend(
            found.foreign.iter().map(|who| format!("{resource} is open to {who} by somebody else's statement")),
        );
        let strays = change.before.iter().filter(|who| matches!(who, Principal::Stray(_)));
        notes.extend(
            strays.map(|who| {
                format!("{resource}: {who} stands in a statement of ours and names nobody whom we share with")
            }),
        );
        if !change.difference().add.is_empty() {
            notes.extend(found.notes.iter().map(|note| format!("{resource}: {note}")));
        }
    }
    notes
}
