//! Images and EBS snapshots of one region.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::Answer;
use aws_sdk_ec2::operation::describe_images::DescribeImagesOutput;
use aws_sdk_ec2::operation::describe_snapshots::DescribeSnapshotsOutput;
use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types::{Filter, Image, Snapshot};
use futures_util::{StreamExt, stream, try_join};
use place::Region;
use reaction::{Doing, Error};
use sharing::{Candidate, Encryption, Kind, Note, Obstacle, Resource, State, Tags};
use sharing_aws::{encryption, name_of, tags_of};

use super::{READS, Reading, Scanned};
use crate::facts::Found;
use crate::sweeping::Services;

/// How many values one filter takes, and how many ids one request may name here.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>
const VALUES: usize = 200;

/// What EC2 lists in one page at most, where it is asked for pages.
pub(super) const PAGE: i32 = 1_000;

/// What was listed, before anybody's permissions are read.
struct Listed {
    /// Images that an entry matches or that we own a grant on, and those that share a snapshot with them.
    images: Vec<Listing>,
    /// Snapshots that an entry matches, by id.
    snapshots: BTreeMap<String, Snapshot>,
    /// What each encrypted snapshot is encrypted with, or why that is not known yet.
    encryption: BTreeMap<String, Result<Encryption, String>>,
}

/// What is kept of an image: EC2 says several kilobytes of each.
struct Listing {
    id: String,
    name: Option<String>,
    tags: Tags,
    state: State,
    is_public: bool,
    created: Option<SystemTime>,
    disks: Vec<Disk>,
}

/// A snapshot that an image stands on.
struct Disk {
    snapshot: String,
    is_encrypted: bool,
}

impl Listing {
    /// `None` of an image without an id or a state, which EC2 does not list.
    fn of(image: Image) -> Option<Self> {
        let disks = image.block_device_mappings().iter().filter_map(|mapping| {
            let disk = mapping.ebs()?;
            Some(Disk { snapshot: disk.snapshot_id()?.into(), is_encrypted: disk.encrypted() == Some(true) })
        });
        Some(Self {
            disks: disks.collect(),
            tags: tags_of(image.tags()),
            state: State::of(Kind::Image, image.state()?.as_str()),
            is_public: image.public().unwrap_or_default(),
            created: image.creation_date().and_then(moment),
            id: image.image_id?,
            name: image.name,
        })
    }

    fn snapshots(&self) -> impl Iterator<Item = &String> {
        self.disks.iter().map(|disk| &disk.snapshot)
    }
}

impl Listed {
    /// Why it is not known yet whether the thing can be shared, if so.
    fn unknown(&self, found: &Found) -> Option<&String> {
        let own = (found.resource.kind == Kind::Snapshot).then_some(&found.resource);
        let snapshots = found.snapshots.iter().chain(own);
        snapshots.filter_map(|snapshot| self.encryption.get(&snapshot.id)).find_map(|known| known.as_ref().err())
    }
}

