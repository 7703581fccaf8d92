//! What is to be done about everything that was found, from what was decided about each resource.

use std::collections::BTreeSet;
use std::fmt;

use place::AccountId;
use reaction::{Error, Loss, Plan};
use sharing::{CannotShare, Change, Note, Principal, Resource, Share};

use crate::decision::Decision;
use crate::facts::Facts;
use crate::groups;

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

impl Step {
    /// Who would lose what by it: of a thing that is gone, no account loses anything.
    pub(crate) fn losses(&self) -> Vec<Loss> {
        match self {
            Self::Share(share) => share.losses().collect(),
            Self::CannotShare(_) | Self::Forget(_) => Vec::new(),
        }
    }
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

/// The steps of what was decided, whatever the interlocks say.
pub(crate) fn change(facts: &Facts, decisions: &[Decision]) -> Result<Plan<Step>, Error> {
    let admitted = facts.desired.admitted()?;
    let manifest = admitted.version();
    let refused = facts.refused.iter().cloned();
    let refused = refused.map(|(resource, why)| CannotShare { resource, why, is_refused: true });
    let (steps, busy) = groups::steps(facts, decisions, manifest);
    let steps = steps.into_iter().map(Step::Share).chain(forgotten(facts, manifest));
    let blocked = decisions.iter().filter(|it| it.is_blocked()).filter_map(Decision::cannot_share);
    let held = decisions.iter().filter(|it| it.is_held_back()).filter_map(Decision::cannot_share);
    let steps = steps.chain(blocked.chain(held).chain(refused).map(Step::CannotShare)).collect();
    let incomplete = facts.unread.iter().map(|unread| unread.what.clone()).chain(busy);
    let forced = facts.forced.iter().map(|forced| format!("removals are admitted by the stored plan {}", forced.name));
    let notes = forced.chain(facts.not_asked()).chain(facts.skipped()).chain(left_alone(facts)).chain(notes(decisions));
    let notes = notes.chain(admitted.held_back()).chain(facts.desired.notes());
    Ok(Plan::of(steps).with_notes(notes).with_incomplete(incomplete))
}

/// Whose resources the records know and this sweep leaves as they are. Of a fleet, each account has a sweep of its own.
fn left_alone(facts: &Facts) -> Vec<String> {
    const NAMED: usize = 3;
    let accounts: Vec<_> = facts.left_alone.keys().map(AccountId::as_str).collect();
    if !facts.is_of_one_account {
        let alone = facts.left_alone.iter();
        return alone.map(|(account, why)| format!("things of account {account} are left alone: {why}")).collect();
    }
    let whose = match accounts.len() {
        0 => return Vec::new(),
        1..=NAMED => accounts.join(", "),
        more => format!("{more} other accounts"),
    };
    vec![format!("this sweep is of account {} alone; the records also have resources of {whose}", facts.home)]
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

fn notes(decisions: &[Decision]) -> Vec<String> {
    let mut notes = Vec::new();
    for decision in decisions {
        let Decision { found, decided, .. } = decision;
        let resource = &found.resource;
        if found.is_public && decided.is_managed {
            notes.push(Note::Public.about(resource));
        }
        notes.extend(decided.expired.iter().map(|who| format!("{who} had {resource} for a time that is over")));
        notes.extend(
            found
                .foreign
                .iter()
                .map(|who| format!("{resource} is open to {who} by a statement that Signalbox did not write")),
        );
        let strays = found.holders.iter().filter(|who| matches!(who, Principal::Stray(_)));
        notes.extend(strays.map(|who| {
            format!("{resource}: {who} stands in a statement of Signalbox and is nothing that Signalbox shares with")
        }));
        if !decision.difference().add.is_empty() {
            notes.extend(found.notes.iter().map(|note| format!("{resource}: {note}")));
        }
    }
    notes
}
