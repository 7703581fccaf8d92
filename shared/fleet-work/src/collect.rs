//! Counts what came of a run, one account after the other, so that memory does not grow with the results.

use std::collections::{BTreeMap, BTreeSet};

use fleet::{Entry, List};
use fleet_runs::{Changes, Planned, Request, RunId, Tally, keys, lines};
use futures_util::future::{try_join, try_join3};
use futures_util::{StreamExt, TryStreamExt, stream};
use place::{AccountId, Region};
use reaction::{Doing, Error};
use serde::Deserialize;
use serde_json::Value;

use crate::facts::Collected;
use crate::{Power, Store, Worker};

/// How many accounts are read at the same time.
const AT_ONCE: usize = 16;

/// The last run of a series, and the one before it.
#[derive(Deserialize)]
struct Last {
    run: RunId,
    before: Option<RunId>,
}

/// A place of the results: an account, or one of its Regions.
type Place = (AccountId, Option<Region>);

/// What a run has left behind.
pub(crate) struct Begun {
    planned: Planned,
    /// The accounts that have results.
    done: BTreeSet<AccountId>,
    /// The run of the series before this one.
    since: Option<RunId>,
}

impl<P: Power> Worker<P> {
    /// Reads what a run has left behind, without its results.
    pub(crate) async fn begun(&self, request: &Request) -> Result<Begun, Error> {
        let key = keys::plan(&request.run);
        let planned = async {
            let planned = self.store.json(&key).await?;
            planned.ok_or_else(|| Error::refused(format!("{key} is gone: the run has no plan")))
        };
        let done = self.store.accounts_with_results(&request.run);
        let (planned, done, since) = try_join3(planned, done, self.run_before(request)).await?;
        Ok(Begun { planned, done, since })
    }

    pub(crate) async fn collect(&self, request: &Request, begun: Begun) -> Result<Collected, Error> {
        let (Begun { planned, done, since }, run) = (begun, &request.run);
        let counted = self.count(run, since.as_ref(), done.clone());
        let (planned_accounts, (lines, places)) = try_join(self.accounts_of(&planned), counted).await?;
        let without = planned_accounts.iter().map(|account| &account.id).filter(|id| !done.contains(id));
        let without_result: Vec<_> = without.cloned().collect();
        let lines = lines.and(Tally { skipped: planned.skipped as u64, ..Tally::default() });
        let changes = since.map(|since| Changes { since, places });
        let now = self.sessions.seconds();
        Ok(Collected { planned, lines, without_result, changes, now })
    }

    /// The lines of all accounts, counted, and what is different from an earlier run.
    async fn count(
        &self,
        run: &RunId,
        since: Option<&RunId>,
        done: BTreeSet<AccountId>,
    ) -> Result<(Tally, Vec<Place>), Error> {
        let (mut lines, mut places) = (Tally::default(), Vec::new());
        let read = stream::iter(done).map(|account| account_of(&self.store, run, since, account)).buffered(AT_ONCE);
        let mut read = std::pin::pin!(read);
        while let Some((tally, changed)) = read.try_next().await? {
            lines = lines.and(tally);
            places.extend(changed);
        }
        Ok((lines, places))
    }

    /// The run of the series before this one.
    async fn run_before(&self, request: &Request) -> Result<Option<RunId>, Error> {
        let Some(series) = &request.series else { return Ok(None) };
        let last: Option<Last> = self.store.json(&keys::series(series)).await?;
        // A run that is collected again is compared with the same one.
        Ok(last.and_then(|Last { run, before }| if run == request.run { before } else { Some(run) }))
    }
}

/// The lines of an account, counted, and what is different from an earlier run.
async fn account_of(
    store: &Store,
    run: &RunId,
    since: Option<&RunId>,
    account: AccountId,
) -> Result<(Tally, Vec<Place>), Error> {
    let now = entries_of(store, run, &account).await?.unwrap_or_default();
    let mut tally = Tally::default();
    for entry in &now {
        tally.count(entry);
    }
    let Some(since) = since else { return Ok((tally, Vec::new())) };
    let changed = match entries_of(store, since, &account).await? {
        Some(before) => different(&before, &now).into_iter().map(|region| (account.clone(), region)).collect(),
        None => vec![(account, None)],
    };
    Ok((tally, changed))
}

async fn entries_of(store: &Store, run: &RunId, account: &AccountId) -> Result<Option<Vec<Entry<Value>>>, Error> {
    let key = keys::results(run, account);
    let Some(bytes) = store.bytes(&key).await? else { return Ok(None) };
    lines::read(&bytes).map(Some).doing(|| key)
}

/// The Regions whose lines differ. Two failures are alike, whatever they say: their texts name requests.
pub(crate) fn different(before: &[Entry<Value>], now: &[Entry<Value>]) -> Vec<Option<Region>> {
    let by_region = |entries: &[Entry<Value>]| -> BTreeMap<Option<Region>, (List, Option<Value>)> {
        entries.iter().map(|entry| (entry.region.clone(), (entry.list(), entry.result.clone()))).collect()
    };
    let (before, now) = (by_region(before), by_region(now));
    let mut regions: Vec<_> =
        before.keys().chain(now.keys()).filter(|it| before.get(it) != now.get(it)).cloned().collect();
    regions.sort();
    regions.dedup();
    regions
}
