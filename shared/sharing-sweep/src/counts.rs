//! What the report counts.

use reaction::Counts;
use sharing::Kind;

use crate::decision::Decision;
use crate::facts::Facts;

/// By section: shares `added`, `removed` and `unchanged`; whom others let in (`foreign`); shares whose time is over
/// (`expired`, which are among the removed); what cannot be shared (`refused`); what could not be read (`incomplete`); and
/// things whose event never came (`missed_events`).
pub(crate) fn counts(facts: &Facts, decisions: &[Decision]) -> Counts {
    let mut counts = Counts::new();
    let mut count = |kind: Kind, what: &str, number: usize| {
        let section = counts.entry(kind.section().to_owned()).or_default();
        *section.entry(what.to_owned()).or_default() += u64::try_from(number).unwrap_or(u64::MAX);
    };
    for decision in decisions {
        let kind = decision.found.resource.kind;
        let difference = decision.difference();
        if decision.is_blocked() || decision.is_held_back() {
            count(kind, "refused", 1);
        }
        count(kind, "added", difference.add.len());
        count(kind, "removed", difference.remove.len());
        let unmanaged = if decision.decided.is_managed { 0 } else { decision.decided.after.len() };
        count(kind, "unchanged", decision.found.holders.len() - difference.remove.len() - unmanaged);
        count(kind, "foreign", decision.found.foreign.len() + unmanaged);
        count(kind, "expired", decision.decided.expired.len());
        count(kind, "missed_events", usize::from(is_missed(facts, decision)));
    }
    for (resource, _) in &facts.refused {
        count(resource.kind, "refused", 1);
    }
    for unread in &facts.unread {
        count(unread.kind, "incomplete", 1);
    }
    counts
}

/// Whether an event should have shared the thing and did not: it was made since the last sweep, and has no record.
fn is_missed(facts: &Facts, decision: &Decision) -> bool {
    let has_event = matches!(
        decision.found.resource.kind,
        Kind::Image | Kind::Snapshot | Kind::DbSnapshot | Kind::DbClusterSnapshot
    );
    let age = decision.found.created.and_then(|created| facts.now.duration_since(created).ok());
    let is_new = age.is_some_and(|age| age < facts.limits.period);
    let is_due = decision.decided.is_managed && !decision.is_blocked() && !decision.difference().add.is_empty();
    has_event && !decision.follows() && is_new && is_due && decision.head.seq == 0
}
