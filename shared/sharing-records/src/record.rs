//! Records a step: what was interrupted is settled, the intent is written, the effect is carried out, and the outcome is
//! written.
//!
//! Each write is one transaction on condition that the resource's head is where it was when the step was planned. So of two
//! runs one wins; a run that was broken off leaves its change open in the head, with a lease; and whoever comes after the
//! lease settles it from what is there. Each intent so has one outcome in the end.

use std::time::{Duration, UNIX_EPOCH};

use aws::{Answer, open_only};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use futures_util::future::join_all;
use reaction::{Doing, Error, Settlement};
use sharing::{Change, Effect, Head, Pending, Share};
use tokio::time::timeout;

use crate::read::key;
use crate::run::{LEASE, Run};
use crate::transaction::{Obstacle, PARTS, is_one, split};
use crate::write::{Move, Of, Write};
use crate::{Grants, HEAD};

/// For so long an effect may run: it is over before its lease is, so that nobody takes a change over that is being made.
const LONGEST_EFFECT: Duration = Duration::from_secs(100);
const _: () = assert!(LONGEST_EFFECT.as_secs() < LEASE.as_secs());

/// How often a record that turns out to be behind its audit is gone on with.
const ROUNDS: usize = 3;

/// Records the step's changes where there are tables, and only carries `effect` out where there are none. The outcome takes the
/// settlement of the occurrence with it, where there is one.
///
/// # Errors
/// As of [`Grants::record`].
pub async fn record_if_any(
    grants: Option<&Grants>,
    occurrence: &str,
    step: &Share,
    settlement: Option<&Settlement>,
    effect: impl Future<Output = Result<Effect, Error>>,
) -> Result<(), Error> {
    match grants {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Some(grants) => Box::pin(grants.record(occurrence, step, settlement, effect)).await,
        None => effect.await?.refused.map_or(Ok(()), Err),
    }
}

/// Opens the connection by which records are read while the ledger is written by another, where there are tables.
pub async fn open_connection(grants: Option<&Grants>) {
    if let Some(Grants { client, table, .. }) = grants {
        let request = client.get_item().table_name(table).set_key(Some(key("", HEAD)));
        drop(request.customize().mutate_request(open_only).send().await);
    }
}

impl Grants {
    /// Records the step's changes before and after `effect`, which is not called where nobody gains or loses. A change that
    /// an interrupted run left open is settled first. `occurrence` says what made it be done: the ledger's key or the like.
    ///
    /// # Errors
    /// `Failed` where another run is at work on one of the resources, or was since the step was planned; what the tables
    /// or `effect` met; and what it refused.
    pub async fn record(
        &self,
        occurrence: &str,
        step: &Share,
        settlement: Option<&Settlement>,
        effect: impl Future<Output = Result<Effect, Error>>,
    ) -> Result<(), Error> {
        let mut run = Run::new(self, occurrence, step);
        if let Err(error) = run.open().await {
            run.lapse().await;
            return Err(error.context("the record that goes before the change; nothing was changed"));
        }
        if step.changes.iter().all(|change| change.difference().is_empty()) {
            return Ok(());
        }
        let longest = LONGEST_EFFECT.as_secs();
        let late = |_| Err(Error::failed(format!("the change took longer than {longest} s; it is planned again")));
        let result = match timeout(LONGEST_EFFECT, effect).await.unwrap_or_else(late) {
            Ok(effect) => run.close(&effect, settlement).await.map(|()| effect.refused),
            Err(error) => Err(error),
        };
        if result.is_err() {
            run.lapse().await;
        }
        result?.map_or(Ok(()), Err)
    }
}

