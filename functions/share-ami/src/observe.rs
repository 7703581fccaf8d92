//! Reads the facts: manifest, image and permissions side by side, then the snapshots side by side.

use std::collections::{BTreeMap, BTreeSet};

use aws::{Answer, all_pages, is_denied, open_only};
use aws_sdk_ec2::types::{
    Filter, Image as Ec2Image, ImageAttributeName, ImageState, LaunchPermission, PermissionGroup, SnapshotAttributeName,
};
use aws_sdk_kms::types::KeyManagerType;
use events::ec2::ImageId;
use futures_util::future::{try_join, try_join_all};
use reaction::{AccountId, Doing, Error};
use sharing::{Manifest, Principal};
use tokio::join;

use crate::facts::{Encryption, Facts, Image, ImageSnapshot, SnapshotId};
use crate::{Services, ShareAmi, Subject};

/// Who has a permission, everybody aside.
struct Permissions<T> {
    is_public: bool,
    holders: BTreeSet<T>,
}

impl ShareAmi {
    /// Opens the connections that events will need, so that their handshakes fall into init: EC2 answers two reads
    /// side by side.
    pub async fn open_connections(&self) {
        let ec2 = &self.clients.here().ec2;
        let images = ec2.describe_images().customize().mutate_request(open_only);
        let permissions = ec2.describe_image_attribute().customize().mutate_request(open_only);
        let images = async { drop(images.send().await) };
        join!(self.manifest.open_connection(), images, async { drop(permissions.send().await) });
    }

    pub(crate) async fn read_facts(&self, subject: &Subject) -> Result<Facts, Error> {
        let services = self.clients.at(&subject.account, &subject.region)?;
        let (text, image, launch) = join!(
            self.manifest.read(),
            services.image(&subject.image),
            services.launch_permissions(&subject.image, &subject.account)
        );
        let manifest = Manifest::parse(&text?);
        let image = match image? {
            None => None,
            Some(found) => Some(read_image(&services, subject, manifest.as_ref().ok(), found, launch).await?),
        };
        let allowed_accounts = self.allowed_accounts.clone();
        Ok(Facts { now: self.sessions.now(), manifest, allowed_accounts, image })
    }
}

/// The image's facts. Of one that will not be shared, whatever its permissions are, nothing more is read.
async fn read_image(
    services: &Services,
    subject: &Subject,
    manifest: Option<&Manifest>,
    found: Ec2Image,
    launch: Result<Permissions<Principal>, Error>,
) -> Result<Image, Error> {
    let mut image = Image {
        name: found.name().unwrap_or_default().into(),
        is_ours: found.owner_id() == Some(subject.account.as_str()),
        state: found.state().map(|state| state.as_str().into()).unwrap_or_default(),
        is_public: false,
        launch: BTreeSet::new(),
        snapshots: Vec::new(),
    };
    let desired = manifest.and_then(|manifest| manifest.image_principals(&image.name, &subject.region));
    if let (true, "available", Some(desired), Some(manifest)) = (image.is_ours, image.state.as_str(), desired, manifest)
    {
        let Permissions { is_public, holders } = launch?;
        (image.is_public, image.launch) = (is_public, holders);
        let others = desired.into_iter().filter(|who| who.account() != Some(&subject.account)).collect();
        image.snapshots = services.snapshots(subject, manifest, &found, &others).await?;
    }
    Ok(image)
}

impl Services {
    async fn image(&self, id: &ImageId) -> Result<Option<Ec2Image>, Error> {
        // Without IncludeDisabled a disabled image looks like one that is gone.
        let request = self.ec2.describe_images().image_ids(id.as_str()).include_disabled(true);
        let answer = request.send().await.or_absent().doing(|| format!("describing {id}"))?;
        Ok(answer.and_then(|answer| answer.images.unwrap_or_default().into_iter().next()))
    }

    async fn launch_permissions(&self, id: &ImageId, owner: &AccountId) -> Result<Permissions<Principal>, Error> {
        let request = self.ec2.describe_image_attribute().image_id(id.as_str());
        let request = request.attribute(ImageAttributeName::LaunchPermission).send();
        let answer = request.await.or_error().doing(|| format!("reading who may launch {id}"))?;
        let permissions = answer.launch_permissions();
        let holders = permissions.iter().filter_map(holder).collect::<Result<BTreeSet<_>, _>>()?;
        Ok(Permissions {
            is_public: permissions.iter().any(|it| it.group() == Some(&PermissionGroup::All)),
            holders: holders.into_iter().filter(|who| who.account() != Some(owner)).collect(),
        })
    }

    /// The facts of the snapshots that back `image`, of which `desired` shall have each.
    async fn snapshots(
        &self,
        subject: &Subject,
        manifest: &Manifest,
        image: &Ec2Image,
        desired: &BTreeSet<Principal>,
    ) -> Result<Vec<ImageSnapshot>, Error> {
        let accounts: BTreeSet<_> = desired.iter().filter_map(Principal::account).cloned().collect();
        let disks: Vec<_> = image.block_device_mappings().iter().filter_map(|mapping| mapping.ebs()).collect();
        let ids: BTreeSet<_> = disks.iter().filter_map(|disk| disk.snapshot_id()).collect();
        let encrypted =
            disks.iter().filter(|disk| disk.encrypted() == Some(true)).filter_map(|disk| disk.snapshot_id());
        let encrypted = if desired.is_empty() { BTreeSet::new() } else { encrypted.collect() };
        let permissions = try_join_all(ids.iter().map(|id| self.volume_permissions(id, &subject.account)));
        let (permissions, keys) = try_join(permissions, self.encryption(&encrypted, &subject.account)).await?;
        let snapshots: Vec<_> = ids.into_iter().zip(permissions).collect();
        let surplus = |(_, held): &&(&str, Permissions<AccountId>)| !held.holders.is_subset(&accounts);
        let surplus: Vec<_> = snapshots.iter().filter(surplus).map(|(id, _)| *id).collect();
        let mut needs = self.needs_elsewhere(subject, manifest, &surplus).await?;
        let facts = snapshots.into_iter().map(|(id, Permissions { is_public, holders })| ImageSnapshot {
            id: SnapshotId(id.into()),
            is_public,
            accounts: holders,
            encryption: keys.get(id).cloned().unwrap_or(Encryption::None),
            needed_elsewhere: needs.remove(id).unwrap_or_default(),
        });
        Ok(facts.collect())
    }

