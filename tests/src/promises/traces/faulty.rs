//! What goes wrong shows in the trace as X-Ray tells errors apart.

use expect_test::expect;
use local_aws::lambda_api::Outcome;
use local_aws::{Fault, FaultKind};

use super::Traced;
use crate::functions::share_ami::{GIVEN, Scene};
use crate::promises::binary::{INVOCATION, environment, respond, start_function};
use crate::world::AWS;
use crate::world::daemon::{SAMPLED, XrayDaemon};

#[tokio::test]
async fn a_call_that_was_throttled_and_one_that_failed_tell_how_often_they_were_tried_again() {
    let traced = Traced::start().await;
    let account = &traced.scene.world.account;
    let fault =
        |kind, operation: &str, times| Fault { operation: Some(operation.into()), times, ..Fault::new(account, kind) };
    AWS.inject(&fault(FaultKind::Throttle, "DescribeImages", 1));
    AWS.inject(&fault(FaultKind::ServerError, "ModifySnapshotAttribute", 2));
    assert_eq!(respond(&traced.api, &traced.scene.event).await["outcome"], "applied");
    expect![[r#"
        trace 1-58406520-a006649127e371903a2de979
        share-ami  applied  111122223333/eu-west-1/ami-0123456789abcdef0/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01  5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60
        ├─ claim
        │  └─ DynamoDB PutItem  eu-west-1
        ├─ observe
        │  ├─ S3 GetObject  eu-west-1
        │  ├─ EC2 DescribeImages  eu-west-1  1 retry  throttled once
        │  ├─ EC2 DescribeImageAttribute  eu-west-1
        │  └─ EC2 DescribeSnapshotAttribute  eu-west-1
        ├─ plan
        ├─ apply share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098- snap-1: +123456789012 +987654321098
        │  ├─ EC2 ModifySnapshotAttribute  eu-west-1  2 retries
        │  └─ EC2 ModifyImageAttribute  eu-west-1
        └─ settle
           └─ DynamoDB UpdateItem  eu-west-1
    "#]].assert_eq(&traced.scene.with_sample_ids(&traced.daemon.drawn()));
}

#[tokio::test]
async fn what_is_denied_is_an_error_and_what_is_throttled_to_the_end_is_throttled() {
    let traced = Traced::start().await;
    let account = &traced.scene.world.account;
    let fault =
        |kind, operation: &str, times| Fault { operation: Some(operation.into()), times, ..Fault::new(account, kind) };
    AWS.inject(&fault(FaultKind::AccessDenied, "ModifySnapshotAttribute", 1));
    let Outcome::Error(_) = traced.api.invoke(traced.scene.event.clone(), INVOCATION).await else { panic!("no error") };
    expect![[r#"
        trace 1-58406520-a006649127e371903a2de979
        share-ami  failed  111122223333/eu-west-1/ami-0123456789abcdef0/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01  5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60  ! fault: changing who may use snap-1: AWS answered UnauthorizedOperation: You are not authorized to perform this operation; give the role this permission and send the event again
        ├─ claim
        │  └─ DynamoDB PutItem  eu-west-1
        ├─ observe
        │  ├─ S3 GetObject  eu-west-1
        │  ├─ EC2 DescribeImages  eu-west-1
        │  ├─ EC2 DescribeImageAttribute  eu-west-1
        │  └─ EC2 DescribeSnapshotAttribute  eu-west-1
        ├─ plan
        ├─ apply share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098- snap-1: +123456789012 +987654321098  ! fault: changing who may use snap-1: AWS answered UnauthorizedOperation: You are not authorized to perform this operation; give the role this permission and send the event again
        │  ├─ EC2 ModifySnapshotAttribute  eu-west-1  ! error: UnauthorizedOperation
        │  └─ EC2 ModifyImageAttribute  eu-west-1
        └─ release
           └─ DynamoDB UpdateItem  eu-west-1
    "#]].assert_eq(&traced.scene.with_sample_ids(&traced.daemon.drawn()));
    AWS.inject(&fault(FaultKind::Throttle, "PutItem", 4));
    let Outcome::Error(_) = traced.api.invoke(traced.scene.event.clone(), INVOCATION).await else { panic!("no error") };
    expect![[r#"
        trace 1-58406520-a006649127e371903a2de979
        share-ami  failed  111122223333/eu-west-1/ami-0123456789abcdef0/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01  5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60  ! fault: claiming the occurrence in the ledger; nothing was done: ledger table signalbox-ledger: AWS answered ProvisionedThroughputExceededException: Rate exceeded
        ├─ claim  ! fault: ledger table signalbox-ledger: AWS answered ProvisionedThroughputExceededException: Rate exceeded
        │  └─ DynamoDB PutItem  eu-west-1  3 retries  ! throttled: ProvisionedThroughputExceededException  throttled 4 times
        └─ observe
    "#]].assert_eq(&traced.drawn_without_reads());
}

#[tokio::test]
async fn a_failure_before_anything_was_done_is_a_fault_of_the_claim() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let daemon = XrayDaemon::start();
    let mut environment = daemon.beside(environment(&scene.world));
    environment.insert("SIGNALBOX_LEDGER_TABLE".into(), "no-such-table".into());
    let (api, _function) = start_function("share-ami", &environment).await;
    api.set_trace_header(SAMPLED);
    let Outcome::Error(_) = api.invoke(scene.event.clone(), INVOCATION).await else { panic!("no error") };
    let documents = daemon.documents();
    assert!(documents[0].fault && !documents[0].error);
    assert_eq!(documents[0].annotations["outcome"], "failed");
    let claim = &documents[0].subsegments[0];
    assert_eq!((claim.name.as_str(), claim.fault || claim.error, documents[0].subsegments.len()), ("claim", true, 2));
    let call = &claim.subsegments[0];
    assert_eq!((call.name.as_str(), call.error, call.fault, call.throttle), ("DynamoDB", true, false, false));
    assert_eq!(call.cause["exceptions"][0]["message"], "ResourceNotFoundException");
}
