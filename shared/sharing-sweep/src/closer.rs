//! A closer look at what listings by account do not show to be as it shall be: nothing is changed, and nothing is written to the audit,
//! by what they say.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use reaction::{Deadline, Error};
use sharing::Resource;

use crate::decision::decide_all;
use crate::facts::{Facts, Found};
use crate::read::{READS, Scanned, in_time};
use crate::sweeping::Sweep;

impl Sweep {
    /// Asks who may use each thing that listings let seem to need a change, until there is none. What one image needs of its snapshots,
    /// another look at the image may change.
    pub(crate) async fn look_closer(&self, facts: &mut Facts, deadline: Deadline) {
        loop {
            let suspects = suspects(facts);
            if suspects.is_empty() {
                return;
            }
            let (kept, suspected) =
                std::mem::take(&mut facts.found).into_iter().partition(|found| !suspects.contains(&found.resource));
            facts.found = kept;
            let suspected: Vec<Found> = suspected;
            let asked = stream::iter(suspected).map(async |found| {
                let resource = found.resource.clone();
                (resource, self.ask(found, deadline).await)
            });
            for (resource, asked) in asked.buffer_unordered(READS).collect::<Vec<_>>().await {
                let (account, mut scanned) = (resource.account.clone(), Scanned::default());
                match asked {
                    Ok(found) => scanned.found.extend(found),
                    Err(error) => scanned.miss(resource, &error),
                }
                scanned.add_to(facts, &account);
            }
            facts.sort();
        }
    }

    /// The thing with all who may use it; `None` where it is gone meanwhile.
    async fn ask(&self, found: Found, deadline: Deadline) -> Result<Option<Found>, Error> {
        let Resource { kind, account, region, id, .. } = &found.resource;
        let region = region.as_ref().ok_or_else(|| Error::refused("it has no region"))?;
        in_time(deadline)?;
        let holders = self.clients.at(account, region).await?.holders(*kind, id, account).await?;
        Ok(holders.map(|it| found.held_by(it)))
    }
}

/// What only listings tell of, and what would be changed by what they say. A manifest that is refused changes nothing.
fn suspects(facts: &Facts) -> BTreeSet<Resource> {
    if !facts.found.iter().any(|found| found.is_listed) {
        return BTreeSet::new();
    }
    let decisions = decide_all(facts).unwrap_or_default();
    let suspected = decisions.into_iter().filter(|it| it.found.is_listed && it.is_change());
    suspected.map(|it| it.found.resource.clone()).collect()
}
