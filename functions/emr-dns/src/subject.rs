//! What invokes the function: a cluster whose state has changed, or a schedule.

use std::fmt;

use events::emr::{ClusterId, ClusterStateChange};
use events::{Detail, Envelope, Origin};
use naming::Place;
use naming_sweep::{Due, Sweep};
use reaction::{Error, Key, Reaction};
use serde_json::Value;
use serde_json::value::RawValue;

/// Why the function runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The state of a cluster has changed.
    Cluster {
        /// The cluster.
        id: ClusterId,
        /// Where it is, as the event says.
        place: Place,
        /// The occurrence.
        key: Key,
    },
    /// It is time to look at all clusters and all our records.
    Sweep(Due),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster { id, place, .. } => write!(f, "cluster {id} in {}", place.region),
            Self::Sweep(due) => due.fmt(f),
        }
    }
}

/// Reads an event; `None` where it is not ours.
pub(crate) fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
    let value: Value = serde_json::from_str(event.get()).map_err(Error::refused)?;
    if let Some(due) = Due::of(&value)? {
        return Ok(Some(Subject::Sweep(due)));
    }
    let event: Envelope = serde_json::from_value(value).map_err(Error::refused)?;
    let Some(detail) = ClusterStateChange::of(&event)? else { return Ok(None) };
    let Origin { account, region, replay, .. } = Origin::of(&event)?;
    // An event that is forwarded into another region has another id there, and the same time.
    let time = event.time.map(|time| time.to_rfc3339()).or(event.id).unwrap_or_default();
    let parts = [account.as_str(), region.as_str(), detail.cluster_id.as_str(), detail.state.as_str(), &time];
    let key = Key::new(parts.into_iter().chain(replay.as_deref()));
    Ok(Some(Subject::Cluster { id: detail.cluster_id, place: Place { account, region }, key }))
}

pub(crate) fn key(subject: &Subject) -> Key {
    match subject {
        Subject::Cluster { key, .. } => key.clone(),
        Subject::Sweep(due) => Sweep::key(due),
    }
}
