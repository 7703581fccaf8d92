//! Events of EBS about snapshots that are complete.
//! <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html>

use std::collections::BTreeSet;

use place::Malformed;
use serde::Deserialize;

use crate::envelope::Detail;
use crate::wire::hex_id;

/// The id of an EBS snapshot: `snap-` and 8 or 17 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct SnapshotId(String);

impl SnapshotId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// From the ARN that events hold, of which only what follows `snapshot/` is to be believed: AWS's own samples have the
/// region in the account's place, and another region than the event's.
impl TryFrom<String> for SnapshotId {
    type Error = Malformed;

    fn try_from(arn: String) -> Result<Self, Malformed> {
        let id = arn.rsplit_once(":snapshot/").map_or(arn.as_str(), |(_, id)| id);
        let expected = "the ARN of a snapshot, such as \"arn:aws:ec2::eu-west-1:snapshot/snap-0123456789abcdef0\"";
        hex_id(id, "snap-").map(Self).ok_or_else(|| Malformed::new(&arn, expected))
    }
}

/// The detail of `EBS Snapshot Notification`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SnapshotNotification {
    /// What was done: `createSnapshot`, `copySnapshot`, `shareSnapshot` (in the receiver's account) and others.
    pub event: String,
    /// `succeeded` or `failed`.
    pub result: String,
    /// The snapshot, whatever stands there: read where the event is one to act on.
    #[serde(default)]
    snapshot_id: Option<String>,
    /// When it was done; names the occurrence, since `request-id` is empty.
    #[serde(default, alias = "EndTime", rename = "endTime")]
    pub end_time: Option<String>,
}

impl SnapshotNotification {
    /// The snapshot that is new; `None` where none is.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn made(&self) -> Result<Option<SnapshotId>, Malformed> {
        let is_new = matches!(self.event.as_str(), "createSnapshot" | "copySnapshot") && self.result == "succeeded";
        is_new.then(|| self.snapshot_id.clone().unwrap_or_default().try_into()).transpose()
    }
}

impl Detail for SnapshotNotification {
    const SOURCE: &'static str = "aws.ec2";
    const DETAIL_TYPE: &'static str = "EBS Snapshot Notification";
}

/// The detail of `EBS Multi-Volume Snapshots Completion Status`: snapshots of several volumes of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SnapshotsCompletion {
    /// `createSnapshots`.
    pub event: String,
    /// `succeeded` or `failed`.
    pub result: String,
    #[serde(default)]
    snapshots: Option<Vec<CompletedSnapshot>>,
    /// When it was done; names the occurrence.
    #[serde(default, alias = "EndTime", rename = "endTime")]
    pub end_time: Option<String>,
}

/// One of several snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct CompletedSnapshot {
    snapshot_id: String,
}

impl SnapshotsCompletion {
    /// The snapshots that are new. Of a set that failed as a whole, those that were made have events of their own.
    ///
    /// # Errors
    /// Where one cannot be read.
    pub fn made(&self) -> Result<BTreeSet<SnapshotId>, Malformed> {
        let is_new = self.event == "createSnapshots" && self.result == "succeeded";
        let snapshots = self.snapshots.iter().flatten().filter(|_| is_new);
        snapshots.map(|it| it.snapshot_id.clone().try_into()).collect()
    }
}

impl Detail for SnapshotsCompletion {
    const SOURCE: &'static str = "aws.ec2";
    const DETAIL_TYPE: &'static str = "EBS Multi-Volume Snapshots Completion Status";
}
