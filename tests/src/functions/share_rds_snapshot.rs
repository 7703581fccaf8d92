//! The world of `share-rds-snapshot`: a database with a snapshot in an account of their own, an event about it, and what
//! RDS says of the snapshots afterwards.

mod binary;
pub mod checks;
mod copies;
mod economy;
mod faults;
mod names;
pub mod stories;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use aws_sdk_kms::types::GrantOperation;
use aws_sdk_rds::types::{OptionConfiguration, Tag};
use ledger::DynamoLedger;
use reaction::{Mode, Reaction, Report, drive_json};
use share_rds_snapshot::{Settings, ShareRdsSnapshot};
use sharing::source_in_tag;
use sharing_records::Grants;

use crate::functions::share_ami::Key;
use crate::world::scene::{self, read_sample, sorted};
use crate::world::{AUDIT, GRANTS, LEDGER, Organization, SAMPLE_ACCOUNT, World, run_for};

/// The database of the sample events, without the end of its version.
const DATABASE: &str = "base-db-v1";

/// The engine of a database with options, and its option group.
const SQL_SERVER: &str = "sqlserver-ee";
pub const OPTION_GROUP: &str = "with-options";

/// The minute in which RDS made its own snapshot of the sample events.
const SAMPLE_MINUTE: &str = "2026-11-02-05-30";

/// A manifest that shares what contains `base-db-v` with two accounts, of instances and of clusters.
pub const MANIFEST: &str = r#"{"rds": {"base-db-v": {"eu-west-1": ["123456789012", "987654321098"]}},
    "rds-cluster": {"base-db-v": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;

/// What there is before the event comes.
#[expect(clippy::struct_excessive_bools, reason = "each may be so or not, whatever the others are")]
#[derive(Clone)]
pub struct Given {
    /// The snapshot's name; of RDS's own, whatever RDS calls it.
    pub name: &'static str,
    /// The engine of its database: of an instance, or of a cluster.
    pub engine: Engine,
    /// Who may restore it.
    pub holders: &'static [&'static str],
    /// What encrypts it.
    pub key: Key,
    /// The options of its option group; where there are some, it is a snapshot of SQL Server.
    pub options: &'static [&'static str],
    /// Whom the customer's key admits by its policy, and whom by a grant.
    pub admitted: (&'static [&'static str], &'static [&'static str]),
    /// Whether it is deleted before the event is heard.
    pub is_gone: bool,
    /// The manifest.
    pub manifest: &'static str,
    /// What its tag says that it is a copy of.
    pub copy_of: Option<&'static str>,
    /// Whether RDS's own snapshots are copied.
    pub copies_automated: bool,
    /// Whether the manifest is a parameter, not an object.
    pub is_parameter: bool,
    /// Whether the account manages an organization with a unit of one account.
    pub has_organization: bool,
    /// Whether there are tables of grants and of their audit.
    pub has_tables: bool,
}

/// A database's engine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Aurora,
    Neptune,
}

/// A snapshot that nobody may restore yet, and the manifest that shares it.
pub const GIVEN: Given = Given {
    name: DATABASE,
    engine: Engine::Postgres,
    holders: &[],
    key: Key::None,
    options: &[],
    admitted: (&[], &[]),
    is_gone: false,
    manifest: MANIFEST,
    copy_of: None,
    copies_automated: false,
    is_parameter: false,
    has_organization: false,
    has_tables: false,
};

/// A world in which an event is about to be heard.
pub struct Scene {
    world: World,
    function: ShareRdsSnapshot,
    event: String,
    grants: Option<Grants>,
    organization: Organization,
    rds: aws_sdk_rds::Client,
    minute: String,
    key: Option<String>,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = ShareRdsSnapshot::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let organization =
            if given.has_organization { world.make_organization().await } else { Organization::default() };
        let manifest = organization.with_own_ids(given.manifest);
        let manifest = scene::put_manifest(&world, &manifest, given.is_parameter).await;
        let grants = if given.has_tables { Some(grants_of(&world).await) } else { None };
        let function = function(&world, &manifest, given.copies_automated, grants.clone());
        let rds = aws_sdk_rds::Client::new(world.sessions.config());
        let event = read_sample(Self::FUNCTION, sample).replace(SAMPLE_ACCOUNT, &world.account);
        let minute = SAMPLE_MINUTE.into();
        let mut scene = Self { world, function, event, grants, organization, rds, minute, key: None };
        scene.make_database(given).await;
        scene.make_snapshot(given).await;
        scene.event = scene.event.replace(SAMPLE_MINUTE, &scene.minute);
        scene
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        let run = run_for(Duration::from_mins(1));
        let ledger = DynamoLedger::new(&self.world.sessions, LEDGER, Self::FUNCTION);
        drive_json(&self.function, &ledger, mode, &run, &self.event).await
    }

    async fn picture(&self) -> String {
        let mut text = String::new();
        for (name, copy_of) in self.manual_snapshots().await {
            let of = copy_of.map(|of| format!(", a copy of {of}")).unwrap_or_default();
            writeln!(text, "{name}{of}: {}", sorted(self.holders(&name).await)).unwrap();
        }
        self.with_sample_ids(&text)
    }

    fn with_sample_ids(&self, text: &str) -> String {
        let text = text.replace(&self.world.account, SAMPLE_ACCOUNT).replace(&self.minute, SAMPLE_MINUTE);
        let text = self.organization.with_sample_ids(&text);
        self.key.as_ref().map_or(text.clone(), |key| text.replace(key, "key"))
    }

    fn with_tables(given: &Given) -> Given {
        Given { has_tables: true, ..given.clone() }
    }

    fn grants(&self) -> Option<Grants> {
        self.grants.clone()
    }

    fn line_of(&self, id: &str) -> String {
        let id = self.with_sample_ids(id);
        match id.strip_suffix("-shared") {
            Some(source) => format!("{id}, a copy of {source}"),
            None => id,
        }
    }
}

