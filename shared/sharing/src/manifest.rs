//! The share manifest: who may use what.
//!
//! ```json
//! {"ami": {"base_linux_v": {"eu-west-1": ["111122223333"]}},
//!  "rds": {"base-db-v": {"eu-west-1": [{"account": "111122223333", "expires": "2027-01-01T00:00:00Z"}]}},
//!  "ebs": {"base": {"eu-west-1": {"accounts": ["111122223333"], "owner": ["444455556666"],
//!          "tag": {"key": "share", "value": "yes"}}}},
//!  "s3": {"com-example-bucket": {"accounts": ["111122223333"], "organization": "o-exampleorgid"}}}
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use place::Region;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::entry::{Admission, Selection};
use crate::index::Index;
use crate::restriction::{Restriction, TagKey};
use crate::strict::{Name, UniqueMap};
use crate::{Allowed, Candidate, Kind, Membership, Mistake, Principal, digest};

/// Names to regions to those who share.
type ByRegion<L> = UniqueMap<Name, UniqueMap<Region, L>>;

/// The desired state of every share, immutable once read.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    sections: BTreeMap<Kind, Section>,
    counts: BTreeMap<Kind, usize>,
    unknown: BTreeSet<String>,
    version: String,
}

/// The entries of one kind, and where to find those that stand for a name.
#[derive(Clone, Debug, Default)]
struct Section {
    entries: Vec<Entry>,
    /// By region, and then by the tag whose value is the name where that is not the name that the kind has.
    indexes: BTreeMap<Option<Region>, BTreeMap<Option<TagKey>, Index>>,
}

/// Who may use what has this name, in one region or, of buckets, wherever it lies.
#[derive(Clone, Debug)]
struct Entry {
    name: Name,
    region: Option<Region>,
    list: Admission,
    restriction: Restriction,
}

impl Section {
    fn new(kind: Kind, entries: Vec<Entry>) -> Self {
        let mut indexes = BTreeMap::<_, BTreeMap<_, Index>>::new();
        for (at, Entry { name, region, restriction, .. }) in entries.iter().enumerate() {
            let by_tag = indexes.entry(region.clone()).or_default();
            let index = by_tag.entry(restriction.name_tag.clone()).or_insert_with(|| Index::new(kind));
            index.insert(kind, name.as_str(), at);
        }
        indexes.values_mut().flat_map(BTreeMap::values_mut).for_each(Index::sort);
        Self { entries, indexes }
    }

    /// The entries that stand for the candidate by its name, whatever else they ask of it.
    fn named(&self, candidate: &Candidate) -> impl Iterator<Item = &Entry> {
        let indexes = self.indexes.get(&candidate.region.cloned()).into_iter().flatten();
        let found = indexes.flat_map(|(name_tag, index)| {
            let name = match name_tag {
                Some(TagKey(key)) => candidate.tags.get(key).map(String::as_str).unwrap_or_default(),
                None => candidate.name,
            };
            if name.is_empty() { Vec::new() } else { index.find(name) }
        });
        found.map(|at| &self.entries[at])
    }
}

