//! The bars of the mirror and of the webhook.

use super::setting::{MIRROR, MIRROR_HISTORY, MIRROR_LARGE, MIRROR_PUBLISHED, WEBHOOK};
use super::{Bar, Limit, ratio};
use crate::measured::Measured;
use crate::mirror::{Copied, Mirrored};
use crate::subject::Subject::ReceiveWebhook;

/// The published way is sequential and uploads every file whatever was changed, so that what it takes for more files can be reckoned: each
/// takes as long.
pub(super) fn bars(measured: &Measured) -> Vec<Bar> {
    let wall = |copied: &Copied| copied.cost.wall_ms;
    let cpu = |copied: &Copied| copied.cost.cpu_ms;
    let own = |of: fn(&Mirrored) -> Option<&Copied>, figure: fn(&Copied) -> f64| {
        measured.mirrored(MIRROR, |it| of(it).map(figure))
    };
    let files = measured.mirrored(MIRROR, |it| Some(it.first.files.into()));
    let peer = |of: fn(&Mirrored) -> Option<&Copied>, figure: fn(&Copied) -> f64| {
        let each = measured.mirrored(MIRROR_PUBLISHED, |it| of(it).map(|it| figure(it) / f64::from(it.files)));
        Some(each? * files?)
    };
    let first: fn(&Mirrored) -> Option<&Copied> = |it| Some(&it.first);
    let warm: fn(&Mirrored) -> Option<&Copied> = |it| it.warm.as_ref();
    let push: fn(&Mirrored) -> Option<&Copied> = |it| it.push.as_ref();
    let to_peer = |of, figure| ratio(own(of, figure), peer(of, figure));
    let peak = |setting| measured.mirrored(setting, |it| Some(it.peak_mb()));
    let beyond = measured.mirrored(MIRROR_LARGE, |it| Some(it.peak_beyond_largest_mb()));
    let webhook = measured.warm(WEBHOOK, ReceiveWebhook, |event| event.cost.wall_ms);
    vec![
        Bar::new("100 of 20,000 files changed, wall, to the published way", to_peer(push, wall), Limit::OneIn(50.0)),
        Bar::new("the same, CPU", to_peer(push, cpu), Limit::OneIn(20.0)),
        Bar::new("first copy of 20,000 files, wall, to the published way", to_peer(first, wall), Limit::OneIn(10.0)),
        Bar::new("the same, CPU", to_peer(first, cpu), Limit::Reported),
        Bar::new("first copy, to objects x latency / 40, /tmp cold", own(first, Copied::to_floor), Limit::Times(1.5)),
        Bar::new("the same, /tmp warm", own(warm, Copied::to_floor), Limit::Times(1.5)),
        Bar::new("peak of resident memory, 20,000 files", peak(MIRROR), Limit::Megabytes(48.0)),
        Bar::new("the same, 1 GB of history", peak(MIRROR_HISTORY), Limit::Megabytes(64.0)),
        Bar::new("the same, beyond the size of a file of 300 MB", beyond, Limit::Megabytes(64.0)),
        Bar::new("receive-webhook, warm, SQS 20 ms away, wall", webhook, Limit::Millis(100.0)),
    ]
}
