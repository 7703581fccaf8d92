//! What one cluster asks for: its name, the zone of it, and whether it is time.

use reaction::Error;

use crate::cluster::Cluster;
use crate::decide::Rules;
use crate::name::Name;
use crate::zone::{Vpc, Zone, choose};

/// The name that the cluster's tag asks for.
///
/// # Errors
/// `Refused`, naming the tag and the cluster.
pub fn name_of(rules: Rules, cluster: &Cluster, tag: &str) -> Result<Name, Error> {
    let key = &rules.settings.tag;
    tag.parse().map_err(|error| Error::refused(format!("the tag `{key}` of cluster {}: {error}", cluster.id)))
}

/// Why nothing is to be done about a cluster yet, if so.
#[must_use]
pub fn wait(cluster: &Cluster) -> Option<String> {
    let Cluster { id, state, .. } = cluster;
    if state.has_ended() || cluster.target().is_some() {
        None
    } else if state.is_serving() {
        Some(format!("{id} is {state} and has no primary node yet: the next event or a sweep goes on"))
    } else {
        Some(format!("{id} is {state}: the next event or a sweep goes on"))
    }
}

/// The zone of the cluster's name; `None` where the VPC is not known, and need not be.
///
/// # Errors
/// As of [`choose`], and `Refused` where the cluster has no VPC.
pub fn zone_of<'a>(
    rules: Rules,
    name: &Name,
    cluster: &Cluster,
    vpc: Option<&'a Vpc>,
) -> Result<Option<&'a Zone>, Error> {
    match vpc {
        Some(Vpc::Known { id, zones }) => {
            choose(name, id, zones, rules.account, rules.settings.zones.as_ref()).map(Some)
        }
        Some(Vpc::Gone) if cluster.target().is_some() => Err(Error::refused(format!(
            "cluster {} has no subnet that EC2 knows, and so no VPC whose zone could be chosen",
            cluster.id
        ))),
        _ => Ok(None),
    }
}
