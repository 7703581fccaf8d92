//! Names, marks, records, zones and settings, case by case. What becomes of a name, the tests of the functions show that give it.

mod names;
mod settings;
mod wildcards;

use place::AccountId;

use crate::{Mark, Place, RecordSet, Zone};

const CLUSTER: &str = "j-1YONHTCP3YZKC";
const OLD: &str = "j-0LDCLUSTER000";
const NAME: &str = "etl.example.com";
const NODE: &str = "ip-10-0-0-1.eu-west-1.compute.internal";

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

fn place() -> Place {
    Place { account: account(), region: "eu-west-1".parse().unwrap() }
}

fn zone(id: &str, domain: &str) -> Zone {
    Zone { id: id.parse().unwrap(), domain: domain.into(), owner: "111122223333".into() }
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
