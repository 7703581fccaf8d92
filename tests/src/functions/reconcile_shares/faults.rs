//! What AWS does to a sweep, and that the end is the same: each call in turn throttled, failed, denied, unanswered or
//! answered in vain; a region that is not enabled; an account that is closed.

use local_aws::{Fault, FaultKind};
use reaction::Outcome;

use super::{Given, Scene};
use crate::promises::every_call::Run;
use crate::world::AWS;
use crate::world::ec2::{launchers, register};

/// Images, snapshots of databases and a bucket, which gain and lose.
pub fn run() -> Run<Given> {
    Run { given: Given::Object, sample: "the-payload-is-the-manifest-of-2015", calls: 22 }
}

/// A fault of this code.
fn refused(scene: &Scene, operation: &str, code: &str, message: &str) -> Fault {
    let kind = FaultKind::Error { status: 400, code: code.into(), message: message.into() };
    Fault { operation: Some(operation.into()), times: 100, ..Fault::new(&scene.world.account, kind) }
}

#[tokio::test]
async fn a_region_that_is_not_enabled_is_incomplete_and_the_others_are_done() {
    let scene = Scene::new().await;
    let far = aws_sdk_ec2::Client::new(&scene.world.sessions.in_region(&"me-south-1".parse().unwrap()));
    let image = register(&far, "base_linux_v1", &[]).await;
    let both = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012"], "me-south-1": ["123456789012"]}}}"#;
    scene.put_manifest(both).await;
    let said = "AWS was not able to validate the provided access credentials";
    let region = Some("me-south-1".to_owned());
    AWS.inject(&Fault { region, ..refused(&scene, "DescribeImages", "AuthFailure", said) });
    let report = scene.sweep().await;
    assert_eq!((report.outcome, report.counts["ami"]["incomplete"]), (Outcome::Failed, 1), "{report}");
    let reason = report.reason.unwrap();
    let expected = format!(
        "could not read images and snapshots in me-south-1: listing our images: AWS answered AuthFailure: {said}; is the \
         region enabled for the account, and are the credentials valid there?"
    );
    assert_eq!(reason, expected);
    assert_eq!(scene.launchers(&scene.image).await, "123456789012");
    assert_eq!(launchers(&far, &image).await, "no account");
    AWS.clear_faults(&scene.world.account);
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(launchers(&far, &image).await, "123456789012");
    scene.assert_audited().await;
}

#[tokio::test]
async fn an_account_that_is_closed_is_named_and_the_others_are_done() {
    let scene = Scene::new().await;
    let closed = |operation, code| Fault {
        contains: Some("987654321098".into()),
        ..refused(&scene, operation, code, "Invalid attribute item value \"987654321098\" for userId item type.")
    };
    AWS.inject(&closed("ModifyImageAttribute", "InvalidAMIAttributeItemValue"));
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let reason = report.reason.unwrap();
    assert!(reason.contains("EC2 does not accept 987654321098 (") && !reason.contains("123456789012"), "{reason}");
    assert_eq!(scene.launchers(&scene.image).await, "123456789012", "444455556666 has lost it");
    assert_eq!(scene.owned(&scene.image).await, "no account", "what was not shared is not owned");
    let shares = scene.picture().await;
    assert!(!shares.contains("444455556666"), "everything else is done: {shares}");
    scene.assert_audited().await;
    AWS.clear_faults(&scene.world.account);
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 987654321098");
    scene.assert_audited().await;
}
