//! Runs of a fleet that AWS Step Functions operates: what the command line and the functions of the workflow tell each other.
//!
//! A run begins with a [`Request`], which is the input of an execution. Everything else of it lies in one bucket: a [`Planned`], a
//! list of accounts, for each account one object of [`lines`], and at the end a [`Manifest`]. [`keys`] has the names of the
//! objects. Nothing here calls AWS.
//!
//! ```
//! use fleet_runs::{Request, keys};
//!
//! let request = r#"{
//!     "run": "inventory-2026-11-29",
//!     "select": {"targets": ["ou-ab12-11111111"]},
//!     "work": {"operation": "sharing-inventory", "regions": ["eu-west-1", "eu-central-1"]},
//!     "tolerance": {"percent": 5, "accounts": 1000000},
//!     "concurrency": 40
//! }"#;
//! let request = Request::read(request, false)?;
//! assert_eq!(keys::plan(&request.run), "runs/inventory-2026-11-29/plan.json");
//! # Ok::<_, reaction::Error>(())
//! ```

mod all_or;
mod id;
pub mod keys;
pub mod lines;
mod manifest;
mod planned;
mod request;
#[cfg(test)]
mod tests;

pub use all_or::AllOr;
pub use id::RunId;
pub use manifest::{Changes, Failure, Manifest, Tally};
pub use planned::Planned;
pub use request::{EVERY_ACCOUNT, Request, Select, Session, Tolerance, Work};

/// The name of the state machine whose operations read, or write; it is also that of its function.
#[must_use]
pub fn machine(writes: bool) -> &'static str {
    if writes { "write-fleet" } else { "read-fleet" }
}

/// The name of the bucket of that workflow that the guide proposes, in the account and Region of its stack.
#[must_use]
pub fn bucket(writes: bool, account: &place::AccountId, region: &place::Region) -> String {
    format!("signalbox-{}-{account}-{region}", machine(writes))
}
