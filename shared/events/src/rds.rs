//! Events of RDS about snapshots. Neptune and DocumentDB send them too, under the same source and with the same ids.

use place::{AccountId, Arn, Malformed, Region};
use reaction::{Doing, Error};
use serde::Deserialize;

use crate::envelope::Detail;

/// The detail of `RDS DB Snapshot Event`: a snapshot of a database instance.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DbSnapshotEvent(pub SnapshotEvent);

impl Detail for DbSnapshotEvent {
    const SOURCE: &'static str = "aws.rds";
    const DETAIL_TYPE: &'static str = "RDS DB Snapshot Event";
}

/// The detail of `RDS DB Cluster Snapshot Event`: a snapshot of an Aurora or Multi-AZ cluster.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DbClusterSnapshotEvent(pub SnapshotEvent);

impl Detail for DbClusterSnapshotEvent {
    const SOURCE: &'static str = "aws.rds";
    const DETAIL_TYPE: &'static str = "RDS DB Cluster Snapshot Event";
}

/// What both details hold. Each field but the snapshot itself has been seen absent, or may be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SnapshotEvent {
    /// Such as `creation`, `backup` and `notification`.
    pub event_categories: Option<Vec<String>>,
    /// Which event it is, such as `RDS-EVENT-0042`. Events of 2020 and of 2024 came without it.
    #[serde(rename = "EventID")]
    pub event_id: Option<String>,
    /// What happened, for people.
    pub message: Option<String>,
    /// When it happened, in milliseconds; names the occurrence.
    pub date: Option<String>,
    /// The snapshot's name.
    pub source_identifier: Option<String>,
    /// The snapshot's ARN.
    pub source_arn: Option<String>,
}

/// What became of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotChange {
    /// A manual snapshot was made.
    ManualCreated,
    /// RDS's own snapshot was made.
    AutomatedCreated,
    /// A copy was made, in its region or into it.
    CopyFinished,
}

impl SnapshotChange {
    /// The change as the ledger's keys write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ManualCreated => "manual-created",
            Self::AutomatedCreated => "automated-created",
            Self::CopyFinished => "copy-finished",
        }
    }
}

impl SnapshotEvent {
    /// What became of the snapshot; `None` where nothing was made. An id that is not in AWS's tables for this goes by its
    /// category and message, as one that is absent does: they name none for a finished copy of a cluster snapshot.
    #[must_use]
    pub fn change(&self) -> Option<SnapshotChange> {
        match self.event_id.as_deref().unwrap_or_default() {
            "RDS-EVENT-0042" | "RDS-EVENT-0075" => Some(SnapshotChange::ManualCreated),
            "RDS-EVENT-0091" | "RDS-EVENT-0169" => Some(SnapshotChange::AutomatedCreated),
            "RDS-EVENT-0060" | "RDS-EVENT-0197" => Some(SnapshotChange::CopyFinished),
            _ => self.change_by_message(),
        }
    }

    fn change_by_message(&self) -> Option<SnapshotChange> {
        let message = self.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is_of = |category: &str| self.event_categories.iter().flatten().any(|it| it == category);
        let is_creation = (is_of("creation") || is_of("backup")) && message.contains("snapshot created");
        match message.split(' ').next().unwrap_or_default() {
            "manual" if is_creation => Some(SnapshotChange::ManualCreated),
            "automated" if is_creation => Some(SnapshotChange::AutomatedCreated),
            "finished" if is_of("notification") && message.starts_with("finished copy of") => {
                Some(SnapshotChange::CopyFinished)
            }
            _ => None,
        }
    }

    /// The snapshot, which the event says lies in `account` and `region`.
    ///
    /// # Errors
    /// `Refused` where the event names none, or names it twice and differently.
    pub fn snapshot(&self, account: &AccountId, region: &Region) -> Result<DbSnapshotId, Error> {
        let named = self.source_identifier.as_deref().filter(|name| !name.is_empty());
        let arn = self.source_arn.as_deref().filter(|arn| !arn.is_empty());
        let in_arn = arn.map(|arn| id_in(arn, account, region)).transpose().doing(|| "SourceArn")?;
        let id = named.or(in_arn).ok_or_else(|| Error::refused("the event names no snapshot"))?;
        // Names know no case: RDS keeps them in lower case.
        if in_arn.is_some_and(|other| !other.eq_ignore_ascii_case(id)) {
            return Err(Error::refused("SourceIdentifier and SourceArn name two snapshots"));
        }
        DbSnapshotId::new(id).map_err(Error::refused)
    }
}

/// What follows the type in a snapshot's ARN. It may hold a colon itself: `..:snapshot:rds:name-2026-11-02-05-30`.
fn id_in<'a>(arn: &'a str, account: &AccountId, region: &Region) -> Result<&'a str, Error> {
    const EXPECTED: &str = "the ARN of a snapshot, such as \"arn:aws:rds:eu-west-1:111122223333:snapshot:name\"";
    let malformed = || Error::refused(Malformed::new(arn, EXPECTED));
    let parts = Arn::parse(arn).filter(|it| it.service == "rds").ok_or_else(malformed)?;
    let Some(("snapshot" | "cluster-snapshot", id)) = parts.resource.split_once(':') else { return Err(malformed()) };
    let (of_region, of_account) = (parts.region, parts.account);
    if of_account != account.as_str() || of_region != region.as_str() {
        return Err(Error::refused(format!(
            "the event comes from {account} in {region}, and its snapshot is said to lie in {of_account} in {of_region}"
        )));
    }
    Ok(id)
}

/// The name of a database snapshot, in small letters: RDS keeps names so, and takes them in any case. Those that RDS and AWS Backup
/// make hold a colon: `rds:..`, `awsbackup:..`. RDS takes an ARN in its place, too, which is not a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DbSnapshotId(String);

impl DbSnapshotId {
    fn new(text: &str) -> Result<Self, Malformed> {
        const LONGEST: usize = 255;
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-:".contains(&byte);
        let is_name = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_valid);
        if is_name && !text.to_ascii_lowercase().starts_with("arn:") {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Malformed::new(text, "the name of a database snapshot, such as \"base-db-v1\""))
        }
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
