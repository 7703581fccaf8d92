//! The desired state as it was read, and whether it may be acted on.

use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use reaction::{Error, Region};

use crate::{Allowed, Kind, Manifest, Membership, Mistake, Principal, Wanted};

/// The manifest, and what it takes to read it right.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The manifest, or what is wrong with it.
    pub manifest: Result<Manifest, Mistake>,
    /// Whom it may name; everybody where unset.
    pub allowed: Option<Allowed>,
    /// The accounts of the organizations and units that either names.
    pub membership: Membership,
}

impl Desired {
    /// The manifest, where it can be read and names nobody whom it may not.
    ///
    /// # Errors
    /// `Refused`, with the mistake's place or with everybody who is not allowed.
    pub fn admitted(&self) -> Result<&Manifest, Error> {
        let manifest = self.manifest.as_ref().map_err(|mistake| Error::refused(format!("the manifest, {mistake}")))?;
        let outside = self.allowed.as_ref().map(|allowed| manifest.outside(allowed, &self.membership));
        match outside.filter(|outside| !outside.is_empty()) {
            None => Ok(manifest),
            Some(outside) => Err(Error::refused(format!(
                "the manifest names {}, which SIGNALBOX_ALLOWED_ACCOUNTS does not; nothing was changed",
                list(&outside)
            ))),
        }
    }

    /// Who shall have the thing of this name, and who should have had it until now: by accounts where the service takes
    /// accounts only. The owner is left out, since it has everything anyway. `None` where no entry matches.
    ///
    /// # Errors
    /// As of [`Desired::admitted`], and `Failed` where the accounts of an organization or unit are not known.
    pub fn wanted(
        &self,
        kind: Kind,
        name: &str,
        region: Option<&Region>,
        owner: &reaction::AccountId,
        now: SystemTime,
    ) -> Result<Option<Wanted>, Error> {
        let Some(mut wanted) = self.admitted()?.wanted(kind, name, region, now) else { return Ok(None) };
        if kind != Kind::Image {
            wanted.principals = self
                .membership
                .expand(&wanted.principals)
                .map_err(|unknown| Error::failed(format!("the accounts of {} are not known", list(&unknown))))?;
            wanted.expired.retain(|who| who.account().is_some());
            wanted.expired = &wanted.expired - &wanted.principals;
        }
        wanted.principals.retain(|who| who.account() != Some(owner));
        Ok(Some(wanted))
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
