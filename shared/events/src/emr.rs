//! Events of EMR.

use std::fmt;
use std::str::FromStr;

use place::Malformed;
use serde::{Deserialize, Serialize};

use crate::envelope::Detail;

/// The id of a cluster: `j-` and up to 30 capital letters and digits (13 today).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterId(String);

impl ClusterId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClusterId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const LONGEST: usize = 30;
        let is_of_ids = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        match text.strip_prefix("j-") {
            Some(rest) if (1..=LONGEST).contains(&rest.len()) && rest.bytes().all(is_of_ids) => Ok(Self(text.into())),
            _ => Err(Malformed::new(text, "the id of an EMR cluster, such as \"j-1YONHTCP3YZKC\"")),
        }
    }
}

impl TryFrom<String> for ClusterId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<ClusterId> for String {
    fn from(id: ClusterId) -> Self {
        id.0
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a cluster is doing.
/// <https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-overview.html#emr-overview-cluster-lifecycle>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClusterState {
    /// Its instances are being started.
    Starting,
    /// Its instances are being set up.
    Bootstrapping,
    /// It runs a step.
    Running,
    /// It waits for steps.
    Waiting,
    /// It is being taken down.
    Terminating,
    /// It has ended.
    Terminated,
    /// It has ended by an error, maybe before it ever ran.
    TerminatedWithErrors,
    /// A state that AWS may add.
    #[serde(other)]
    Unknown,
}

impl ClusterState {
    const ALL: [Self; 7] = [
        Self::Starting,
        Self::Bootstrapping,
        Self::Running,
        Self::Waiting,
        Self::Terminating,
        Self::Terminated,
        Self::TerminatedWithErrors,
    ];

    /// The state that AWS writes so.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.as_str() == name).unwrap_or(Self::Unknown)
    }

    /// The state as AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "STARTING",
            Self::Bootstrapping => "BOOTSTRAPPING",
            Self::Running => "RUNNING",
            Self::Waiting => "WAITING",
            Self::Terminating => "TERMINATING",
            Self::Terminated => "TERMINATED",
            Self::TerminatedWithErrors => "TERMINATED_WITH_ERRORS",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Whether the cluster does its work.
    #[must_use]
    pub fn is_serving(self) -> bool {
        matches!(self, Self::Running | Self::Waiting)
    }

    /// Whether the cluster is gone for good.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Terminated | Self::TerminatedWithErrors)
    }
}

impl fmt::Display for ClusterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The detail of `EMR Cluster State Change`. A cluster's name is no identity: several share one.
/// <https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-manage-cloudwatch-events.html>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStateChange {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// What it was doing when the event was sent.
    pub state: ClusterState,
}

impl Detail for ClusterStateChange {
    const SOURCE: &'static str = "aws.emr";
    const DETAIL_TYPE: &'static str = "EMR Cluster State Change";
}
