//! The sweep: what is shared is compared with the manifest, all of it or what names organizational units, and made as it says.
//!
//! Why it runs is in `subject.rs`, what is read in `observe.rs`, `closer.rs` and `read/`, what is decided about each resource in `decision.rs`, what follows from that in `plan.rs`, what is never
//! done without force in `interlocks.rs`, and how it is carried out in `apply.rs`. A function says what it hears by an
//! [`Occasion`].

mod apply;
mod closer;
mod counts;
mod decision;
mod facts;
mod groups;
mod interlocks;
mod observe;
mod outliers;
mod plan;
mod proposal;
mod read;
mod settings;
mod stored;
mod subject;
mod sweeping;
#[cfg(test)]
mod tests;
mod verdict;

pub use apply::Applied;
pub use aws::Rates;
pub use facts::{Facts, Found, Moved, Unread};
pub use groups::phase;
pub use plan::Step;
pub use proposal::Proposal;
pub use settings::{Limits, SETTINGS, Settings};
pub use stored::{Forced, StoredPlan};
pub use subject::Subject;
pub use sweeping::{Occasion, Sweeping};
