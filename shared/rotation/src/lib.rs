//! The four steps by which Secrets Manager rotates a secret, as a decision: a request and the stages of the secret's
//! versions in, what is to be done out. Nothing here knows AWS's clients, or what kind of credential the secret is.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>

mod attempts;
mod open;
mod request;
mod schedule;
#[cfg(test)]
mod tests;
mod turn;
mod versions;

pub use attempts::Attempts;
pub use open::{Open, What};
pub use request::{Request, SecretArn};
pub use schedule::Schedule;
pub use turn::{Turn, turn};
pub use versions::{Stage, VersionId, Versions};
