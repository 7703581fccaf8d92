//! What single resources would lose although no record of Signalbox knows that they have it. One identity that can write one
//! policy can put any number of principals there, which the sweep then is to take away: that must not hold up everything else.

use std::collections::{BTreeMap, BTreeSet};

use reaction::interlock::listed;
use sharing::{Principal, Resource};

use crate::facts::Facts;
use crate::interlocks::{HeldBack, Removals};

/// How many resources are held back at most. What more of them would lose is taken for the manifest's doing.
const FEW: usize = 3;

/// The principals that would lose a resource and that no record of Signalbox names, by resource.
pub(crate) struct Outliers(BTreeMap<Resource, BTreeSet<Principal>>);

impl Outliers {
    /// Those among the removals.
    pub(crate) fn among(removals: &Removals, facts: &Facts) -> Self {
        let mut all = BTreeMap::<_, BTreeSet<_>>::new();
        for (resource, who) in removals {
            if !facts.has_granted(resource, who) {
                all.entry(resource.clone()).or_default().insert(who.clone());
            }
        }
        Self(all)
    }

    /// The same without the resources that lose few, as the question says.
    pub(crate) fn that_lose(mut self, much: impl Fn(&Resource, usize) -> bool) -> Self {
        self.0.retain(|resource, lost| much(resource, lost.len()));
        self
    }

    /// Whether they are so few that one writer can be behind them.
    pub(crate) fn are_few(&self) -> bool {
        (1..=FEW).contains(&self.0.len())
    }

    /// What they would lose.
    pub(crate) fn removals(&self) -> Removals {
        let lost = |(resource, lost): (&Resource, &BTreeSet<Principal>)| {
            let resource = resource.clone();
            lost.iter().map(move |who| (resource.clone(), who.clone())).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(lost).collect()
    }

    /// Each with the reason why it is held back, given which limit the sweep would exceed and how to force it.
    pub(crate) fn held_back(self, limit: &str, forcing: &str) -> HeldBack {
        let reason = |lost: BTreeSet<Principal>| {
            let (names, more) = listed(lost.iter().map(ToString::to_string));
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let are = if lost.len() == 1 { "is" } else { "are" };
            format!(
                "{limit}; {} that would lose it {are} in no record of Signalbox, and nothing was done about this resource; \
                 find out who let them in, and take them out of it or name them in the manifest; or {forcing}; it is about \
                 {}{more}",
                lost.len(),
                names.join(", ")
            )
        };
        self.0.into_iter().map(|(resource, lost)| (resource, reason(lost))).collect()
    }
}
