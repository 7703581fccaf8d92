//! How a function describes itself: what it is for, what invokes it, which settings it reads, and how it is opened.
//!
//! The entry points of `shared/lambda`, the command line and the tests know a function by this description alone. A template sets
//! what [`Function::SETTINGS`] and [`SETTINGS`] name, and its rules hear what [`Function::HEARS`] names; tests compare them.

mod settings;
mod trigger;

use std::sync::Arc;

use aws::Sessions;
use reaction::settings::Variables;
use reaction::{Error, Reaction};

pub use reaction::settings::{Setting, Unset};
pub use settings::{LEDGER_TABLE, MODE, SETTINGS, Settings};
pub use trigger::Trigger;

/// A reaction that can be listed, opened and deployed.
pub trait Function: Reaction + Sized {
    /// What it does, in one line of a list.
    const PURPOSE: &'static str;
    /// What invokes it.
    const HEARS: &'static [Trigger];
    /// The settings that it reads beside [`SETTINGS`], in groups: a function that shares begins with those of everything that shares.
    const SETTINGS: &'static [&'static [Setting]];

    /// Reads the settings, and makes the function; makes no call. The command line and Lambda open a function in the same way.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error>;

    /// Opens the connections that the first event will need, so that their handshakes fall into init, when Lambda gives full CPU. A
    /// connection that cannot be opened is no error: the first call tries again.
    fn warm(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}
