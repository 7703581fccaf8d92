//! What is decided about each resource. Pure: who shall have it, [`sharing::decide`] says.

use std::collections::BTreeMap;
use std::time::SystemTime;

use reaction::Error;
use sharing::{
    CannotShare, Change, Difference, Entries, Head, Kind, Manifest, Needs, Obstacle, Principal, Resource, State, decide,
};

use crate::facts::{Facts, Found};

/// What was decided about one resource. There is one of each thing, and most change nothing: what changes is written out by
/// [`Decision::change`] for those that do.
#[derive(Clone, Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) found: &'a Found,
    pub(crate) decided: sharing::Decision,
    /// How the record of the thing stands.
    pub(crate) head: &'a Head,
}

impl Decision<'_> {
    /// Who gains and who loses.
    pub(crate) fn difference(&self) -> Difference<Principal> {
        Difference::between(&self.decided.after, &self.found.holders)
    }

    /// Whether there is something to do: a principal gains or loses, or an earlier run left the record open.
    pub(crate) fn is_change(&self) -> bool {
        self.decided.after != self.found.holders || self.head.pending.is_some()
    }

    /// The change from how the thing is to how it shall be.
    pub(crate) fn change(&self, facts: &Facts) -> Change {
        let name = self.found.names.first().cloned().unwrap_or_default();
        let mut change = self.decided.change(&facts.current(self.found), name);
        if let Some(forced) = &facts.forced
            && !change.before.is_subset(&change.after)
        {
            change.why = format!("{}; removals are admitted by the stored plan {}", change.why, forced.name);
        }
        change
    }

    /// Whether an entry shares what cannot be shared. Those who are to lose it lose it all the same.
    pub(crate) fn is_blocked(&self) -> bool {
        self.decided.obstacle.as_ref().is_some_and(Obstacle::bars_gains_only)
    }

    /// Lets no principal gain or lose it.
    pub(crate) fn leave_as_it_is(&mut self) {
        self.decided.after.clone_from(&self.found.holders);
        self.decided.expired.clear();
    }

    /// Whether no account loses it, and none gains it but by an image: an entry names a unit whose accounts cannot be told, or
    /// the interlocks hold it back.
    pub(crate) fn is_held_back(&self) -> bool {
        matches!(self.decided.obstacle, Some(Obstacle::HeldBack(_)))
    }

    /// What is said where it is not shared as the manifest says.
    pub(crate) fn cannot_share(&self) -> Option<CannotShare> {
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
    // Of images they are asked twice: of all things at a time they take as much memory as the things.
    let entries = |found: &Found| manifest.entries(found.candidates(), facts.now);
    let needs = needs(facts, entries)?;
    let mut decisions = Vec::new();
    for found in &facts.found {
        // What entries refuse, they refuse in every state of the thing.
        let entries = entries(found)?;
        if found.state == State::Ready {
            decisions.push(decide_one(facts, found, &entries, &needs));
        }
    }
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
fn needs(
    facts: &Facts,
    entries: impl Fn(&Found) -> Result<Entries, Error>,
) -> Result<BTreeMap<&Resource, Needs>, Error> {
    let mut needs = BTreeMap::<_, Needs>::new();
    for image in facts.found.iter().filter(|found| found.resource.kind == Kind::Image) {
        let (current, entries) = (facts.current(image), entries(image)?);
        for snapshot in &image.snapshots {
            needs.entry(snapshot).or_default().add_image(&current, &entries);
        }
    }
    Ok(needs)
}

fn decide_one<'a>(
    facts: &'a Facts,
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
    Decision { found, decided, head: current.head }
}
