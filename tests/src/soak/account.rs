//! The account of a soak: things to share, and the deployed functions that share them.

use std::collections::BTreeMap;

use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_rds::Client as Rds;
use aws_sdk_sqs::Client as Sqs;
use local_aws::deploy::{Deployment, package};
use local_aws::{Fault, FaultKind};
use serde_json::Value;
use tokio::sync::MutexGuard;

use super::mix::{Chance, Delivery};
use super::model::{Entry, HOLDER, manifest};
pub use crate::functions::share_ami::SAMPLE_IMAGE;
use crate::templates::deployed::{ONE_AT_A_TIME, RECORDS, TABLE, stack};
use crate::world::built::binary;
use crate::world::ec2::{allow_launch, allow_volumes, launchers, register, volume_makers};
use crate::world::scene::sorted;
use crate::world::{AWS, World};

/// The functions that hear the events, and the one that compares everything in the end.
const FUNCTIONS: [&str; 4] = ["share-ami", "share-ebs-snapshot", "share-rds-snapshot", "reconcile-shares"];

/// How many events there are for each thing.
const EVENTS_OF_EACH: usize = 20;

/// One thing that can be shared.
pub struct Thing {
    /// The function whose events are about it.
    pub function: &'static str,
    /// The account.
    pub account: String,
    /// Its id in AWS.
    pub id: String,
    entry: Entry,
    /// The snapshot of an image.
    snapshot: Option<String>,
}

/// What became of an event that can be read.
pub struct Delivered {
    /// The outcome of the report; `poison` of what cannot be read.
    pub outcome: String,
    /// How often the function failed before.
    pub failures: usize,
}

