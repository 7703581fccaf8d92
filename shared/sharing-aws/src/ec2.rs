//! Who may launch an image, and who may make volumes of a snapshot.

use std::collections::BTreeSet;

use aws::{Answer, Pace};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ImageAttributeName, LaunchPermission, PermissionGroup, SnapshotAttributeName, Tag};
use place::AccountId;
use reaction::{Doing, Error};
use sharing::{Principal, Tags};

/// Who has a permission, the owner and everybody aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// Whether everybody has it.
    pub is_public: bool,
    /// Who has it beside.
    pub principals: BTreeSet<Principal>,
}

/// EC2 in one account and region, at its pace.
#[derive(Clone, Debug)]
pub struct Ec2 {
    /// The client, for what is no permission.
    pub client: Client,
    /// The pace of the account and region.
    pub pace: Pace,
}

impl Ec2 {
    /// Who may launch the image, `owner` aside; `None` where there is no such image any more.
    ///
    /// # Errors
    /// As of `DescribeImageAttribute`.
    pub async fn launch_permissions(&self, image: &str, owner: &AccountId) -> Result<Option<Holders>, Error> {
        self.pace.wait("DescribeImageAttribute").await;
        let request = self.client.describe_image_attribute().image_id(image);
        let answer = request.attribute(ImageAttributeName::LaunchPermission).send().await;
        let Some(answer) = answer.or_absent().doing(|| format!("reading who may launch {image}"))? else {
            return Ok(None);
        };
        let permissions = answer.launch_permissions();
        let principals = permissions.iter().filter_map(launcher).collect::<Result<BTreeSet<_>, _>>()?;
        let is_public = permissions.iter().any(|it| it.group() == Some(&PermissionGroup::All));
        Ok(Some(Holders { is_public, principals: others(principals, owner) }))
    }

    /// Who may make volumes of the snapshot, `owner` aside; `None` where there is no such snapshot any more.
    ///
    /// # Errors
    /// As of `DescribeSnapshotAttribute`.
    pub async fn volume_permissions(&self, snapshot: &str, owner: &AccountId) -> Result<Option<Holders>, Error> {
        self.pace.wait("DescribeSnapshotAttribute").await;
        let request = self.client.describe_snapshot_attribute().snapshot_id(snapshot);
        let answer = request.attribute(SnapshotAttributeName::CreateVolumePermission).send().await;
        let Some(answer) = answer.or_absent().doing(|| format!("reading who may use {snapshot}"))? else {
            return Ok(None);
        };
        let permissions = answer.create_volume_permissions();
        let accounts = permissions.iter().filter_map(|it| it.user_id()).map(str::parse);
        let accounts = accounts.collect::<Result<BTreeSet<AccountId>, _>>().map_err(Error::refused)?;
        let is_public = permissions.iter().any(|it| it.group() == Some(&PermissionGroup::All));
        let principals = accounts.into_iter().map(Principal::Account).collect();
        Ok(Some(Holders { is_public, principals: others(principals, owner) }))
    }
}

/// The value of the tag `Name`, by which people call a thing.
#[must_use]
pub fn name_of(tags: &[Tag]) -> Option<&str> {
    tags.iter().find(|tag| tag.key() == Some("Name"))?.value()
}

/// The tags, by their keys.
#[must_use]
pub fn tags_of(tags: &[Tag]) -> Tags {
    let pairs = tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())));
    pairs.collect()
}

fn others(principals: BTreeSet<Principal>, owner: &AccountId) -> BTreeSet<Principal> {
    principals.into_iter().filter(|who| who.account() != Some(owner)).collect()
}

/// The principal that a launch permission names; `None` where it is everybody.
fn launcher(permission: &LaunchPermission) -> Option<Result<Principal, Error>> {
    let named = [permission.user_id(), permission.organization_arn(), permission.organizational_unit_arn()];
    named.into_iter().flatten().next().map(|who| who.parse().map_err(Error::refused))
}
