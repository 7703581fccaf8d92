//! The index finds the entries that the patterns say, whatever the entries and the names are.

use proptest::prelude::*;
use wildmatch::WildMatch;

use crate::Kind;
use crate::index::Index;

/// What the entries say, asked one by one.
fn one_by_one(kind: Kind, entries: &[String], name: &str) -> Vec<usize> {
    let is_match = |entry: &str| match kind {
        Kind::Image | Kind::Snapshot => WildMatch::new(&format!("{entry}*")).matches(name),
        Kind::DbSnapshot | Kind::DbClusterSnapshot => {
            WildMatch::new(&format!("*{}*", entry.to_lowercase())).matches(&name.to_lowercase())
        }
        Kind::Key | Kind::Repository | Kind::Bucket | Kind::ManagedPolicy => entry == name,
    };
    entries.iter().enumerate().filter(|(_, entry)| is_match(entry)).map(|(at, _)| at).collect()
}

proptest! {
    #[test]
    fn the_index_agrees_with_the_patterns(
        entries in proptest::collection::vec("[abAé*?]{1,5}", 0..12),
        names in proptest::collection::vec("[abAé*?]{1,8}", 1..6),
    ) {
        for kind in Kind::ALL {
            let mut index = Index::new(kind);
            for (at, entry) in entries.iter().enumerate() {
                index.insert(kind, entry, at);
            }
            index.sort();
            for name in &names {
                let mut found = index.find(name);
                found.sort_unstable();
                prop_assert_eq!(&found, &one_by_one(kind, &entries, name), "{} {} {:?}", kind, name, &entries);
            }
        }
    }
}
