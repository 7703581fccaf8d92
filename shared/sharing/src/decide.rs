//! The decision to share: who shall have one resource, given how it is, what the manifest's entries say of it, and what images
//! need of it. The event about a resource and the sweep over all of them decide by the same function.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::{Change, Current, Entries, Needs, Obstacle, Principal, Wanted};

/// What was decided about one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The principals that shall have it.
    pub after: BTreeSet<Principal>,
    /// Whether an entry means it, or an image on it, so that the entry is the truth.
    pub is_managed: bool,
    /// The principals that lose it because their time is over.
    pub expired: BTreeSet<Principal>,
    /// The principals that an entry names and that do not gain it.
    pub barred: BTreeSet<Principal>,
    /// Why it is not shared as an entry says, if so.
    pub obstacle: Option<Obstacle>,
}

/// Decides who shall have a resource.
///
/// The first row that fits holds. `before` are the principals that may use the resource now, `recorded` those that Signalbox
/// let in, `wanted` those that the entries name, `asked` and `kept` what images need of it ([`Needs`]).
///
/// | the resource | an entry | who has it afterwards | obstacle |
/// |---|---|---|---|
/// | is another account's | any | `before` | `Foreign`: refused |
/// | is pending, over or disabled | means it, or an image asks | `before` | `Pending`: tried again; `Over`: nothing to do; `Disabled`: refused |
/// | is another run's | any | as below, but later | `Busy`: tried again |
/// | any | is held back | `before` and `asked` | `HeldBack`: refused |
/// | cannot be shared: key, options, quota | means it, or an image asks | as below, of those who have it already | that, where it bars an account: refused |
/// | any | none, and no image asks | `before` without `recorded`, and `before` ∩ `kept` | `Unnamed`: ignored |
/// | any other | means it, or an image asks | `wanted` and `asked`, and `before` ∩ `kept` | |
///
/// In every row that changes something: where an image could not be read, `before` keeps a snapshot; and what no manifest can
/// name ([`Principal::Stray`]) goes.
///
/// ```
/// use std::{collections::BTreeSet, time::SystemTime};
/// use sharing::{Candidate, Current, Desired, Head, Kind, Manifest, Membership, Needs, Principal, Resource, Tags, decide};
///
/// let manifest = Manifest::parse(r#"{"ami": {"base_": {"eu-west-1": ["123456789012"]}}}"#);
/// let desired = Desired { manifest, allowed: None, membership: Membership::default() };
/// let image = Resource::new(Kind::Image, &"111122223333".parse()?, &"eu-west-1".parse()?, "ami-0123456789abcdef0");
/// let (now, tags) = (SystemTime::UNIX_EPOCH, Tags::new());
/// let entries = desired.admitted()?.entries([Candidate::new(&image, "base_linux", &tags)], now)?;
///
/// let (holders, head) = (BTreeSet::new(), Head::default());
/// let decision = decide(&Current::new(&image, &holders, &head), &entries, &Needs::default(), now);
/// assert_eq!(decision.after, BTreeSet::from([Principal::written("123456789012")]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decide(current: &Current, entries: &Entries, needs: &Needs, now: SystemTime) -> Decision {
    let before = current.holders;
    let is_managed = entries.is_any() || needs.asked.is_some();
    if let Some(obstacle) = untouchable(current, is_managed) {
        let (expired, barred) = (BTreeSet::new(), BTreeSet::new());
        return Decision { after: before.clone(), is_managed, expired, barred, obstacle: Some(obstacle) };
    }
    let mut after = desired(current, entries, needs, is_managed);
    after.extend(before & &needs.kept);
    if needs.is_unknown {
        after.extend(before.iter().cloned());
    }
    // No principal with which Signalbox shares: a statement of ours is written without it.
    after.retain(|who| !matches!(who, Principal::Stray(_)));
    let quota = entries.wanted().and_then(|wanted| Obstacle::of_quota(current.resource.kind, wanted));
    let flaw = current.flaw.cloned().or(quota);
    let barred = if flaw.is_some() { &after - before } else { BTreeSet::new() };
    let after = &after - &barred;
    let expired = entries.wanted().map(|Wanted { expired, .. }| &(expired & before) - &after).unwrap_or_default();
    let obstacle = match entries {
        _ if current.head.is_busy(now) => Some(Obstacle::Busy(current.resource.clone())),
        Entries::HeldBack(why) => Some(Obstacle::HeldBack(why.clone())),
        _ if !barred.is_empty() => flaw,
        Entries::None { name, is_withheld } if !is_managed => Some(Obstacle::Unnamed {
            resource: current.resource.clone(),
            name: name.clone(),
            is_withheld: *is_withheld,
        }),
        Entries::None { .. } | Entries::Want(_) => None,
    };
    Decision { after, is_managed, expired, barred, obstacle }
}

/// Why the resource stays as it is whatever the manifest says, if so.
fn untouchable(current: &Current, is_managed: bool) -> Option<Obstacle> {
    if current.is_foreign {
        return Some(Obstacle::Foreign(current.resource.clone()));
    }
    Obstacle::of_state(current.resource, current.state).filter(|_| is_managed)
}

/// The principals that entries and images name, or that are left where none does.
fn desired(current: &Current, entries: &Entries, needs: &Needs, is_managed: bool) -> BTreeSet<Principal> {
    let asked = || needs.asked.iter().flatten().cloned();
    match entries {
        Entries::HeldBack(_) => current.holders.iter().cloned().chain(asked()).collect(),
        Entries::Want(wanted) => wanted.principals.iter().cloned().chain(asked()).collect(),
        Entries::None { .. } if is_managed => asked().collect(),
        Entries::None { .. } => current.remaining(),
    }
}

impl Decision {
    /// Whether another run is at work on the resource, so that nothing is done about it now.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self.obstacle, Some(Obstacle::Busy(_)))
    }

    /// The change from how the resource is to how it shall be.
    #[must_use]
    pub fn change(&self, current: &Current, name: impl Into<String>) -> Change {
        let why = if self.is_managed {
            "an entry of the manifest matches it"
        } else {
            "no entry of the manifest matches it any more"
        };
        Change {
            resource: current.resource.clone(),
            name: name.into(),
            before: current.holders.clone(),
            after: self.after.clone(),
            why: why.into(),
            head: current.head.clone(),
        }
    }
}
