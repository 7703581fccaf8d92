//! What EMR says of a cluster.

use std::fmt;
use std::time::SystemTime;

use events::emr::{ClusterId, ClusterState};
use place::{AccountId, Region};

/// Where a cluster is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of account {}", self.region, self.account)
    }
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Where it is.
    pub place: Place,
    /// What it is doing.
    pub state: ClusterState,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// The value of its tag, as somebody wrote it.
    pub tag: Option<String>,
    /// The DNS name of its primary node. It is not there before there is a node, and stays when the cluster has ended.
    pub primary: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
}

impl Cluster {
    /// Where the friendly name leads to; `None` where there is nobody to answer.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.primary.as_deref().filter(|name| !name.is_empty() && self.state.is_serving())
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, place::shortened(self.tag.as_deref().unwrap_or_default(), 80))
    }
}
