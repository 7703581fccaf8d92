//! The world of `reconcile-shares`: one account with something of every kind, and what AWS says of it afterwards, with the
//! names of the samples in place of the ids that AWS made up.

mod binary;
pub mod checks;
mod copies;
mod faults;
mod given;
mod interlocks;
mod kill;
mod many;
mod old_way;
mod ownership;
mod quick;
pub mod stories;

use std::fmt::Write;
use std::time::Duration;

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification, VolumeType};
use reaction::{Mode, Reaction, Report, drive_json};
use reconcile_shares::{ReconcileShares, Settings};
use serde_json::Value;
use sharing_aws::Source;
use sharing_records::Grants;

use crate::world::ec2::{allow_launch, allow_volumes, launchers, register, volume_makers};
use crate::world::scene::{self, read_sample, sorted};
use crate::world::{AUDIT, GRANTS, LEDGER, Organization, REGION, SAMPLE_ACCOUNT, World, run_for};

/// What a schedule sends.
pub const SWEEP: &str = r#"{"signalbox": "sweep", "force": null}"#;

/// A manifest with an entry for everything in the account.
pub const MANIFEST: &str = r#"{
    "ami": {"base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]}},
    "ebs": {"volume_v": {"eu-west-1": ["123456789012"]}},
    "rds": {"base-db-v": {"eu-west-1": ["123456789012"]}},
    "rds-cluster": {"base-cluster-v": {"eu-west-1": ["123456789012"]}},
    "ecr": {"base/app": {"eu-west-1": {"accounts": ["123456789012"], "organization": "o-exampleorgid"}}},
    "kms": {"alias/base": {"eu-west-1": ["123456789012"]}},
    "s3": {"com-example-111122223333": ["123456789012"]}
}"#;

/// What is different in an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Nothing: the manifest is an object in S3.
    Object,
    /// The manifest is a parameter, which takes the images from everybody.
    Parameter,
    /// Nothing may be taken away but what a stored plan takes.
    StoredPlan,
    /// There is a bucket of another account.
    ForeignBucket,
    /// Bucket and repository have policies of ours alone.
    OwnPolicies,
    /// The account manages an organization with a unit of one account.
    Organization,
    /// A database snapshot is encrypted with the key.
    Encrypted,
}

/// The account, and the ids of what is in it.
pub struct Scene {
    /// The event that is heard.
    event: String,
    pub organization: Organization,
    pub world: World,
    rds: aws_sdk_rds::Client,
    ecr: aws_sdk_ecr::Client,
    kms: aws_sdk_kms::Client,
    variables: Vec<(&'static str, String)>,
    pub image: String,
    pub backing: String,
    pub golden: String,
    pub volume: String,
    pub key: String,
}

impl Scene {
    /// A new account with something of every kind, some of it shared with 444455556666, whom the manifest does not name.
    pub async fn new() -> Self {
        let world = World::new().await;
        world.create_grants_tables().await;
        let config = world.sessions.config();
        let (rds, ecr) = (aws_sdk_rds::Client::new(config), aws_sdk_ecr::Client::new(config));
        let kms = aws_sdk_kms::Client::new(config);
        let backing = world.make_snapshot(None).await;
        let volume = world.make_snapshot(Some("volume_v1")).await;
        let image = register(&world.ec2, "base_linux_v1", std::slice::from_ref(&backing)).await;
        let golden = register(&world.ec2, "golden_v1", &[]).await;
        allow_launch(&world.ec2, &image, &["123456789012", "444455556666"], false).await;
        allow_volumes(&world.ec2, &backing, &["123456789012", "444455556666"]).await;
        allow_launch(&world.ec2, &golden, &["555566667777"], false).await;
        let variables = vec![
            ("SIGNALBOX_MANIFEST", format!("s3://{}/share.json", world.bucket())),
            ("SIGNALBOX_GRANTS_TABLE", GRANTS.into()),
            ("SIGNALBOX_AUDIT_TABLE", AUDIT.into()),
        ];
        let key = String::new();
        let (event, organization) = (SWEEP.to_owned(), Organization::default());
        let mut scene =
            Self { event, organization, world, rds, ecr, kms, variables, image, backing, golden, volume, key };
        scene.make_databases().await;
        scene.make_policies().await;
        scene.put_manifest(MANIFEST).await;
        scene
    }

