//! One operation in every account and region of an organization, side by side.
//!
//! Which accounts is a pure choice ([`select`]) among what Organizations says. [`run`] knows no AWS: it enters accounts, does
//! the operation in their regions, keeps as much in flight as it may, and gives each [`Entry`] as it comes. [`Fleet`] is both
//! with AWS: it reads the organization, and enters an account by assuming a role in it, once for all its regions.

mod account;
mod brake;
mod entry;
mod fleet;
mod limits;
mod organization;
mod plan;
mod regions;
mod role;
mod run;
mod select;
mod target;
#[cfg(test)]
mod tests;

pub use account::{Account, Organization};
pub use brake::{Brake, Braking};
pub use entry::{Entry, List, Reason, Results};
pub use fleet::{Fleet, Session};
pub use limits::{Limits, Tolerance};
pub use plan::{Plan, Regions, Scope};
pub use role::Role;
pub use run::{Inside, Unit, run};
pub use select::{Selection, select};
pub use target::{Tag, Target, Targets};
