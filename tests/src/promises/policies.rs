//! The policies of buckets, repositories and keys: changed by the real clients, and asked for afterwards.

mod buckets;
mod changes;
mod keys;
mod many;
mod refusals;

use std::collections::BTreeSet;
use std::fmt::Write;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use expect_test::Expect;
use local_aws::{Fault, FaultKind};
use place::{AccountId, Partition, Region};
use reaction::Error;
use serde_json::{Value, json};
use sharing::{Change, Effect, Head, Kind, Principal, Resource};
use sharing_policies::{Buckets, Keys, Repositories};

use crate::world::{AWS, REGION, SAMPLE_ACCOUNT, World};

/// The kinds of thing that are shared by a policy.
const KINDS: [Kind; 3] = [Kind::Bucket, Kind::Repository, Kind::Key];

/// A thing with a policy, in an account of its own.
struct Scene {
    world: World,
    resource: Resource,
}

impl Scene {
    /// A new thing, which is not shared yet.
    async fn of(kind: Kind) -> Self {
        let world = World::new().await;
        let resource = match kind {
            Kind::Bucket => make_bucket(&world, "images", BucketLocationConstraint::EuWest1).await,
            Kind::Repository => make_repository(&world).await,
            _ => make_key(&world).await,
        };
        Self { world, resource }
    }

    /// Carries the change out that the reaction would plan.
    async fn change(&self, before: &[&str], after: &[&str]) -> Result<Effect, Error> {
        let change = Change {
            resource: self.resource.clone(),
            name: self.resource.id.clone(),
            before: set(before),
            after: set(after),
            why: "a test".into(),
            head: Head::default(),
        };
        let sessions = self.world.sessions.clone();
        match change.resource.kind {
            Kind::Bucket => step(Buckets::new(sessions).change(&change)).await,
            Kind::Repository => step(Repositories::new(sessions).change(&change)).await,
            _ => step(Keys::new(sessions).change(&change)).await,
        }
    }

    /// Carries the change out and tells what became of it.
    async fn tell(&self, before: &[&str], after: &[&str]) -> String {
        let text = match self.change(before, after).await {
            Ok(Effect { done, refused }) => {
                let done: String = done.iter().map(ToString::to_string).collect();
                let refused = refused.map(|error| format!("\nrefused: {error}")).unwrap_or_default();
                format!("done:{done}{refused}\n")
            }
            Err(error) if error.is_refused() => format!("refused as a whole: {error}\n"),
            Err(error) => format!("failed: {error}\n"),
        };
        self.with_sample_ids(&format!("{text}{}", self.policy().await))
    }

    /// What AWS says of the policy: the principals that each statement names, after its `Sid`.
    async fn policy(&self) -> String {
        let Some(text) = self.policy_text().await else { return "no policy\n".into() };
        let policy: Value = serde_json::from_str(&text).unwrap();
        let mut told = String::new();
        for statement in policy["Statement"].as_array().unwrap() {
            let organization = &statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"];
            let who = if organization.is_null() { &statement["Principal"] } else { organization };
            writeln!(told, "{}: {who}", statement["Sid"].as_str().unwrap_or_default()).unwrap();
        }
        self.with_sample_ids(&told)
    }

    async fn policy_text(&self) -> Option<String> {
        let (config, id) = (self.world.sessions.config(), &self.resource.id);
        match self.resource.kind {
            Kind::Bucket => self.world.s3.get_bucket_policy().bucket(id).send().await.ok()?.policy,
            Kind::Repository => {
                let ecr = aws_sdk_ecr::Client::new(config);
                ecr.get_repository_policy().repository_name(id).send().await.ok()?.policy_text
            }
            _ => {
                aws_sdk_kms::Client::new(config)
                    .get_key_policy()
                    .key_id(id)
                    .policy_name("default")
                    .send()
                    .await
                    .ok()?
                    .policy
            }
        }
    }

    /// Writes a whole policy, as others do.
    async fn put(&self, statements: &Value) {
        let (config, id) = (self.world.sessions.config(), &self.resource.id);
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        match self.resource.kind {
            Kind::Bucket => drop(self.world.s3.put_bucket_policy().bucket(id).policy(text).send().await.unwrap()),
            Kind::Repository => {
                let request = aws_sdk_ecr::Client::new(config).set_repository_policy().repository_name(id);
                request.policy_text(text).send().await.unwrap();
            }
            _ => {
                let request =
                    aws_sdk_kms::Client::new(config).put_key_policy().key_id(id).policy_name("default").policy(text);
                request.send().await.unwrap();
            }
        }
    }

