//! Two messages of one batch are handled side by side, and neither acts under the other's name.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::in_name_of;
use futures_util::future::join;
use place::Region;
use reaction::{Reaction, Run};
use share_ami::ShareAmi;

use super::Scene;
use crate::world::{AWS, REGION, run_for};

fn run(function: &'static str, occurrence: &str) -> Run {
    Run::new(function, occurrence, run_for(Duration::from_mins(1)).deadline)
}

#[tokio::test]
async fn runs_side_by_side_enter_a_member_each_under_its_own_name() {
    let scene = Scene::new(|organization, _| organization.to_owned()).await;
    let (hub, member) = (scene.acting_as(ShareAmi::NAME).await, &scene.member.account.parse().unwrap());
    let sessions = &hub.sessions;
    let region: &Region = &REGION.parse().unwrap();
    // One client, as a function keeps it, whose every call asks for credentials.
    let first = run("share-ami", "one");
    let config = in_name_of(&first, sessions.at(member, region)).await.unwrap();
    let client = aws_sdk_sts::Client::new(&config);
    let ask = async || {
        let mut names = BTreeSet::new();
        for _ in 0..3 {
            let told = client.get_caller_identity().send().await.unwrap();
            names.extend(told.arn().and_then(|arn| arn.rsplit('/').next()).map(String::from));
        }
        names
    };
    let second = run("share-ami", "two");
    let (ones, twos) = join(in_name_of(&first, ask()), in_name_of(&second, ask())).await;
    assert_eq!((ones, twos), (["share-ami@one".to_owned()].into(), ["share-ami@two".to_owned()].into()));
    let assumed = AWS.calls(&scene.hub.account).into_iter().filter(|call| call.operation == "AssumeRole");
    let sources = assumed.flat_map(|it| it.body.split('&').map(String::from).collect::<Vec<_>>());
    let sources: Vec<_> = sources.filter(|part| part.starts_with("SourceIdentity=share-ami%40")).collect();
    assert_eq!(sources, ["SourceIdentity=share-ami%40one", "SourceIdentity=share-ami%40two"], "once for each run");
}

#[tokio::test]
async fn what_no_run_does_enters_no_member() {
    let scene = Scene::new(|organization, _| organization.to_owned()).await;
    let (member, region) = (scene.member.account.parse().unwrap(), REGION.parse().unwrap());
    let hub = scene.acting_as(ShareAmi::NAME).await;
    let error = hub.sessions.at(&member, &region).await.unwrap_err();
    assert!(error.to_string().contains("no run says for which event another account is entered"), "{error}");
    assert!(AWS.calls(&scene.hub.account).iter().all(|call| !call.body.contains("SourceIdentity=")));
}
