//! What a sweep reads.

use std::collections::{BTreeMap, BTreeSet};

use events::emr::ClusterId;
use naming::{Cluster, Name, Records, Vpc, ZoneId};
use reaction::interlock::Limits;

/// Everything that the plan of a sweep is made of.
pub type Facts = naming::Facts<Survey>;

/// All living clusters, and all records of the zones.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The living clusters, and the VPC of those that have the tag, unless that could not be read.
    pub clusters: Vec<(Cluster, Option<Vpc>)>,
    /// The records of each zone that could be read.
    pub zones: BTreeMap<ZoneId, Records>,
    /// Clusters that no list has, and that EMR itself says have ended, or knows no more.
    pub ended: BTreeSet<ClusterId>,
    /// What could not be read.
    pub unread: Vec<String>,
    /// How many names may go.
    pub limits: Limits,
    /// The names that may go although so many do.
    pub force: BTreeSet<Name>,
}
