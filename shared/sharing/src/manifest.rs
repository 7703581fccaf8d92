//! The share manifest: which accounts may use what.
//!
//! ```json
//! {"ami": {"base_linux_v": {"eu-west-1": ["111122223333"]}},
//!  "rds": {"base-db-v": {"eu-west-1": ["111122223333"]}},
//!  "s3": {"com-example-bucket": ["111122223333"]}}
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use reaction::{AccountId, Region};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use wildmatch::WildMatch;

use crate::strict::{Name, Set, UniqueMap};
use crate::{Mistake, Principal};

/// Names to regions to those who share.
type ByRegion<P> = UniqueMap<Name, UniqueMap<Region, Set<P>>>;

/// The desired state of every share, immutable once read.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    ami: ByRegion<Principal>,
    rds: ByRegion<AccountId>,
    s3: UniqueMap<Name, Set<AccountId>>,
    other: BTreeMap<String, Value>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// The first [`Mistake`]: anything that is not JSON, a key that stands twice, an unknown region, an account that
    /// is not a string of 12 digits, text after the end.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        serde_json::from_str(text).map_err(|error| Mistake::new(&error))
    }

    /// Who may launch the image of this name in this region: the union of all entries that match, or `None` where
    /// none does. An empty set is a decision: nobody.
    #[must_use]
    pub fn image_principals(&self, name: &str, region: &Region) -> Option<BTreeSet<Principal>> {
        let entries = self.ami.0.iter().filter(|(entry, _)| begins_with(name, entry));
        let matching: Vec<_> = entries.filter_map(|(_, regions)| regions.0.get(region)).collect();
        (!matching.is_empty()).then(|| matching.into_iter().flat_map(|set| set.0.iter().cloned()).collect())
    }

    /// Everybody whom the manifest names and `allowed` does not, each once. An organization or organizational unit
    /// is never allowed by account ids, since nobody can tell here which accounts it holds.
    #[must_use]
    pub fn outside(&self, allowed: &BTreeSet<AccountId>) -> BTreeSet<Principal> {
        let accounts = self.rds.0.values().flat_map(|regions| regions.0.values()).chain(self.s3.0.values());
        let accounts = accounts.flat_map(|set| set.0.iter().cloned().map(Principal::Account));
        let images = self.ami.0.values().flat_map(|regions| regions.0.values()).flat_map(|set| set.0.iter().cloned());
        accounts.chain(images).filter(|who| !who.account().is_some_and(|account| allowed.contains(account))).collect()
    }

    /// How many entries each section has; sections that this version does not know are counted by their keys.
    #[must_use]
    pub fn sections(&self) -> BTreeMap<&str, usize> {
        let known = [("ami", self.ami.0.len()), ("rds", self.rds.0.len()), ("s3", self.s3.0.len())];
        let other =
            self.other.iter().map(|(name, value)| (name.as_str(), value.as_object().map_or(0, serde_json::Map::len)));
        known.into_iter().filter(|(_, entries)| *entries > 0).chain(other).collect()
    }
}

/// Whether `name` begins with `entry`, in which `*` and `?` are wildcards.
fn begins_with(name: &str, entry: &Name) -> bool {
    WildMatch::new(&format!("{}*", entry.as_str())).matches(name)
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Sections)
    }
}

/// Reads the sections, known and unknown, each once.
struct Sections;

impl<'de> Visitor<'de> for Sections {
    type Value = Manifest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a share manifest, an object such as {\"ami\": {\"base_linux_v\": {\"eu-west-1\": [\"111122223333\"]}}}",
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Manifest, A::Error> {
        let mut manifest = Manifest::default();
        let mut seen = BTreeSet::new();
        while let Some(section) = map.next_key::<String>()? {
            crate::strict::once(&mut seen, &section)?;
            match section.as_str() {
                "ami" => manifest.ami = map.next_value()?,
                "rds" => manifest.rds = map.next_value()?,
                "s3" => manifest.s3 = map.next_value()?,
                _ => {
                    let value = map.next_value()?;
                    manifest.other.insert(section, value);
                }
            }
        }
        Ok(manifest)
    }
}