/// Makes an option group of this engine, with these options.
pub async fn make_option_group(rds: &aws_sdk_rds::Client, engine: &str, version: &str, options: &[&str]) {
    let request = rds.create_option_group().option_group_name(OPTION_GROUP).option_group_description("a test's");
    request.engine_name(engine).major_engine_version(version).send().await.unwrap();
    let named = |name: &&str| OptionConfiguration::builder().option_name(*name).build();
    let request = rds.modify_option_group().option_group_name(OPTION_GROUP);
    request.set_options_to_include(Some(options.iter().map(named).collect())).send().await.unwrap();
}

/// The tables of grants and of their audit, as the function uses them.
async fn grants_of(world: &World) -> Grants {
    world.create_grants_tables().await;
    Grants::new(&world.sessions, GRANTS, AUDIT, ShareRdsSnapshot::NAME)
}

/// The function, with these settings.
fn function(world: &World, manifest: &str, copies_automated: bool, grants: Option<Grants>) -> ShareRdsSnapshot {
    let variable = |name: &str| (name == "SIGNALBOX_MANIFEST").then(|| manifest.to_owned());
    let sharing = sharing_aws::Settings::of_command_line(&variable).expect("settings of a test");
    ShareRdsSnapshot::new(world.sessions.clone(), Settings { sharing, copies_automated }, grants)
}

impl Scene {
    /// A database, of which RDS at once makes a snapshot of its own.
    async fn make_database(&mut self, given: &Given) {
        let key = match given.key {
            Key::Customer => Some(self.customer_key(given.admitted).await),
            Key::None | Key::AwsManaged => None,
        };
        let (user, password, is_encrypted) = ("admin0", "a-password-of-a-test", given.key != Key::None);
        let tags = Tag::builder().key("team").value("data").build();
        if given.engine == Engine::Postgres {
            let engine = if given.options.is_empty() { "postgres" } else { SQL_SERVER };
            let request = self.rds.create_db_instance().db_instance_identifier(DATABASE).engine(engine);
            let request = request.set_option_group_name(self.option_group(given.options).await);
            let request = request.db_instance_class("db.t4g.micro").allocated_storage(20).master_username(user);
            let request = request.storage_encrypted(is_encrypted).set_kms_key_id(key).tags(tags);
            let request = request.copy_tags_to_snapshot(true).master_user_password(password);
            request.send().await.unwrap();
        } else {
            let engine = if given.engine == Engine::Neptune { "neptune" } else { "aurora-postgresql" };
            let request = self.rds.create_db_cluster().db_cluster_identifier(DATABASE).engine(engine);
            let request = request.storage_encrypted(is_encrypted).set_kms_key_id(key).tags(tags);
            let request = request.copy_tags_to_snapshot(true).master_username(user).master_user_password(password);
            request.send().await.unwrap();
        }
        self.minute = self.minute_of_automated().await;
    }

    /// An option group with these options, where there are some.
    async fn option_group(&self, options: &[&str]) -> Option<String> {
        if options.is_empty() {
            return None;
        }
        make_option_group(&self.rds, SQL_SERVER, "15.00", options).await;
        Some(OPTION_GROUP.into())
    }

