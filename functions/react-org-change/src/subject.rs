//! What the function hears: that an account came, moved or left.

use events::organizations::AccountChange;
use events::{Envelope, Origin};
use reaction::{Error, Key};
use serde_json::value::RawValue;
use sharing_sweep::Subject;

/// The ledger's key holds it; CloudTrail's ids have 36 characters.
const LONGEST: usize = 200;

/// Reads an event; `None` where it is not ours.
pub(crate) fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
    let envelope: Envelope = serde_json::from_str(event.get()).map_err(Error::refused)?;
    let Some(AccountChange { account, id }) = AccountChange::of(&envelope)? else { return Ok(None) };
    let Origin { account: of, replay, .. } = Origin::of(&envelope)?;
    if id.len() > LONGEST {
        return Err(Error::refused(format!("the event's id is longer than {LONGEST} bytes")));
    }
    let named = account.as_ref().map_or("an-account", |account| account.as_str());
    let parts = [of.as_str(), named, &id];
    let key = Key::new(parts.into_iter().chain(replay.as_deref()));
    Ok(Some(Subject::Moved { account, key }))
}
