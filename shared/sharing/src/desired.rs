//! The desired state as it was read, and whether it may be acted on.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::time::SystemTime;

use reaction::Error;

use crate::{Allowed, Candidate, Kind, Manifest, Membership, Mistake, Principal, Wanted};

/// The manifest, and what it takes to read it right.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The manifest, or what is wrong with it.
    pub manifest: Result<Manifest, Mistake>,
    /// What it may name. A deployed function always has it; `None` sets no bound, as an operator may at the command line.
    pub allowed: Option<Allowed>,
    /// The accounts of the organizations and units that either names.
    pub membership: Membership,
}

/// A manifest that may be acted on: it can be read, and names only what it may name.
#[derive(Clone, Copy, Debug)]
pub struct Admitted<'a> {
    manifest: &'a Manifest,
    membership: &'a Membership,
}

impl Deref for Admitted<'_> {
    type Target = Manifest;

    fn deref(&self) -> &Manifest {
        self.manifest
    }
}

impl Desired {
    /// The manifest, where it can be read and names only what it may name.
    ///
    /// # Errors
    /// `Refused`, with the mistake's place or with everybody who is not allowed.
    pub fn admitted(&self) -> Result<Admitted<'_>, Error> {
        let manifest = self.manifest.as_ref().map_err(|mistake| Error::refused(format!("the manifest, {mistake}")))?;
        let outside = self.allowed.as_ref().map(|allowed| manifest.outside(allowed, &self.membership));
        match outside.filter(|outside| !outside.is_empty()) {
            None => Ok(Admitted { manifest, membership: &self.membership }),
            Some(outside) => Err(Error::refused(format!(
                "the manifest names {}, which SIGNALBOX_ALLOWED_ACCOUNTS does not; nothing was changed",
                list(&outside)
            ))),
        }
    }

    /// What [`Admitted::wanted`] says, of one candidate.
    ///
    /// # Errors
    /// As of [`Desired::admitted`] and [`Admitted::wanted`].
    pub fn wanted(&self, candidate: &Candidate, now: SystemTime) -> Result<Option<Wanted>, Error> {
        self.admitted()?.wanted(candidate, now)
    }

    /// What every report repeats: that nothing bounds the accounts that the manifest may name.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.allowed.iter().filter_map(Allowed::note).collect()
    }
}

impl Admitted<'_> {
    /// Who shall have the candidate, and who should have had it until now: by accounts where the service takes accounts only.
    /// The owner is left out, since it has everything anyway. `None` where no entry means it.
    ///
    /// # Errors
    /// `Refused` where an entry names an organization or unit that Organizations does not know any more: it is not known who
    /// should have it, so that the candidate stays as it is. `Failed` where Organizations was not asked.
    pub fn wanted(&self, candidate: &Candidate, now: SystemTime) -> Result<Option<Wanted>, Error> {
        let Some(mut wanted) = self.manifest.wanted(candidate, now) else { return Ok(None) };
        if candidate.kind != Kind::Image {
            let refused = wanted.principals.iter().filter_map(|who| Some((who, self.membership.refusal(who)?)));
            if let Some((who, why)) = refused.min() {
                return Err(Error::refused(format!(
                    "an entry of section `{}` names {who}, whose accounts cannot be told: {why}; correct the manifest; until \
                     then no account gains or loses by this entry",
                    candidate.kind
                )));
            }
            wanted.principals = self
                .membership
                .expand(&wanted.principals)
                .map_err(|unknown| Error::failed(format!("the accounts of {} are not known", list(&unknown))))?;
            wanted.expired.retain(|who| who.account().is_some());
            wanted.expired = &wanted.expired - &wanted.principals;
        }
        wanted.principals.retain(|who| who.account() != Some(candidate.owner));
        Ok(Some(wanted))
    }

    /// Which entries are held back, and why: those that name a unit whose accounts cannot be told.
    #[must_use]
    pub fn held_back(&self) -> Vec<String> {
        let expanding = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Image);
        let named = expanding.flat_map(|kind| self.manifest.principals(kind)).collect::<BTreeSet<_>>();
        let refused = named.iter().filter_map(|who| Some((who, self.membership.refusal(who)?)));
        refused.map(|(who, why)| format!("the entries that name {who} are held back: {why}")).collect()
    }
}

/// The items, with commas between them.
pub(crate) fn list<T: fmt::Display>(items: &BTreeSet<T>) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What `SIGNALBOX_ALLOWED_ACCOUNTS` and the entries of these kinds name that Organizations has to expand.
#[must_use]
pub fn organizations_of(manifest: &Manifest, allowed: Option<&Allowed>, kinds: &[Kind]) -> BTreeSet<String> {
    let named = kinds.iter().filter(|kind| **kind != Kind::Image).flat_map(|kind| manifest.principals(*kind));
    let units = named.filter(Principal::is_expanded);
    let units = units.filter_map(|who| who.organization_ids().last().map(|id| (*id).to_owned()));
    units.chain(allowed.into_iter().flat_map(|allowed| allowed.organizations().iter().cloned())).collect()
}
