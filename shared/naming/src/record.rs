//! What stands in a zone.

use std::collections::BTreeMap;

use crate::name::{Name, normalised};

/// A record set as Route 53 lists it. A simple one is deleted by naming exactly this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordSet {
    /// Its name, as Route 53 writes it.
    pub name: String,
    /// Its type, such as `CNAME`.
    pub kind: String,
    /// Its time to live in seconds.
    pub ttl: i64,
    /// Its values, in their order.
    pub values: Vec<String>,
    /// Whether it is nothing but this: no alias, no routing policy, no health check.
    pub is_simple: bool,
}

/// Everything at one name, and at the name of its mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The record sets at the name.
    pub at: Vec<RecordSet>,
    /// The record sets at `_signalbox.` and the name.
    pub marks: Vec<RecordSet>,
    /// The record sets of the wildcard that answers for the name, where nothing else does.
    pub wildcard: Vec<RecordSet>,
}

/// A zone's record sets, by their normalised names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(BTreeMap<String, Vec<RecordSet>>);

impl Records {
    /// What stands at this name.
    #[must_use]
    pub fn site(&self, name: &Name) -> Site {
        let at = |name: &str| self.0.get(name).cloned().unwrap_or_default();
        let wildcard = self.wildcard_of(name).map(at).unwrap_or_default();
        Site { at: at(name.as_str()), marks: at(&name.mark()), wildcard }
    }

    /// The wildcard that answers for a name: that below its closest encloser, which is the longest domain above the name that
    /// exists. What exists itself, if only since something stands below it, no wildcard answers for.
    /// <https://www.rfc-editor.org/rfc/rfc4592#section-3.3>
    fn wildcard_of(&self, name: &Name) -> Option<&str> {
        let mut below = name.as_str();
        while let Some((_, parent)) = below.split_once('.') {
            if let Some((wildcard, _)) = self.0.get_key_value(&format!("*.{parent}")) {
                return (!self.exists(below)).then_some(wildcard);
            }
            below = parent;
        }
        None
    }

    /// Whether something stands at this name, or below it.
    #[must_use]
    pub fn exists(&self, name: &str) -> bool {
        self.0.keys().any(|key| key.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    }

    /// The names of which a record says whose they are.
    pub fn marked(&self) -> impl Iterator<Item = Name> {
        self.0.keys().filter_map(|record| Name::of_mark(record))
    }
}

impl FromIterator<RecordSet> for Records {
    fn from_iter<T: IntoIterator<Item = RecordSet>>(sets: T) -> Self {
        let mut records = Self::default();
        records.extend(sets);
        records
    }
}

impl Extend<RecordSet> for Records {
    fn extend<T: IntoIterator<Item = RecordSet>>(&mut self, sets: T) {
        for set in sets {
            self.0.entry(normalised(&set.name)).or_default().push(set);
        }
    }
}
