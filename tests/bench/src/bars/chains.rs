//! How many round trips an event waits for, one after the other, and how long it takes beside another build.

use super::setting::{BEFORE, CHAINS};
use super::{Bar, Limit, ratio};
use crate::measured::Measured;
use crate::subject::Subject::{self, ShareAmi, ShareEbsSnapshot, ShareRdsSnapshot};

/// What is measured: the functions, how deep the calls of each may go, and how long it may take beside the build from before its
/// calls were put side by side.
const BARS: [(Subject, f64, f64); 3] =
    [(ShareAmi, 5.0, 0.65), (ShareEbsSnapshot, 4.0, 0.55), (ShareRdsSnapshot, 4.0, 0.6)];

/// The depth of the chain of calls: so many times the latency of a call fits into an event.
pub fn depth(measured: &Measured, setting: &str, latency_ms: f64, function: Subject) -> Option<f64> {
    measured.warm(setting, function, |event| event.cost.wall_ms).map(|wall| (wall / latency_ms).floor())
}

/// Their bars.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let [(near, _), (far, far_ms)] = CHAINS;
    let mut bars = Vec::new();
    for (function, deepest, longest) in BARS {
        let depth = depth(measured, far, far_ms, function);
        bars.push(Bar::new("round trips, one after the other", depth, Limit::Count(deepest)).of(function));
        for (setting, before) in [near, far].into_iter().zip(BEFORE) {
            let wall = |setting| measured.warm(setting, function, |event| event.cost.wall_ms);
            let what = format!("wall at {setting}, to the other build");
            bars.push(Bar::new(&what, ratio(wall(setting), wall(before)), Limit::Times(longest)).of(function));
        }
        let cpu = |setting| measured.warm(setting, function, |event| event.cost.cpu_ms);
        let what = "CPU of a warm event, to the other build";
        bars.push(Bar::new(what, ratio(cpu(near), cpu(BEFORE[0])), Limit::Times(0.75)).of(function));
    }
    bars
}
