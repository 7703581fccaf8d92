//! What a sweep refuses to do without `force`: take much away, or believe a manifest that has lost a section. What few
//! resources alone would lose is held back with those resources; anything else refuses the plan as a whole.

use std::collections::{BTreeMap, BTreeSet};

use reaction::Error;
use reaction::interlock::{Excess, Limits, listed};
use sharing::{Kind, Resource};

use crate::decision::Decision;
use crate::facts::{Facts, Moved};
use crate::outliers::{HeldBack, Outliers, Removals};

/// Refuses a plan that takes too much away, as a whole, with the list of what it takes away. Where few resources alone are the
/// cause, by principals that no record names, it is those that are held back, and the rest of the plan stands.
pub(crate) fn check(facts: &Facts, decisions: &[Decision]) -> Result<HeldBack, Error> {
    let mut removals = removals(decisions);
    // What the account loses that has moved is what the sweep is for, and where that account is, Organizations has said.
    if let Some(Moved(Some(account))) = &facts.moved {
        removals.retain(|(_, who)| who.account() != Some(account));
    }
    if let Some(forced) = &facts.forced {
        let beyond: Removals = removals.difference(&forced.removals).cloned().collect();
        let why = format!("the stored plan {} does not take these away", forced.name);
        let outliers = Outliers::among(&beyond, facts);
        return match beyond.is_empty() {
            true => Ok(HeldBack::new()),
            false if outliers.are_few() && outliers.removals() == beyond => {
                Ok(outliers.held_back(&why, forcing(facts)))
            }
            false => Err(refusal(&why, facts, &beyond)),
        };
    }
    if let Some(kind) = Kind::ALL.into_iter().find(|kind| has_lost(facts, *kind)) {
        let why = format!("the manifest has lost its section `{kind}`, by which shares of ours were made");
        return Err(refusal(&why, facts, &removals));
    }
    let tally = Tally::of(decisions, &removals);
    let Some(why) = tally.excess(facts.limits.removed) else { return Ok(HeldBack::new()) };
    let outliers = Outliers::among(&removals, facts)
        .that_lose(|resource, lost| tally.is_much(resource, lost, facts.limits.removed));
    if outliers.are_few() && tally.without(&outliers.removals()).excess(facts.limits.removed).is_none() {
        return Ok(outliers.held_back(&why, forcing(facts)));
    }
    Err(refusal(&why, facts, &removals))
}

/// What the limits are asked about.
struct Tally<'a> {
    /// How many shares go.
    going: usize,
    /// How many of them on resources that an entry means.
    of_managed: usize,
    /// How many shares there are on those.
    shares: usize,
    /// The resources that an entry means, and whether each is a snapshot that comes with an image, whose shares are not counted.
    managed: BTreeMap<&'a Resource, bool>,
}

impl<'a> Tally<'a> {
    fn of(decisions: &'a [Decision], removals: &Removals) -> Self {
        let managed: Vec<_> = decisions.iter().filter(|decision| decision.decided.is_managed).collect();
        let shares = managed.iter().filter(|it| !it.follows()).map(|it| it.found.holders.len()).sum();
        let managed: BTreeMap<_, _> = managed.into_iter().map(|it| (&it.found.resource, it.follows())).collect();
        let of_managed = removals.iter().filter(|(resource, _)| managed.contains_key(resource)).count();
        Self { going: removals.len(), of_managed, shares, managed }
    }

    /// The same as if these principals had never been let in.
    fn without(&self, left_out: &Removals) -> Self {
        let of = |is_counted: &dyn Fn(bool) -> bool| {
            let follows = left_out.iter().filter_map(|(resource, _)| self.managed.get(resource));
            follows.filter(|follows| is_counted(**follows)).count()
        };
        Self {
            going: self.going - left_out.len(),
            of_managed: self.of_managed - of(&|_| true),
            shares: self.shares - of(&|follows| !follows),
            managed: self.managed.clone(),
        }
    }

    /// Whether what one resource loses takes up more than half of a limit. One principal alone is never much.
    fn is_much(&self, resource: &Resource, lost: usize, limits: Limits) -> bool {
        let of_managed = if self.managed.contains_key(resource) { lost } else { 0 };
        lost > 1 && limits.excess(2 * lost, 2 * of_managed, self.shares).is_some()
    }

    /// Which limit is exceeded, if one is.
    fn excess(&self, limits: Limits) -> Option<String> {
        let Self { going, of_managed, shares, .. } = self;
        let Limits { removals, percent } = limits;
        Some(match limits.excess(*going, *of_managed, *shares)? {
            Excess::Number => format!("{going} shares would go, and {removals} may (SIGNALBOX_MAX_REMOVALS)"),
            Excess::Percent => {
                format!("{of_managed} of {shares} shares would go, and {percent} % may (SIGNALBOX_MAX_REMOVED_PERCENT)")
            }
        })
    }
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

/// What a plan takes away: what a snapshot loses together with its image is not counted beside that.
pub(crate) fn removals(decisions: &[Decision]) -> Removals {
    let removed = |decision: &Decision| {
        let resource = decision.found.resource.clone();
        decision.difference().remove.into_iter().map(move |who| (resource.clone(), who)).collect::<Vec<_>>()
    };
    let with_image: Removals = decisions
        .iter()
        .flat_map(|image| {
            let lost = image.difference().remove;
            let pairs =
                |snapshot: &Resource| lost.iter().map(|who| (snapshot.clone(), who.clone())).collect::<Vec<_>>();
            image.found.snapshots.iter().flat_map(pairs).collect::<Vec<_>>()
        })
        .collect();
    let all: Removals = decisions.iter().flat_map(removed).collect();
    &all - &with_image
}

fn refusal(why: &str, facts: &Facts, removals: &Removals) -> Error {
    let (mut list, more) = listed(removals.iter().map(|(resource, who)| format!("{who} from {resource}")));
    if more > 0 {
        list.push(format!("and {more} more"));
    }
    let remedy = if facts.is_whole { "correct the manifest; or " } else { "correct the manifest, or " };
    let forcing = forcing(facts);
    Error::refused(format!("{why}; nothing was changed; {remedy}{forcing}; it is about {}", list.join(", ")))
}

/// How to have it done all the same.
fn forcing(facts: &Facts) -> &'static str {
    if facts.is_whole {
        "look at the plan (`signalbox plan --manifest .. --out plan.json`), store it in S3, and invoke with \
         {\"signalbox\": \"sweep\", \"force\": \"s3://bucket/plan.json\"}"
    } else {
        "look at the plan and carry it out (`signalbox plan --manifest .. --out plan.json`, `signalbox apply plan.json`)"
    }
}
