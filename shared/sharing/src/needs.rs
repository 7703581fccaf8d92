//! What images need of the snapshots that back them: an account that loses a snapshot loses every image on it.

use std::collections::BTreeSet;

use crate::{Current, Entries, Principal, State};

/// What images need of one snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Accounts for which an entry shares an image: they gain the snapshot. `None` where no entry means an image on it.
    pub asked: Option<BTreeSet<Principal>>,
    /// Accounts that keep the snapshot where they have it.
    pub kept: BTreeSet<Principal>,
    /// Whether there may be an image on it that could not be read: then no account loses it.
    pub is_unknown: bool,
}

impl Needs {
    /// Adds what one image needs of each of its snapshots. Snapshots can be shared with accounts only.
    pub fn add_image(&mut self, image: &Current, entries: &Entries) {
        match entries {
            Entries::Want(wanted) => {
                self.kept.extend(accounts(&wanted.principals));
                if *image.state == State::Ready {
                    let asked = self.asked.get_or_insert_default();
                    // An image that cannot be shared gains no account, and so nor do its snapshots.
                    let barred = image.flaw.is_some();
                    asked.extend(accounts(&wanted.principals).filter(|who| !barred || image.holders.contains(who)));
                }
            }
            Entries::None { .. } | Entries::HeldBack(_) => self.kept.extend(accounts(&image.remaining())),
        }
    }

    /// The same, where these accounts keep the snapshot too.
    #[must_use]
    pub fn keeping(mut self, accounts: &BTreeSet<Principal>) -> Self {
        self.kept.extend(accounts.iter().cloned());
        self
    }
}

/// Those of these principals that are accounts.
fn accounts(principals: &BTreeSet<Principal>) -> impl Iterator<Item = Principal> {
    principals.iter().filter(|who| who.account().is_some()).cloned()
}
