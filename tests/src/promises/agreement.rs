//! The event about a resource and the sweep over it reach the same state, whatever the facts are. Both plans are the real ones; a
//! small model of AWS applies their steps.
//!
//! Two differences are meant, and are asserted here. An event takes nothing back from a resource that no entry means: only a sweep
//! does, whose interlocks bound what it takes. And an event about a snapshot lets its accounts keep what images on it need, while
//! the image's own event or the sweep gives them what they lack.

mod databases;
mod images;
mod snapshots;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use reaction::{Error, Plan, Reaction};
use reconcile_shares::{Facts, ReconcileShares, Subject};
use sharing::{Principal, Resource, Share};

/// Who may use what.
type Shares = BTreeMap<Resource, BTreeSet<Principal>>;

/// What is after the steps of a plan; all of it stays where there is no plan.
fn after(plan: Result<Vec<Share>, Error>, before: &Shares) -> Shares {
    let mut shares = before.clone();
    for change in plan.unwrap_or_default().into_iter().flat_map(|share| share.changes) {
        let holders = shares.get_mut(&change.resource).expect("a plan changes what there is");
        assert_eq!(*holders, change.before, "a plan knows who may use {}", change.resource);
        *holders = change.after;
    }
    shares
}

/// What an event shares.
fn event(plan: Result<Plan<sharing::Step>, Error>) -> Result<Vec<Share>, Error> {
    let Plan::Change { steps, .. } = plan? else { return Ok(Vec::new()) };
    Ok(steps.iter().filter_map(|step| step.share().ok().cloned()).collect())
}

/// What the sweep shares.
fn sweep(facts: &Facts) -> Result<Vec<Share>, Error> {
    let Plan::Change { steps, .. } = ReconcileShares::plan(&Subject::Sweep { force: None }, facts)? else {
        return Ok(Vec::new());
    };
    let shares = steps.into_iter().filter_map(|step| match step {
        reconcile_shares::Step::Share(share) => Some(share),
        _ => None,
    });
    Ok(shares.collect())
}