impl Reading<'_> {
    pub(super) async fn ec2(&self, region: &Region) -> Scanned {
        let listed = async {
            self.in_time()?;
            let services = self.function.clients.at(self.owner, region).await?;
            let listed = Box::pin(self.list(&services, region)).await?;
            Ok::<_, Error>((services, listed))
        };
        let (services, listed) = match listed.await {
            Ok(listed) => listed,
            Err(error) => {
                return Scanned::unread(Kind::Image, format!("images and snapshots in {region}: {error}"));
            }
        };
        let all = self.all_of(&listed, region).into_iter();
        let mut scanned = Scanned::default();
        let (unknown, mut known): (Vec<_>, Vec<_>) = all.partition(|found| listed.unknown(found).is_some());
        scanned.unread.extend(unknown.into_iter().map(|found| {
            let why = listed.unknown(&found).cloned().unwrap_or_default();
            (found.resource.kind, format!("{}: {why}", found.resource))
        }));
        drop(listed);
        (scanned.found, known) = Box::pin(self.by_listings(&services, known)).await;
        let read = stream::iter(known).map(async |found| {
            let resource = found.resource.clone();
            (resource, self.holders(&services, found).await)
        });
        for (resource, result) in read.buffer_unordered(READS).collect::<Vec<_>>().await {
            match result {
                Ok(found) => scanned.found.extend(found),
                Err(error) => scanned.miss(resource, &error),
            }
        }
        scanned
    }

    /// The images that were listed, their snapshots, and the other snapshots, without their permissions.
    fn all_of(&self, listed: &Listed, region: &Region) -> Vec<Found> {
        let images: Vec<_> = listed.images.iter().filter_map(|image| self.image(listed, image, region)).collect();
        let named = listed.snapshots.values().filter_map(|snapshot| snapshot.snapshot_id());
        let ids = named.chain(self.owned(Kind::Snapshot, Some(region)));
        let snapshots = ids.map(|id| Resource::new(Kind::Snapshot, self.owner, region, id));
        let backing = images.iter().flat_map(|image| &image.snapshots).cloned();
        let snapshots: BTreeSet<_> = backing.chain(snapshots).collect();
        images.into_iter().chain(snapshots.into_iter().map(|resource| snapshot(listed, resource))).collect()
    }

    fn image_candidate<'c>(&'c self, image: &'c Listing, region: &'c Region) -> Candidate<'c> {
        self.candidate(Kind::Image, image.name.as_deref().unwrap_or_default(), Some(region), &image.tags)
    }

    async fn list(&self, services: &Services, region: &Region) -> Result<Listed, Error> {
        let (images, snapshots) = try_join!(services.own_images(), self.named_snapshots(services, region))?;
        let owned = self.owned(Kind::Image, Some(region));
        let concerns = |image: &&Listing| {
            self.is_sought(&self.image_candidate(image, region)) || owned.contains(image.id.as_str())
        };
        let mut backing: BTreeSet<_> = images.iter().filter(concerns).flat_map(Listing::snapshots).cloned().collect();
        backing.extend(snapshots.keys().cloned());
        backing.extend(self.owned(Kind::Snapshot, Some(region)).into_iter().map(String::from));
        let shares = |image: &Listing| image.snapshots().any(|snapshot| backing.contains(snapshot));
        let images: Vec<_> = images.into_iter().filter(|image| concerns(&image) || shares(image)).collect();
        // An image that is not looked for by itself still says who needs its snapshots, where it can be shared.
        let meant = images.iter().filter(|image| self.is_meant(&self.image_candidate(image, region)));
        let encryption = self.encryption(services, meant, &snapshots).await?;
        Ok(Listed { images, snapshots, encryption })
    }

    /// The snapshots that an entry means, by the tag that names them and by what else it asks for.
    async fn named_snapshots(&self, services: &Services, region: &Region) -> Result<BTreeMap<String, Snapshot>, Error> {
        let mut found = BTreeMap::new();
        let by_tag = self.sought.names_by_tag(region).into_iter().flat_map(|(key, names)| {
            let names: Vec<_> = names.into_iter().map(|name| format!("{name}*")).collect();
            names.chunks(VALUES).map(|names| (format!("tag:{key}"), names.to_vec())).collect::<Vec<_>>()
        });
        for (filter, names) in by_tag.collect::<Vec<_>>() {
            let filter = Filter::builder().name(filter).set_values(Some(names)).build();
            let request = services.ec2.client.describe_snapshots().owner_ids("self").filters(filter).max_results(PAGE);
            let pages = request.into_paginator().send();
            let pages =
                services.ec2.pace.all_pages("DescribeSnapshots", pages, DescribeSnapshotsOutput::next_token).await;
            let pages = pages.doing(|| format!("listing snapshots in {region}"))?;
            let snapshots = pages.into_iter().flat_map(|page| page.snapshots.unwrap_or_default());
            let snapshots = snapshots.filter(|it| {
                let (name, tags) = (name_of(it.tags()).unwrap_or_default(), tags_of(it.tags()));
                self.is_sought(&self.candidate(Kind::Snapshot, name, Some(region), &tags))
            });
            found.extend(snapshots.filter_map(|it| Some((it.snapshot_id.clone()?, it))));
        }
        Ok(found)
    }

    /// What the snapshots of these images, and these snapshots, are encrypted with.
    async fn encryption<'i>(
        &self,
        services: &Services,
        images: impl Iterator<Item = &'i Listing>,
        snapshots: &BTreeMap<String, Snapshot>,
    ) -> Result<BTreeMap<String, Result<Encryption, String>>, Error> {
        let encrypted =
            images.flat_map(|image| &image.disks).filter(|disk| disk.is_encrypted).map(|disk| &disk.snapshot);
        let unknown: BTreeSet<_> = encrypted.filter(|id| !snapshots.contains_key(*id)).cloned().collect();
        let mut keys: BTreeMap<String, String> = snapshots.values().filter_map(key_of).collect();
        for ids in unknown.into_iter().collect::<Vec<_>>().chunks(VALUES) {
            services.ec2.pace.wait("DescribeSnapshots").await;
            let filter = Filter::builder().name("snapshot-id").set_values(Some(ids.to_vec())).build();
            let answer = services.ec2.client.describe_snapshots().filters(filter).send().await;
            let answer = answer.or_error().doing(|| "reading the snapshots' keys")?;
            keys.extend(answer.snapshots().iter().filter_map(key_of));
        }
        let mut known = BTreeMap::new();
        for key in keys.values().collect::<BTreeSet<_>>() {
            let encryption = encryption(&services.kms, key, self.owner).await.map_err(|error| error.to_string());
            known.insert(key.clone(), encryption);
        }
        Ok(keys.into_iter().filter_map(|(snapshot, key)| Some((snapshot, known.get(&key)?.clone()))).collect())
    }

    /// An image without its permissions; `None` of one that can have none, now or later.
    fn image(&self, listed: &Listed, image: &Listing, region: &Region) -> Option<Found> {
        if matches!(image.state, State::Over(_)) {
            return None;
        }
        let resource = |kind, id: &str| Resource::new(kind, self.owner, region, id);
        let mut found = Found::new(resource(Kind::Image, &image.id), image.name.as_deref());
        found.tags = image.tags.clone();
        found.state = image.state.clone();
        found.is_public = image.is_public;
        found.created = image.created;
        let snapshots = image.snapshots().map(|id| resource(Kind::Snapshot, id));
        found.snapshots = snapshots.collect::<BTreeSet<_>>().into_iter().collect();
        for snapshot in &found.snapshots {
            let known = listed.encryption.get(&snapshot.id).and_then(|known| known.as_ref().ok());
            let flaw = known.and_then(|it| Obstacle::of_encryption(Kind::Image, Some(&snapshot.id), it));
            found.flaw = found.flaw.take().or(flaw);
            let note = known.and_then(Note::of_encryption).map(|note| note.to_string());
            found.notes.extend(note.filter(|note| !found.notes.contains(note)));
        }
        Some(found)
    }

    /// The thing with those who may use it; `None` where it is gone meanwhile.
    async fn holders(&self, services: &Services, found: Found) -> Result<Option<Found>, Error> {
        let Resource { kind, id, .. } = &found.resource;
        // Nothing is done about it now, and disabling took all its permissions.
        if found.state != State::Ready {
            return Ok(Some(found));
        }
        self.in_time()?;
        let holders = services.holders(*kind, id, self.owner).await?;
        Ok(holders.map(|it| found.held_by(it)))
    }
}

