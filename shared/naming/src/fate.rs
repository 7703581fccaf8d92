//! How it is with the cluster that a record of ours says it is for: what decides whether the record may go, or be given away.

use crate::cluster::Cluster;
use crate::name::Name;

/// How it is with the cluster that a record of ours says it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has ended, or EMR does not know it any more.
    Ended,
    /// It lives, and asks for another name, or for none, or its account may not have this one.
    Elsewhere,
    /// It lives, or could not be read.
    Lives,
}

impl Fate {
    /// How it is with a cluster that has this name. Where its tag is no name, it is not known what it asks for.
    #[must_use]
    pub fn of(cluster: &Cluster, name: &Name) -> Self {
        match &cluster.tag {
            _ if cluster.state.has_ended() => Self::Ended,
            None => Self::Elsewhere,
            Some(tag) => match tag.parse::<Name>() {
                Ok(asked) if asked != *name => Self::Elsewhere,
                _ => Self::Lives,
            },
        }
    }
}
