//! Instances that tell of themselves as the agent of Systems Manager does, and windows and groups as an operator makes them.

use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use aws_sdk_ec2::types::{InstanceType, Tag};
use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{
    InventoryItem, MaintenanceWindowResourceType, MaintenanceWindowTaskType, OperatingSystem, Target,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::world::{World, now};

/// The table of the history in every test's account that has one.
pub const PATCHES: &str = "signalbox-patches";

/// A patch that is not in effect: its name, its severity, its classification and its state.
pub type Patch = (&'static str, &'static str, &'static str, &'static str);

/// What an instance tells of a scan.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// How many hours ago the scan ended.
    pub hours: u64,
    /// `Scan` or `Install`.
    pub operation: &'static str,
    /// Patches that are not in effect.
    pub patches: &'static [Patch],
    /// How many wait for a reboot.
    pub pending: u32,
}

/// The time so many hours ago, as text.
pub fn hours_ago(hours: u64) -> String {
    let at = now().duration_since(UNIX_EPOCH).unwrap().as_secs() - hours * 60 * 60;
    DateTime::from_secs(i64::try_from(at).unwrap()).fmt(Format::DateTime).unwrap()
}

fn item(kind: &str, content: Vec<HashMap<String, String>>) -> InventoryItem {
    let item = InventoryItem::builder().type_name(kind).schema_version("1.0").capture_time(hours_ago(0));
    item.set_content(Some(content)).build().unwrap()
}

fn texts(pairs: &[(&str, String)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// The instance registers with Systems Manager, so many days ago.
pub async fn register(world: &World, id: &str, days: u64) {
    let of_instance = texts(&[
        ("AgentVersion", "3.3.987.0".into()),
        ("PlatformName", "Amazon Linux".into()),
        ("PlatformVersion", "2023".into()),
        ("PlatformType", "Linux".into()),
        ("RegistrationDate", hours_ago(24 * days)),
    ]);
    put(world, id, item("AWS:InstanceInformation", vec![of_instance])).await;
}

/// The instance tells of a scan that ended at this time.
pub async fn tell(world: &World, id: &str, group: &str, told: &Told, at: &str) {
    let count = |wanted: fn(&Patch) -> bool| told.patches.iter().filter(|it| wanted(it)).count().to_string();
    let summary = texts(&[
        ("PatchGroup", group.into()),
        ("BaselineId", "pb-0123456789abcdef0".into()),
        ("SnapshotId", "5b9d2d5c-8f1f-4a9e-9d3b-0123456789ab".into()),
        ("OperationType", told.operation.into()),
        ("OperationStartTime", at.into()),
        ("OperationEndTime", at.into()),
        ("InstalledCount", "412".into()),
        ("MissingCount", count(|it| it.3 == "Missing")),
        ("FailedCount", count(|it| it.3 == "Failed")),
        ("InstalledPendingRebootCount", told.pending.to_string()),
        ("CriticalNonCompliantCount", count(|it| it.1 == "Critical")),
        ("SecurityNonCompliantCount", count(|it| it.2 == "Security")),
    ]);
    let patches = told.patches.iter().map(|(name, severity, classification, state)| {
        let pairs = [
            ("Id", *name),
            ("Title", *name),
            ("Severity", *severity),
            ("Classification", *classification),
            ("State", *state),
        ];
        texts(&pairs.map(|(key, value)| (key, value.to_owned())))
    });
    put(world, id, item("AWS:PatchSummary", vec![summary])).await;
    put(world, id, item("AWS:PatchCompliance", patches.collect())).await;
}

async fn put(world: &World, id: &str, item: InventoryItem) {
    let ssm = Client::new(world.sessions.config());
    ssm.put_inventory().instance_id(id).items(item).send().await.unwrap();
}

/// Runs so many instances: their ids.
pub async fn run(world: &World, count: usize) -> Vec<String> {
    let Ok(count @ 1..) = i32::try_from(count) else { return Vec::new() };
    let image = crate::world::ec2::register(&world.ec2, "base", &[]).await;
    let run = world.ec2.run_instances().image_id(image).instance_type(InstanceType::T3Micro);
    let run = run.min_count(count).max_count(count).send().await.unwrap();
    run.instances.unwrap().into_iter().filter_map(|it| it.instance_id).collect()
}

/// Tags an instance.
pub async fn name(world: &World, id: &str, tags: &[(&str, &str)]) {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build());
    world.ec2.create_tags().resources(id).set_tags(Some(tags.collect())).send().await.unwrap();
}

/// Makes so many nodes outside of EC2 that are as this one is.
pub async fn copy(world: &World, id: &str, count: usize) {
    put(world, id, item("local-aws:copies", vec![texts(&[("Count", count.to_string())])])).await;
}

/// Systems Manager forgets an instance.
pub async fn forget(world: &World, id: &str) {
    for kind in ["AWS:InstanceInformation", "AWS:PatchSummary", "AWS:PatchCompliance"] {
        put(world, id, item(kind, Vec::new())).await;
    }
}

/// Makes a baseline for this group.
pub async fn make_baseline(world: &World, group: &str) {
    let ssm = Client::new(world.sessions.config());
    let made =
        ssm.create_patch_baseline().name("servers").operating_system(OperatingSystem::AmazonLinux2023).send().await;
    let id = made.unwrap().baseline_id.unwrap();
    ssm.register_patch_baseline_for_patch_group().baseline_id(id).patch_group(group).send().await.unwrap();
}

/// Makes a window that runs this document on instances of this group, or on none: its id.
pub async fn make_window(world: &World, name: &str, document: &str, group: Option<&str>) -> String {
    let ssm = Client::new(world.sessions.config());
    let made = ssm.create_maintenance_window().name(name).schedule("cron(0 22 ? * SAT *)").duration(4).cutoff(1);
    let id = made.allow_unassociated_targets(false).send().await.unwrap().window_id.unwrap();
    let mut task = ssm.register_task_with_maintenance_window().window_id(&id).task_arn(document);
    if let Some(group) = group {
        let tag = Target::builder().key("tag:Patch Group").values(group).build();
        let target = ssm.register_target_with_maintenance_window().window_id(&id).targets(tag);
        let target = target.resource_type(MaintenanceWindowResourceType::Instance).send().await.unwrap();
        let named = Target::builder().key("WindowTargetIds").values(target.window_target_id.unwrap()).build();
        task = task.targets(named);
    }
    task.task_type(MaintenanceWindowTaskType::RunCommand)
        .max_errors("20%")
        .max_concurrency("25%")
        .send()
        .await
        .unwrap();
    id
}