    /// The same, with this setting.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, self.of_account(value)));
        self
    }

    /// Puts a manifest of the sample account's names into S3.
    pub async fn put_manifest(&self, text: &str) {
        self.world.put_manifest(&self.of_account(text)).await;
    }

    /// The sample account's text, as this account would write it.
    pub fn of_account(&self, text: &str) -> String {
        text.replace(SAMPLE_ACCOUNT, &self.world.account)
    }

    /// The function.
    pub fn function(&self) -> ReconcileShares {
        let variables = |name: &str| {
            let found = self.variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let sessions = &self.world.sessions;
        let source = Source::new(sessions, sharing_aws::Settings::of_command_line(&variables).unwrap());
        let grants = Grants::read(&variables, sessions, ReconcileShares::NAME).unwrap();
        ReconcileShares::new(sessions.clone(), source, Settings::read(&variables).unwrap(), grants)
    }

    /// Invokes the function with this event.
    pub async fn hear(&self, mode: Mode, event: &str) -> Report {
        self.react(mode, Duration::from_mins(10), event).await
    }

    /// The same, with so much time left.
    pub async fn hear_within(&self, time: Duration, event: &str) -> Report {
        self.react(Mode::Apply, time, event).await
    }

    async fn react(&self, mode: Mode, time: Duration, event: &str) -> Report {
        let run = run_for(time);
        let ledger = ledger::DynamoLedger::new(&self.world.sessions, LEDGER, ReconcileShares::NAME);
        drive_json(&self.function(), &ledger, mode, &run, &self.of_account(event)).await
    }

    /// Sweeps.
    pub async fn sweep(&self) -> Report {
        self.hear(Mode::Apply, SWEEP).await
    }

    /// The text with the names of the samples.
    pub fn tell(&self, text: &str) -> String {
        let named = [(&self.image, "ami-base"), (&self.golden, "ami-golden"), (&self.backing, "snap-base")];
        let named = named.into_iter().chain([(&self.volume, "snap-volume"), (&self.key, "key-base")]);
        let text = &without_digests(text);
        let text = self.organization.with_sample_ids(&text.replace(&self.world.account, SAMPLE_ACCOUNT));
        named.filter(|(id, _)| !id.is_empty()).fold(text, |text, (id, name)| text.replace(id.as_str(), name))
    }

    /// Who may use what, as AWS answers.
    pub async fn picture(&self) -> String {
        let mut text = String::new();
        writeln!(text, "ami-base: {}", self.launchers(&self.image).await).unwrap();
        writeln!(text, "ami-golden: {}", self.launchers(&self.golden).await).unwrap();
        writeln!(text, "snap-base: {}", self.volume_makers(&self.backing).await).unwrap();
        writeln!(text, "snap-volume: {}", self.volume_makers(&self.volume).await).unwrap();
        for name in ["base-db-v1", "secret-db-v1"] {
            if let Some(restorers) = self.restorers(name).await {
                writeln!(text, "{name}: {restorers}").unwrap();
            }
        }
        writeln!(text, "base-cluster-v1: {}", self.cluster_restorers("base-cluster-v1").await).unwrap();
        for (name, policy) in [
            ("bucket", self.bucket_policy().await),
            ("repository", self.repository_policy().await),
            ("key", self.key_policy().await),
        ] {
            writeln!(text, "{name}: {}", statements(policy.as_deref())).unwrap();
        }
        self.tell(&text)
    }

    /// With whom we shared the image or snapshot, as the table of grants says.
    pub async fn owned(&self, id: &str) -> String {
        let grants = self.world.grants().all().await.unwrap().grants;
        sorted(grants.iter().filter(|it| it.resource.id == id).map(|it| it.principal.to_string()).collect())
    }

    /// Every chain of the audit is whole, each intent has its outcome, and the grants are those that AWS shows.
    pub async fn assert_audited(&self) {
        let grants = self.world.grants();
        let recorded = grants.all().await.unwrap();
        assert!(!recorded.heads.is_empty(), "something was recorded");
        for (resource, head) in &recorded.heads {
            assert_eq!(head.pending, None, "{resource} is open");
            let items = grants.history(resource).await.unwrap();
            assert_eq!(sharing_records::verify(&items, head), Ok(()), "{resource}: {items:#?}");
        }
        for id in [&self.image, &self.backing] {
            let holders = if *id == self.image { self.launchers(id).await } else { self.volume_makers(id).await };
            let owned = self.owned(id).await;
            let held = owned == "no account" || owned.split(", ").all(|who| holders.contains(who));
            assert!(held, "{id}: {owned} of {holders}");
        }
    }

    /// What was written since the first `skipped` calls, as `service:Operation`.
    pub fn writes_since(&self, skipped: usize) -> Vec<String> {
        let reads = ["Describe", "Get", "List", "BatchGet", "Scan", "Query", "Head"];
        let is_write = |call: &String| !reads.iter().any(|read| call.split(':').nth(1).unwrap().starts_with(read));
        self.world.operations_since(skipped).into_iter().filter(is_write).collect()
    }

    /// Who may launch the image, as EC2 answers.
    pub async fn launchers(&self, image: &str) -> String {
        launchers(&self.world.ec2, image).await
    }

    /// Who may make volumes of the snapshot, as EC2 answers.
    pub async fn volume_makers(&self, snapshot: &str) -> String {
        volume_makers(&self.world.ec2, snapshot).await
    }

    /// The name of the shared bucket.
    pub fn bucket(&self) -> String {
        format!("com-example-{}", self.world.account)
    }

    pub async fn bucket_policy(&self) -> Option<String> {
        self.world.s3.get_bucket_policy().bucket(self.bucket()).send().await.ok()?.policy
    }

    pub async fn put_bucket_policy(&self, policy: &str) {
        let request = self.world.s3.put_bucket_policy().bucket(self.bucket()).policy(self.of_account(policy));
        request.send().await.unwrap();
    }

    async fn repository_policy(&self) -> Option<String> {
        self.ecr.get_repository_policy().repository_name("base/app").send().await.ok()?.policy_text
    }

    async fn key_policy(&self) -> Option<String> {
        self.kms.get_key_policy().key_id(&self.key).policy_name("default").send().await.unwrap().policy
    }

    /// Who may restore the snapshot, where there is one of that name.
    async fn restorers(&self, snapshot: &str) -> Option<String> {
        let answer = self.rds.describe_db_snapshot_attributes().db_snapshot_identifier(snapshot).send().await.ok()?;
        let attributes = answer.db_snapshot_attributes_result.unwrap().db_snapshot_attributes.unwrap_or_default();
        Some(sorted(attributes.into_iter().flat_map(|it| it.attribute_values.unwrap_or_default()).collect()))
    }

    async fn cluster_restorers(&self, snapshot: &str) -> String {
        let request = self.rds.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(snapshot);
        let attributes = request.send().await.unwrap().db_cluster_snapshot_attributes_result.unwrap();
        let attributes = attributes.db_cluster_snapshot_attributes.unwrap_or_default();
        sorted(attributes.into_iter().flat_map(|it| it.attribute_values.unwrap_or_default()).collect())
    }

    async fn make_databases(&self) {
        let instance = self.rds.create_db_instance().db_instance_identifier("db").db_instance_class("db.t3.micro");
        instance.engine("postgres").allocated_storage(20).send().await.unwrap();
        let snapshot = self.rds.create_db_snapshot().db_instance_identifier("db");
        snapshot.db_snapshot_identifier("base-db-v1").send().await.unwrap();
        let stale = self.rds.modify_db_snapshot_attribute().db_snapshot_identifier("base-db-v1");
        stale.attribute_name("restore").values_to_add("444455556666").send().await.unwrap();
        let cluster = self.rds.create_db_cluster().db_cluster_identifier("cluster").engine("aurora-postgresql");
        cluster.master_username("admin1").master_user_password("password1").send().await.unwrap();
        let snapshot = self.rds.create_db_cluster_snapshot().db_cluster_identifier("cluster");
        snapshot.db_cluster_snapshot_identifier("base-cluster-v1").send().await.unwrap();
    }

    /// A bucket that the function of 2015 has shared and to which somebody else added a statement, an untouched
    /// repository, and a key.
    async fn make_policies(&mut self) {
        self.world.make_bucket(&self.bucket()).await;
        self.put_bucket_policy(OLD_POLICY).await;
        self.ecr.create_repository().repository_name("base/app").send().await.unwrap();
        self.key = self.kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
        self.kms.create_alias().alias_name("alias/base").target_key_id(&self.key).send().await.unwrap();
    }
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = ReconcileShares::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let mut scene = Self::new().await;
        scene.event = scene.of_account(&read_sample(ReconcileShares::NAME, sample));
        match given {
            Given::Object => scene,
            Given::Parameter => scene.with_parameter().await,
            Given::StoredPlan => scene.with_stored_plan().await,
            Given::ForeignBucket => scene.beside_a_foreign_bucket().await,
            Given::OwnPolicies => scene.with_own_policies().await,
            Given::Organization => scene.with_organization().await,
            Given::Encrypted => scene.with_encrypted_snapshot().await,
        }
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        self.hear(mode, &self.event).await
    }