impl Run<'_> {
    /// Settles what was interrupted, and begins.
    async fn open(&mut self) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            self.look_for_others()?;
            let behind = match self.try_to_open().await {
                Ok(()) => return Ok(()),
                Err(Obstacle::Behind(indices)) => indices,
                Err(obstacle) => return Err(self.error_of(obstacle)),
            };
            for index in behind {
                self.catch_up(index).await?;
            }
        }
        Err(Error::failed("the audit goes on while it is being read; it is tried again"))
    }

    async fn try_to_open(&mut self) -> Result<(), Obstacle> {
        let found = self.found();
        self.make(&found).await?;
        let begun = self.begin();
        self.make(&begun).await
    }

    /// Settles what was begun, and the occurrence with it where all of that went well.
    async fn close(&mut self, effect: &Effect, settlement: Option<&Settlement>) -> Result<(), Error> {
        let moves = self.end(effect);
        let settlement = settlement.filter(|_| effect.refused.is_none() && is_one(&moves));
        let made = match settlement.and_then(|it| Some((it, it.write::<Update>()?))) {
            Some((settlement, write)) => self.make_and_settle(&moves, settlement, write).await,
            None => self.make(&moves).await,
        };
        made.map_err(|obstacle| self.error_of(obstacle)).doing(|| "the change was made, and recording it failed")
    }

    /// Nothing is done while another run is at work on one of the resources.
    fn look_for_others(&self) -> Result<(), Error> {
        let now = self.now();
        match self.chains.iter().position(|chain| !chain.is_open() && chain.head.is_busy(now)) {
            Some(index) => {
                let Change { resource, .. } = &self.step.changes[index];
                Err(Error::failed(sharing::Obstacle::Busy(resource.clone())))
            }
            None => Ok(()),
        }
    }

    /// Makes these moves: in one transaction, or in several where that is too small. Then the grants go first, since the head that is
    /// still open says which of them there may be.
    async fn make(&mut self, moves: &[Move]) -> Result<(), Obstacle> {
        if moves.is_empty() {
            return Ok(());
        }
        if is_one(moves) {
            return self.make_records(moves, true, None).await;
        }
        self.make_grants(moves).await?;
        let mut rest = moves;
        while !rest.is_empty() {
            let (some, others) = split(rest);
            self.make_records(some, false, None).await?;
            rest = others;
        }
        Ok(())
    }

    /// Makes these moves and settles the occurrence, in one transaction; only the moves where the occurrence is another run's.
    async fn make_and_settle(
        &mut self,
        moves: &[Move],
        settlement: &Settlement,
        write: &Update,
    ) -> Result<(), Obstacle> {
        let part = TransactWriteItem::builder().update(write.clone()).build();
        match self.make_records(moves, true, Some(Write { part, of: Of::Settlement, hash: None })).await {
            Err(Obstacle::TakenOver) => self.make_records(moves, true, None).await,
            made => made.map(|()| settlement.made()),
        }
    }

    async fn make_records(&mut self, moves: &[Move], with_grants: bool, also: Option<Write>) -> Result<(), Obstacle> {
        let mut writes: Vec<_> = also.into_iter().collect();
        for it in moves {
            writes.extend(self.grants.records_of(it)?);
            if with_grants {
                writes.extend(self.grants.grants_of(it)?);
            }
            if it.pending.is_some() {
                self.chains[it.index].ours = Some(it.head());
            }
        }
        let sent = self.grants.send(writes).await;
        match &sent {
            Ok(()) => self.advance(moves),
            // It is known that nothing of it was written.
            Err(Obstacle::Moved(_) | Obstacle::Behind(_) | Obstacle::TakenOver) => {
                for it in moves.iter().filter(|it| it.pending.is_some()) {
                    self.chains[it.index].ours = None;
                }
            }
            Err(Obstacle::Error(_)) => {}
        }
        sent
    }

    /// Makes what becomes of the grants, as long as the head of each resource has this number.
    async fn make_grants(&self, moves: &[Move]) -> Result<(), Obstacle> {
        for it in moves {
            let grants = self.grants.grants_of(it)?;
            for some in grants.chunks(PARTS - 1) {
                let mut writes = vec![self.grants.check_of(it)?];
                writes.extend_from_slice(some);
                self.grants.send(writes).await?;
            }
        }
        Ok(())
    }

    /// Lets the leases of what we have begun, or may have, end now, so that whoever comes next need not wait for it. It
    /// does not matter where that fails: they lapse by themselves.
    async fn lapse(&self) {
        let ours = self
            .chains
            .iter()
            .zip(&self.step.changes)
            .filter_map(|(chain, change)| Some((chain.ours.as_ref()?, change)));
        join_all(ours.map(async |(head, change)| drop(self.grants.lapse(change, head, self.until_now()).await))).await;
    }

    fn until_now(&self) -> u64 {
        let now = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.as_millis()).unwrap_or_default()
    }

    fn error_of(&self, obstacle: Obstacle) -> Error {
        match obstacle {
            Obstacle::Error(error) => error,
            Obstacle::Moved(index) => {
                let Change { resource, .. } = &self.step.changes[index];
                Error::failed(format!("somebody else changed the record of {resource} meanwhile; it is planned again"))
            }
            Obstacle::Behind(_) => Error::failed("the audit goes on beyond its record; it is planned again"),
            Obstacle::TakenOver => Error::failed("another run took the occurrence over; it is planned again"),
        }
    }
}

impl Grants {
    /// Lets a lease end at `until`. That is now and not long ago: who read the state of things before that may have read it
    /// before our last call took effect, and has to see the change as open still.
    async fn lapse(&self, change: &Change, head: &Head, until: u64) -> Result<(), Error> {
        let Some(pending) = head.pending.clone() else { return Ok(()) };
        let pending = serde_json::to_string(&Pending { until, ..pending }).map_err(Error::failed)?;
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key(&change.resource.arn(), HEAD)));
        let update = update.update_expression("SET #pending = :pending").condition_expression("#hash = :hash");
        let update =
            update.expression_attribute_names("#pending", "pending").expression_attribute_names("#hash", "hash");
        let update = update.expression_attribute_values(":pending", AttributeValue::S(pending));
        let update = update.expression_attribute_values(":hash", AttributeValue::S(head.hash.clone()));
        update.send().await.or_error().map(drop)
    }
}
