//! Runs in many accounts: on this machine, and as a workflow on AWS.

use super::setting::{BOTOCOVE, FLEET, FLEET_AT_100, FLEET_OF_FEW, FLEET_OF_MANY, WORKFLOW};
use super::{Bar, Limit, ratio};
use crate::fleet::Run;
use crate::measured::Measured;

/// Their bars.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let ran = |setting, figure: fn(&Run) -> f64| measured.ran(setting, figure);
    let to_peer = |figure: fn(&Run) -> f64| ratio(ran(FLEET_OF_FEW, figure), ran(BOTOCOVE, figure));
    vec![
        Bar::new("fleet, 20 at a time, to requests x latency / 20", ran(FLEET, Run::to_floor), Limit::Times(1.15)),
        Bar::new("fleet, 100 at a time, to the same / 100", ran(FLEET_AT_100, Run::to_floor), Limit::Times(1.5)),
        Bar::new("its peak of resident memory", ran(FLEET_AT_100, Run::peak_mb), Limit::Megabytes(25.0)),
        Bar::new("the same with 10,000 accounts", ran(FLEET_OF_MANY, Run::peak_mb), Limit::Megabytes(28.0)),
        Bar::new("workflow, 10,000 x 2, to 4 rounds x latency / 40", ran(WORKFLOW, Run::to_floor), Limit::Times(1.25)),
        Bar::new(
            "its plan, 40 accounts and collect, peak of memory",
            ran(WORKFLOW, Run::peak_mb),
            Limit::Megabytes(64.0),
        ),
        Bar::new("roles that it assumes in an account", ran(FLEET, Run::assumed_each), Limit::Count(1.0)),
        Bar::new("fleet of 20 accounts, CPU, to botocove", to_peer(|run| run.cost.cpu_ms), Limit::OneIn(100.0)),
        Bar::new("the same, peak of resident memory", to_peer(Run::peak_mb), Limit::OneIn(20.0)),
    ]
}
