//! What the manifest's entries say of one resource, under all the names that it has.

use std::time::SystemTime;

use reaction::Error;

use crate::{Admitted, Candidate, Wanted};

/// What the manifest's entries say of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries {
    /// No entry means it.
    None {
        /// Its name; empty where it has none.
        name: String,
        /// Whether entries have its name and ask for another owner or tag.
        is_withheld: bool,
    },
    /// Entries mean it: the union of what they say.
    Want(Wanted),
    /// An entry names a unit whose accounts cannot be told: why, and what to do. No account loses it.
    HeldBack(String),
}

impl Entries {
    /// Those who shall have the resource by an entry, as far as that is known.
    #[must_use]
    pub fn wanted(&self) -> Option<&Wanted> {
        match self {
            Self::Want(wanted) => Some(wanted),
            Self::None { .. } | Self::HeldBack(_) => None,
        }
    }

    /// Whether any entry means the resource.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !matches!(self, Self::None { .. })
    }
}

impl Admitted<'_> {
    /// What the entries say of one resource, which is a candidate under each of its names.
    ///
    /// # Errors
    /// `Failed` where Organizations was not asked for the accounts of a unit that an entry names.
    pub fn entries<'c>(
        &self,
        candidates: impl IntoIterator<Item = Candidate<'c>>,
        now: SystemTime,
    ) -> Result<Entries, Error> {
        let (mut all, mut first, mut is_withheld) = (None::<Wanted>, None::<String>, false);
        for candidate in candidates {
            match self.wanted(&candidate, now) {
                Ok(Some(wanted)) => {
                    let all = all.get_or_insert_default();
                    all.principals.extend(wanted.principals);
                    all.expired.extend(wanted.expired);
                }
                Ok(None) => is_withheld |= self.is_withheld(&candidate),
                Err(error) if error.is_refused() => return Ok(Entries::HeldBack(error.to_string())),
                Err(error) => return Err(error),
            }
            first.get_or_insert_with(|| candidate.name.to_owned());
        }
        Ok(match all {
            Some(Wanted { principals, expired }) => {
                Entries::Want(Wanted { expired: &expired - &principals, principals })
            }
            None => Entries::None { name: first.unwrap_or_default(), is_withheld },
        })
    }
}
