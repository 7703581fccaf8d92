//! Clusters, zones and records that tests decide about: those of the sweep, and those of the function that hears events and sweeps
//! too, which names this file by its path.

use std::time::{Duration, SystemTime};

use ::events::emr::ClusterState;
use naming::{Cluster, Facts, Mark, Place, Policy, RecordSet, Records, Settings, Step, Vpc, Zone};
use place::AccountId;
use reaction::{Error, Plan};

use super::Survey;

pub const CLUSTER: &str = "j-1YONHTCP3YZKC";
pub const OLD: &str = "j-0LDCLUSTER000";
pub const NAME: &str = "etl.example.com";
pub const NODE: &str = "ip-10-0-0-1.eu-west-1.compute.internal";

pub fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

pub fn settings() -> Settings {
    Settings::read(&|_| None).unwrap()
}

pub fn upsert_only() -> Settings {
    Settings { policy: Policy::UpsertOnly, ..settings() }
}

pub fn zone(id: &str, domain: &str) -> Zone {
    Zone { id: id.parse().unwrap(), domain: domain.into(), owner: "111122223333".into() }
}

pub fn vpc(zones: &[Zone]) -> Vpc {
    Vpc::Known { id: "vpc-1".into(), zones: zones.to_vec() }
}

/// A cluster that runs, made at the first second of all.
pub fn cluster(id: &str) -> Cluster {
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

pub fn place() -> Place {
    Place { account: account(), region: "eu-west-1".parse().unwrap() }
}

/// The same in another state; without a node while there is none.
pub fn that_is(state: ClusterState) -> Cluster {
    let primary = (!matches!(state, ClusterState::Starting | ClusterState::Bootstrapping)).then(|| NODE.to_owned());
    Cluster { state, primary, ..cluster(CLUSTER) }
}

pub fn set(name: &str, kind: &str, value: &str) -> RecordSet {
    RecordSet { name: format!("{name}."), kind: kind.into(), ttl: 60, values: vec![value.into()], is_simple: true }
}

pub fn mark_of(cluster: &str) -> Mark {
    Mark { owner: "signalbox".into(), cluster: cluster.parse().unwrap(), place: place() }
}

/// Our two records of a name.
pub fn ours(name: &str, cluster: &str, target: &str) -> Vec<RecordSet> {
    let mark = mark_of(cluster).to_string();
    vec![set(name, "CNAME", target), set(&format!("_signalbox.{name}"), "TXT", &mark)]
}

pub fn facts<S>(settings: Settings, seen: S) -> Facts<S> {
    Facts { settings, account: account(), accounts: [account()].into(), has_members: false, seen }
}

/// The plan as text: what is done, exactly, and what is said of it.
pub fn plan_as_text(plan: Result<Plan<Step>, Error>) -> String {
    match plan {
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

/// A survey of the zone `example.com`.
pub fn survey(clusters: Vec<Cluster>, records: Vec<RecordSet>) -> Survey {
    let zones = [zone("Z1", "example.com")];
    Survey {
        clusters: clusters.into_iter().map(|it| (it, Some(vpc(&zones)))).collect(),
        zones: [("Z1".parse().unwrap(), Records::from_iter(records))].into(),
        ..Survey::default()
    }
}
