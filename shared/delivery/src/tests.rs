//! The decisions of a deployment, case by case.

mod course;
mod drift;
mod judge;
mod known;
mod next;
mod order;
mod preflight;
mod session;
mod stage;
mod waves;
mod way_back;

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Goods, Phase, Progress, Record, Status};
use crate::{Request, Settings, Target};

/// The settings of the cases.
fn settings() -> Settings {
    let variable = |name: &str| match name {
        "SIGNALBOX_DEPLOYMENTS_TABLE" => Some("deployments".to_owned()),
        "SIGNALBOX_CODE_BUCKET" => Some("com-example-code-{region}".into()),
        "SIGNALBOX_DEPLOY_FUNCTIONS" => Some("orders,billing-*".into()),
        "SIGNALBOX_DEPLOY_HOOKS" => Some("orders-check".into()),
        _ => None,
    };
    Settings::read(&variable).unwrap()
}

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn goods() -> Goods {
    Goods { sha256: Some("new".into()), places: BTreeMap::new(), alarms: BTreeSet::new(), before: None, after: None }
}

/// A record of these targets, one wave after the other, which nothing was done of yet.
fn record(waves: &[&[&str]]) -> Record {
    let waves: Vec<Vec<_>> = waves.iter().map(|wave| wave.iter().map(|it| target(it)).collect()).collect();
    let targets = waves.iter().flatten().map(|it| (it.clone(), Progress::new("3"))).collect();
    let request = Request { deployment: "d-1".into(), who: "a test".into(), source: "a test".into() };
    Record { goods: [("orders".to_owned(), goods())].into(), waves, targets, ..Record::new(request, 1_000) }
}

/// The target of the cases that need one.
const ALIAS: &str = "222233334444/eu-west-1/orders:live";

/// The record of a deployment that brought [`ALIAS`] from one version to another.
fn record_of(deployment: &str, before: &str, after: &str) -> Record {
    let mut it = record(&[&[ALIAS]]);
    deployment.clone_into(&mut it.deployment);
    it.status = Status::Succeeded;
    for progress in it.targets.values_mut() {
        *progress = Progress { after: Some(after.into()), phase: Phase::Done, ..Progress::new(before) };
    }
    it
}
