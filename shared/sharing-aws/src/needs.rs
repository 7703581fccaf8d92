//! What our images need of the snapshots that back them: who loses a snapshot loses every image on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::{Answer, all_pages};
use aws_sdk_ec2::types::{Filter, Image, ImageState};
use futures_util::future::try_join_all;
use place::{AccountId, Region};
use reaction::{Doing, Error};
use sharing::{Candidate, Desired, Kind, Manifest, Principal, State};

use crate::{Ec2, name_of, tags_of};

impl Ec2 {
    /// Which accounts the manifest's own entries for snapshots name for these. `None` of a snapshot whose entry names a unit whose
    /// accounts can never be told: every account that has it keeps it.
    ///
    /// # Errors
    /// As of `DescribeSnapshots`, and `Failed` as of [`Desired::wanted`].
    pub async fn needs_by_name(
        &self,
        owner: &AccountId,
        region: &Region,
        desired: &Desired,
        snapshots: &[&str],
        now: SystemTime,
    ) -> Result<BTreeMap<String, Option<BTreeSet<Principal>>>, Error> {
        let mut needs = BTreeMap::new();
        let manifest = desired.admitted()?;
        let is_idle = manifest.names(Kind::Snapshot, Some(region)).is_empty();
        if is_idle || snapshots.is_empty() {
            return Ok(needs);
        }
        let request =
            self.client.describe_snapshots().set_snapshot_ids(Some(snapshots.iter().map(|&id| id.into()).collect()));
        let answer = request.send().await.or_error().doing(|| "reading the snapshots' names")?;
        for snapshot in answer.snapshots() {
            let Some(id) = snapshot.snapshot_id() else { continue };
            let (name, tags) = (name_of(snapshot.tags()).unwrap_or_default(), tags_of(snapshot.tags()));
            let candidate = Candidate { kind: Kind::Snapshot, name, region: Some(region), owner, tags: &tags };
            match manifest.wanted(&candidate, now) {
                Ok(Some(wanted)) => drop(needs.insert(id.into(), Some(wanted.principals))),
                Ok(None) => {}
                Err(error) if error.is_refused() => drop(needs.insert(id.into(), None)),
                Err(error) => return Err(error),
            }
        }
        Ok(needs)
    }

    /// Which accounts our images need on these snapshots, of the images whose id `counts`: for an image that the manifest
    /// knows, those that it names; for any other, those that may launch it now.
    ///
    /// # Errors
    /// As of `DescribeImages` and `DescribeImageAttribute`: a list that was cut short is no list.
    pub async fn needs_of_images(
        &self,
        owner: &AccountId,
        region: &Region,
        manifest: &Manifest,
        snapshots: &[&str],
        counts: impl Fn(&str) -> bool,
        now: SystemTime,
    ) -> Result<BTreeMap<String, BTreeSet<Principal>>, Error> {
        let mut needs = BTreeMap::<String, BTreeSet<Principal>>::new();
        if snapshots.is_empty() {
            return Ok(needs);
        }
        let ids = snapshots.iter().map(|&id| id.into()).collect();
        let backed = Filter::builder().name("block-device-mapping.snapshot-id").set_values(Some(ids)).build();
        let request = self.client.describe_images().owners("self").filters(backed).include_disabled(true);
        let images = all_pages(request.into_paginator().items().send())
            .await
            .doing(|| "looking for other images on the same snapshots")?;
        let counting = images.iter().filter(|image| !is_over(image) && counts(image.image_id().unwrap_or_default()));
        let holders = counting.map(async |image| {
            let (name, tags) = (image.name().unwrap_or_default(), tags_of(image.tags()));
            let candidate = Candidate { kind: Kind::Image, name, region: Some(region), owner, tags: &tags };
            let holders = match manifest.wanted(&candidate, now) {
                Some(wanted) => wanted.principals,
                None => self.launchers(image, owner).await?,
            };
            Ok::<_, Error>((image, holders))
        });
        for (image, holders) in try_join_all(holders).await? {
            let accounts: BTreeSet<_> = holders.into_iter().filter(|who| who.account().is_some()).collect();
            for snapshot in image.block_device_mappings().iter().filter_map(|mapping| mapping.ebs()?.snapshot_id()) {
                needs.entry(snapshot.into()).or_default().extend(accounts.clone());
            }
        }
        Ok(needs)
    }

    /// Who may launch the image now.
    async fn launchers(&self, image: &Image, owner: &AccountId) -> Result<BTreeSet<Principal>, Error> {
        // Disabling took all its permissions.
        if image.state() == Some(&ImageState::Disabled) {
            return Ok(BTreeSet::new());
        }
        let id = image.image_id().unwrap_or_default();
        Ok(self.launch_permissions(id, owner).await?.unwrap_or_default().principals)
    }
}

/// Whether no account will ever launch the image, so that it needs nothing.
fn is_over(image: &Image) -> bool {
    let state = image.state().map(|state| State::of(Kind::Image, state.as_str()));
    matches!(state, Some(State::Over(_)))
}
