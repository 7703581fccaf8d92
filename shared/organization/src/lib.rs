//! An organization of AWS accounts, as Organizations tells of it: the accounts, their states, and which of them lie below a root
//! or an organizational unit.
//!
//! A list that was cut short is an error, never a shorter list: what is missing from a list loses its shares, or is left out of
//! a run.

mod account;
mod organizations;

pub use account::{Account, Accounts};
pub use organizations::{Organizations, Tree};
