//! What was read.

use std::collections::{BTreeMap, BTreeSet};

use events::emr::ClusterId;
use naming::{Cluster, Name, Records, Rules, Settings, Site, Zone, ZoneId};
use place::AccountId;

/// Everything that the plan is made of.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The settings that decide.
    pub settings: Settings,
    /// Our account, whose zones these are.
    pub account: AccountId,
    /// Those of the accounts that were met in which we may act: their clusters have names by us.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the settings admit clusters of other accounts than our own.
    pub has_members: bool,
    /// What was looked at.
    pub seen: Seen,
}

impl Facts {
    pub(crate) fn rules(&self) -> Rules<'_> {
        let Self { settings, account, accounts, has_members, .. } = self;
        Rules { settings, account, accounts, has_members: *has_members }
    }
}

/// What was looked at.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The cluster of an event; `None` where EMR knows none of that id.
    Cluster(Option<Box<Look>>),
    /// Everything.
    All(Survey),
}

/// A cluster, and what stands at its name. Nothing more is read than what the decision can depend on.
#[derive(Clone, Debug)]
pub struct Look {
    /// The cluster.
    pub cluster: Cluster,
    /// Where its name belongs; `None` where that was not looked for.
    pub vpc: Option<Vpc>,
    /// What stands at its name, in the zone that was chosen.
    pub site: Option<Site>,
    /// The cluster that the name is marked for, where that is another one.
    pub other: Other,
    /// The other living clusters of its account.
    pub kin: Kin,
}

/// The other living clusters in the account and region of one that has ended. One of them may ask for its name, too.
#[derive(Clone, Debug)]
pub enum Kin {
    /// The decision does not depend on them.
    NotAsked,
    /// They are so many that an event does not read them.
    TooMany(usize),
    /// What EMR says of them.
    Known(Vec<Cluster>),
}

/// Another cluster, which has the name.
#[derive(Clone, Debug)]
pub enum Other {
    /// There is none, or the decision does not depend on it.
    NotAsked,
    /// EMR does not know it (any more).
    Gone,
    /// EMR knows it.
    Known(Box<Cluster>),
}

/// The VPC of a cluster, and the private hosted zones that it is associated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vpc {
    /// The cluster has no subnet that EC2 knows.
    Gone,
    /// It is this one.
    Known {
        /// Its id.
        id: String,
        /// The zones.
        zones: Vec<Zone>,
    },
}

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
    /// The names that may go although so many do.
    pub force: BTreeSet<Name>,
}
