//! Which bucket is meant, and where it lies.

use aws_sdk_s3::types::BucketLocationConstraint;
use expect_test::expect;
use local_aws::{Fault, FaultKind};
use place::Partition;
use sharing::{Kind, Resource};
use sharing_policies::Buckets;

use super::{Scene, account, check, make_bucket, set};
use crate::world::{AWS, World};

/// What is said of a bucket.
async fn said_of(world: &World, bucket: &Resource) -> String {
    let told = match Buckets::new(world.sessions.clone()).read(bucket).await {
        Ok(None) => "no such bucket".into(),
        Ok(Some(policy)) => format!("{:?}", policy.holders.ours),
        Err(error) if error.is_refused() => format!("refused: {error}"),
        Err(error) => format!("failed: {error}"),
    };
    told.replace(&bucket.id, "BUCKET").replace(&world.account, "111122223333")
}

#[tokio::test]
async fn a_bucket_that_is_not_ours_is_refused() {
    let (ours, theirs) = (Scene::of(Kind::Bucket).await, Scene::of(Kind::Bucket).await);
    let named = Resource::bucket(Partition::Aws, &account(&ours.world), &theirs.resource.id);
    check(
        &said_of(&ours.world, &named).await,
        &expect![
            "refused: reading the policy of BUCKET: the bucket BUCKET is not ours: account 111122223333 has no bucket of that name; correct the manifest"
        ],
    );
}

#[tokio::test]
async fn a_bucket_of_ours_whose_policy_we_may_not_read_is_no_other_accounts() {
    let scene = Scene::of(Kind::Bucket).await;
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("GetBucketPolicy".into()), ..denied });
    check(
        &said_of(&scene.world, &scene.resource).await,
        &expect![
            "failed: reading the policy of BUCKET: AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again"
        ],
    );
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_none() {
    let world = World::new().await;
    let bucket = Resource::bucket(Partition::Aws, &account(&world), "com-example-nowhere");
    assert_eq!(said_of(&world, &bucket).await, "no such bucket");
}

#[tokio::test]
async fn a_bucket_in_another_region_is_found_once_and_remembered() {
    let world = World::new().await;
    let resource = make_bucket(&world, "far", BucketLocationConstraint::EuCentral1).await;
    let buckets = Buckets::new(world.sessions.clone());
    let calls = world.calls();
    assert_eq!(buckets.read(&resource).await.unwrap().unwrap().text, None);
    let change = sharing::Change {
        name: resource.id.clone(),
        resource,
        before: set(&[]),
        after: set(&["222233334444"]),
        why: "a test".into(),
        head: sharing::Head::default(),
    };
    buckets.change(&change).await.unwrap();
    let regions: Vec<_> = AWS.calls_since(&world.account, calls).into_iter().map(|call| call.region).collect();
    assert_eq!(regions, ["eu-west-1", "eu-central-1", "eu-central-1", "eu-central-1", "eu-central-1"]);
    let holders = buckets.read(&change.resource).await.unwrap().unwrap().holders;
    assert_eq!(holders.ours, set(&["222233334444"]));
}

#[tokio::test]
async fn each_call_says_whose_bucket_is_meant() {
    let scene = Scene::of(Kind::Bucket).await;
    let calls = scene.world.calls();
    scene.change(&[], &["222233334444"]).await.unwrap();
    scene.change(&["222233334444"], &[]).await.unwrap();
    let made: Vec<_> = AWS.calls_since(&scene.world.account, calls);
    assert!(made.iter().any(|call| call.operation == "DeleteBucketPolicy"));
    for call in made {
        assert_eq!(call.expected_owner.as_ref(), Some(&scene.world.account), "{}", call.operation);
    }
}
