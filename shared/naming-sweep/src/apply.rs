//! Carries steps out.

use aws::{forbidden_by, is_outrun};
use naming::{Batch, Step};
use reaction::{Doing, Error};

use crate::read::{Rejected, Route53};

/// Carries one step out.
///
/// # Errors
/// `Refused` where Route 53 does not take it as it is, `Failed` where another writer was faster or the call failed.
pub async fn carry_out(route53: &Route53, step: &Step) -> Result<(), Error> {
    match step {
        Step::CannotName { why, .. } => Err(Error::refused(why)),
        Step::Change(batch) => make(route53, batch).await.doing(|| format!("changing records in {}", batch.zone)),
    }
}

async fn make(route53: &Route53, Batch { zone, changes }: &Batch) -> Result<(), Error> {
    match route53.change(zone, changes).await {
        Ok(()) => return Ok(()),
        // One bad name does not keep the others out.
        Err(Rejected::Changes(_)) if changes.len() > 1 => {}
        Err(rejected) => return Err(error_of(rejected)),
    }
    let mut errors = Vec::new();
    for change in changes {
        if let Err(rejected) = route53.change(zone, std::slice::from_ref(change)).await {
            errors.push(error_of(rejected).context(&change.name));
        }
    }
    let all: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let text = format!("{} of {} names were not changed: {}", all.len(), changes.len(), all.join("; "));
    match Error::worst(errors) {
        None => Ok(()),
        Some(Error::Refused(_)) => Err(Error::refused(text)),
        Some(Error::Failed(_)) => Err(Error::failed(text)),
    }
}

fn error_of(rejected: Rejected) -> Error {
    match rejected {
        Rejected::Call(error) => error,
        Rejected::Changes(why) if let Some(rule) = forbidden_by(&why) => {
            Error::refused(format!("{rule}, and Route 53 refused: {why}"))
        }
        Rejected::Changes(why) if is_outrun(&why) => {
            Error::failed(format!("somebody was faster, and Route 53 refused: {why}; a retry reads and plans again"))
        }
        Rejected::Changes(why) => Error::refused(format!("Route 53 refused: {why}")),
    }
}
