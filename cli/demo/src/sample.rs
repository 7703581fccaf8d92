//! An image to try things on: registered and shared by the calls that anybody would make, with the event that AWS
//! sends of it.

use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use aws::Answer;
use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::RequestId;
use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, ImageAttributeName, LaunchPermission, LaunchPermissionModifications,
    OperationType, SnapshotAttributeName,
};
use reaction::{Doing, Error};
use serde::Serialize;
use serde_json::{Value, json};

use crate::account::{ACCOUNT, REGION};

/// Whom the manifest names.
pub const NAMED: [&str; 2] = ["222233334444", "333344445555"];
/// Who has a share from before, which the manifest does not name.
pub const STALE: &str = "444455556666";
/// The image's name, with which the entry [`ENTRY`] of the manifest matches.
pub const NAME: &str = "base_linux_v1";
/// The manifest's entry.
pub const ENTRY: &str = "base_linux_v";

/// What AWS sends, with the ids of another image.
const EVENT: &str = include_str!("../../../events/share-ami/an-image-became-available.json");

/// The share manifest.
#[must_use]
pub fn manifest() -> Value {
    json!({"ami": {ENTRY: {REGION: NAMED}}})
}

/// A registered image.
#[derive(Debug)]
pub struct Image {
    ec2: Client,
    /// The image's id.
    pub id: String,
    /// The id of the snapshot that it stands on.
    pub snapshot: String,
    request_id: String,
}

/// Who may use an image.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Shares {
    /// Who may launch it.
    pub image: BTreeSet<String>,
    /// Who may make volumes of its snapshot.
    pub snapshot: BTreeSet<String>,
}

impl Image {
    /// Registers the image on a snapshot of its own, both shared with [`STALE`].
    pub async fn register(config: &SdkConfig) -> Result<Self, Error> {
        let ec2 = Client::new(config);
        let snapshot = create_snapshot(&ec2).await.doing(|| "making a snapshot")?;
        let disk = EbsBlockDevice::builder().snapshot_id(&snapshot).build();
        let disk = BlockDeviceMapping::builder().device_name("/dev/xvda").ebs(disk).build();
        let register = ec2.register_image().name(NAME).root_device_name("/dev/xvda").block_device_mappings(disk);
        let answer = register.send().await.or_error().doing(|| format!("registering {NAME}"))?;
        let request_id = answer.request_id().unwrap_or_default().to_owned();
        let image = Self { ec2, id: answer.image_id.unwrap_or_default(), snapshot, request_id };
        image.share_with_stale().await.doing(|| format!("sharing {} with {STALE}", image.id))?;
        Ok(image)
    }

    async fn share_with_stale(&self) -> Result<(), Error> {
        let stale = LaunchPermission::builder().user_id(STALE).build();
        let add = LaunchPermissionModifications::builder().add(stale).build();
        self.ec2.modify_image_attribute().image_id(&self.id).launch_permission(add).send().await.or_error()?;
        let modify = self.ec2.modify_snapshot_attribute().snapshot_id(&self.snapshot);
        let modify = modify.attribute(SnapshotAttributeName::CreateVolumePermission);
        modify.operation_type(OperationType::Add).user_ids(STALE).send().await.or_error()?;
        Ok(())
    }

    /// Asks EC2 who may use the image now.
    pub async fn shares(&self) -> Result<Shares, Error> {
        let ask =
            self.ec2.describe_image_attribute().image_id(&self.id).attribute(ImageAttributeName::LaunchPermission);
        let image = ask.send().await.or_error().doing(|| format!("asking who may launch {}", self.id))?;
        let ask = self.ec2.describe_snapshot_attribute().snapshot_id(&self.snapshot);
        let ask = ask.attribute(SnapshotAttributeName::CreateVolumePermission);
        let snapshot = ask.send().await.or_error().doing(|| format!("asking who may use {}", self.snapshot))?;
        Ok(Shares {
            image: image.launch_permissions().iter().filter_map(|it| it.user_id().map(String::from)).collect(),
            snapshot: snapshot
                .create_volume_permissions()
                .iter()
                .filter_map(|it| it.user_id().map(String::from))
                .collect(),
        })
    }

    /// The event that AWS sends when the image has become available: a sample of one, with this image's ids.
    pub fn event(&self, now: SystemTime) -> serde_json::Result<Value> {
        let mut event = from_here(EVENT, now)?;
        event["resources"] = json!([format!("arn:aws:ec2:{REGION}::image/{}", self.id)]);
        event["detail"]["RequestId"] = self.request_id.as_str().into();
        event["detail"]["ImageId"] = self.id.as_str().into();
        Ok(event)
    }
}

/// The sample of an event, as if it came of this account and region now.
pub fn from_here(sample: &str, now: SystemTime) -> serde_json::Result<Value> {
    let mut event: Value = serde_json::from_str(sample)?;
    let seconds = DateTime::from_secs(DateTime::from(now).secs());
    event["account"] = ACCOUNT.into();
    event["region"] = REGION.into();
    event["time"] = seconds.fmt(DateTimeFormat::DateTime).unwrap_or_default().into();
    Ok(event)
}

async fn create_snapshot(ec2: &Client) -> Result<String, Error> {
    let volume = ec2.create_volume().availability_zone(format!("{REGION}a")).size(8).send().await.or_error()?;
    let snapshot = ec2.create_snapshot().set_volume_id(volume.volume_id).description(NAME);
    Ok(snapshot.send().await.or_error()?.snapshot_id.unwrap_or_default())
}

impl Shares {
    /// Whether those, and only those, whom the manifest names may use the image and its snapshot.
    #[must_use]
    pub fn are_as_named(&self) -> bool {
        let named = NAMED.map(String::from).into();
        self.image == named && self.snapshot == named
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |accounts: &BTreeSet<String>| {
            let accounts: Vec<_> = accounts.iter().map(String::as_str).collect();
            if accounts.is_empty() { "nobody".into() } else { accounts.join(", ") }
        };
        write!(f, "  may launch the image: {}\n  may use its snapshot: {}", list(&self.image), list(&self.snapshot))
    }
}