impl Services {
    /// Every image of ours, with the disabled ones, whose snapshots others may stand on.
    async fn own_images(&self) -> Result<Vec<Listing>, Error> {
        let request = self.ec2.client.describe_images().owners("self").include_disabled(true).max_results(PAGE);
        let (pages, token) = (request.into_paginator().send(), DescribeImagesOutput::next_token);
        let mut images = Vec::new();
        let take = |page: DescribeImagesOutput| {
            images.extend(page.images.unwrap_or_default().into_iter().filter_map(Listing::of));
        };
        self.ec2.pace.each_page("DescribeImages", pages, token, take).await.doing(|| "listing our images")?;
        Ok(images)
    }
}

/// A snapshot without its permissions. It has a name only where an entry may find it by that.
fn snapshot(listed: &Listed, resource: Resource) -> Found {
    let known = listed.snapshots.get(&resource.id);
    let name = known.and_then(|it| name_of(it.tags()));
    let mut found = Found::new(resource, name);
    found.tags = known.map(|it| tags_of(it.tags())).unwrap_or_default();
    found.created = known.and_then(|it| it.start_time()).and_then(|time| (*time).try_into().ok());
    found.state = known.and_then(|it| it.state()).map(|it| State::of(Kind::Snapshot, it.as_str())).unwrap_or_default();
    let key = listed.encryption.get(&found.resource.id).and_then(|known| known.as_ref().ok());
    found.flaw = key.and_then(|it| Obstacle::of_encryption(Kind::Snapshot, None, it));
    found.notes = key.and_then(Note::of_encryption).map(|note| note.to_string()).into_iter().collect();
    found
}

/// A time as EC2 writes it in text.
fn moment(text: &str) -> Option<SystemTime> {
    DateTime::from_str(text, DateTimeFormat::DateTime).ok()?.try_into().ok()
}

fn key_of(snapshot: &Snapshot) -> Option<(String, String)> {
    Some((snapshot.snapshot_id()?.to_owned(), snapshot.kms_key_id()?.to_owned()))
}