    /// A statement of another writer, and of a key what lets its own account in.
    fn theirs(&self) -> Value {
        let action = match self.resource.kind {
            Kind::Bucket => "s3:GetObject",
            Kind::Repository => "ecr:BatchGetImage",
            _ => "kms:DescribeKey",
        };
        let mut theirs = json!({"Sid": "Partner", "Effect": "Allow", "Action": action,
            "Principal": {"AWS": "arn:aws:iam::999988887777:root"}});
        match self.resource.kind {
            Kind::Bucket => theirs["Resource"] = json!(format!("{}/*", self.resource.arn())),
            Kind::Repository => {}
            _ => theirs["Resource"] = json!("*"),
        }
        let root = json!({"Sid": "Root", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": format!("arn:aws:iam::{}:root", self.world.account)}});
        if self.resource.kind == Kind::Key { json!([root, theirs]) } else { json!([theirs]) }
    }

    /// Lets requests of this operation that contain a text meet an error.
    fn inject(&self, contains: &str, status: u16, code: &str, message: &str) {
        let kind = FaultKind::Error { status, code: code.into(), message: message.into() };
        let fault = Fault::new(&self.world.account, kind);
        let contains = Some(contains.to_owned());
        AWS.inject(&Fault { operation: Some(self.writing().into()), contains, times: 100, ..fault });
    }

    /// Lets the service know no account whose id contains this.
    fn close_account(&self, account: &str) {
        match self.resource.kind {
            Kind::Bucket => self.inject(account, 400, "MalformedPolicy", "Invalid principal in policy"),
            Kind::Repository => self.inject(
                account,
                400,
                "InvalidParameterException",
                "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'",
            ),
            _ => self.inject(
                account,
                400,
                "MalformedPolicyDocumentException",
                "Policy contains a statement with one or more invalid principals.",
            ),
        }
    }

    /// The operation that writes the policy.
    fn writing(&self) -> &'static str {
        match self.resource.kind {
            Kind::Bucket => "PutBucketPolicy",
            Kind::Repository => "SetRepositoryPolicy",
            _ => "PutKeyPolicy",
        }
    }

    /// How often the policy was written or deleted since the first `skipped` calls.
    fn writes_since(&self, skipped: usize) -> usize {
        let operations = self.world.operations_since(skipped);
        operations.iter().filter(|it| !["Get", "Describe", "List"].iter().any(|verb| it.contains(verb))).count()
    }

    fn with_sample_ids(&self, text: &str) -> String {
        text.replace(&self.resource.id, "THING").replace(&self.world.account, SAMPLE_ACCOUNT)
    }
}

/// What a reaction can await: its steps may be carried out by any thread.
fn step<T>(change: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
    change
}

/// What our statements of this kind are called.
fn sid(kind: Kind) -> &'static str {
    match kind {
        Kind::Bucket => "SignalboxRead",
        Kind::Repository => "SignalboxPull",
        _ => "SignalboxDecrypt",
    }
}

async fn make_bucket(world: &World, name: &str, place: BucketLocationConstraint) -> Resource {
    let region: Region = place.as_str().parse().unwrap();
    let s3 = aws_sdk_s3::Client::new(&world.sessions.in_region(&region));
    let place = CreateBucketConfiguration::builder().location_constraint(place).build();
    let name = format!("{name}-{}", world.account);
    s3.create_bucket().bucket(&name).create_bucket_configuration(place).send().await.unwrap();
    Resource::bucket(Partition::Aws, &account(world), name)
}

async fn make_repository(world: &World) -> Resource {
    let ecr = aws_sdk_ecr::Client::new(world.sessions.config());
    ecr.create_repository().repository_name("base/linux").send().await.unwrap();
    Resource::new(Kind::Repository, &account(world), &region(), "base/linux")
}

async fn make_key(world: &World) -> Resource {
    let kms = aws_sdk_kms::Client::new(world.sessions.config());
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap();
    Resource::of_arn(key.arn().unwrap(), &account(world)).unwrap()
}

fn account(world: &World) -> AccountId {
    world.account.parse().unwrap()
}

fn region() -> Region {
    REGION.parse().unwrap()
}

fn set(principals: &[&str]) -> BTreeSet<Principal> {
    principals.iter().map(|text| Principal::written(text)).collect()
}

fn check(actual: &str, expected: &Expect) {
    expected.assert_eq(actual);
}
