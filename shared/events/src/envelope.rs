//! The envelope of every EventBridge event, and what may be believed of it.
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>

use std::time::SystemTime;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use place::{AccountId, Region, shortened};
use reaction::{Doing, Error};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An EventBridge event whose detail has not been read yet, so that an event of another kind is told apart from a
/// broken one of our kind.
pub type Envelope = EventBridgeEvent<Value>;

/// The detail of one kind of event.
pub trait Detail: DeserializeOwned {
    /// The envelope's `source`.
    const SOURCE: &'static str;
    /// The envelope's `detail-type`.
    const DETAIL_TYPE: &'static str;

    /// Reads the detail; `None` where the event is of another kind.
    ///
    /// # Errors
    /// `Refused` where the event is of this kind and its detail cannot be read.
    fn of(envelope: &Envelope) -> Result<Option<Self>, Error> {
        if envelope.source != Self::SOURCE || envelope.detail_type != Self::DETAIL_TYPE {
            return Ok(None);
        }
        serde_json::from_value(envelope.detail.clone()).map(Some).map_err(|error| {
            let error = shortened(&error.to_string(), 120);
            Error::refused(format!("the detail of this `{}` event: {error}", Self::DETAIL_TYPE))
        })
    }
}

/// Where an event says that it comes from. It tells where to look; whether we may act there is decided elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The account that the thing lives in.
    pub account: AccountId,
    /// The region that the thing lives in.
    pub region: Region,
    /// When it happened, as far as the event says (whole seconds).
    pub time: Option<SystemTime>,
    /// The name of the replay that delivered the event, when an operator replays an archive.
    pub replay: Option<String>,
}

impl Origin {
    /// Reads the envelope's own fields.
    ///
    /// # Errors
    /// `Refused` where account or region are missing or malformed.
    pub fn of(envelope: &Envelope) -> Result<Self, Error> {
        let account = envelope.account.as_deref().unwrap_or_default().parse();
        let region = envelope.region.as_deref().unwrap_or_default().parse();
        let replay = envelope.other.get("replay-name").and_then(Value::as_str).map(String::from);
        Ok(Self {
            account: account.map_err(Error::refused).doing(|| "the event's account")?,
            region: region.map_err(Error::refused).doing(|| "the event's region")?,
            time: envelope.time.map(SystemTime::from),
            replay,
        })
    }
}
