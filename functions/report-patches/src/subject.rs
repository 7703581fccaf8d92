//! What invokes the function: an instance whose compliance has changed, a window that has ended, or a schedule.

use std::fmt;

use events::{Detail, Envelope, Origin, Sweep};
use patching::{InstanceId, Place};
use place::shortened;
use reaction::{Doing, Error, Key};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The characters of an id of AWS that are kept, at most.
const LONGEST: usize = 80;

/// The detail of `Configuration Compliance State Change`. Its status has another spelling than the API's, and the state may be another
/// one by now: it says where to look.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ComplianceChange {
    /// The instance.
    pub resource_id: String,
    /// `Patch`, `Association` or a custom type.
    pub compliance_type: String,
    /// `compliant` or `non_compliant`.
    #[serde(default)]
    pub compliance_status: String,
}

impl Detail for ComplianceChange {
    const SOURCE: &'static str = "aws.ssm";
    const DETAIL_TYPE: &'static str = "Configuration Compliance State Change";
}

/// The detail of `Maintenance Window Execution State-change Notification`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WindowExecution {
    /// The window.
    pub window_id: String,
    /// This time of it.
    pub window_execution_id: String,
    /// What it is doing, such as `IN_PROGRESS` or `SUCCESS`.
    pub status: String,
}

impl Detail for WindowExecution {
    const SOURCE: &'static str = "aws.ssm";
    const DETAIL_TYPE: &'static str = "Maintenance Window Execution State-change Notification";
}

/// Why everything is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A window has ended.
    Window {
        /// Its id.
        window: String,
        /// This time of it.
        execution: String,
        /// How it ended.
        status: String,
    },
    /// It is time to.
    Schedule,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Window { window, status, .. } => write!(f, "window {window} ended as {status}"),
            Self::Schedule => f.write_str("the schedule"),
        }
    }
}

/// Why the function runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An instance was scanned.
    Scan {
        /// The instance.
        id: InstanceId,
        /// Where it is, as the event says.
        place: Place,
        /// The occurrence.
        key: Key,
    },
    /// All instances of a place are to be looked at; of the function's own where there is none.
    Look {
        /// The place.
        place: Option<Place>,
        /// Why.
        cause: Cause,
    },
}

/// Reads an event; `None` where it is not ours.
pub(crate) fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
    let value: Value = serde_json::from_str(event.get()).map_err(Error::refused)?;
    if Sweep::<()>::of(&value, "{\"signalbox\": \"sweep\"}")?.is_some() {
        return Ok(Some(Subject::Look { place: None, cause: Cause::Schedule }));
    }
    let event: Envelope = serde_json::from_value(value).map_err(Error::refused)?;
    if let Some(detail) = ComplianceChange::of(&event)? {
        return if detail.compliance_type == "Patch" { of_scan(&event, &detail).map(Some) } else { Ok(None) };
    }
    let Some(detail) = WindowExecution::of(&event)? else { return Ok(None) };
    let has_ended =
        ["SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED_OVERLAPPING"].contains(&detail.status.as_str());
    if !has_ended {
        return Ok(None);
    }
    let Origin { account, region, .. } = Origin::of(&event)?;
    let [window, execution] = [&detail.window_id, &detail.window_execution_id].map(|it| shortened(it, LONGEST));
    let cause = Cause::Window { window, execution, status: detail.status };
    Ok(Some(Subject::Look { place: Some(Place { account, region }), cause }))
}

fn of_scan(event: &Envelope, detail: &ComplianceChange) -> Result<Subject, Error> {
    let Origin { account, region, replay, .. } = Origin::of(event)?;
    let id: InstanceId = detail.resource_id.parse().map_err(Error::refused).doing(|| "the event's resource-id")?;
    // An event that is forwarded into another region has another id there, and the same time.
    let time = event.time.map(|time| time.to_rfc3339()).or_else(|| event.id.clone()).unwrap_or_default();
    let status = shortened(&detail.compliance_status, LONGEST);
    let parts = [account.as_str(), region.as_str(), id.as_str(), &status, &time];
    let key = Key::new(parts.into_iter().chain(replay.as_deref()));
    Ok(Subject::Scan { id, place: Place { account, region }, key })
}

pub(crate) fn key(subject: &Subject) -> Key {
    match subject {
        Subject::Scan { key, .. } => key.clone(),
        Subject::Look { place: Some(Place { account, region }), cause: Cause::Window { execution, .. } } => {
            Key::new([account.as_str(), region.as_str(), execution])
        }
        Subject::Look { .. } => Key::new(["sweep"]),
    }
}
