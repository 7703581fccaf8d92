//! `signalbox plan` before something is taken away: which accounts use what they are about to lose, by EC2's existing usage reports.

use aws_sdk_ec2::types::ImageUsageResourceTypeRequest;
use local_aws::{Fault, FaultKind};
use serde_json::Value;

use super::Shell;
use crate::functions::reconcile_shares::{MANIFEST, Scene};
use crate::world::scene::read_sample;
use crate::world::{AWS, World};

/// The account that the manifest does not name any more.
const LOSER: &str = "444455556666";

async fn report(scene: &Scene) {
    let create = scene.world.ec2.create_image_usage_report().image_id(&scene.image);
    create
        .resource_types(ImageUsageResourceTypeRequest::builder().resource_type("ec2:Instance").build())
        .send()
        .await
        .unwrap();
}

/// The lines about the image's loss, and what is noted of usage.
fn told(out: &str) -> String {
    let lines: Vec<_> = out.lines().collect();
    let at = lines.iter().position(|it| it.starts_with(&format!("- ami-base eu-west-1 {LOSER}"))).unwrap();
    let below = lines.get(at + 1).filter(|it| it.starts_with("    ")).into_iter();
    let noted = lines.iter().filter(|it| it.contains("use them is not known"));
    below.chain(noted).map(|it| it.trim()).collect::<Vec<_>>().join("\n") + "\n"
}

#[tokio::test]
async fn a_plan_says_of_each_account_that_loses_an_image_what_it_has_of_it() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    let plan = |json: bool| {
        let ran = shell.run(&["plan", "--manifest", "share.json", "--output", if json { "json" } else { "text" }]);
        assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.said);
        ran.out
    };
    let calls = scene.world.calls();
    assert_eq!(
        told(&plan(false)),
        "note: whether the accounts that lose ami-base in eu-west-1 use them is not known: there is no usage report of the last 30 days; \
         `aws ec2 create-image-usage-report` makes one, and Signalbox makes none\n"
    );
    assert!(!scene.world.operations_since(calls).iter().any(|it| it.contains("CreateImageUsageReport")));
    report(&scene).await;
    assert!(told(&plan(false)).starts_with("it uses the image nowhere, as of 20"), "{}", plan(false));
    let loser = World::of(LOSER).await;
    loser.ec2.run_instances().image_id(&scene.image).min_count(2).max_count(2).send().await.unwrap();
    let stale = told(&plan(false));
    assert!(stale.starts_with("it uses the image nowhere"), "a report says what was when it was made: {stale}");
    // The newest of several, on the second page.
    report(&scene).await;
    report(&scene).await;
    let text = told(&plan(false));
    assert!(text.starts_with("it has 2 instances of this image, as of 20"), "{text}");
    let launched = last_launched(&scene).await;
    assert!(text.ends_with(&format!("; an account last launched the image at {launched}\n")), "{text}");
    let json: Value = serde_json::from_str(&plan(true)).unwrap();
    assert_eq!(json["usage"]["known"]["ami-base"]["used_by"][LOSER], serde_json::json!(["2 instances"]), "{json}");
    assert_eq!(json["usage"]["last_launched"]["ami-base"], launched, "{json}");
    denied(&scene, &shell);
}

/// What EC2 says.
async fn last_launched(scene: &Scene) -> String {
    let found = scene.world.ec2.describe_images().image_ids(&scene.image).send().await.unwrap();
    found.images()[0].last_launched_time().unwrap().to_owned()
}

/// The event of one image takes it from the account, too. A dry run says the same of it, and only a dry run asks.
#[tokio::test]
async fn a_plan_of_one_event_says_what_the_account_that_loses_the_image_has_of_it() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    let sample = read_sample("share-ami", "an-image-became-available");
    let mut event: Value = serde_json::from_str(&sample).unwrap();
    event["account"] = scene.world.account.as_str().into();
    event["detail"]["ImageId"] = scene.image.as_str().into();
    shell.write("event.json", &event.to_string());
    let manifest = format!("s3://{}/share.json", scene.world.bucket());
    let ask = |command: &str| {
        let ran = shell.run(&[command, "event.json", "--manifest", &manifest, "--output", "json"]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let notes = report["notes"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
        notes.filter(|it| it.contains("ami-base")).collect::<Vec<_>>().join("\n")
    };
    assert!(ask("plan").ends_with("and Signalbox makes none"), "{}", ask("plan"));
    let loser = World::of(LOSER).await;
    loser.ec2.run_instances().image_id(&scene.image).min_count(1).max_count(1).send().await.unwrap();
    report(&scene).await;
    let (told, launched) = (ask("plan"), last_launched(&scene).await);
    assert!(told.starts_with(&format!("ami-base and {LOSER}: it has 1 instance of this image, as of 20")), "{told}");
    assert!(told.ends_with(&format!("; an account last launched the image at {launched}")), "{told}");
    let calls = scene.world.calls();
    assert_eq!(ask("run"), "");
    assert!(!scene.world.operations_since(calls).iter().any(|it| it.contains("UsageReport")));
}

/// Where the reports may not be read, the plan is the same, and says so.
fn denied(scene: &Scene, shell: &Shell<'_>) {
    for operation in ["DescribeImageUsageReports", "DescribeImageUsageReportEntries"] {
        let fault = Fault {
            operation: Some(operation.into()),
            times: usize::MAX,
            ..Fault::new(&scene.world.account, FaultKind::AccessDenied)
        };
        AWS.inject(&fault);
        let ran = shell.run(&["plan", "--manifest", "share.json"]);
        AWS.clear_faults(&scene.world.account);
        assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.said);
        let text = told(&ran.out);
        assert!(text.contains("not known: reading") && text.contains("UnauthorizedOperation"), "{operation}: {text}");
        assert!(text.ends_with("the plan is the same without it\n"), "{operation}: {text}");
    }
}
