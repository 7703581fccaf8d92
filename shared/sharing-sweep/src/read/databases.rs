//! Manual snapshots of database instances or clusters of one region. Automated ones cannot be shared.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::all_pages;
use futures_util::{StreamExt, stream};
use place::{AccountId, Region};
use reaction::{Doing, Error};
use sharing::{Encryption, KeyGaps, Kind, Note, Obstacle, OptionGroup, Principal, Resource, State, Tags};
use sharing_aws::{Holders, encryption, key_gaps};
use sharing_databases::{db_tags_of, is_aws_owned};

use super::{READS, Reading, Scanned};
use crate::facts::Found;
use crate::sweeping::Services;

/// What RDS lists in one page at most.
const PAGE: i32 = 100;

/// Engines whose snapshots RDS lists too, and that share them by APIs of their own.
const OTHERS: [&str; 2] = ["neptune", "docdb"];

/// A snapshot as RDS lists it.
struct Listed {
    id: String,
    engine: String,
    status: String,
    created: Option<SystemTime>,
    key: Option<String>,
    is_aws_owned: bool,
    option_group: Option<String>,
    tags: Tags,
}

/// Which of the snapshots that were found have a key or an option group, by their index.
#[derive(Default)]
struct Users {
    of_keys: BTreeMap<String, Vec<usize>>,
    /// By the group's name and the snapshot's engine.
    of_groups: BTreeMap<(String, String), Vec<usize>>,
}

impl Users {
    fn add(&mut self, Listed { key, option_group, engine, .. }: Listed, index: usize) {
        if let Some(key) = key {
            self.of_keys.entry(key).or_default().push(index);
        }
        if let Some(group) = option_group {
            self.of_groups.entry((group, engine)).or_default().push(index);
        }
    }
}

impl Reading<'_> {
    pub(super) async fn databases(&self, kind: Kind, region: &Region) -> Scanned {
        let (services, snapshots) = match self.listed(kind, region).await {
            Ok(listed) => listed,
            Err(error) => return Scanned::unread(kind, format!("database snapshots in {region}: {error}")),
        };
        let owned = self.owned(kind, Some(region));
        let concerns = |it: &Listed| {
            self.is_sought(&self.candidate(kind, &it.id, Some(region), &it.tags)) || owned.contains(it.id.as_str())
        };
        let snapshots = snapshots.into_iter().filter(|it| !OTHERS.contains(&it.engine.as_str()) && concerns(it));
        let (ready, others): (Vec<_>, Vec<_>) = snapshots.partition(|it| State::of(kind, &it.status) == State::Ready);
        let mut scanned = Scanned::default();
        // One that is ours is not gone because it is at something.
        for Listed { id, status, .. } in others.into_iter().filter(|it| owned.contains(it.id.as_str())) {
            scanned.unread.push((kind, format!("{id} in {region}: it is {status}")));
        }
        let read = stream::iter(ready).map(async |listed| {
            let resource = Resource::new(kind, self.owner, region, listed.id.clone());
            let found = self.database(&services, resource.clone(), &listed).await;
            (resource, listed, found)
        });
        let mut users = Users::default();
        for (resource, listed, found) in read.buffer_unordered(READS).collect::<Vec<_>>().await {
            match found {
                Ok(None) => {}
                Ok(Some(found)) => {
                    users.add(listed, scanned.found.len());
                    scanned.found.push(found);
                }
                Err(error) => scanned.miss(resource, &error),
            }
        }
        self.explain_all(&services, kind, users, &mut scanned).await;
        scanned
    }

    async fn listed(&self, kind: Kind, region: &Region) -> Result<(Services, Vec<Listed>), Error> {
        self.in_time()?;
        let services = self.function.clients.at(self.owner, region).await?;
        let snapshots =
            if kind == Kind::DbSnapshot { services.instances().await? } else { services.clusters().await? };
        Ok((services, snapshots))
    }

    /// Says of the snapshots with a key or an option group what these mean for them.
    async fn explain_all(&self, services: &Services, kind: Kind, users: Users, scanned: &mut Scanned) {
        for (key, users) in users.of_keys {
            if let Err(error) = self.explain(services, &key, &users, &mut scanned.found).await {
                scanned.unread.push((kind, format!("{key}: {error}")));
            }
        }
        for ((group, engine), users) in users.of_groups {
            if let Err(error) = self.explain_options(services, (&group, &engine), &users, &mut scanned.found).await {
                scanned.unread.push((kind, format!("{group}: {error}")));
            }
        }
    }

    /// The snapshot with those who may restore it; `None` where it is gone meanwhile.
    async fn database(&self, services: &Services, resource: Resource, listed: &Listed) -> Result<Option<Found>, Error> {
        self.in_time()?;
        let holders = services.rds.attributes(resource.kind, &resource.id, self.owner).await?;
        let Some(Holders { is_public, principals }) = holders else { return Ok(None) };
        let mut found = Found::new(resource, Some(&listed.id));
        (found.created, found.is_public, found.holders) = (listed.created, is_public, principals);
        found.tags.clone_from(&listed.tags);
        found.flaw = Obstacle::of_name(&found.resource, &listed.tags);
        if listed.is_aws_owned {
            found.notes.extend(Note::of_encryption(&Encryption::AwsOwned).map(|note| note.to_string()));
        }
        Ok(Some(found))
    }

    /// Who gains the snapshot.
    fn gains(&self, found: &Found) -> BTreeSet<AccountId> {
        let gaining = &self.wanted(found) - &found.holders;
        gaining.iter().filter_map(Principal::account).cloned().collect()
    }

    /// Says of the snapshots with an option group why they cannot be shared, if so.
    async fn explain_options(
        &self,
        services: &Services,
        (group, engine): (&str, &str),
        users: &[usize],
        all: &mut [Found],
    ) -> Result<(), Error> {
        if users.iter().all(|user| self.gains(&all[*user]).is_empty()) {
            return Ok(());
        }
        let options: OptionGroup = services.rds.option_group(Some(group), engine).await?;
        for user in users {
            let found = &mut all[*user];
            found.flaw = found.flaw.take().or_else(|| Obstacle::of_options(&options));
            found.notes.extend(Note::of_options(&options).map(|note| note.to_string()));
        }
        Ok(())
    }

    /// Says of the snapshots that a key encrypts why they cannot be shared, or whom the key does not admit.
    async fn explain(&self, services: &Services, key: &str, users: &[usize], all: &mut [Found]) -> Result<(), Error> {
        let accounts: BTreeSet<_> = users.iter().flat_map(|user| self.gains(&all[*user])).collect();
        let Some(first) = users.first().filter(|_| !accounts.is_empty()) else { return Ok(()) };
        let kind = all[*first].resource.kind;
        let encryption = encryption(&services.kms, key, self.owner).await?;
        if let Some(flaw) = Obstacle::of_encryption(kind, None, &encryption) {
            for user in users {
                all[*user].flaw.get_or_insert_with(|| flaw.clone());
            }
            return Ok(());
        }
        let gaps = key_gaps(&services.kms, key, self.owner, &accounts).await?;
        for user in users {
            let gaps = match &gaps {
                KeyGaps::Unknown => KeyGaps::Unknown,
                KeyGaps::Known(shut_out) => KeyGaps::Known(&self.gains(&all[*user]) & shut_out),
            };
            all[*user].notes.extend(Note::of_gaps(key, &gaps).map(|note| note.to_string()));
        }
        Ok(())
    }
}

