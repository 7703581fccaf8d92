//! What is to be done about everything that was found. Pure: who shall have each resource, [`sharing::decide`] says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use reaction::{Error, Plan};
use sharing::{
    CannotShare, Change, Entries, Kind, Manifest, Needs, Note, Obstacle, Principal, Resource, Share, State, decide,
};

use crate::facts::{Facts, Found};
use crate::{groups, interlocks};

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Changes who may use things.
    Share(Share),
    /// Says why a resource is not shared as the manifest says; the others are.
    CannotShare(CannotShare),
    /// Closes the record of a resource that is gone: no account has it any more, and nothing is asked of AWS.
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
            Self::CannotShare(cannot) => cannot.fmt(f),
        }
    }
}

/// What was decided about one resource.
#[derive(Clone, Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) found: &'a Found,
    pub(crate) decided: sharing::Decision,
    pub(crate) change: Change,
}

pub(crate) fn plan(facts: &Facts) -> Result<Plan<Step>, Error> {
    if let Some(why) = &facts.not_ours {
        return Ok(Plan::Ignore(why.clone()));
    }
    let decisions = decide_all(facts)?;
    interlocks::check(facts, &decisions)?;
    change(facts, &decisions)
}

/// The steps of what was decided, whatever the interlocks say.
pub(crate) fn change(facts: &Facts, decisions: &[Decision]) -> Result<Plan<Step>, Error> {
    let admitted = facts.desired.admitted()?;
    let manifest = admitted.version();
    let refused = facts.refused.iter().cloned();
    let refused = refused.map(|(resource, why)| CannotShare { resource, why, is_refused: true });
    let (steps, busy) = groups::steps(decisions, manifest);
    let steps = steps.into_iter().map(Step::Share).chain(forgotten(facts, manifest));
    let blocked = decisions.iter().filter(|it| it.is_blocked()).filter_map(Decision::cannot_share);
    let held = decisions.iter().filter(|it| it.is_held_back()).filter_map(Decision::cannot_share);
    let steps = steps.chain(blocked.chain(held).chain(refused).map(Step::CannotShare)).collect();
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
        self.decided.obstacle.as_ref().is_some_and(Obstacle::bars_gains_only)
    }

    /// Whether no account loses it, and none gains it but by an image: an entry names a unit whose accounts cannot be told.
    pub(crate) fn is_held_back(&self) -> bool {
        matches!(self.decided.obstacle, Some(Obstacle::HeldBack(_)))
    }

    fn cannot_share(&self) -> Option<CannotShare> {
        Some(CannotShare::new(&self.found.resource, self.decided.obstacle.as_ref()?))
    }

    /// Whether the thing is a snapshot that an image brings along.
    pub(crate) fn follows(&self) -> bool {
        self.found.resource.kind == Kind::Snapshot && self.found.names.is_empty() && self.found.tags.is_empty()
    }
}

/// What is decided about each thing that can be shared or taken back in its state, in the order of things.
pub(crate) fn decide_all(facts: &Facts) -> Result<Vec<Decision<'_>>, Error> {
    let manifest = facts.desired.admitted()?;
    let mut said = BTreeMap::new();
    for found in &facts.found {
        said.insert(&found.resource, manifest.entries(found.candidates(), facts.now)?);
    }
    let needs = needs(facts, &said);
    let ready = facts.found.iter().filter(|found| found.state == State::Ready);
    let decided = ready.map(|found| decide_one(facts, found, &said[&found.resource], &needs));
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

/// What images need of each snapshot that backs one.
fn needs<'a>(facts: &'a Facts, said: &BTreeMap<&Resource, Entries>) -> BTreeMap<&'a Resource, Needs> {
    let mut needs = BTreeMap::<_, Needs>::new();
    for image in facts.found.iter().filter(|found| found.resource.kind == Kind::Image) {
        let (current, entries) = (facts.current(image), &said[&image.resource]);
        for snapshot in &image.snapshots {
            needs.entry(snapshot).or_default().add_image(&current, entries);
        }
    }
    needs
}

fn decide_one<'a>(
    facts: &Facts,
    found: &'a Found,
    entries: &Entries,
    needs: &BTreeMap<&Resource, Needs>,
) -> Decision<'a> {
    let Resource { kind, account, .. } = &found.resource;
    let mut needs = needs.get(&found.resource).cloned().unwrap_or_default();
    // An image that could not be read may need its snapshots.
    needs.is_unknown = *kind == Kind::Snapshot && facts.is_image_unread(account);
    let current = facts.current(found);
    let decided = decide(&current, entries, &needs, facts.now);
    let mut change = decided.change(&current, found.names.first().cloned().unwrap_or_default());
    if let Some(forced) = &facts.forced
        && !change.before.is_subset(&change.after)
    {
        change.why = format!("{}; removals are admitted by the stored plan {}", change.why, forced.name);
    }
    Decision { found, decided, change }
}

fn notes(decisions: &[Decision]) -> Vec<String> {
    let mut notes = Vec::new();
    for Decision { found, change, decided } in decisions {
        let resource = &found.resource;
        if found.is_public && decided.is_managed {
            notes.push(Note::Public.about(resource));
        }
        notes.extend(decided.expired.iter().map(|who| format!("{who} had {resource} for a time that is over")));
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
