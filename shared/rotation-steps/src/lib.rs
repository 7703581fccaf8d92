//! Rotating secrets: what is asked of Secrets Manager, what is remembered of a rotation, and the four steps as a reaction to
//! which a function adds one kind of credential.

mod bindings;
mod credential;
mod describing;
mod facts;
mod minted;
mod plan;
mod records;
mod rotatable;
mod rotating;
mod secrets_manager;
mod watch;

pub use bindings::{Bindings, MASTERS};
pub use credential::{Context, Credential};
pub use describing::{CA_BUNDLE, SECRETS, SETTINGS, secrets_in};
pub use facts::{Facts, OfStep, Seen, Swept, Values};
pub use minted::Minted;
pub use plan::{Act, Step, Subject};
pub use records::{Due, Entry, Made, OfSecret, Proved, RECORDED, Records, Remembered, Users};
pub use rotating::Rotating;
pub use secrets_manager::{Owner, PASSWORDS, Passwords, Put, Secrets};
