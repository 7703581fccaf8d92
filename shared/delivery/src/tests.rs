//! The decisions of a deployment, case by case.

mod course;
mod judge;
mod next;
mod order;
mod preflight;
mod stage;
mod waves;

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Goods, Progress, Record};
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
