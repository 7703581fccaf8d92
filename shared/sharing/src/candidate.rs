//! A resource as the manifest's entries see it: what decides whether an entry means it.

use std::collections::BTreeMap;

use place::{AccountId, Region};

use crate::{Kind, Resource};

/// Tags, by their keys.
pub type Tags = BTreeMap<String, String>;

/// A resource that an entry may mean.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its name; empty where it has none. Of an EBS snapshot it is the value of its tag `Name`.
    pub name: &'a str,
    /// The region that it lives in; `None` of a bucket.
    pub region: Option<&'a Region>,
    /// The account that owns it.
    pub owner: &'a AccountId,
    /// Its tags, as far as the call that described it returns them.
    pub tags: &'a Tags,
}

impl<'a> Candidate<'a> {
    /// The resource under one of its names, with its tags.
    #[must_use]
    pub fn new(resource: &'a Resource, name: &'a str, tags: &'a Tags) -> Self {
        let Resource { kind, region, account, .. } = resource;
        Self { kind: *kind, name, region: region.as_ref(), owner: account, tags }
    }
}
