//! What tracing costs where a daemon takes the traces.

use super::setting::{TRACED, UNTRACED};
use super::{Bar, Limit, ratio};
use crate::measured::Measured;
use crate::subject::Subject::ShareAmi;

/// Its bars.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let warm = |setting| measured.warm(setting, ShareAmi, |event| event.cost.cpu_ms);
    let init = |setting| measured.of(setting, ShareAmi, |life| life.init.cpu_ms);
    let more = ratio(warm(TRACED), warm(UNTRACED)).map(|ratio| (ratio - 1.0) * 100.0);
    let longer = init(TRACED).zip(init(UNTRACED)).map(|(traced, untraced)| traced - untraced);
    vec![
        Bar::new("CPU of a warm event, traced, beyond not traced", more, Limit::Percent(5.0)),
        Bar::new("init CPU, traced, beyond not traced", longer, Limit::Millis(0.5)),
    ]
}
