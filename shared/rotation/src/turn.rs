//! What one invocation is to do.

use reaction::Error;

use crate::request::Request;
use crate::versions::{Stage, VersionId, Versions};

/// What one invocation is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: the version is current already.
    Done,
    /// Make a credential and keep it as the pending version, unless that has a value.
    Create,
    /// Have the server take the pending credential.
    Set,
    /// Prove that the server takes it.
    Test,
    /// Give the label of the current version to the pending one.
    Finish {
        /// The version that has it now.
        from: Option<VersionId>,
    },
}

/// Decides what an invocation is to do. A repeated one gets the same turn, until the version is current.
///
/// # Errors
/// `Refused` where the secret is not rotated, the version is unknown or not pending, or the step is none of the four.
pub fn turn(request: &Request, versions: &Versions) -> Result<Turn, Error> {
    let Request { step, secret, version, .. } = request;
    if !versions.is_rotated {
        return Err(Error::refused(format!("Secret {secret} is not enabled for rotation")));
    }
    if !versions.stages.contains_key(version) {
        return Err(Error::refused(format!("Secret version {version} has no stage for rotation of secret {secret}.")));
    }
    if versions.has(version, Stage::Current) {
        return Ok(Turn::Done);
    }
    if !versions.has(version, Stage::Pending) {
        return Err(Error::refused(format!(
            "Secret version {version} not set as AWSPENDING for rotation of secret {secret}."
        )));
    }
    match step.as_str() {
        "createSecret" => Ok(Turn::Create),
        "setSecret" => Ok(Turn::Set),
        "testSecret" => Ok(Turn::Test),
        "finishSecret" => Ok(Turn::Finish { from: versions.with(Stage::Current).cloned() }),
        other => {
            let other = place::shortened(other, 80);
            Err(Error::refused(format!("Invalid step parameter {other} for secret {secret}")))
        }
    }
}
