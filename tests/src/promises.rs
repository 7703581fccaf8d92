//! What Signalbox promises of every function, and what it promises whichever function keeps it.

mod agreement;
mod audit;
pub mod binary;
pub mod checks;
mod closed_accounts;
pub mod converge;
mod cost;
mod descriptions;
pub mod economy;
mod entry_points;
pub mod every_call;
mod git;
mod grants;
pub mod hazards;
mod jobs;
mod known_policies;
mod ledger;
mod managed_policies;
mod manifest;
mod members;
pub mod obstacles;
mod organizations;
mod paging;
mod policies;
pub mod traces;
