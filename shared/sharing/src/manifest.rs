//! The share manifest: who may use what.
//!
//! ```json
//! {"ami": {"base_linux_v": {"eu-west-1": ["111122223333"]}},
//!  "rds": {"base-db-v": {"eu-west-1": [{"account": "111122223333", "expires": "2027-01-01T00:00:00Z"}]}},
//!  "s3": {"com-example-bucket": {"accounts": ["111122223333"], "organization": "o-exampleorgid"}}}
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use reaction::Region;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use wildmatch::WildMatch;

use crate::entry::{Admission, List};
use crate::strict::{Name, UniqueMap};
use crate::{Allowed, Kind, Membership, Mistake, Principal, digest};

/// Names to regions to those who share.
type ByRegion<L> = UniqueMap<Name, UniqueMap<Region, L>>;

/// The desired state of every share, immutable once read.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    sections: BTreeMap<Kind, Vec<Entry>>,
    counts: BTreeMap<String, usize>,
    version: String,
}

/// Who may use what has this name, in one region or, of buckets, wherever it lies.
#[derive(Clone, Debug)]
struct Entry {
    name: Name,
    region: Option<Region>,
    list: Admission,
}

/// What the manifest says of one thing: the union of all entries that match it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Who shall have it. Nobody is a decision.
    pub principals: BTreeSet<Principal>,
    /// Who should have had it until some time that has come.
    pub expired: BTreeSet<Principal>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// The first [`Mistake`]: anything that is not JSON, a key that stands twice, an unknown region, an account that
    /// is not a string of 12 digits, text after the end.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        const DIGITS: usize = 16;
        let manifest: Self = serde_json::from_str(text).map_err(|error| Mistake::new(&error))?;
        Ok(Self { version: digest(text)[..DIGITS].into(), ..manifest })
    }

    /// The version: the first 16 hexadecimal digits of the SHA-256 of its text.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the entries say of the thing of this name at this time; `None` where no entry matches it.
    #[must_use]
    pub fn wanted(&self, kind: Kind, name: &str, region: Option<&Region>, now: SystemTime) -> Option<Wanted> {
        let here = self.entries(kind).filter(|entry| entry.region.as_ref() == region);
        let matching: Vec<_> = here.filter(|entry| entry.matches(kind, name)).collect();
        let mut wanted = Wanted::default();
        for Entry { list, .. } in &matching {
            for (who, until) in &list.parties {
                let is_over = until.is_some_and(|until| until <= now);
                if is_over { &mut wanted.expired } else { &mut wanted.principals }.insert(who.clone());
            }
            wanted.principals.extend(list.organization.clone().map(Principal::Members));
        }
        wanted.expired = &wanted.expired - &wanted.principals;
        (!matching.is_empty()).then_some(wanted)
    }

    /// The entries by which organizations or organizational units have what is shared with accounts only: what changes when
    /// one of their accounts comes or goes. Images are shared with them as such.
    #[must_use]
    pub fn by_units(&self) -> Self {
        let names_unit = |entry: &&Entry| entry.list.parties.keys().any(Principal::is_expanded);
        let chosen = |(kind, entries): (&Kind, &Vec<Entry>)| {
            (*kind, entries.iter().filter(names_unit).cloned().collect::<Vec<_>>())
        };
        let sections = self.sections.iter().filter(|(kind, _)| **kind != Kind::Image).map(chosen);
        let sections = sections.filter(|(_, entries)| !entries.is_empty()).collect();
        Self { sections, counts: self.counts.clone(), version: self.version.clone() }
    }

    /// Whether no entry names anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.values().all(Vec::is_empty)
    }

    /// Whether the section of this kind stands in the manifest, empty or not.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.sections.contains_key(&kind)
    }

    /// The regions that entries of this kind name.
    #[must_use]
    pub fn regions(&self, kind: Kind) -> BTreeSet<Region> {
        self.entries(kind).filter_map(|entry| entry.region.clone()).collect()
    }

    /// The names of the entries of this kind in this region.
    #[must_use]
    pub fn names(&self, kind: Kind, region: Option<&Region>) -> BTreeSet<&str> {
        let here = self.entries(kind).filter(|entry| entry.region.as_ref() == region);
        here.map(|entry| entry.name.as_str()).collect()
    }

    /// Everybody whom the entries of this kind name, each once.
    #[must_use]
    pub fn principals(&self, kind: Kind) -> BTreeSet<Principal> {
        let named = |entry: &Entry| {
            let organization = entry.list.organization.clone().map(Principal::Members);
            entry.list.parties.keys().cloned().chain(organization).collect::<Vec<_>>()
        };
        self.entries(kind).flat_map(named).collect()
    }

    /// Everybody whom the manifest names and `allowed` does not admit, each once.
    #[must_use]
    pub fn outside(&self, allowed: &Allowed, membership: &Membership) -> BTreeSet<Principal> {
        let named = Kind::ALL.into_iter().flat_map(|kind| self.principals(kind));
        named.filter(|who| !allowed.admits(who, membership)).collect()
    }

    /// How many entries each section has; sections that this version does not know are counted by their keys.
    #[must_use]
    pub fn sections(&self) -> BTreeMap<&str, usize> {
        self.counts.iter().filter(|(_, count)| **count > 0).map(|(name, count)| (name.as_str(), *count)).collect()
    }

    fn entries(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.sections.get(&kind).into_iter().flatten()
    }
}

impl Entry {
    /// Whether the entry stands for what has this name. `*` and `?` are wildcards where names begin with or contain the
    /// entry's.
    fn matches(&self, kind: Kind, name: &str) -> bool {
        let entry = self.name.as_str();
        match kind {
            Kind::Image | Kind::Snapshot => WildMatch::new(&format!("{entry}*")).matches(name),
            Kind::DbSnapshot | Kind::DbClusterSnapshot => WildMatch::new(&format!("*{entry}*")).matches(name),
            Kind::Key | Kind::Repository | Kind::Bucket => entry == name,
        }
    }
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
            let Ok(kind) = section.parse::<Kind>() else {
                let value: Value = map.next_value()?;
                manifest.counts.insert(section, value.as_object().map_or(0, serde_json::Map::len));
                continue;
            };
            let (count, entries) = match kind {
                Kind::Bucket => everywhere(map.next_value()?),
                kind if kind.has_policy() => by_region(map.next_value::<ByRegion<Admission>>()?, |list| list),
                _ => by_region(map.next_value::<ByRegion<List>>()?, |List(parties)| Admission {
                    parties,
                    organization: None,
                }),
            };
            manifest.counts.insert(section, count);
            manifest.sections.insert(kind, entries);
        }
        Ok(manifest)
    }
}

fn everywhere(names: UniqueMap<Name, Admission>) -> (usize, Vec<Entry>) {
    let count = names.0.len();
    (count, names.0.into_iter().map(|(name, list)| Entry { name, region: None, list }).collect())
}

fn by_region<L>(names: ByRegion<L>, admission: fn(L) -> Admission) -> (usize, Vec<Entry>) {
    let count = names.0.len();
    let entries = names.0.into_iter().flat_map(|(name, regions)| {
        let entry = move |(region, list)| Entry { name: name.clone(), region: Some(region), list: admission(list) };
        regions.0.into_iter().map(entry)
    });
    (count, entries.collect())
}
