//! The share manifest, and the arithmetic of grants. Pure: who reads the manifest, and from where, is decided elsewhere.

mod candidate;
mod change;
mod desired;
mod difference;
mod digest;
mod effect;
mod entry;
mod grant;
mod head;
mod index;
mod kind;
mod manifest;
mod membership;
mod mistake;
pub mod policy;
mod principal;
mod resource;
mod restriction;
mod schema;
mod strict;
#[cfg(test)]
mod tests;

pub use candidate::{Candidate, Tags};
pub use change::{Change, Share};
pub use desired::{Admitted, Desired, organizations_of};
pub use difference::Difference;
pub use digest::digest;
pub use effect::Effect;
pub use grant::Grant;
pub use head::{Head, Pending};
pub use kind::Kind;
pub use manifest::{Manifest, Wanted};
pub use membership::{Allowed, Membership};
pub use mistake::Mistake;
pub use policy::PolicyHolders;
pub use principal::Principal;
pub use resource::Resource;
pub use schema::schema;
