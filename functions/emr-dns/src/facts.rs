//! What was read.

use naming::{Cluster, Site, Vpc};

/// What is known of the cluster of an event; `None` where EMR knows none of that id.
pub(crate) type Facts = naming::Facts<Option<Box<Look>>>;

/// What was looked at: one cluster, or everything.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The cluster of an event.
    Cluster(naming::Facts<Option<Box<Look>>>),
    /// Everything.
    All(naming_sweep::Facts),
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
