//! An image of a member is shared by the function of the hub: one id stands wherever something is told of it.

use std::collections::{BTreeMap, BTreeSet};

use local_aws::lambda_api::{Function, LambdaApi};
use reaction::Reaction;
use serde_json::Value;
use share_ami::ShareAmi;

use crate::functions::share_ami::{MANIFEST, SAMPLE_IMAGE};
use crate::promises::binary::{environment, respond};
use crate::promises::members::Scene;
use crate::promises::members::shares::make_snapshot;
use crate::world::built::binary;
use crate::world::daemon::{SAMPLED, XrayDaemon};
use crate::world::ec2::{launchers, register};
use crate::world::roles::{EXTERNAL_ID, member_role};
use crate::world::scene::read_sample;
use crate::world::{AUDIT, AWS, GRANTS, REGION, SAMPLE_ACCOUNT};

/// What an event led to: the scene, the event's id, what the function answered and wrote, and what the daemon took.
pub struct Led {
    /// The organization.
    pub scene: Scene,
    /// The image of the member.
    pub image: String,
    /// Its snapshot.
    pub snapshot: String,
    /// The event's id.
    pub id: String,
    /// The answer.
    pub answer: Value,
    /// What the function wrote.
    pub output: String,
    /// What the daemon took.
    pub daemon: XrayDaemon,
}

/// The function of the hub hears that an image of a member became available. IAM judges each of its calls.
pub async fn hear() -> Led {
    let scene = Scene::new(|organization, _| organization.to_owned()).await;
    scene.hub.put_manifest(MANIFEST).await;
    scene.hub.create_grants_tables().await;
    let snapshot = make_snapshot(&scene.member).await;
    let image = register(&scene.member.ec2, "base_linux_v1", std::slice::from_ref(&snapshot)).await;
    let event = read_sample(ShareAmi::NAME, "an-image-became-available");
    let event = event.replace(SAMPLE_ACCOUNT, &scene.member.account).replace(SAMPLE_IMAGE, &image);
    scene.acting_as(ShareAmi::NAME).await;
    let daemon = XrayDaemon::start();
    let mut environment: BTreeMap<_, _> = daemon.beside(environment(&scene.hub));
    let role = member_role(ShareAmi::NAME);
    let more = [
        ("AWS_ACCESS_KEY_ID", format!("ASIA{}-{}", scene.hub.account, ShareAmi::NAME)),
        ("SIGNALBOX_ACCOUNTS", scene.organization.clone()),
        ("SIGNALBOX_MEMBER_ROLE", role),
        ("SIGNALBOX_EXTERNAL_ID", EXTERNAL_ID.into()),
        ("SIGNALBOX_GRANTS_TABLE", GRANTS.into()),
        ("SIGNALBOX_AUDIT_TABLE", AUDIT.into()),
    ];
    environment.extend(more.map(|(name, value)| (name.to_owned(), value)));
    let arn = format!("arn:aws:lambda:{REGION}:{}:function:share-ami", scene.hub.account);
    let api = LambdaApi::start(&arn).await.unwrap();
    let function = Function::spawn(&binary("share-ami"), &environment, &api).unwrap();
    api.set_trace_header(SAMPLED);
    let answer = respond(&api, &event).await;
    let output = function.end().await.unwrap();
    let id = serde_json::from_str::<Value>(&event).unwrap()["id"].as_str().unwrap().to_owned();
    Led { scene, image, snapshot, id, answer, output, daemon }
}

#[tokio::test]
async fn one_id_stands_in_the_log_the_report_the_audit_the_trace_and_the_names_of_sessions() {
    let Led { scene, image, id, answer, output, daemon, .. } = hear().await;
    assert_eq!(
        (&answer["outcome"], &answer["correlation_id"]),
        (&"applied".into(), &Value::from(id.clone())),
        "{answer}"
    );
    assert_eq!(launchers(&scene.member.ec2, &image).await, "123456789012, 987654321098");
    // The log: every line, the metrics' too.
    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 4 && lines.iter().all(|line| line["correlation_id"] == id), "{output}");
    // The audit, and its lines.
    let items = scene.hub.dynamodb.scan().table_name(AUDIT).send().await.unwrap().items.unwrap();
    let ids: BTreeSet<_> = items.iter().map(|item| item["correlation_id"].as_s().unwrap().clone()).collect();
    assert_eq!((items.len(), ids), (4, [id.clone()].into()), "of the image and of its snapshot, before and after");
    let audited = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line["audit"].as_str()?).ok());
    assert_eq!(audited.filter(|item| item["correlation_id"] == id).count(), 4);
    // The ledger.
    let records = scene.hub.dynamodb.scan().table_name(crate::world::LEDGER).send().await.unwrap().items.unwrap();
    assert!(records[0]["data"].as_s().unwrap().contains(&id), "{records:?}");
    // The session in the member: its name and its source identity.
    let calls = AWS.calls(&scene.hub.account);
    let assumed: Vec<_> = calls.iter().filter(|call| call.operation == "AssumeRole").collect();
    let named = |field: &str| assumed[0].body.contains(&format!("{field}=share-ami%40{id}"));
    assert!(assumed.len() == 1 && named("RoleSessionName") && named("SourceIdentity"), "{assumed:?}");
    // The trace, in which the member's calls name its account.
    let documents = daemon.documents();
    assert_eq!(documents[0].annotations["correlation_id"], id);
    let calls = documents[0].subsegments.iter().flat_map(|phase| &phase.subsegments);
    let accounts: BTreeSet<_> =
        calls.filter(|call| call.name == "EC2").map(|call| call.aws.clone().unwrap().account_id).collect();
    assert_eq!(accounts, [Some(scene.member.account.clone())].into());
}
