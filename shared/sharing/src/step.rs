//! What an event about one resource does: the same for images and snapshots of every kind.

use std::fmt;

use reaction::{Error, Loss, Plan};

use crate::{Change, Consequence, Obstacle, Resource, Share};

/// What is done about one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is shared.
    Share(Share),
    /// It is not shared as the manifest says, and the step says why; what else the plan has is done.
    CannotShare(CannotShare),
}

/// That a resource is not shared as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotShare {
    /// The resource.
    pub resource: Resource,
    /// Why, and what to do.
    pub why: String,
    /// Whether trying again would not help.
    pub is_refused: bool,
}

impl CannotShare {
    /// A resource that the obstacle keeps from being shared.
    #[must_use]
    pub fn new(resource: &Resource, obstacle: &Obstacle) -> Self {
        let is_refused = obstacle.consequence() != Consequence::Retry;
        Self { resource: resource.clone(), why: obstacle.to_string(), is_refused }
    }

    /// The step's error: nothing is left to be done by it.
    #[must_use]
    pub fn error(&self) -> Error {
        let Self { resource, why, is_refused } = self;
        let message = format!("{resource}: {why}");
        if *is_refused { Error::refused(message) } else { Error::failed(message) }
    }
}

impl fmt::Display for CannotShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot share {}: {}", self.resource, self.why)
    }
}

impl Step {
    /// What is to be shared.
    ///
    /// # Errors
    /// Why the resource cannot be, if so.
    pub fn share(&self) -> Result<&Share, Error> {
        match self {
            Self::Share(share) => Ok(share),
            Self::CannotShare(cannot) => Err(cannot.error()),
        }
    }

    /// Who would lose what by it.
    #[must_use]
    pub fn losses(&self) -> Vec<Loss> {
        self.share().map_or_else(|_| Vec::new(), |share| share.losses().collect())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => share.fmt(f),
            Self::CannotShare(cannot) => cannot.fmt(f),
        }
    }
}

/// What an event does about the resource that it concerns, and about what goes with it.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// What the obstacle keeps from being shared; the resource itself where there is none.
    pub resource: Resource,
    /// The changes, as the obstacle lets them be.
    pub changes: Vec<Change>,
    /// Why it is not shared as the manifest says, if so.
    pub obstacle: Option<Obstacle>,
    /// What a reader of the report should know beside the steps.
    pub notes: Vec<String>,
}

impl Proposed {
    /// Nothing: AWS does not know the resource of an event.
    #[must_use]
    pub fn nothing(resource: Resource, obstacle: Obstacle) -> Self {
        Self { resource, changes: Vec::new(), obstacle: Some(obstacle), notes: Vec::new() }
    }

    /// The plan of an event about this resource alone, by the manifest of this version.
    ///
    /// # Errors
    /// The obstacle, where nothing is to be done but to say it.
    pub fn plan(self, manifest: &str) -> Result<Plan<Step>, Error> {
        match &self.obstacle {
            Some(obstacle) if obstacle.consequence().is_error() && !self.has_changes() => {
                Err(obstacle.error(&self.resource))
            }
            _ => Ok(self.plan_among_others(manifest)),
        }
    }

    /// The same, of an event about several resources: they do not stand or fall together.
    #[must_use]
    pub fn plan_among_others(self, manifest: &str) -> Plan<Step> {
        let has_changes = self.has_changes();
        let Self { resource, changes, obstacle, notes } = self;
        let cannot = match obstacle {
            Some(it) if it.consequence() == Consequence::Ignore => return Plan::Ignore(it.to_string()),
            Some(it) if it.consequence() == Consequence::Nothing => return Plan::nothing(it.to_string()),
            other => other.map(|obstacle| Step::CannotShare(CannotShare::new(&resource, &obstacle))),
        };
        let share = has_changes.then(|| Step::Share(Share { changes, manifest: manifest.into() }));
        Plan::of(share.into_iter().chain(cannot).collect()).with_notes(notes)
    }

    /// Whether anything changes in spite of the obstacle.
    fn has_changes(&self) -> bool {
        let is_open = self.obstacle.as_ref().is_none_or(Obstacle::bars_gains_only);
        is_open && !self.changes.iter().all(Change::is_empty)
    }
}
