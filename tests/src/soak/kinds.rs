//! Every kind of thing that takes part in a soak, in one list.

mod clusters;
mod instances;
mod jobs;
mod members;
mod mirrors;
mod passwords;
mod policies;
mod pushes;
mod rotations;
mod runs;
mod sharing;
mod tokens;
mod versions;

use std::sync::Arc;

use super::kind::Kind;

/// How many kinds hear as many events as another.
const KINDS: usize = 13;

/// How many events there are for each thing.
const EVENTS_OF_EACH: usize = 20;

/// How many secrets the parameters of a template hold, and how many functions are made in a tolerable time.
const FEW: usize = 12;

/// All of them, each with as many things as so many events are for, and at least one of every sort.
pub async fn all(events: usize) -> Vec<Box<dyn Kind>> {
    let things = (events / KINDS / EVENTS_OF_EACH).max(4);
    let account = Arc::new(sharing::account().await);
    vec![
        Box::new(sharing::Shares::images(&account, things).await),
        Box::new(sharing::Shares::snapshots(&account, things).await),
        Box::new(sharing::Shares::databases(&account, things).await),
        Box::new(sharing::Sweep(account)),
        Box::new(members::Members::new().await),
        Box::new(clusters::Clusters::new(things).await),
        Box::new(instances::Instances::new(things).await),
        Box::new(policies::Policies::new(things).await),
        Box::new(versions::Versions::new(things.min(FEW)).await),
        Box::new(pushes::Pushes::new(things).await),
        Box::new(mirrors::Mirrors::new().await),
        Box::new(runs::Runs::that_read(things.min(FEW)).await),
        Box::new(runs::Runs::that_write(things.min(FEW)).await),
        Box::new(tokens::Tokens::new(things.min(FEW) / 2).await),
        Box::new(passwords::Passwords::new(things.min(FEW) / 2).await),
    ]
}
