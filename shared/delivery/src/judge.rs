//! Whether a new version is good. Pure: what CloudWatch says goes in, a verdict comes out.

use std::collections::BTreeSet;

use crate::{Quiet, Settings};

/// How often a version was invoked, and how often in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Invocations.
    pub invocations: f64,
    /// Those that ended in an error.
    pub errors: f64,
}

/// What metrics say of both versions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// The new version, since it got traffic.
    pub new: Count,
    /// The old one.
    pub old: Count,
}

/// What alarms say now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarms {
    /// Those that are red.
    pub red: BTreeSet<String>,
    /// Those that are not there.
    pub absent: BTreeSet<String>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Good,
    /// It is not, for this reason.
    Bad(String),
    /// It had too few invocations to be judged by its errors, and no alarm is red.
    NotEnoughTraffic(String),
}

impl Verdict {
    /// Why the target fails, if the verdict is not taken for good.
    #[must_use]
    pub fn failure(&self, quiet: Quiet) -> Option<&str> {
        match self {
            Self::Bad(why) => Some(why),
            Self::NotEnoughTraffic(why) if quiet == Quiet::Fail => Some(why),
            Self::Good | Self::NotEnoughTraffic(_) => None,
        }
    }
}

impl Count {
    /// Errors in percent.
    fn rate(&self) -> f64 {
        if self.invocations > 0.0 { self.errors * 100.0 / self.invocations } else { 0.0 }
    }
}

/// Judges a version. An alarm that was red before anything was changed is no reason: what it complains of was there before. `counts` is
/// `None` where no metrics are asked.
#[must_use]
pub fn judge(alarms: &Alarms, red_before: &BTreeSet<String>, counts: Option<&Counts>, settings: &Settings) -> Verdict {
    if let Some(absent) = alarms.absent.first() {
        return Verdict::Bad(format!("alarm {absent} is not there any more, so that it cannot judge"));
    }
    if let Some(alarm) = alarms.red.difference(red_before).next() {
        return Verdict::Bad(format!("alarm {alarm} went red"));
    }
    let Some(Counts { new, old }) = counts else { return Verdict::Good };
    #[expect(clippy::cast_precision_loss, reason = "the settings bound both numbers")]
    let (least, margin) = (settings.least_invocations as f64, settings.margin as f64);
    if new.invocations < least {
        return Verdict::NotEnoughTraffic(format!(
            "not enough traffic: the new version was invoked {} times, and {} prove something",
            new.invocations, settings.least_invocations
        ));
    }
    if new.rate() > old.rate() + margin {
        return Verdict::Bad(format!(
            "the new version fails {:.2} % of {} invocations, and the old one {:.2} % of {}",
            new.rate(),
            new.invocations,
            old.rate(),
            old.invocations
        ));
    }
    Verdict::Good
}
