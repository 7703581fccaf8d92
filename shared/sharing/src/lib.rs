//! The share manifest, and the arithmetic of grants. Pure: who reads the manifest, and from where, is decided elsewhere.

mod difference;
mod manifest;
mod mistake;
mod principal;
mod schema;
mod strict;
#[cfg(test)]
mod tests;

pub use difference::Difference;
pub use manifest::Manifest;
pub use mistake::Mistake;
pub use principal::Principal;
pub use schema::schema;
