//! Sweeps over many images.

use super::setting::{SWEEP, SWEEP_AT_RATES, SWEEP_BY_LISTS, SWEEP_OF_2015, SWEEP_OF_MANY, SWEEP_WITH_TABLES};
use super::{Bar, Limit, ratio};
use crate::buckets::floor_ms;
use crate::measured::Measured;
use crate::sweep::Sweep;

/// Nothing is changed before everything was read, since a sweep that would take too much away is refused as a whole: the
/// floor is that of the bucket of reads and then that of the bucket of changes.
///
/// The way of 2015 is sequential, so that what it takes for more images can be reckoned: by its calls, three an image.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let wall = |setting| measured.swept(setting, |sweep| sweep.cost.wall_ms);
    let calls = measured.swept(SWEEP_OF_2015, Sweep::number_of_calls);
    let images = measured.swept(SWEEP, |sweep| sweep.images.into());
    let of_2015 = wall(SWEEP_OF_2015).zip(calls).zip(images).map(|((wall, calls), images)| wall / calls * 3.0 * images);
    let tables = ratio(of_2015, wall(SWEEP_WITH_TABLES));
    let peak = measured.swept(SWEEP, Sweep::peak_mb);
    let again = measured.swept(SWEEP, |sweep| sweep.second_changes().unwrap_or(f64::NAN));
    let changes = measured.swept(SWEEP_AT_RATES, |sweep| floor_ms("ModifyImageAttribute", sweep.images.into()));
    let reads = measured.swept(SWEEP_AT_RATES, |sweep| floor_ms("DescribeImageAttribute", sweep.images.into()));
    let both = reads.zip(changes).map(|(reads, changes)| reads + changes);
    let refused = measured.swept(SWEEP_AT_RATES, Sweep::percent_refused);
    let calls_of = |setting| measured.swept(setting, Sweep::number_of_calls);
    vec![
        Bar::new(
            "10,000 images by listings, calls, to asking",
            ratio(calls_of(SWEEP_BY_LISTS), calls_of(SWEEP_OF_MANY)),
            Limit::OneIn(5.0),
        ),
        Bar::new("the same, wall, at EC2's rates", ratio(wall(SWEEP_BY_LISTS), wall(SWEEP_OF_MANY)), Limit::OneIn(4.0)),
        Bar::new("its peak of resident memory", measured.swept(SWEEP_BY_LISTS, Sweep::peak_mb), Limit::Megabytes(48.0)),
        Bar::new("sweep of 1,000 images, wall, to the way of 2015", ratio(wall(SWEEP), of_2015), Limit::OneIn(50.0)),
        Bar::new("the way of 2015 to the sweep with tables, wall", tables, Limit::Reported),
        Bar::new("the sweep's peak of resident memory", peak, Limit::Megabytes(24.0)),
        Bar::new("changes of a second sweep", again, Limit::Count(0.0)),
        Bar::new("150 at EC2's rates, to the floor of changing", ratio(wall(SWEEP_AT_RATES), changes), Limit::Reported),
        Bar::new(
            "the same, to the floors of reading, then changing",
            ratio(wall(SWEEP_AT_RATES), both),
            Limit::Times(1.1),
        ),
        Bar::new("calls that EC2 refused of these", refused, Limit::Percent(2.0)),
    ]
}
