//! Names of clusters in private hosted zones: which name a cluster asks for, who has it, which zone it belongs into, and what
//! becomes of it. Pure: functions read clusters and records, and carry the changes out.

mod change;
mod claim;
mod cluster;
mod decide;
mod facts;
mod fate;
mod mark;
mod name;
mod record;
mod rivals;
mod settings;
mod step;
mod suffixes;
#[cfg(test)]
mod tests;
mod zone;

pub use change::{Batch, Change, Deed};
pub use claim::{name_of, wait, zone_of};
pub use cluster::{Cluster, Place};
pub use decide::{Decision, Rules, Verdict, decide};
pub use facts::Facts;
pub use fate::Fate;
pub use mark::{Held, Holder, Mark};
pub use name::{Name, NoName, normalised};
pub use record::{RecordSet, Records, Site};
pub use rivals::TurnedAway;
pub use settings::{Policy, SETTINGS, Settings};
pub use step::Step;
pub use suffixes::Suffixes;
pub use zone::{Vpc, Zone, ZoneId, choose};
