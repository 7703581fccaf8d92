//! Manual snapshots of database instances or clusters of one region. Automated ones cannot be shared.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::all_pages;
use futures_util::{StreamExt, stream};
use permissions::{Encryption, Holders, KeyGaps, db_tags_of, encryption, key_gaps, over_quota};
use reaction::{AccountId, Doing, Error, Region};
use sharing::{Kind, Principal, Resource, Tags};

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
    tags: Tags,
}

impl Reading<'_> {
    pub(super) async fn databases(&self, kind: Kind, region: &Region) -> Scanned {
        let listed = async {
            self.in_time()?;
            let services = self.function.clients.at(self.owner, region).await?;
            let snapshots =
                if kind == Kind::DbSnapshot { services.instances().await? } else { services.clusters().await? };
            Ok::<_, Error>((services, snapshots))
        };
        let (services, snapshots) = match listed.await {
            Ok(listed) => listed,
            Err(error) => return Scanned::unread(kind, format!("database snapshots in {region}: {error}")),
        };
        let owned = self.owned(kind, Some(region));
        let concerns = |it: &Listed| {
            self.is_sought(&self.candidate(kind, &it.id, Some(region), &it.tags)) || owned.contains(it.id.as_str())
        };
        let snapshots = snapshots.into_iter().filter(|it| !OTHERS.contains(&it.engine.as_str()) && concerns(it));
        let (ready, others): (Vec<_>, Vec<_>) = snapshots.partition(|it| it.status == "available");
        let mut scanned = Scanned::default();
        // One that is ours is not gone because it is at something.
        for Listed { id, status, .. } in others.into_iter().filter(|it| owned.contains(it.id.as_str())) {
            scanned.unread.push((kind, format!("{id} in {region}: it is {status}")));
        }
        let read = ready
            .into_iter()
            .map(|it| self.database(&services, Resource::new(kind, self.owner, region, it.id.clone()), it));
        let mut keys = BTreeMap::<String, Vec<usize>>::new();
        for result in stream::iter(read).buffer_unordered(READS).collect::<Vec<_>>().await {
            match result {
                Ok(None) => {}
                Ok(Some((found, key))) => {
                    keys.entry(key.unwrap_or_default()).or_default().push(scanned.found.len());
                    scanned.found.push(found);
                }
                Err(unread) => scanned.unread.push(unread),
            }
        }
        keys.remove("");
        for (key, users) in keys {
            if let Err(error) = self.explain(&services, &key, &users, &mut scanned.found).await {
                scanned.unread.push((kind, format!("{key}: {error}")));
            }
        }
        scanned
    }

    /// The snapshot with those who may restore it, and its key; `None` where it is gone meanwhile.
    async fn database(
        &self,
        services: &Services,
        resource: Resource,
        listed: Listed,
    ) -> Result<Option<(Found, Option<String>)>, (Kind, String)> {
        let kind = resource.kind;
        let holders = async {
            self.in_time()?;
            services.rds.attributes(kind, &resource.id, self.owner).await
        };
        let holders = holders.await.map_err(|error| (kind, format!("{resource}: {error}")))?;
        let Some(Holders { is_public, principals }) = holders else { return Ok(None) };
        let mut found = Found::new(resource, Some(&listed.id));
        (found.created, found.is_public, found.holders) = (listed.created, is_public, principals);
        found.tags = listed.tags;
        found.obstacle = over_quota(&self.wanted(&found)).map(|refusal| refusal.to_string());
        Ok(Some((found, listed.key)))
    }

    /// Says of the snapshots that a key encrypts why they cannot be shared, or whom the key does not admit.
    async fn explain(&self, services: &Services, key: &str, users: &[usize], all: &mut [Found]) -> Result<(), Error> {
        let gains = |found: &Found| -> BTreeSet<AccountId> {
            let gaining = &self.wanted(found) - &found.holders;
            gaining.iter().filter_map(Principal::account).cloned().collect()
        };
        let accounts: BTreeSet<_> = users.iter().flat_map(|user| gains(&all[*user])).collect();
        if accounts.is_empty() {
            return Ok(());
        }
        if encryption(&services.kms, key, self.owner).await? == Encryption::AwsManaged {
            for user in users {
                all[*user].obstacle = Some(
                    "it is encrypted with the AWS-managed key aws/rds, which no other account can use; copy it with a \
                     customer managed key"
                        .into(),
                );
            }
            return Ok(());
        }
        let gaps = key_gaps(&services.kms, key, self.owner, &accounts).await?;
        for user in users {
            let note = match &gaps {
                KeyGaps::Unknown => format!("whether its key {key} admits the accounts cannot be read"),
                KeyGaps::Known(shut_out) => {
                    let shut_out: Vec<_> = gains(&all[*user]).intersection(shut_out).map(ToString::to_string).collect();
                    if shut_out.is_empty() {
                        continue;
                    }
                    format!("its key {key} does not admit {}", shut_out.join(", "))
                }
            };
            all[*user].notes.push(note);
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