/// What the manifest says of one thing: the union of all entries that match it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Who shall have it. An empty list is a decision.
    pub principals: BTreeSet<Principal>,
    /// Who should have had it until some time that has come.
    pub expired: BTreeSet<Principal>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// The first [`Mistake`]: a byte order mark, anything that is not JSON, a key that stands twice, an unknown region, an account that
    /// is not a string of 12 digits, text after the end.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        const DIGITS: usize = 16;
        if let Some(mistake) = Mistake::of_byte_order_mark(text) {
            return Err(mistake);
        }
        let manifest: Self = serde_json::from_str(text).map_err(|error| Mistake::new(&error))?;
        Ok(Self { version: digest(text)[..DIGITS].into(), ..manifest })
    }

    /// The version: the first 16 hexadecimal digits of the SHA-256 of its text.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the entries say of the candidate at this time; `None` where no entry means it.
    #[must_use]
    pub fn wanted(&self, candidate: &Candidate, now: SystemTime) -> Option<Wanted> {
        let mut wanted = None::<Wanted>;
        for Entry { list, .. } in self.named(candidate).filter(|entry| entry.restriction.admits(candidate)) {
            let wanted = wanted.get_or_insert_default();
            for (who, until) in &list.parties {
                let is_over = until.is_some_and(|until| until <= now);
                if is_over { &mut wanted.expired } else { &mut wanted.principals }.insert(who.clone());
            }
            wanted.principals.extend(list.organization.clone().map(Principal::Members));
        }
        wanted.map(|wanted| Wanted { expired: &wanted.expired - &wanted.principals, ..wanted })
    }

    /// Whether entries stand for the candidate by its name, and each asks for another owner or tag than it has.
    #[must_use]
    pub fn is_withheld(&self, candidate: &Candidate) -> bool {
        let mut named = self.named(candidate).peekable();
        named.peek().is_some() && named.all(|entry| !entry.restriction.admits(candidate))
    }

    /// The entries by which organizations or organizational units have what is shared with accounts only: what changes when
    /// one of their accounts comes or goes. Images are shared with them as such.
    #[must_use]
    pub fn by_units(&self) -> Self {
        let names_unit = |entry: &&Entry| entry.list.parties.keys().any(Principal::is_expanded);
        let chosen = |(kind, section): (&Kind, &Section)| {
            let entries: Vec<_> = section.entries.iter().filter(names_unit).cloned().collect();
            (*kind, Section::new(*kind, entries))
        };
        let sections = self.sections.iter().filter(|(kind, _)| **kind != Kind::Image).map(chosen);
        let sections = sections.filter(|(_, section)| !section.entries.is_empty()).collect();
        let Self { counts, version, unknown, .. } = self;
        Self { sections, counts: counts.clone(), version: version.clone(), unknown: unknown.clone() }
    }

    /// Whether no entry names anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.values().all(|section| section.entries.is_empty())
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

    /// The names of the entries for EBS snapshots in this region, by the key of the tag whose value they are.
    #[must_use]
    pub fn names_by_tag(&self, region: &Region) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut names = BTreeMap::<_, BTreeSet<_>>::new();
        for entry in self.entries(Kind::Snapshot).filter(|entry| entry.region.as_ref() == Some(region)) {
            let key = entry.restriction.name_tag.as_ref().map_or("Name", |TagKey(key)| key);
            names.entry(key).or_default().insert(entry.name.as_str());
        }
        names
    }

    /// Every principal that the entries of this kind name, each once.
    #[must_use]
    pub fn principals(&self, kind: Kind) -> BTreeSet<Principal> {
        let mut named = BTreeSet::new();
        for Entry { list, .. } in self.entries(kind) {
            // Most entries name the same few, which are not copied each time.
            let new: Vec<_> = list.parties.keys().filter(|who| !named.contains(*who)).cloned().collect();
            named.extend(new.into_iter().chain(list.organization.clone().map(Principal::Members)));
        }
        named
    }

    /// Every principal that the manifest names and `allowed` does not admit, each once.
    #[must_use]
    pub fn outside(&self, allowed: &Allowed, membership: &Membership) -> BTreeSet<Principal> {
        let named = Kind::ALL.into_iter().flat_map(|kind| self.principals(kind));
        named.filter(|who| !allowed.admits(who, membership)).collect()
    }

    /// How many entries each section has, of those that have any.
    #[must_use]
    pub fn sections(&self) -> BTreeMap<&str, usize> {
        self.counts.iter().filter(|(_, count)| **count > 0).map(|(kind, count)| (kind.section(), *count)).collect()
    }

    /// The names of the sections that this version does not know. They mean nothing.
    pub fn unknown_sections(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    fn entries(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.sections.get(&kind).into_iter().flat_map(|section| &section.entries)
    }

    fn named(&self, candidate: &Candidate) -> impl Iterator<Item = &Entry> {
        self.sections.get(&candidate.kind).into_iter().flat_map(|section| section.named(candidate))
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
                map.next_value::<Value>()?;
                manifest.unknown.insert(section);
                continue;
            };
            let (count, entries) = match kind {
                Kind::Bucket => everywhere(map.next_value()?),
                Kind::Snapshot => by_region(map.next_value::<ByRegion<Selection<true>>>()?, selected),
                kind if kind.has_policy() => {
                    by_region(map.next_value::<ByRegion<Admission>>()?, |list| (list, Restriction::default()))
                }
                _ => by_region(map.next_value::<ByRegion<Selection<false>>>()?, selected),
            };
            manifest.counts.insert(kind, count);
            manifest.sections.insert(kind, Section::new(kind, entries));
        }
        Ok(manifest)
    }
}

/// What an entry's value says: who shares, and of which resources.
type Said = (Admission, Restriction);

fn selected<const HAS_NAME_TAG: bool>(Selection { parties, restriction }: Selection<HAS_NAME_TAG>) -> Said {
    (Admission { parties, organization: None }, restriction)
}

fn everywhere(names: UniqueMap<Name, Admission>) -> (usize, Vec<Entry>) {
    let count = names.0.len();
    let entry = |(name, list)| Entry { name, region: None, list, restriction: Restriction::default() };
    (count, names.0.into_iter().map(entry).collect())
}

fn by_region<L>(names: ByRegion<L>, said: fn(L) -> Said) -> (usize, Vec<Entry>) {
    let count = names.0.len();
    let entries = names.0.into_iter().flat_map(|(name, regions)| {
        let entry = move |(region, list)| {
            let (list, restriction) = said(list);
            Entry { name: name.clone(), region: Some(region), list, restriction }
        };
        regions.0.into_iter().map(entry)
    });
    (count, entries.collect())
}