    /// When RDS made its own snapshot, as its name says.
    async fn minute_of_automated(&self) -> String {
        let instances = self.rds.describe_db_snapshots().send().await.unwrap();
        let clusters = self.rds.describe_db_cluster_snapshots().send().await.unwrap();
        let of_instances = instances.db_snapshots().iter().filter_map(|it| it.db_snapshot_identifier());
        let of_clusters = clusters.db_cluster_snapshots().iter().filter_map(|it| it.db_cluster_snapshot_identifier());
        let start = format!("rds:{DATABASE}-");
        let minute = of_instances.chain(of_clusters).find_map(|name| name.strip_prefix(&start));
        minute.expect("RDS makes a snapshot of each new database").to_owned()
    }

    async fn make_snapshot(&self, given: &Given) {
        let (name, holders) = (given.name.replace(SAMPLE_MINUTE, &self.minute), strings(given.holders));
        if name.starts_with("rds:") {
            return;
        }
        if given.engine == Engine::Postgres {
            let request = self.rds.create_db_snapshot().db_instance_identifier(DATABASE).db_snapshot_identifier(&name);
            request.set_tags(given.copy_of.map(|source| vec![self.copy_tag(source)])).send().await.unwrap();
            let request = self.rds.modify_db_snapshot_attribute().db_snapshot_identifier(&name);
            request.attribute_name("restore").set_values_to_add(Some(holders)).send().await.unwrap();
            if given.is_gone {
                self.rds.delete_db_snapshot().db_snapshot_identifier(&name).send().await.unwrap();
            }
        } else {
            let request = self.rds.create_db_cluster_snapshot().db_cluster_identifier(DATABASE);
            request.db_cluster_snapshot_identifier(&name).send().await.unwrap();
            let request = self.rds.modify_db_cluster_snapshot_attribute().db_cluster_snapshot_identifier(&name);
            request.attribute_name("restore").set_values_to_add(Some(holders)).send().await.unwrap();
        }
    }

    /// The tag by which Signalbox knows its copies.
    fn copy_tag(&self, source: &str) -> Tag {
        let source = source_in_tag(source).replace(SAMPLE_MINUTE, &self.minute);
        Tag::builder().key("signalbox:copy-of").value(source).build()
    }

    /// A key whose policy admits its own account and the first of these, and whose grants admit the second.
    async fn customer_key(&mut self, (by_policy, by_grant): (&[&str], &[&str])) -> String {
        let kms = aws_sdk_kms::Client::new(self.world.sessions.config());
        let roots = by_policy.iter().copied().chain([self.world.account.as_str()]);
        let roots: Vec<_> = roots.map(|account| format!(r#""arn:aws:iam::{account}:root""#)).collect();
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"AWS": [{}]}},
                "Action": "kms:*", "Resource": "*"}}]}}"#,
            roots.join(", ")
        );
        let made = kms.create_key().policy(policy).send().await.unwrap().key_metadata.unwrap();
        for account in by_grant {
            let grantee = format!("arn:aws:iam::{account}:root");
            let request = kms.create_grant().key_id(&made.key_id).grantee_principal(grantee);
            request.operations(GrantOperation::Decrypt).send().await.unwrap();
        }
        self.key = Some(made.key_id);
        made.arn.unwrap()
    }

    /// The snapshots that somebody made, by name, with what each is our copy of.
    async fn manual_snapshots(&self) -> BTreeMap<String, Option<String>> {
        let copy_of = |tags: &[Tag]| {
            let tag = tags.iter().find(|tag| tag.key() == Some("signalbox:copy-of"));
            tag.and_then(|tag| tag.value().map(String::from))
        };
        let instances = self.rds.describe_db_snapshots().snapshot_type("manual").send().await.unwrap();
        let instances = instances.db_snapshots.unwrap_or_default().into_iter();
        let instances = instances.map(|it| (it.db_snapshot_identifier.clone().unwrap(), copy_of(it.tag_list())));
        let clusters = self.rds.describe_db_cluster_snapshots().snapshot_type("manual").send().await.unwrap();
        let clusters = clusters.db_cluster_snapshots.unwrap_or_default().into_iter();
        let clusters = clusters.map(|it| (it.db_cluster_snapshot_identifier.clone().unwrap(), copy_of(it.tag_list())));
        instances.chain(clusters).collect()
    }

    async fn holders(&self, name: &str) -> Vec<String> {
        let request = self.rds.describe_db_snapshot_attributes().db_snapshot_identifier(name);
        if let Ok(answer) = request.send().await {
            let attributes = answer.db_snapshot_attributes_result.unwrap().db_snapshot_attributes.unwrap();
            return attributes.into_iter().flat_map(|it| it.attribute_values.unwrap_or_default()).collect();
        }
        let request = self.rds.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(name);
        let result = request.send().await.unwrap().db_cluster_snapshot_attributes_result.unwrap();
        let attributes = result.db_cluster_snapshot_attributes.unwrap();
        attributes.into_iter().flat_map(|it| it.attribute_values.unwrap_or_default()).collect()
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}