    async fn picture(&self) -> String {
        self.picture().await
    }

    fn with_sample_ids(&self, text: &str) -> String {
        self.tell(text)
    }

    fn with_tables(given: &Given) -> Given {
        *given
    }

    fn grants(&self) -> Option<Grants> {
        Some(self.world.grants())
    }

    fn line_of(&self, id: &str) -> String {
        match self.tell(id).as_str() {
            "base/app" => "repository".into(),
            "key-base" => "key".into(),
            "com-example-111122223333" => "bucket".into(),
            id => id.into(),
        }
    }
}

/// The text without the digests of plans, which hold ids that AWS made up.
fn without_digests(text: &str) -> String {
    const DIGITS: usize = 64;
    let mut parts = text.split("SHA-256 ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}SHA-256 ..{}", part.get(DIGITS..).unwrap_or(part)))
}

/// What the function of 2015 wrote, and a statement of somebody else's.
const OLD_POLICY: &str = r#"{"Version": "2012-10-17", "Id": "ReadBucketPolicy", "Statement": [
    {"Sid": "S3ReadAccessToRole", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::444455556666:root"]},
     "Action": ["s3:List*", "s3:Get*"],
     "Resource": ["arn:aws:s3:::com-example-111122223333", "arn:aws:s3:::com-example-111122223333/*"]},
    {"Sid": "Logs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::555566667777:root"}, "Action": "s3:PutObject",
     "Resource": "arn:aws:s3:::com-example-111122223333/logs/*"}]}"#;