impl Services {
    async fn instances(&self) -> Result<Vec<Listed>, Error> {
        self.rds.pace.wait("DescribeDBSnapshots").await;
        let request = self.rds.client.describe_db_snapshots().snapshot_type("manual").max_records(PAGE);
        let snapshots =
            all_pages(request.into_paginator().items().send()).await.doing(|| "listing database snapshots")?;
        let listed = snapshots.into_iter().map(|it| Listed {
            is_aws_owned: is_aws_owned(it.storage_encryption_type.as_ref()),
            option_group: it.option_group_name,
            key: it.kms_key_id,
            tags: db_tags_of(it.tag_list),
            engine: it.engine.unwrap_or_default(),
            status: it.status.unwrap_or_default(),
            created: it.snapshot_create_time.and_then(|time| time.try_into().ok()),
            id: it.db_snapshot_identifier.unwrap_or_default(),
        });
        Ok(listed.collect())
    }

    async fn clusters(&self) -> Result<Vec<Listed>, Error> {
        self.rds.pace.wait("DescribeDBClusterSnapshots").await;
        let request = self.rds.client.describe_db_cluster_snapshots().snapshot_type("manual").max_records(PAGE);
        let snapshots =
            all_pages(request.into_paginator().items().send()).await.doing(|| "listing cluster snapshots")?;
        let listed = snapshots.into_iter().map(|it| Listed {
            is_aws_owned: is_aws_owned(it.storage_encryption_type.as_ref()),
            option_group: None,
            key: it.kms_key_id,
            tags: db_tags_of(it.tag_list),
            engine: it.engine.unwrap_or_default(),
            status: it.status.unwrap_or_default(),
            created: it.snapshot_create_time.and_then(|time| time.try_into().ok()),
            id: it.db_cluster_snapshot_identifier.unwrap_or_default(),
        });
        Ok(listed.collect())
    }
}
