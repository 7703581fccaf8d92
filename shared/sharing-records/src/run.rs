//! One run at one step: how the record of each change stands, and how it is moved on.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use reaction::Error;
use sharing::{Change, Difference, Effect, Head, Pending, Principal, Share};
use uuid::Uuid;

use crate::write::{Becomes, Move};
use crate::{AuditItem, Grants, Phase, revert};

/// For so long a change that was begun keeps others from its resource.
pub const LEASE: Duration = Duration::from_mins(2);

/// A run at a step.
pub(crate) struct Run<'a> {
    pub(crate) grants: &'a Grants,
    pub(crate) step: &'a Share,
    pub(crate) chains: Vec<Chain>,
    occurrence: &'a str,
    id: String,
}

/// How a change's record stands.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// The end of the audit chain.
    pub(crate) head: Head,
    /// The number of the head in the grants table, which is behind where that table was lost; 0 where there is none.
    pub(crate) stored: u64,
    /// The head that we wrote, or may have written, and that is open.
    pub(crate) ours: Option<Head>,
}

impl Chain {
    /// Whether we have begun the change.
    pub(crate) fn is_open(&self) -> bool {
        self.ours.as_ref() == Some(&self.head)
    }
}

/// What an audit item says.
struct Said {
    kind: Phase,
    before: BTreeSet<Principal>,
    after: BTreeSet<Principal>,
    note: Option<String>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(grants: &'a Grants, occurrence: &'a str, step: &'a Share) -> Self {
        let chain = |change: &Change| Chain { head: change.head.clone(), stored: change.head.seq, ours: None };
        let chains = step.changes.iter().map(chain).collect();
        Self { grants, step, chains, occurrence, id: Uuid::new_v4().to_string() }
    }

    /// Takes up what an interrupted run left: who gained and who lost is what is there now.
    pub(crate) fn found(&self) -> Vec<Move> {
        let found = |(index, (chain, change)): (usize, (&Chain, &Change))| {
            let Pending { add, remove, .. } = chain.head.pending.as_ref().filter(|_| !chain.is_open())?;
            let present = &change.before;
            let (gained, lost) = (add & present, remove - present);
            let said = Said {
                kind: Phase::Outcome,
                before: &(present - &gained) | &lost,
                after: present.clone(),
                note: Some("found after an interruption".into()),
            };
            let withdrawn = &(add - present) | &lost;
            let grants = becomes(&gained, Becomes::Granted).chain(becomes(&withdrawn, Becomes::Gone)).collect();
            Some(self.movement(index, said, None, grants))
        };
        self.each().filter_map(found).collect()
    }

    /// Begins every change that does something and is not begun yet.
    pub(crate) fn begin(&self) -> Vec<Move> {
        let until = (self.now() + LEASE).duration_since(UNIX_EPOCH).unwrap_or_default();
        let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        let begin = |(index, (chain, change)): (usize, (&Chain, &Change))| {
            let Difference { add, remove } =
                Some(change.difference()).filter(|it| !it.is_empty() && !chain.is_open())?;
            let (before, after) = (change.before.clone(), change.after.clone());
            let said = Said { kind: Phase::Intent, before, after, note: None };
            Some(self.movement(index, said, Some(Pending { add, remove, until }), Vec::new()))
        };
        self.each().filter_map(begin).collect()
    }

    /// Settles every change that was begun, with what was done.
    pub(crate) fn end(&self, effect: &Effect) -> Vec<Move> {
        let nothing = Difference { add: BTreeSet::new(), remove: BTreeSet::new() };
        let end = |(index, (chain, change)): (usize, (&Chain, &Change))| {
            let planned = Some(change.difference()).filter(|_| chain.is_open())?;
            let done = effect.done.get(index).unwrap_or(&nothing);
            let refused = effect.refused.as_ref().filter(|_| *done != planned).map(ToString::to_string);
            let said = Said {
                kind: Phase::Outcome,
                before: change.before.clone(),
                after: &(&change.before | &done.add) - &done.remove,
                note: Some(refused.unwrap_or_else(|| "done".into())),
            };
            let withdrawn = &(&planned.add - &done.add) | &done.remove;
            let grants = becomes(&done.add, Becomes::Granted).chain(becomes(&withdrawn, Becomes::Gone)).collect();
            Some(self.movement(index, said, None, grants))
        };
        self.each().filter_map(end).collect()
    }

    /// Knows that these moves were made, and writes their items to the log too, where a cut tail of the table shows.
    pub(crate) fn advance(&mut self, moves: &[Move]) {
        for it in moves {
            tracing::info!(
                service = self.grants.function,
                correlation_id = it.item.correlation_id,
                audit = it.json,
                "audit of {}: {}",
                it.item.resource,
                it.item.kind
            );
            let chain = &mut self.chains[it.index];
            chain.head = it.head();
            chain.stored = it.item.seq;
            chain.ours = chain.ours.take().filter(|ours| *ours == chain.head);
        }
    }

    /// Goes on from the audit's own end, where the grants table does not know of it.
    pub(crate) async fn catch_up(&mut self, index: usize) -> Result<(), Error> {
        let resource = &self.step.changes[index].resource;
        let last = self.grants.last(resource).await?;
        let last =
            last.ok_or_else(|| Error::failed(format!("the audit of {resource} has no end; it is planned again")))?;
        let pending = (last.kind == Phase::Intent).then(|| {
            let began = DateTime::from_str(&last.at, DateTimeFormat::DateTime).ok().and_then(|at| at.to_millis().ok());
            let lease = i64::try_from(LEASE.as_millis()).unwrap_or_default();
            let until = began.and_then(|began| u64::try_from(began + lease).ok()).unwrap_or_default();
            Pending { add: last.add, remove: last.remove, until }
        });
        self.chains[index].head = Head { seq: last.seq, hash: last.hash, pending };
        Ok(())
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.grants.now)()
    }

    fn each(&self) -> impl Iterator<Item = (usize, (&Chain, &Change))> {
        self.chains.iter().zip(&self.step.changes).enumerate()
    }

    fn movement(&self, index: usize, said: Said, pending: Option<Pending>, grants: Vec<(Principal, Becomes)>) -> Move {
        let (Chain { head, stored, .. }, change) = (&self.chains[index], &self.step.changes[index]);
        let (resource, manifest) = (&change.resource, &self.step.manifest);
        let Said { kind, before, after, note } = said;
        let line = Change { before, after, head: Head::default(), ..change.clone() };
        let Difference { add, remove } = line.difference();
        let item = AuditItem {
            resource: resource.arn(),
            seq: head.seq + 1,
            kind,
            of: (kind == Phase::Outcome).then_some(head.seq),
            at: DateTime::from(self.now()).fmt(DateTimeFormat::DateTime).unwrap_or_default(),
            account: resource.account.clone(),
            who: aws::actor().unwrap_or_else(|| self.grants.function.to_owned()),
            run: self.id.clone(),
            occurrence: self.occurrence.into(),
            correlation_id: aws::correlation_id(),
            manifest: manifest.clone(),
            name: change.name.clone(),
            revert: revert(&line, manifest),
            before: line.before,
            after: line.after,
            add,
            remove,
            why: change.why.clone(),
            note,
            previous: head.hash.clone(),
            hash: String::new(),
        };
        let item = item.sealed();
        let json = serde_json::to_string(&item).unwrap_or_default();
        Move { index, resource: resource.clone(), stored: *stored, item, json, pending, grants }
    }
}

fn becomes(who: &BTreeSet<Principal>, what: Becomes) -> impl Iterator<Item = (Principal, Becomes)> {
    who.iter().map(move |who| (who.clone(), what))
}
