//! A change of who may use what, as a value.

use std::collections::BTreeSet;
use std::fmt;

use reaction::Loss;
use serde::{Deserialize, Serialize};

use crate::{Difference, Head, Principal, Resource};

/// Who may use one thing: before, and after. Only those that we manage are in it: the owner itself, everybody (a public
/// image) and what others granted in a policy are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The thing.
    #[serde(flatten)]
    pub resource: Resource,
    /// The name by which the manifest finds it; of a managed policy, the version that was its default.
    pub name: String,
    /// Who may use it now.
    pub before: BTreeSet<Principal>,
    /// Who shall.
    pub after: BTreeSet<Principal>,
    /// Why.
    pub why: String,
    /// How the thing's record stood when this was planned.
    #[serde(skip)]
    pub head: Head,
}

impl Change {
    /// Who gains and who loses.
    #[must_use]
    pub fn difference(&self) -> Difference<Principal> {
        Difference::between(&self.after, &self.before)
    }

    /// What each principal that loses the thing loses.
    fn losses(&self) -> impl Iterator<Item = Loss> {
        let of = |who: Principal| {
            let Resource { account: owner, .. } = &self.resource;
            Loss { arn: self.resource.arn(), owner: owner.clone(), principal: who.to_string() }
        };
        self.difference().remove.into_iter().map(of)
    }

    /// Whether there is nothing to do: no principal gains or loses, and no earlier run left its record open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before == self.after && self.head.pending.is_none()
    }
}

/// One step: changes that are carried out together because they are ordered. First keys gain, then snapshots
/// gain and images change, then snapshots and keys lose, so that no account ever sees an image that it cannot launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// A file that is one step and a whole plan as well would show its reader the one and do the other.
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The changes; the first one is what the step is about. A thing stands in one step of a plan only.
    pub changes: Vec<Change>,
    /// The manifest's version ([`crate::Manifest::version`]).
    pub manifest: String,
}

impl Share {
    /// What each principal that loses something by it loses.
    pub fn losses(&self) -> impl Iterator<Item = Loss> {
        self.changes.iter().flat_map(Change::losses)
    }

    /// Whether no change does anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(Change::is_empty)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.changes.first()
            && self.changes.iter().all(|change| change.before == change.after)
        {
            return write!(f, "close the record of {}", first.resource);
        }
        for (index, change) in self.changes.iter().enumerate() {
            if index == 0 {
                write!(f, "share {}:", change.resource)?;
            } else if change.is_empty() {
                continue;
            } else {
                write!(f, "; {}:", change.resource.id)?;
            }
            change.difference().fmt(f)?;
        }
        Ok(())
    }
}
