//! Images and snapshots as anybody makes and shares them, and who may use them as EC2 answers.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, ImageAttributeName, LaunchPermission, LaunchPermissionModifications,
    OperationType, PermissionGroup, SnapshotAttributeName,
};

use crate::world::scene::sorted;

pub async fn register(ec2: &Client, name: &str, snapshots: &[String]) -> String {
    let disks = snapshots.iter().enumerate().map(|(index, snapshot)| {
        let device = format!("/dev/sd{}", ["a1", "f", "g"][index]);
        BlockDeviceMapping::builder()
            .device_name(device)
            .ebs(EbsBlockDevice::builder().snapshot_id(snapshot).build())
            .build()
    });
    let request = ec2.register_image().name(name).set_block_device_mappings(Some(disks.collect()));
    request.send().await.unwrap().image_id.expect("an image has an id")
}

pub async fn allow_launch(ec2: &Client, image: &str, accounts: &[&str], is_public: bool) {
    let accounts = accounts.iter().map(|account| LaunchPermission::builder().user_id(*account).build());
    let everybody = is_public.then(|| LaunchPermission::builder().group(PermissionGroup::All).build());
    let add: Vec<_> = accounts.chain(everybody).collect();
    if !add.is_empty() {
        let change = LaunchPermissionModifications::builder().set_add(Some(add)).build();
        ec2.modify_image_attribute().image_id(image).launch_permission(change).send().await.unwrap();
    }
}

pub async fn allow_volumes(ec2: &Client, snapshot: &str, accounts: &[&str]) {
    if !accounts.is_empty() {
        let request = ec2.modify_snapshot_attribute().snapshot_id(snapshot).operation_type(OperationType::Add);
        let request = request.attribute(SnapshotAttributeName::CreateVolumePermission);
        let accounts = accounts.iter().map(ToString::to_string).collect();
        request.set_user_ids(Some(accounts)).send().await.unwrap();
    }
}

/// Who may launch the image.
pub async fn launchers(ec2: &Client, image: &str) -> String {
    let request = ec2.describe_image_attribute().image_id(image);
    let Ok(answer) = request.attribute(ImageAttributeName::LaunchPermission).send().await else {
        return "gone".into();
    };
    let who = answer.launch_permissions().iter().map(|it| {
        let organization = it.organization_arn().or(it.organizational_unit_arn());
        it.user_id().or(organization).or(it.group().map(PermissionGroup::as_str)).unwrap_or_default().to_owned()
    });
    sorted(who.collect())
}

/// Who may make volumes of the snapshot.
pub async fn volume_makers(ec2: &Client, snapshot: &str) -> String {
    let request = ec2.describe_snapshot_attribute().snapshot_id(snapshot);
    let Ok(answer) = request.attribute(SnapshotAttributeName::CreateVolumePermission).send().await else {
        return "gone".into();
    };
    let who = |it: &aws_sdk_ec2::types::CreateVolumePermission| {
        it.user_id().or(it.group().map(PermissionGroup::as_str)).unwrap_or_default().to_owned()
    };
    sorted(answer.create_volume_permissions().iter().map(who).collect())
}