/// A policy's statements, each with its `Sid` and whom it names.
fn statements(policy: Option<&str>) -> String {
    let Some(policy) = policy else { return "no policy".into() };
    let policy: Value = serde_json::from_str(policy).unwrap();
    let tell = |statement: &Value| {
        let who = statement["Principal"].get("AWS").unwrap_or(&statement["Principal"]);
        let who = who.as_array().cloned().unwrap_or_else(|| vec![who.clone()]);
        let who = who.iter().map(|it| it.as_str().unwrap().replace("arn:aws:iam::", "").replace(":root", ""));
        let organization = statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"].as_str();
        let organization = organization.map(|id| format!(" of {id}")).unwrap_or_default();
        format!("{} for {}{organization}", statement["Sid"].as_str().unwrap_or("-"), sorted(who.collect()))
    };
    policy["Statement"].as_array().unwrap().iter().map(tell).collect::<Vec<_>>().join("; ")
}

impl World {
    /// A snapshot, with a Name where it has one.
    pub async fn make_snapshot(&self, name: Option<&str>) -> String {
        let volume =
            self.ec2.create_volume().availability_zone(format!("{REGION}a")).size(8).volume_type(VolumeType::Gp3);
        let volume = volume.send().await.unwrap().volume_id.unwrap();
        let mut request = self.ec2.create_snapshot().volume_id(volume);
        if let Some(name) = name {
            let tags = TagSpecification::builder().resource_type(ResourceType::Snapshot);
            request = request.tag_specifications(tags.tags(Tag::builder().key("Name").value(name).build()).build());
        }
        request.send().await.unwrap().snapshot_id.unwrap()
    }
}
