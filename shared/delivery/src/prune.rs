//! Which versions nothing needs any more.

use std::collections::BTreeSet;

/// The versions to be deleted: neither among the newest `keep`, nor behind an alias, nor in a record.
pub(crate) fn spare(versions: &[u64], needed: &BTreeSet<u64>, keep: u64) -> Vec<u64> {
    let mut sorted: Vec<_> = versions.to_vec();
    sorted.sort_unstable();
    sorted.reverse();
    let old = sorted.into_iter().skip(usize::try_from(keep).unwrap_or(usize::MAX));
    let mut spare: Vec<_> = old.filter(|version| !needed.contains(version)).collect();
    spare.reverse();
    spare
}
