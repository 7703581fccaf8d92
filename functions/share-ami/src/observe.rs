//! Reads the facts: manifest, image and permissions side by side, then the snapshots side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::{Answer, open_only};
use aws_sdk_ec2::types::Image as Ec2Image;
use events::ec2::ImageId;
use futures_util::future::{try_join, try_join_all};
use place::AccountId;
use reaction::{Doing, Error};
use sharing::{Desired, Encryption, Head, Kind, Principal, Resource, Wanted};
use sharing_aws::{Holders, encryption, tags_of};
use tokio::join;

use crate::facts::{Facts, Image, ImageSnapshot};
use crate::{Services, ShareAmi, Subject};

impl ShareAmi {
    /// Opens the connections that events will need, so that their handshakes fall into init: EC2 answers two reads
    /// side by side.
    pub async fn open_connections(&self) {
        let ec2 = &self.clients.here().ec2.client;
        let images = ec2.describe_images().customize().mutate_request(open_only);
        let permissions = ec2.describe_image_attribute().customize().mutate_request(open_only);
        let images = async { drop(images.send().await) };
        join!(self.source.open_connection(), images, async { drop(permissions.send().await) });
    }

    pub(crate) async fn read_facts(&self, subject: &Subject) -> Result<Facts, Error> {
        let services = self.clients.at(&subject.account, &subject.region).await?;
        let now = self.sessions.now();
        let (desired, image, launch) = join!(
            self.source.read(&[Kind::Image, Kind::Snapshot]),
            services.image(&subject.image),
            services.ec2.launch_permissions(subject.image.as_str(), &subject.account)
        );
        let desired = desired?;
        let image = match image? {
            None => None,
            Some(found) => Some(self.read_image(&services, subject, &desired, found, launch, now).await?),
        };
        Ok(Facts { now, desired, image })
    }

    /// The image's facts. Of one that will not be shared, whatever its permissions are, nothing more is read.
    async fn read_image(
        &self,
        services: &Services,
        subject: &Subject,
        desired: &Desired,
        found: Ec2Image,
        launch: Result<Option<Holders>, Error>,
        now: SystemTime,
    ) -> Result<Image, Error> {
        let mut image = Image {
            name: found.name().unwrap_or_default().into(),
            tags: tags_of(found.tags()),
            is_ours: found.owner_id() == Some(subject.account.as_str()),
            state: found.state().map(|state| state.as_str().into()).unwrap_or_default(),
            launch: Holders::default(),
            head: Head::default(),
            snapshots: Vec::new(),
        };
        let wanted = desired.admitted().ok();
        let wanted = wanted.and_then(|it| it.wanted(&subject.candidate(&image.name, &image.tags), now).ok()?);
        if let (true, "available", Some(Wanted { principals: wanted, .. })) =
            (image.is_ours, image.state.as_str(), wanted)
        {
            image.launch = launch?.unwrap_or_default();
            let others = wanted.into_iter().filter(|who| who.account() != Some(&subject.account)).collect();
            let snapshots = services.snapshots(subject, desired, &found, &others, now);
            let (snapshots, heads) = try_join(snapshots, self.heads(subject, &found)).await?;
            let head = |resource: &Resource| heads.get(resource).cloned().unwrap_or_default();
            image.head = head(&subject.resource(Kind::Image, subject.image.as_str()));
            let head = |id: &str| head(&subject.resource(Kind::Snapshot, id));
            image.snapshots = snapshots.into_iter().map(|it| ImageSnapshot { head: head(&it.id), ..it }).collect();
        }
        Ok(image)
    }

    /// How the records of the image and of the snapshots that back it stand.
    async fn heads(&self, subject: &Subject, image: &Ec2Image) -> Result<BTreeMap<Resource, Head>, Error> {
        let Some(grants) = &self.grants else { return Ok(BTreeMap::new()) };
        let disks = image.block_device_mappings().iter().filter_map(|mapping| mapping.ebs()?.snapshot_id());
        let snapshots = disks.map(|id| subject.resource(Kind::Snapshot, id));
        let image = subject.resource(Kind::Image, subject.image.as_str());
        grants.heads(&[image].into_iter().chain(snapshots).collect::<Vec<_>>()).await
    }
}

