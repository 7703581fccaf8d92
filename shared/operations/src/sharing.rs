//! What is shared with which accounts in one account and region, and what is public.

use std::collections::BTreeMap;

use ::sharing::Kind;
use aws::Pace;
use aws_sdk_ec2::operation::describe_images::DescribeImagesOutput;
use aws_sdk_ec2::operation::describe_snapshots::DescribeSnapshotsOutput;
use aws_sdk_rds::operation::describe_db_cluster_snapshots::DescribeDbClusterSnapshotsOutput;
use aws_sdk_rds::operation::describe_db_snapshots::DescribeDbSnapshotsOutput;
use fleet::Session;
use futures_util::{StreamExt, TryStreamExt, stream, try_join};
use place::AccountId;
use reaction::{Doing, Error};
use serde::{Deserialize, Serialize};
use sharing_aws::{Ec2, Holders, name_of};
use sharing_databases::Rds;

pub(crate) const ACTIONS: [&str; 8] = [
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
];

/// How many lists are read; beside them, one call is made for each thing.
pub(crate) const LISTS: usize = 4;

/// How many things' permissions are read at the same time, each at the pace of its API.
const READS: usize = 8;

/// Engines whose snapshots RDS lists too, and that share them by APIs of their own.
const OTHERS: [&str; 2] = ["neptune", "docdb"];

/// What is shared, by kind and id, and how many things were looked at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Inventory {
    shared: Vec<Shared>,
    examined: BTreeMap<Kind, usize>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shared {
    kind: Kind,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    name: Option<String>,
    public: bool,
    with: Vec<String>,
}

/// A thing that may be shared.
struct Thing {
    kind: Kind,
    id: String,
    name: Option<String>,
}

struct Services {
    ec2: Ec2,
    rds: Rds,
    owner: AccountId,
}

/// Lists everything, and reads each thing's permissions. What cannot be read makes no inventory.
pub(crate) async fn read(session: &Session) -> Result<Inventory, Error> {
    let pace = Pace::documented();
    let services = Services {
        ec2: Ec2 { client: aws_sdk_ec2::Client::new(&session.config), pace: pace.clone() },
        rds: Rds { client: aws_sdk_rds::Client::new(&session.config), pace },
        owner: session.account.clone(),
    };
    let (images, snapshots, databases, clusters) =
        try_join!(services.images(), services.snapshots(), services.databases(), services.clusters())?;
    let things: Vec<_> = [images, snapshots, databases, clusters].into_iter().flatten().collect();
    let mut examined = BTreeMap::new();
    for thing in &things {
        *examined.entry(thing.kind).or_default() += 1;
    }
    let read = stream::iter(things).map(|thing| services.examine(thing)).buffer_unordered(READS);
    let shared: Vec<Option<Shared>> = read.try_collect().await?;
    let mut shared: Vec<_> = shared.into_iter().flatten().collect();
    shared.sort_by(|one, other| (one.kind, &one.id).cmp(&(other.kind, &other.id)));
    Ok(Inventory { shared, examined })
}

impl Services {
    async fn images(&self) -> Result<Vec<Thing>, Error> {
        let pages = self.ec2.client.describe_images().owners("self").include_disabled(true).max_results(1_000);
        let pages = pages.into_paginator().send();
        let pages = self.ec2.pace.all_pages("DescribeImages", pages, DescribeImagesOutput::next_token).await;
        let images = pages.doing(|| "listing images")?.into_iter().flat_map(|page| page.images.unwrap_or_default());
        Ok(images.filter_map(|it| Some(Thing { kind: Kind::Image, id: it.image_id?, name: it.name })).collect())
    }

    async fn snapshots(&self) -> Result<Vec<Thing>, Error> {
        let pages = self.ec2.client.describe_snapshots().owner_ids("self").max_results(1_000).into_paginator().send();
        let pages = self.ec2.pace.all_pages("DescribeSnapshots", pages, DescribeSnapshotsOutput::next_token).await;
        let pages = pages.doing(|| "listing snapshots")?;
        let snapshots = pages.into_iter().flat_map(|page| page.snapshots.unwrap_or_default());
        let thing = |it: aws_sdk_ec2::types::Snapshot| {
            let name = name_of(it.tags()).map(String::from);
            Some(Thing { kind: Kind::Snapshot, id: it.snapshot_id?, name })
        };
        Ok(snapshots.filter_map(thing).collect())
    }

    /// Manual ones: others cannot be shared.
    async fn databases(&self) -> Result<Vec<Thing>, Error> {
        let pages = self.rds.client.describe_db_snapshots().snapshot_type("manual").into_paginator().send();
        let pages = self.rds.pace.all_pages("DescribeDBSnapshots", pages, DescribeDbSnapshotsOutput::marker).await;
        let pages = pages.doing(|| "listing snapshots of databases")?;
        let snapshots = pages.into_iter().flat_map(|page| page.db_snapshots.unwrap_or_default());
        let snapshots = snapshots.filter(|it| !OTHERS.contains(&it.engine().unwrap_or_default()));
        let id = |it: aws_sdk_rds::types::DbSnapshot| it.db_snapshot_identifier;
        Ok(snapshots.filter_map(id).map(|id| Thing { kind: Kind::DbSnapshot, id, name: None }).collect())
    }

    async fn clusters(&self) -> Result<Vec<Thing>, Error> {
        let pages = self.rds.client.describe_db_cluster_snapshots().snapshot_type("manual").into_paginator().send();
        let marker = DescribeDbClusterSnapshotsOutput::marker;
        let pages = self.rds.pace.all_pages("DescribeDBClusterSnapshots", pages, marker).await;
        let pages = pages.doing(|| "listing snapshots of clusters of databases")?;
        let snapshots = pages.into_iter().flat_map(|page| page.db_cluster_snapshots.unwrap_or_default());
        let snapshots = snapshots.filter(|it| !OTHERS.contains(&it.engine().unwrap_or_default()));
        let id = |it: aws_sdk_rds::types::DbClusterSnapshot| it.db_cluster_snapshot_identifier;
        Ok(snapshots.filter_map(id).map(|id| Thing { kind: Kind::DbClusterSnapshot, id, name: None }).collect())
    }

    /// The thing with those who may use it; `None` where no other account may, or it is gone meanwhile.
    async fn examine(&self, thing: Thing) -> Result<Option<Shared>, Error> {
        let Thing { kind, id, name } = thing;
        let holders = match kind {
            Kind::Image => self.ec2.launch_permissions(&id, &self.owner).await?,
            Kind::Snapshot => self.ec2.volume_permissions(&id, &self.owner).await?,
            _ => self.rds.attributes(kind, &id, &self.owner).await?,
        };
        let Holders { is_public, principals } = holders.unwrap_or_default();
        let with: Vec<_> = principals.iter().map(ToString::to_string).collect();
        Ok((is_public || !with.is_empty()).then_some(Shared { kind, id, name, public: is_public, with }))
    }
}

impl Inventory {
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |Shared { kind, id, name, public, with }: &Shared| {
            let everybody = public.then(|| "EVERYBODY".to_owned());
            let holders: Vec<_> = everybody.into_iter().chain(with.iter().cloned()).collect();
            let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            format!("{kind} {id}{name}: {}", holders.join(", "))
        };
        self.shared.iter().map(line).collect()
    }
}
