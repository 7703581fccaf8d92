//! The decision, one case a test: facts in, plan out.

mod events;
mod hearing;
mod members;
mod owners;
mod sweeps;
mod wildcards;

use std::time::{Duration, SystemTime};

use ::events::emr::ClusterState;
use naming::{Cluster, Facts, Mark, Name, Place, Policy, RecordSet, Records, Settings, Step, Vpc, Zone};
use naming_sweep::{Due, Survey};
use place::AccountId;
use reaction::{Plan, Reaction};

use crate::facts::{Kin, Look, Other, Seen};
use crate::{EmrDns, Subject};

const CLUSTER: &str = "j-1YONHTCP3YZKC";
const OLD: &str = "j-0LDCLUSTER000";
const NAME: &str = "etl.example.com";
const NODE: &str = "ip-10-0-0-1.eu-west-1.compute.internal";

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

fn settings() -> Settings {
    Settings::read(&|_| None).unwrap()
}

fn upsert_only() -> Settings {
    Settings { policy: Policy::UpsertOnly, ..settings() }
}

fn zone(id: &str, domain: &str) -> Zone {
    Zone { id: id.parse().unwrap(), domain: domain.into(), owner: "111122223333".into() }
}

fn vpc(zones: &[Zone]) -> Vpc {
    Vpc::Known { id: "vpc-1".into(), zones: zones.to_vec() }
}

/// A cluster that runs, made at the first second of all.
fn cluster(id: &str) -> Cluster {
    Cluster {
        id: id.parse().unwrap(),
        place: place(),
        state: ClusterState::Running,
        created: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1)),
        tag: Some(NAME.into()),
        primary: Some(NODE.into()),
        subnet: Some("subnet-1".into()),
    }
}

fn place() -> Place {
    Place { account: account(), region: "eu-west-1".parse().unwrap() }
}

/// The same in another state; without a node while there is none.
fn that_is(state: ClusterState) -> Cluster {
    let primary = (!matches!(state, ClusterState::Starting | ClusterState::Bootstrapping)).then(|| NODE.to_owned());
    Cluster { state, primary, ..cluster(CLUSTER) }
}

fn set(name: &str, kind: &str, value: &str) -> RecordSet {
    RecordSet { name: format!("{name}."), kind: kind.into(), ttl: 60, values: vec![value.into()], is_simple: true }
}

fn mark_of(cluster: &str) -> Mark {
    Mark { owner: "signalbox".into(), cluster: cluster.parse().unwrap(), place: place() }
}

/// Our two records of a name.
fn ours(name: &str, cluster: &str, target: &str) -> Vec<RecordSet> {
    let mark = mark_of(cluster).to_string();
    vec![set(name, "CNAME", target), set(&format!("_signalbox.{name}"), "TXT", &mark)]
}

/// A cluster of the zone `example.com`, and what stands there.
fn look(cluster: Cluster, records: Vec<RecordSet>) -> Look {
    let name = cluster.tag.as_deref().and_then(|tag| tag.parse::<Name>().ok());
    let site = name.map(|name| Records::from_iter(records).site(&name));
    // Where the name is another cluster's, EMR does not know that one any more.
    let other = if cluster.state.has_ended() { Other::NotAsked } else { Other::Gone };
    Look { cluster, vpc: Some(vpc(&[zone("Z1", "example.com")])), site, other, kin: Kin::NotAsked }
}

fn facts<S>(settings: Settings, seen: S) -> Facts<S> {
    Facts { settings, account: account(), accounts: [account()].into(), has_members: false, seen }
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
    match EmrDns::plan(&subject, &seen) {
        Err(error) => format!("{}: {error}", if error.is_refused() { "refused" } else { "failed" }),
        Ok(Plan::Ignore(why)) => format!("ignored: {why}"),
        Ok(Plan::Change { steps, notes, incomplete, .. }) => {
            let mut lines: Vec<_> = steps.iter().flat_map(lines_of).collect();
            lines.extend(notes.iter().map(|note| format!("note: {note}")));
            lines.extend(incomplete.iter().map(|what| format!("unread: {what}")));
            if lines.is_empty() { "nothing".into() } else { lines.join("\n") }
        }
    }
}

fn lines_of(step: &Step) -> Vec<String> {
    let Step::Change(batch) = step else { return vec![step.to_string()] };
    let line = |sign: &str, set: &RecordSet| {
        format!("  {sign} {} {} {} {}", set.name, set.kind, set.ttl, set.values.join(" "))
    };
    let mut lines = vec![step.to_string()];
    for change in &batch.changes {
        lines.extend(change.delete.iter().map(|set| line("-", set)));
        lines.extend(change.create.iter().map(|set| line("+", set)));
    }
    lines
}

/// The plan after an event of this cluster.
fn after_event(look: Look) -> String {
    told(facts(settings(), Some(Box::new(look))))
}

/// A survey of the zone `example.com`.
fn survey(clusters: Vec<Cluster>, records: Vec<RecordSet>) -> Survey {
    let zones = [zone("Z1", "example.com")];
    Survey {
        clusters: clusters.into_iter().map(|it| (it, Some(vpc(&zones)))).collect(),
        zones: [("Z1".parse().unwrap(), Records::from_iter(records))].into(),
        ..Survey::default()
    }
}

/// The plan after this survey.
fn after(survey: Survey) -> String {
    told(facts(settings(), survey))
}
