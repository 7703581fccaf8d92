//! What is shared by a policy: keys and repositories of one region, and buckets wherever they lie.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use place::{Partition, Region};
use reaction::Error;
use sharing::{Kind, Resource};
use sharing_policies::PolicyRead;

use super::{READS, Reading, Scanned};
use crate::facts::Found;

impl Reading<'_> {
    pub(super) async fn policies(&self, kind: Kind, region: Option<&Region>) -> Scanned {
        // By its exact name the manifest names one thing of one account: what has that name in another is something else.
        // By its other names it may have other principals that it is for, so that all names are looked up.
        let is_sought = self.is_exact && !self.sought.names(kind, region).is_empty();
        let manifest = self.manifest.filter(|_| is_sought);
        let exact = manifest.as_ref().map(|manifest| manifest.names(kind, region)).unwrap_or_default();
        let named: Vec<String> = exact.into_iter().map(String::from).collect();
        let named = stream::iter(named).map(async |name: String| {
            let thing = self.named(kind, &name, region).await;
            (name, thing)
        });
        let mut scanned = Scanned::default();
        let mut things = BTreeMap::<Resource, Found>::new();
        for (name, thing) in named.buffer_unordered(READS).collect::<Vec<_>>().await {
            match thing {
                Ok(found) => {
                    let known = things.entry(found.resource.clone()).or_insert_with(|| found.clone());
                    known.names.insert(name);
                }
                Err(_) if !self.is_named(kind, &name, region) => {}
                Err(error) => scanned.miss(self.nameless(kind, &name, region), &error),
            }
        }
        things.retain(|_, found| found.names.iter().any(|name| self.is_named(kind, name, region)));
        for id in self.owned(kind, region) {
            let resource = self.nameless(kind, id, region);
            things.entry(resource.clone()).or_insert_with(|| Found::new(resource, None));
        }
        let read = stream::iter(things.into_values()).map(async |found| {
            let resource = found.resource.clone();
            (resource, self.admitted(found).await)
        });
        for (resource, found) in read.buffer_unordered(READS).collect::<Vec<_>>().await {
            match found {
                Ok(found) => scanned.found.extend(found),
                Err(error) => scanned.miss(resource, &error),
            }
        }
        scanned
    }

    /// The thing that an entry names, without its policy.
    async fn named(&self, kind: Kind, name: &str, region: Option<&Region>) -> Result<Found, Error> {
        self.in_time()?;
        let (Kind::Key, Some(region)) = (kind, region) else {
            return Ok(Found::new(self.nameless(kind, name, region), Some(name)));
        };
        let key = self.function.keys.find(name, self.owner, region).await?;
        let key = key.ok_or_else(|| Error::refused("there is no such key; correct the manifest"))?;
        let mut found = Found::new(key.resource, Some(name));
        found.notes.extend(key.note);
        Ok(found)
    }

    fn nameless(&self, kind: Kind, id: &str, region: Option<&Region>) -> Resource {
        match region {
            Some(region) => Resource::new(kind, self.owner, region, id),
            None => Resource::bucket(self.partition, self.owner, id),
        }
    }

    /// The thing with those that its policy admits; `None` of one that only our records know.
    async fn admitted(&self, mut found: Found) -> Result<Option<Found>, Error> {
        self.in_time()?;
        let read = self.function.policy(&found.resource).await?;
        let Some(PolicyRead { holders, .. }) = read else {
            if found.names.is_empty() {
                return Ok(None);
            }
            return Err(Error::refused("there is no such thing in this account; correct the manifest"));
        };
        (found.holders, found.foreign, found.is_public) = (holders.ours, holders.foreign, holders.is_public);
        Ok(Some(found))
    }
}

/// The partition of our credentials.
pub(super) fn partition(name: &str) -> Partition {
    Partition::named(name).unwrap_or(Partition::Aws)
}
