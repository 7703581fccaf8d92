//! A thousand images in three regions, under twenty entries.

use std::fmt::Write;

use futures_util::{StreamExt, stream};
use reaction::Outcome;

use super::Scene;
use crate::world::ec2::{allow_launch, register};

const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "ap-southeast-2"];
const ENTRIES: usize = 20;
const IMAGES: usize = 1_000;

/// Twenty entries in three regions, each for an account of its own.
fn manifest() -> String {
    let mut text = String::from("{\"ami\": {");
    for entry in 0..ENTRIES {
        let account = 100_000_000_000 + entry as u64;
        let regions = REGIONS.map(|region| format!("\"{region}\": [\"{account}\"]")).join(", ");
        write!(text, "{}\"many{entry:02}_v\": {{{regions}}}", if entry == 0 { "" } else { ", " }).unwrap();
    }
    text + "}}"
}

#[tokio::test]
async fn a_thousand_images_are_one_sweep_and_the_second_writes_nothing() {
    let scene = Scene::new().await.with("SIGNALBOX_RATES", "unlimited").with("SIGNALBOX_MAX_REMOVED_PERCENT", "100");
    scene.put_manifest(&manifest()).await;
    let clients = REGIONS.map(|region| {
        let config = scene.world.sessions.in_region(&region.parse().unwrap());
        aws_sdk_ec2::Client::new(&config)
    });
    let made = stream::iter(0..IMAGES).map(async |index| {
        let client = &clients[index % 3];
        let id = register(client, &format!("many{:02}_v{index}", index % ENTRIES), &[]).await;
        if index % 100 == 0 {
            allow_launch(client, &id, &["444455556666"], false).await;
        }
    });
    assert_eq!(made.buffer_unordered(16).collect::<Vec<_>>().await.len(), IMAGES);
    let report = scene.sweep().await;
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Applied, IMAGES), "{:?}", report.reason);
    assert_eq!((report.counts["ami"]["added"], report.counts["ami"]["removed"]), (1_000, 10));
    for (region, client) in REGIONS.iter().zip(&clients) {
        let images = client.describe_images().owners("self").send().await.unwrap().images.unwrap_or_default();
        let image = images.iter().find(|image| image.name().is_some_and(|name| name.starts_with("many07_v"))).unwrap();
        let request = client.describe_image_attribute().image_id(image.image_id().unwrap());
        let attribute =
            request.attribute(aws_sdk_ec2::types::ImageAttributeName::LaunchPermission).send().await.unwrap();
        let who: Vec<_> = attribute.launch_permissions().iter().filter_map(|it| it.user_id()).collect();
        assert_eq!(who, ["100000000007"], "{region}");
    }
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{:?}", report.reason);
    assert_eq!(report.counts["ami"]["unchanged"], 1_000);
    assert_eq!(scene.writes_since(before), ["dynamodb:PutItem", "dynamodb:UpdateItem"]);
}