/// The account, with everything deployed.
pub struct Account {
    /// What events are about.
    pub things: Vec<Thing>,
    world: World,
    lambda: Lambda,
    sqs: Sqs,
    rds: Rds,
    queues: Vec<String>,
    calls_before: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Account {
    /// An account with a thing for every so many events, and the functions.
    pub async fn new(events: usize) -> Self {
        let (alone, world) = (ONE_AT_A_TIME.lock().await, World::new().await);
        world.put_manifest(&manifest().to_string()).await;
        let patience = TimeoutConfig::builder().operation_attempt_timeout(std::time::Duration::from_mins(2)).build();
        let config = world.sessions.config().to_builder().timeout_config(patience).build();
        let (lambda, sqs, rds) = (Lambda::new(&config), Sqs::new(&config), Rds::new(&config));
        let queues = deploy(&Deployment::new(&config), &world).await;
        let mut account = Self { things: Vec::new(), world, lambda, sqs, rds, queues, calls_before: 0, _alone: alone };
        account.make_database().await;
        for number in 0..(events / EVENTS_OF_EACH).max(12) {
            let thing = account.make(FUNCTIONS[number % 3], Entry::of(number / 3), number).await;
            account.things.push(thing);
        }
        account.calls_before = account.world.calls();
        account
    }

    /// The account's id.
    pub fn id(&self) -> &str {
        &self.world.account
    }

    async fn make_database(&self) {
        let request = self.rds.create_db_instance().db_instance_identifier("db").engine("postgres");
        let request = request.db_instance_class("db.t4g.micro").allocated_storage(20).master_username("admin0");
        request.master_user_password("a-password-of-a-test").send().await.unwrap();
    }

    async fn make(&self, function: &'static str, entry: Entry, number: usize) -> Thing {
        let name = format!("{}{number}", entry.prefix());
        let account = self.world.account.clone();
        let (id, snapshot) = match function {
            "share-ami" => {
                let snapshot = self.world.make_snapshot(Some("of-an-image")).await;
                let image = register(&self.world.ec2, &name, std::slice::from_ref(&snapshot)).await;
                allow_launch(&self.world.ec2, &image, &[HOLDER], false).await;
                (image, Some(snapshot))
            }
            "share-ebs-snapshot" => {
                let snapshot = self.world.make_snapshot(Some(&name)).await;
                allow_volumes(&self.world.ec2, &snapshot, &[HOLDER]).await;
                (snapshot, None)
            }
            _ => {
                let request = self.rds.create_db_snapshot().db_instance_identifier("db");
                request.db_snapshot_identifier(&name).send().await.unwrap();
                let request = self.rds.modify_db_snapshot_attribute().db_snapshot_identifier(&name);
                request.attribute_name("restore").values_to_add(HOLDER).send().await.unwrap();
                (name, None)
            }
        };
        Thing { function, account, id, entry, snapshot }
    }

    /// Lets one in a hundred of the functions' calls meet a fault. The test's own calls are to other services meanwhile.
    pub fn inject_faults(&self, events: usize, seed: u64) {
        let mut chance = Chance(!seed);
        for (service, calls_of_each) in [("dynamodb", 8), ("ec2", 6), ("rds", 3), ("s3", 2)] {
            for nth in 1..=events * calls_of_each {
                if chance.percent(1) {
                    let kind = [FaultKind::Throttle, FaultKind::ServerError, FaultKind::Reset];
                    let kind = kind[chance.below(3)].clone();
                    AWS.inject(&Fault { service: Some(service.into()), nth, ..Fault::new(self.id(), kind) });
                }
            }
        }
    }

    /// No fault is met any more.
    pub fn clear_faults(&self) {
        AWS.clear_faults(self.id());
    }

    /// How many calls the functions made, and how many of them met a fault.
    pub fn calls_and_faults(&self) -> (usize, usize) {
        let calls = AWS.calls_since(self.id(), self.calls_before);
        (calls.len(), calls.iter().filter(|call| call.fault.is_some()).count())
    }

    /// Hands an event over. What can be read comes again until it is worked on, as Lambda's retries and a redrive would; what cannot be read
    /// is left to Lambda, which tries it and keeps it.
    pub async fn deliver(&self, delivery: &Delivery) -> Delivered {
        let invoke =
            || self.lambda.invoke().function_name(delivery.function).payload(Blob::new(delivery.event.as_str()));
        if delivery.is_poison {
            invoke().invocation_type(InvocationType::Event).send().await.unwrap();
            return Delivered { outcome: "poison".into(), failures: 0 };
        }
        for failures in 0..1_000 {
            let answer = invoke().send().await.unwrap();
            if answer.function_error().is_none() {
                let report: Value = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
                let outcome = report["outcome"].as_str().unwrap_or_default().to_owned();
                assert!(["applied", "unchanged", "repeated", "ignored"].contains(&outcome.as_str()), "{report}");
                return Delivered { outcome, failures };
            }
        }
        panic!("{} does not work on {}", delivery.function, delivery.event)
    }

    /// Asserts that each of these, and no other, waits in a failure queue, once. They are taken out.
    pub async fn assert_poison_is_kept_once(&self, poison: &[String]) {
        let mut kept: Vec<String> = Vec::new();
        loop {
            for queue in &self.queues {
                let received =
                    self.sqs.receive_message().queue_url(queue).max_number_of_messages(10).send().await.unwrap();
                for message in received.messages() {
                    let record: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                    kept.push(record["requestPayload"]["detail"].as_str().expect("poison").to_owned());
                    let delete = self.sqs.delete_message().queue_url(queue);
                    delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
                }
            }
            if kept.len() >= poison.len() {
                break;
            }
        }
        kept.sort();
        let mut poison = poison.to_vec();
        poison.sort();
        assert_eq!(kept, poison);
    }

    /// Asserts that each thing can be used as the model says, as AWS answers.
    pub async fn assert_as_the_model_says(&self) {
        for thing in &self.things {
            let holders = match thing.function {
                "share-ami" => launchers(&self.world.ec2, &thing.id).await,
                "share-ebs-snapshot" => volume_makers(&self.world.ec2, &thing.id).await,
                _ => self.restorers(&thing.id).await,
            };
            assert_eq!(holders, thing.entry.holders(), "{} {}", thing.function, thing.id);
            if let Some(snapshot) = &thing.snapshot {
                let expected = if thing.entry == Entry::Base { thing.entry.holders() } else { "no account".into() };
                assert_eq!(volume_makers(&self.world.ec2, snapshot).await, expected, "{snapshot} of {}", thing.id);
            }
        }
    }

    async fn restorers(&self, name: &str) -> String {
        let answer = self.rds.describe_db_snapshot_attributes().db_snapshot_identifier(name).send().await.unwrap();
        let attributes = answer.db_snapshot_attributes_result.unwrap().db_snapshot_attributes.unwrap();
        sorted(attributes.into_iter().flat_map(|it| it.attribute_values.unwrap_or_default()).collect())
    }

    /// Asserts that each audit is whole, and that no change is open.
    pub async fn assert_audits_are_whole(&self) {
        let grants = sharing_records::Grants::new(&self.world.sessions, RECORDS[0], RECORDS[1], "share-ami");
        let recorded = grants.all().await.unwrap();
        assert!(!recorded.heads.is_empty());
        for (resource, head) in recorded.heads {
            let items = grants.history(&resource).await.unwrap();
            assert_eq!(sharing_records::verify(&items, &head), Ok(()), "{items:#?}");
            assert_eq!(head.pending, None, "{resource} is settled");
        }
    }

    /// Asserts that a sweep, which compares everything with the manifest, changes nothing.
    pub async fn assert_nothing_is_left_to_do(&self) {
        let sweep = Blob::new(r#"{"signalbox": "sweep", "force": null}"#);
        let answer = self.lambda.invoke().function_name("reconcile-shares").payload(sweep).send().await.unwrap();
        let report: Value = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
        assert_eq!(report["outcome"], "unchanged", "{report}");
    }
}

/// Deploys the tables and the functions, acting: the URLs of the failure queues.
async fn deploy(deployment: &Deployment, world: &World) -> Vec<String> {
    let (bucket, manifest) = (format!("code-{}", world.account), format!("s3://{}/share.json", world.bucket()));
    deployment.apply(&stack("signalbox-ledger", "ledger", &[("TableName", TABLE)])).await.unwrap();
    let records = [("GrantsTableName", RECORDS[0]), ("AuditTableName", RECORDS[1])];
    deployment.apply(&stack("signalbox-grants", "grants", &records)).await.unwrap();
    let mut queues = Vec::new();
    for function in FUNCTIONS {
        let key = format!("{function}.zip");
        deployment.upload(&bucket, &key, package(&binary(function)).unwrap()).await.unwrap();
        let given = [
            ("Mode", "Apply"),
            ("Manifest", manifest.as_str()),
            ("AllowedAccounts", "everybody"),
            ("LedgerTable", TABLE),
            ("GrantsTable", RECORDS[0]),
            ("AuditTable", RECORDS[1]),
            ("CodeBucket", bucket.as_str()),
            ("CodeKey", key.as_str()),
        ];
        let made: BTreeMap<_, _> =
            deployment.apply(&stack(&format!("signalbox-{function}"), function, &given)).await.unwrap();
        queues.push(made["FailureQueueUrl"].clone());
    }
    queues
}
