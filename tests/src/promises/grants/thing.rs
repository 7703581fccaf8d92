//! A thing that is shared, as AWS would hold it, and runs at it as a function makes them: time, record and state are read,
//! the change is planned and carried out with its record.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use local_aws::{Fault, FaultKind};
use reaction::Error;
use sharing::{Change, Difference, Effect, Head, Kind, Principal, Resource, Share};
use sharing_records::{AuditItem, Grants, Phase, Recorded, verify};

use crate::world::{AWS, World, now};

/// A thing, who may use it, and the tables.
pub struct Thing {
    /// The account.
    pub world: World,
    /// The tables.
    pub grants: Grants,
    /// What it is.
    pub resource: Resource,
    /// Who may use it.
    pub held: Mutex<BTreeSet<Principal>>,
    /// How often another writer changed that.
    pub effects: AtomicUsize,
}

/// So many accounts, from the first one on.
pub fn accounts(from: usize, to: usize) -> BTreeSet<Principal> {
    (from..=to).map(|number| Principal::written(&format!("1000000000{number:02}"))).collect()
}

impl Thing {
    /// An image that no other account may use yet, in a new account with empty tables.
    pub async fn new() -> Self {
        let world = World::new().await;
        world.create_grants_tables().await;
        let account = world.account.parse().unwrap();
        let resource = Resource::new(Kind::Image, &account, &"eu-west-1".parse().unwrap(), "ami-0123456789abcdef0");
        Self { grants: world.grants(), world, resource, held: Mutex::default(), effects: AtomicUsize::new(0) }
    }

    /// Who may use it.
    pub fn held(&self) -> BTreeSet<Principal> {
        self.held.lock().unwrap().clone()
    }

    /// How its record stands.
    pub async fn head(&self) -> Head {
        let heads = self.grants.heads(std::slice::from_ref(&self.resource)).await.unwrap();
        heads.get(&self.resource).cloned().unwrap_or_default()
    }

    /// A run that makes these, and no others, hold it; whether there was anything to do.
    pub async fn share_with(&self, wanted: &BTreeSet<Principal>) -> Result<bool, Error> {
        self.share(wanted, async |difference| Ok(self.give(difference))).await
    }

    /// The same, where AWS does something else.
    pub async fn share(
        &self,
        wanted: &BTreeSet<Principal>,
        effect: impl AsyncFnOnce(&Difference<Principal>) -> Result<Effect, Error>,
    ) -> Result<bool, Error> {
        let before_reading = now();
        let heads = self.grants.heads(std::slice::from_ref(&self.resource)).await?;
        let head = heads.get(&self.resource).cloned().unwrap_or_default();
        if head.is_busy(before_reading) {
            return Err(Error::failed("another run is at work on it"));
        }
        let step = self.step(wanted, head);
        if step.is_empty() {
            return Ok(false);
        }
        let difference = step.changes[0].difference();
        self.grants.record("occurrence", &step, None, effect(&difference)).await?;
        Ok(true)
    }

    /// The step to these holders.
    pub fn step(&self, wanted: &BTreeSet<Principal>, head: Head) -> Share {
        let (before, after) = (self.held(), wanted.clone());
        let (resource, name, why) = (self.resource.clone(), "base_linux_v1".into(), "an entry matches".into());
        Share {
            changes: vec![Change { resource, name, before, after, why, head }],
            manifest: "0123456789abcdef".into(),
        }
    }

    /// What AWS does.
    pub fn give(&self, difference: &Difference<Principal>) -> Effect {
        self.effects.fetch_add(1, Ordering::Relaxed);
        let mut held = self.held.lock().unwrap();
        *held = &(&*held | &difference.add) - &difference.remove;
        Effect { done: vec![difference.clone()], refused: None }
    }

    /// Its audit, which is whole, with one outcome of each intent and nothing open.
    pub async fn whole_audit(&self) -> Vec<AuditItem> {
        let items = self.grants.history(&self.resource).await.unwrap();
        let head = self.head().await;
        assert_eq!(verify(&items, &head), Ok(()), "{items:#?}");
        assert_eq!(head.pending, None);
        let intents: Vec<_> = items.iter().filter(|it| it.kind == Phase::Intent).map(|it| it.seq).collect();
        let outcomes: Vec<_> = items.iter().filter_map(|it| it.of).collect();
        assert_eq!(intents, outcomes, "each intent has one outcome");
        items
    }

    /// Asserts that those who hold it are those that we own the grant of, and that each has an item of its own: nothing is open.
    pub async fn assert_owned(&self) {
        assert_eq!(self.owned().await, self.held());
        assert_eq!(self.granted().await, self.held());
    }

    /// Who has a grant of ours, or may have one.
    pub async fn owned(&self) -> BTreeSet<Principal> {
        let Recorded { grants, .. } = self.grants.all().await.unwrap();
        assert!(grants.iter().all(|it| it.resource == self.resource), "{grants:?}");
        grants.into_iter().map(|it| it.principal).collect()
    }

    /// Who has an item in the table.
    pub async fn granted(&self) -> BTreeSet<Principal> {
        let items = self.world.dynamodb.scan().table_name(crate::world::GRANTS).send().await.unwrap().items;
        let principals = items.unwrap_or_default().into_iter().filter_map(|mut item| item.remove("principal"));
        let principals = principals.filter_map(|it| it.as_s().ok().filter(|it| *it != "#head").cloned());
        principals.map(|it| Principal::written(&it)).collect()
    }

    /// From the `nth` call to DynamoDB on, nothing goes through any more, as for a run that is dead.
    pub fn die_at(&self, nth: usize, kind: FaultKind) {
        let service = Some("dynamodb".into());
        AWS.inject(&Fault { service, nth, times: usize::MAX, ..Fault::new(&self.world.account, kind) });
    }

    /// Everything goes through again.
    pub fn live(&self) {
        AWS.clear_faults(&self.world.account);
    }
}