impl Services {
    async fn image(&self, id: &ImageId) -> Result<Option<Ec2Image>, Error> {
        // Without IncludeDisabled a disabled image looks like one that is gone.
        let request = self.ec2.client.describe_images().image_ids(id.as_str()).include_disabled(true);
        let answer = request.send().await.or_absent().doing(|| format!("describing {id}"))?;
        Ok(answer.and_then(|answer| answer.images.unwrap_or_default().into_iter().next()))
    }

    /// The facts of the snapshots that back `image`, of which `principals` shall have each.
    async fn snapshots(
        &self,
        subject: &Subject,
        desired: &Desired,
        image: &Ec2Image,
        principals: &BTreeSet<Principal>,
        now: SystemTime,
    ) -> Result<Vec<ImageSnapshot>, Error> {
        let accounts: BTreeSet<_> = principals.iter().filter(|who| who.account().is_some()).cloned().collect();
        let disks: Vec<_> = image.block_device_mappings().iter().filter_map(|mapping| mapping.ebs()).collect();
        let ids: BTreeSet<_> = disks.iter().filter_map(|disk| disk.snapshot_id()).collect();
        let encrypted =
            disks.iter().filter(|disk| disk.encrypted() == Some(true)).filter_map(|disk| disk.snapshot_id());
        let encrypted = if principals.is_empty() { BTreeSet::new() } else { encrypted.collect() };
        let volumes = try_join_all(ids.iter().map(|id| self.ec2.volume_permissions(id, &subject.account)));
        let (volumes, keys) = try_join(volumes, self.encryption(&encrypted, &subject.account)).await?;
        let snapshots = ids.into_iter().zip(volumes).map(|(id, volumes)| (id, volumes.unwrap_or_default()));
        let snapshots: Vec<_> = snapshots.collect();
        let surplus = snapshots.iter().filter(|(_, held)| !held.principals.is_subset(&accounts)).map(|(id, _)| *id);
        let surplus: Vec<_> = surplus.collect();
        let other = |image: &str| image != subject.image.as_str();
        let (Subject { account, region, .. }, manifest) = (subject, desired.admitted()?);
        let (mut needs, mut named) = try_join(
            self.ec2.needs_of_images(account, region, &manifest, &surplus, other, now),
            self.ec2.needs_by_name(account, region, desired, &surplus, now),
        )
        .await?;
        let facts = snapshots.into_iter().map(|(id, volumes)| ImageSnapshot {
            id: id.into(),
            needed_elsewhere: &needs.remove(id).unwrap_or_default()
                | &named
                    .remove(id)
                    .map(|by_entry| by_entry.unwrap_or_else(|| volumes.principals.clone()))
                    .unwrap_or_default(),
            volumes,
            encryption: keys.get(id).cloned().unwrap_or(Encryption::None),
            head: Head::default(),
        });
        Ok(facts.collect())
    }

    /// What each of these snapshots is encrypted with.
    async fn encryption(
        &self,
        snapshots: &BTreeSet<&str>,
        owner: &AccountId,
    ) -> Result<BTreeMap<String, Encryption>, Error> {
        if snapshots.is_empty() {
            return Ok(BTreeMap::new());
        }
        let request = self
            .ec2
            .client
            .describe_snapshots()
            .set_snapshot_ids(Some(snapshots.iter().map(|&id| id.into()).collect()));
        let answer = request.send().await.or_error().doing(|| "reading the snapshots' keys")?;
        let keys = answer
            .snapshots()
            .iter()
            .filter_map(|it| Some((it.snapshot_id()?.to_owned(), it.kms_key_id()?.to_owned())));
        let by_snapshot: BTreeMap<String, String> = keys.collect();
        let distinct: BTreeSet<&String> = by_snapshot.values().collect();
        let managed = try_join_all(distinct.iter().map(|key| encryption(&self.kms, key, owner))).await?;
        let managed: BTreeMap<_, _> = distinct.into_iter().zip(managed).collect();
        Ok(by_snapshot.iter().map(|(snapshot, key)| (snapshot.clone(), managed[key].clone())).collect())
    }
}
