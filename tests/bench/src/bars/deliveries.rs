//! The bars of `signalbox deploy`.

use super::setting::{DELIVERY, DELIVERY_PUBLISHED};
use super::{Bar, Limit, ratio};
use crate::deliver::{Delivered, Way};
use crate::measured::Measured;

/// The published way takes one target after the other, so that it is measured on a few: each takes as long.
pub(super) fn bars(measured: &Measured) -> Vec<Bar> {
    let own = |figure: fn(&Delivered) -> f64| measured.delivered(DELIVERY, figure);
    let to_peer = |figure: fn(&Delivered) -> f64| ratio(own(figure), measured.delivered(DELIVERY_PUBLISHED, figure));
    let back = own(|it| it.back.as_ref().map_or(f64::NAN, Way::to_path));
    vec![
        Bar::new("30 targets, all at once, to the longest path", own(|it| it.forward.to_path()), Limit::Times(1.3)),
        Bar::new("a target, wall, to the AWS CLI's", to_peer(Delivered::wall_each), Limit::OneIn(20.0)),
        Bar::new("the same, CPU", to_peer(Delivered::cpu_each), Limit::OneIn(40.0)),
        Bar::new("the way back of 30 targets, to the longest path of one", back, Limit::Times(2.0)),
        Bar::new("AWS calls of a target", own(Delivered::calls_each), Limit::Count(10.0)),
    ]
}
