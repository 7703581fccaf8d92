//! The decision, one case a test: facts in, plan out.

mod events;
mod hearing;
mod members;
mod owners;
#[path = "../../../shared/naming-sweep/src/tests/samples.rs"]
mod samples;
mod wildcards;

use naming::{Cluster, Facts, Name, RecordSet, Records};
use naming_sweep::{Due, Survey};
use reaction::Reaction;
use samples::{
    CLUSTER, NAME, NODE, OLD, account, cluster, facts, mark_of, ours, place, plan_as_text, set, settings, survey,
    that_is, upsert_only, vpc, zone,
};

use crate::facts::{Kin, Look, Other, Seen};
use crate::{EmrDns, Subject};

/// A cluster of the zone `example.com`, and what stands there.
fn look(cluster: Cluster, records: Vec<RecordSet>) -> Look {
    let name = cluster.tag.as_deref().and_then(|tag| tag.parse::<Name>().ok());
    let site = name.map(|name| Records::from_iter(records).site(&name));
    // Where the name is another cluster's, EMR does not know that one any more.
    let other = if cluster.state.has_ended() { Other::NotAsked } else { Other::Gone };
    Look { cluster, vpc: Some(vpc(&[zone("Z1", "example.com")])), site, other, kin: Kin::NotAsked }
}

impl From<crate::facts::Facts> for Seen {
    fn from(facts: crate::facts::Facts) -> Self {
        Self::Cluster(facts)
    }
}

impl From<Facts<Survey>> for Seen {
    fn from(facts: Facts<Survey>) -> Self {
        Self::All(facts)
    }
}

/// The plan as text: what is done, exactly, and what is said of it.
fn told(facts: impl Into<Seen>) -> String {
    let seen = facts.into();
    let subject = match seen {
        Seen::All(_) => Subject::Sweep(Due::default()),
        Seen::Cluster(_) => {
            Subject::Cluster { id: CLUSTER.parse().unwrap(), place: place(), key: reaction::Key::new(["an event"]) }
        }
    };
    plan_as_text(EmrDns::plan(&subject, &seen))
}

/// The plan after an event of this cluster.
fn after_event(look: Look) -> String {
    told(facts(settings(), Some(Box::new(look))))
}

/// The plan after this survey.
fn after(survey: Survey) -> String {
    told(facts(settings(), survey))
}
