//! The operations that can run in every account, such as an inventory of what is shared, or a sweep. The command line runs them
//! with many accounts, and a deployed function may: nothing here knows of arguments or of a terminal.
//!
//! An operation gets a [`fleet::Session`], which is one region of one account, and answers in JSON. Its session may do only what
//! [`Operation::policy`] says.

mod actions;
mod operation;
pub mod rotation;
mod sharing;
mod sweeps;

pub use operation::Operation;
pub use sweeps::{Context, EXACT_NAMES_ACCOUNT};
