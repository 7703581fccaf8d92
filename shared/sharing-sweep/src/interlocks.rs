//! What no sweep does unless it is forced: take much away, or believe a manifest that has lost a section.

use std::collections::BTreeSet;

use reaction::Error;
use reaction::interlock::{self, Excess, listed};
use sharing::{Kind, Principal, Resource};

use crate::decision::Decision;
use crate::facts::{Facts, Moved};
use crate::settings::Limits;

/// Refuses a plan that takes too much away, as a whole, with the list of what it takes away.
pub(crate) fn check(facts: &Facts, decisions: &[Decision]) -> Result<(), Error> {
    let mut removals = removals(decisions);
    // What the account loses that has moved is what the sweep is for, and where that account is, Organizations has said.
    if let Some(Moved(Some(account))) = &facts.moved {
        removals.retain(|(_, who)| who.account() != Some(account));
    }
    if let Some(forced) = &facts.forced {
        let beyond: BTreeSet<_> = removals.difference(&forced.removals).cloned().collect();
        return if beyond.is_empty() {
            Ok(())
        } else {
            Err(refusal(&format!("the stored plan {} does not take these away", forced.name), facts, &beyond))
        };
    }
    if let Some(kind) = Kind::ALL.into_iter().find(|kind| has_lost(facts, *kind)) {
        let why = format!("the manifest has lost its section `{kind}`, by which shares of ours were made");
        return Err(refusal(&why, facts, &removals));
    }
    let managed: Vec<_> = decisions.iter().filter(|decision| decision.decided.is_managed).collect();
    let shares: usize = managed.iter().filter(|it| !it.follows()).map(|it| it.change.before.len()).sum();
    let managed: BTreeSet<_> = managed.into_iter().map(|it| &it.change.resource).collect();
    let of_managed = removals.iter().filter(|(resource, _)| managed.contains(resource)).count();
    let (going, Limits { removals: most, percent, .. }) = (removals.len(), facts.limits);
    let why = match (interlock::Limits { removals: most, percent }).excess(going, of_managed, shares) {
        None => return Ok(()),
        Some(Excess::Number) => format!("{going} shares would go, and {most} may (SIGNALBOX_MAX_REMOVALS)"),
        Some(Excess::Percent) => {
            format!("{of_managed} of {shares} shares would go, and {percent} % may (SIGNALBOX_MAX_REMOVED_PERCENT)")
        }
    };
    Err(refusal(&why, facts, &removals))
}

/// Whether the section of this kind is gone or empty while we own grants of it. Snapshots are shared by two sections.
fn has_lost(facts: &Facts, kind: Kind) -> bool {
    let Ok(manifest) = &facts.desired.manifest else { return true };
    let is_said = |kind| manifest.has(kind) && manifest.sections().contains_key(Kind::section(kind));
    // Grants on things that are gone are forgotten, and say nothing of the manifest.
    let found: BTreeSet<_> = facts.found.iter().map(|found| &found.resource).collect();
    let is_there = |resource: &Resource| found.contains(resource);
    let owned = facts.grants.iter().map(|grant| &grant.resource).filter(|resource| resource.kind == kind);
    let is_owned = owned.into_iter().any(|resource| facts.is_unread(&resource.account, None) || is_there(resource));
    let is_said = is_said(kind) || (kind == Kind::Snapshot && is_said(Kind::Image));
    facts.is_whole && is_owned && !is_said
}

/// What a plan takes away: a snapshot that loses somebody together with its image is not counted beside it.
pub(crate) fn removals(decisions: &[Decision]) -> BTreeSet<(Resource, Principal)> {
    let removed = |decision: &Decision| {
        let resource = decision.change.resource.clone();
        decision.change.difference().remove.into_iter().map(move |who| (resource.clone(), who)).collect::<Vec<_>>()
    };
    let with_image: BTreeSet<_> = decisions
        .iter()
        .flat_map(|image| {
            let lost = image.change.difference().remove;
            let pairs =
                |snapshot: &Resource| lost.iter().map(|who| (snapshot.clone(), who.clone())).collect::<Vec<_>>();
            image.found.snapshots.iter().flat_map(pairs).collect::<Vec<_>>()
        })
        .collect();
    let all: BTreeSet<_> = decisions.iter().flat_map(removed).collect();
    &all - &with_image
}

fn refusal(why: &str, facts: &Facts, removals: &BTreeSet<(Resource, Principal)>) -> Error {
    let (mut list, more) = listed(removals.iter().map(|(resource, who)| format!("{who} from {resource}")));
    if more > 0 {
        list.push(format!("and {more} more"));
    }
    let remedy = if facts.is_whole {
        "correct the manifest; or look at the plan (`signalbox plan --manifest .. --out plan.json`), store it in S3, and \
         invoke with {\"signalbox\": \"sweep\", \"force\": \"s3://bucket/plan.json\"}"
    } else {
        "correct the manifest, or look at the plan and carry it out (`signalbox plan --manifest .. --out plan.json`, \
         `signalbox apply plan.json`)"
    };
    Error::refused(format!("{why}; nothing was changed; {remedy}; it is about {}", list.join(", ")))
}
