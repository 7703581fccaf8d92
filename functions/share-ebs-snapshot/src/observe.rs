//! Reads the facts: manifest, snapshots, permissions and records side by side, then, of those that an entry matches, the keys.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::{Answer, open_only};
use aws_sdk_ec2::types::Snapshot as Ec2Snapshot;
use events::ebs::SnapshotId;
use futures_util::future::{join_all, try_join_all};
use reaction::{Doing, Error};
use sharing::{Desired, Encryption, Head, Kind, Principal, Resource, Wanted};
use sharing_aws::{Holders, encryption, name_of, tags_of};
use sharing_records::open_connection;
use tokio::join;

use crate::facts::{Facts, Snapshot};
use crate::{Services, ShareEbsSnapshot, Subject};

impl ShareEbsSnapshot {
    /// Opens the connections that events will need, so that their handshakes fall into init: EC2 answers two reads side
    /// by side.
    pub(crate) async fn open_connections(&self) {
        let ec2 = &self.clients.here().ec2.client;
        let snapshots = ec2.describe_snapshots().customize().mutate_request(open_only);
        let permissions = ec2.describe_snapshot_attribute().customize().mutate_request(open_only);
        let snapshots = async { drop(snapshots.send().await) };
        let permissions = async { drop(permissions.send().await) };
        join!(self.source.open_connection(), snapshots, permissions, open_connection(self.grants.as_ref()));
    }

    pub(crate) async fn read_facts(&self, subject: &Subject) -> Result<Facts, Error> {
        let services = self.clients.at(&subject.account, &subject.region).await?;
        let now = self.sessions.now();
        // Most of what is read is of use, and a round trip is longer than a call is dear: all goes side by side, also what a snapshot
        // that no entry names makes useless.
        let (desired, found, held, heads) = join!(
            self.source.read(&[Kind::Snapshot]),
            services.describe(&subject.snapshots),
            join_all(subject.snapshots.iter().map(|id| services.ec2.volume_permissions(id.as_str(), &subject.account))),
            self.heads(subject)
        );
        let (desired, found) = (desired?, found?);
        let mut held: BTreeMap<_, _> = subject.snapshots.iter().zip(held).collect();
        let reading = found.into_iter().filter_map(|(id, found)| {
            let held = held.remove(&id)?;
            Some(services.read(subject, &desired, id, (found, held), now))
        });
        let mut snapshots: BTreeMap<_, _> = try_join_all(reading).await?.into_iter().collect();
        if snapshots.values().any(|it| it.is_ours && wanted(subject, &desired, it, now).is_some()) {
            let mut heads = heads?;
            for (id, snapshot) in &mut snapshots {
                snapshot.head = heads.remove(&subject.resource(id)).unwrap_or_default();
            }
        }
        Ok(Facts { now, desired, snapshots })
    }

    /// How the records of all snapshots stand, in one request.
    async fn heads(&self, subject: &Subject) -> Result<BTreeMap<Resource, Head>, Error> {
        let Some(grants) = &self.grants else { return Ok(BTreeMap::new()) };
        grants.heads(&subject.snapshots.iter().map(|id| subject.resource(id)).collect::<Vec<_>>()).await
    }
}

impl Services {
    /// What EC2 says of these snapshots, of those that it knows.
    async fn describe(&self, ids: &BTreeSet<SnapshotId>) -> Result<BTreeMap<SnapshotId, Ec2Snapshot>, Error> {
        let describe = async |ids: Vec<&SnapshotId>| {
            let ids = ids.iter().map(|id| id.as_str().into()).collect();
            let answer = self.ec2.client.describe_snapshots().set_snapshot_ids(Some(ids)).send().await;
            let answer = answer.or_absent().doing(|| "describing the snapshots")?;
            Ok::<_, Error>(answer.map(|answer| answer.snapshots.unwrap_or_default()))
        };
        let found = match describe(ids.iter().collect()).await? {
            Some(found) => found,
            None if ids.len() == 1 => Vec::new(),
            // One that is gone fails the request for all.
            None => {
                let alone = try_join_all(ids.iter().map(|id| describe(vec![id]))).await?;
                alone.into_iter().flatten().flatten().collect()
            }
        };
        let found = found.into_iter().filter_map(|it| Some((it.snapshot_id.clone()?.try_into().ok()?, it)));
        Ok(found.collect())
    }

    /// One snapshot's facts.
    async fn read(
        &self,
        subject: &Subject,
        desired: &Desired,
        id: SnapshotId,
        (found, held): (Ec2Snapshot, Result<Option<Holders>, Error>),
        now: SystemTime,
    ) -> Result<(SnapshotId, Snapshot), Error> {
        let name = name_of(found.tags());
        let mut snapshot = Snapshot {
            name: name.filter(|name| !name.is_empty()).map(String::from),
            tags: tags_of(found.tags()),
            is_ours: found.owner_id() == Some(subject.account.as_str()),
            state: found.state().map(|state| state.as_str().into()).unwrap_or_default(),
            volumes: Holders::default(),
            encryption: Encryption::None,
            needed: BTreeSet::new(),
            head: Head::default(),
        };
        if let (true, Some(Wanted { principals, .. })) = (snapshot.is_ours, wanted(subject, desired, &snapshot, now)) {
            let key = found.kms_key_id().filter(|_| !principals.is_empty());
            snapshot.volumes = held?.unwrap_or_default();
            if let Some(key) = key {
                snapshot.encryption = encryption(&self.kms, key, &subject.account).await?;
            }
            if !snapshot.volumes.principals.is_subset(&principals) {
                snapshot.needed = self.needed(subject, desired, &id, now).await?;
            }
        }
        Ok((id, snapshot))
    }

    /// Which accounts our images need on the snapshot.
    async fn needed(
        &self,
        Subject { account, region, .. }: &Subject,
        desired: &Desired,
        id: &SnapshotId,
        now: SystemTime,
    ) -> Result<BTreeSet<Principal>, Error> {
        let manifest = desired.admitted()?;
        let mut needs = self.ec2.needs_of_images(account, region, &manifest, &[id.as_str()], |_| true, now).await?;
        Ok(needs.remove(id.as_str()).unwrap_or_default())
    }
}

/// Who shall have the snapshot; `None` where no entry matches it, or where the manifest cannot be acted on.
fn wanted(subject: &Subject, desired: &Desired, snapshot: &Snapshot, now: SystemTime) -> Option<Wanted> {
    desired.wanted(&subject.candidate(snapshot), now).ok()?
}
