//! The console in front of 10,000 records, 10,000 items of an audit and 5,000 shares.

use super::{Bar, Limit};
use crate::console::Shown;
use crate::measured::Measured;

/// Its bars.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let shown = |figure: fn(&Shown) -> f64| measured.shown(figure);
    vec![
        Bar::new("console: its first page", shown(|it| it.events_ms), Limit::Millis(50.0)),
        Bar::new("console: 5,000 shares", shown(|it| it.shares_ms), Limit::Millis(50.0)),
        Bar::new("console: the resources with an audit", shown(|it| it.audit_ms), Limit::Millis(50.0)),
        Bar::new("console: an audit of 10,000 items, verified", shown(|it| it.history_ms), Limit::Millis(1_000.0)),
        Bar::new("console: events lost of 2,000, 200 a second", shown(|it| it.lost.into()), Limit::Count(0.0)),
        Bar::new("console: all are there after the last one", shown(|it| it.behind_ms), Limit::Millis(2_000.0)),
        Bar::new("console: its peak of resident memory", shown(Shown::peak_mb), Limit::Megabytes(60.0)),
    ]
}
