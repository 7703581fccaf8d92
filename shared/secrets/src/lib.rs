//! Rotating secrets: what is asked of Secrets Manager, what is remembered of a rotation, and the four steps as a reaction to
//! which a function adds one kind of credential.

mod bindings;
mod credential;
mod minted;
mod plan;
mod records;
mod rotating;
mod secrets_manager;

pub use bindings::{Bindings, MASTERS};
pub use credential::{Context, Credential};
pub use minted::Minted;
pub use plan::{Facts, Step, Subject, Swept, Values};
pub use records::{Due, Entry, OfSecret, RECORDED, Records, Remembered};
pub use rotating::Rotating;
pub use secrets_manager::{Owner, Passwords, Put, Secrets};
