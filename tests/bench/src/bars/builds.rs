//! What a life of `share-ami` costs beside that of another build.

use super::setting::{BUILDS, SMALL_BUILDS};
use super::{Bar, Limit, ratio};
use crate::life::Life;
use crate::measured::Measured;
use crate::subject::Subject::ShareAmi;

/// What these may cost beside 55a45783, the last commit before 27 November 2026.
const FIRST: f64 = 0.75;
const WARM: f64 = 0.75;

/// Its bars.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let both = |settings: [&str; 2], figure: fn(&Life) -> f64| {
        let [this, other] = settings.map(|setting| measured.of(setting, ShareAmi, figure));
        ratio(this, other)
    };
    let init = both(BUILDS, |life| life.init.cpu_ms);
    let first = both(BUILDS, |life| life.first.cost.cpu_ms);
    let [warm, other_warm] = BUILDS.map(|setting| measured.warm(setting, ShareAmi, |event| event.cost.cpu_ms));
    // When its next share of a processor begins is chance to a life.
    let [small, other_small] =
        SMALL_BUILDS.map(|setting| measured.mean(setting, ShareAmi, |life| life.first.cost.wall_ms));
    vec![
        Bar::new("init, CPU, to the other build", init, Limit::Reported),
        Bar::new("first event over TLS, CPU, to the other build", first, Limit::Reported),
        Bar::new("warm event over TLS, CPU, to the other build", ratio(warm, other_warm), Limit::Times(WARM)),
        Bar::new(
            "first event at the CPU share of 128 MB, means, to the other build",
            ratio(small, other_small),
            Limit::Times(FIRST),
        ),
    ]
}
