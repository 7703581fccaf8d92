//! What a deployment as a whole does now, from its record alone.

use crate::record::{Phase, Record, Status};
use crate::{OnFailure, Target};

/// What is worked on now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// These targets get the code.
    Forward(Vec<Target>),
    /// These targets are moved back.
    Back(Vec<Target>),
    /// The record gets this status.
    Turn(Status, Option<String>),
    /// The next wave begins.
    NextWave,
    /// Nothing is left.
    Over,
}

impl Phase {
    /// Whether nothing is left to be done on the way forward.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, Self::Unchanged | Self::Done | Self::Failed | Self::LeftAlone | Self::RolledBack)
    }

    /// Whether the deployment may have moved the alias.
    fn has_moved(self) -> bool {
        !matches!(self, Self::Waiting | Self::Unchanged | Self::RolledBack | Self::LeftAlone)
    }

    /// Whether a wave with such a target has failed. An alias that another hand moved does not have the code.
    fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::LeftAlone)
    }
}

/// What is worked on now.
pub(crate) fn course(record: &Record) -> Course {
    let phase = |target: &Target| record.targets.get(target).map_or(Phase::Waiting, |it| it.phase);
    match record.status {
        Status::Succeeded | Status::RolledBack | Status::Stopped => Course::Over,
        Status::RollingBack => {
            let left: Vec<_> =
                record.targets.iter().filter(|(_, it)| it.phase.has_moved()).map(|(it, _)| it.clone()).collect();
            if left.is_empty() { Course::Turn(Status::RolledBack, None) } else { Course::Back(left) }
        }
        Status::Running => {
            let Some(wave) = record.waves.get(record.wave) else { return Course::Turn(Status::Succeeded, None) };
            let failure = wave.iter().find(|it| phase(it).is_failure());
            // A version that was found bad has traffic: it goes back now, and not after the others of its wave were watched.
            if let Some(target) = failure.filter(|_| record.on_failure == OnFailure::Rollback) {
                return failed(record, target);
            }
            let left: Vec<_> = wave.iter().filter(|it| !phase(it).is_settled()).cloned().collect();
            if !left.is_empty() {
                return Course::Forward(left);
            }
            failure.map_or(Course::NextWave, |target| failed(record, target))
        }
    }
}

/// What follows from a failed target: no further wave begins.
fn failed(record: &Record, target: &Target) -> Course {
    let of_target = record.targets.get(target).and_then(|it| it.reason.clone()).unwrap_or_default();
    let why = format!("wave {} of {}: {target}: {of_target}", record.wave + 1, record.waves.len());
    match record.on_failure {
        OnFailure::Rollback => Course::Turn(Status::RollingBack, Some(why)),
        OnFailure::Stop => Course::Turn(Status::Stopped, Some(why)),
    }
}