    async fn volume_permissions(&self, id: &str, owner: &AccountId) -> Result<Permissions<AccountId>, Error> {
        let request = self.ec2.describe_snapshot_attribute().snapshot_id(id);
        let request = request.attribute(SnapshotAttributeName::CreateVolumePermission).send();
        let answer = request.await.or_error().doing(|| format!("reading who may use {id}"))?;
        let permissions = answer.create_volume_permissions();
        let holders = permissions.iter().filter_map(|it| it.user_id()).map(str::parse);
        let holders = holders.collect::<Result<BTreeSet<AccountId>, _>>().map_err(Error::failed)?;
        Ok(Permissions {
            is_public: permissions.iter().any(|it| it.group() == Some(&PermissionGroup::All)),
            holders: holders.into_iter().filter(|account| account != owner).collect(),
        })
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
        let request =
            self.ec2.describe_snapshots().set_snapshot_ids(Some(snapshots.iter().map(|&id| id.into()).collect()));
        let answer = request.send().await.or_error().doing(|| "reading the snapshots' keys")?;
        let keys = answer
            .snapshots()
            .iter()
            .filter_map(|it| Some((it.snapshot_id()?.to_owned(), it.kms_key_id()?.to_owned())));
        let by_snapshot: BTreeMap<String, String> = keys.collect();
        let distinct: BTreeSet<&String> = by_snapshot.values().collect();
        let managed = try_join_all(distinct.iter().map(|key| self.key(key, owner))).await?;
        let managed: BTreeMap<_, _> = distinct.into_iter().zip(managed).collect();
        Ok(by_snapshot.iter().map(|(snapshot, key)| (snapshot.clone(), managed[key].clone())).collect())
    }

    async fn key(&self, arn: &str, owner: &AccountId) -> Result<Encryption, Error> {
        // A key of another account is never the AWS-managed one, and our role may not read it.
        if arn.starts_with("arn:") && arn.split(':').nth(4) != Some(owner.as_str()) {
            return Ok(Encryption::Customer(arn.into()));
        }
        let answer = self.kms.describe_key().key_id(arn).send().await;
        // The AWS-managed key lets its account read it; a customer's policy may leave IAM, and so our role, out.
        if answer.as_ref().is_err_and(is_denied) {
            return Ok(Encryption::Customer(arn.into()));
        }
        let answer = answer.or_error().doing(|| format!("reading key {arn}"))?;
        let manager = answer.key_metadata.and_then(|key| key.key_manager);
        let is_managed = manager == Some(KeyManagerType::Aws);
        Ok(if is_managed { Encryption::AwsManaged } else { Encryption::Customer(arn.into()) })
    }

    /// Which accounts our other images need on these snapshots: for an image that the manifest knows, those that it
    /// names; for any other, those that may launch it now.
    async fn needs_elsewhere(
        &self,
        subject: &Subject,
        manifest: &Manifest,
        snapshots: &[&str],
    ) -> Result<BTreeMap<String, BTreeSet<AccountId>>, Error> {
        let mut needs = BTreeMap::<String, BTreeSet<AccountId>>::new();
        if snapshots.is_empty() {
            return Ok(needs);
        }
        let ids = snapshots.iter().map(|&id| id.into()).collect();
        let backed = Filter::builder().name("block-device-mapping.snapshot-id").set_values(Some(ids)).build();
        let request = self.ec2.describe_images().owners("self").filters(backed).include_disabled(true);
        let images = all_pages(request.into_paginator().items().send()).await;
        let images = images.doing(|| "looking for other images on the same snapshots")?;
        let others = images.iter().filter(|image| image.image_id() != Some(subject.image.as_str()));
        let holders = others.map(async |image| {
            let name = image.name().unwrap_or_default();
            let known = manifest.image_principals(name, &subject.region);
            let holders = match known {
                Some(principals) => principals,
                // Disabling took all its permissions.
                None if image.state() == Some(&ImageState::Disabled) => BTreeSet::new(),
                None => {
                    let id = image.image_id().unwrap_or_default().parse().map_err(Error::failed)?;
                    self.launch_permissions(&id, &subject.account).await?.holders
                }
            };
            Ok::<_, Error>((image, holders))
        });
        for (image, holders) in try_join_all(holders).await? {
            let disks = image.block_device_mappings().iter().filter_map(|mapping| mapping.ebs()?.snapshot_id());
            for snapshot in disks {
                let accounts = holders.iter().filter_map(Principal::account).cloned();
                needs.entry(snapshot.into()).or_default().extend(accounts);
            }
        }
        Ok(needs)
    }
}

/// Whom a launch permission names; `None` where it is everybody.
fn holder(permission: &LaunchPermission) -> Option<Result<Principal, Error>> {
    let named = [permission.user_id(), permission.organization_arn(), permission.organizational_unit_arn()];
    named.into_iter().flatten().next().map(|who| who.parse().map_err(Error::failed))
}
