//! The world of `share-ebs-snapshot`: snapshots of volumes in an account of their own, an event about them, and what EC2
//! says of them afterwards, with the ids of the samples in place of those that EC2 made up.

pub mod checks;
mod faults;
pub mod stories;

use std::fmt::Write;
use std::time::Duration;

use aws_sdk_ec2::types::{OperationType, SnapshotAttributeName, Tag, VolumeType};
use ledger::DynamoLedger;
use reaction::{Mode, Reaction, Report, drive_json};
use share_ebs_snapshot::ShareEbsSnapshot;
use sharing_aws::Settings;
use sharing_records::Grants;

use crate::functions::share_ami::Key;
use crate::world::ec2::{allow_launch, register, volume_makers};
use crate::world::scene::{self, read_sample};
use crate::world::{AUDIT, GRANTS, LEDGER, Organization, REGION, SAMPLE_ACCOUNT, World, run_for};

/// The snapshots of the sample events.
const SAMPLES: [&str; 2] = ["snap-0123456789abcdef0", "snap-0123456789abcdef1"];

/// A manifest that shares what is named `data-..` with two accounts.
const MANIFEST: &str = r#"{"ebs": {"data-": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;

/// What there is before the event comes.
#[derive(Clone)]
pub struct Given {
    /// The snapshots of the event.
    pub snapshots: &'static [GivenSnapshot],
    /// The manifest.
    pub manifest: &'static str,
    /// An image on the first snapshot: its name, and who may launch it.
    pub image: Option<(&'static str, &'static [&'static str])>,
    /// Whether the manifest is a parameter, not an object.
    pub is_parameter: bool,
    /// Whether the account manages an organization with a unit of one account.
    pub has_organization: bool,
    /// Whether there are tables of grants and of their audit.
    pub has_tables: bool,
}

/// A snapshot before the event comes.
#[derive(Clone, Copy)]
pub struct GivenSnapshot {
    /// Its tag `Name`.
    pub name: Option<&'static str>,
    /// Who may use it.
    pub holders: &'static [&'static str],
    /// Whether everybody may.
    pub is_public: bool,
    /// What encrypts it.
    pub key: Key,
    /// Whether it is deleted before the event is heard.
    pub is_gone: bool,
}

/// A snapshot that nobody may use yet.
pub const SNAPSHOT: GivenSnapshot =
    GivenSnapshot { name: Some("data-1"), holders: &[], is_public: false, key: Key::None, is_gone: false };

/// That snapshot, and the manifest that shares it.
pub const GIVEN: Given = Given {
    snapshots: &[SNAPSHOT],
    manifest: MANIFEST,
    image: None,
    is_parameter: false,
    has_organization: false,
    has_tables: false,
};

/// A world in which an event is about to be heard.
pub struct Scene {
    world: World,
    function: ShareEbsSnapshot,
    event: String,
    grants: Option<Grants>,
    organization: Organization,
    snapshots: Vec<String>,
    image: Option<String>,
    key: Option<String>,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = ShareEbsSnapshot::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let organization =
            if given.has_organization { world.make_organization().await } else { Organization::default() };
        let manifest = organization.with_own_ids(given.manifest);
        let manifest = scene::put_manifest(&world, &manifest, given.is_parameter).await;
        let grants = if given.has_tables { Some(grants_of(&world).await) } else { None };
        let function = function(&world, &manifest, grants.clone());
        let event = read_sample(Self::FUNCTION, sample).replace(SAMPLE_ACCOUNT, &world.account);
        let mut scene =
            Self { world, function, event, grants, organization, snapshots: Vec::new(), image: None, key: None };
        scene.make_snapshots(given).await;
        if let Some((name, launch)) = given.image {
            scene.make_image(name, launch).await;
        }
        for (sample, id) in SAMPLES.iter().zip(&scene.snapshots) {
            scene.event = scene.event.replace(sample, id);
        }
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
        for (id, sample) in self.snapshots.iter().zip(SAMPLES) {
            writeln!(text, "{sample}: {}", volume_makers(&self.world.ec2, id).await).unwrap();
        }
        self.organization.with_sample_ids(&text)
    }

    fn with_sample_ids(&self, text: &str) -> String {
        let mut text = self.organization.with_sample_ids(&text.replace(&self.world.account, SAMPLE_ACCOUNT));
        for (id, sample) in self.snapshots.iter().zip(SAMPLES) {
            text = text.replace(id, sample);
        }
        self.key.as_ref().map_or(text.clone(), |key| text.replace(key, "key"))
    }

    fn with_tables(given: &Given) -> Given {
        Given { has_tables: true, ..given.clone() }
    }

    fn grants(&self) -> Option<Grants> {
        self.grants.clone()
    }
}

/// The tables of grants and of their audit, as the function uses them.
async fn grants_of(world: &World) -> Grants {
    world.create_grants_tables().await;
    Grants::new(&world.sessions, GRANTS, AUDIT, ShareEbsSnapshot::NAME)
}

/// The function, with these settings.
fn function(world: &World, manifest: &str, grants: Option<Grants>) -> ShareEbsSnapshot {
    let variable = |name: &str| (name == "SIGNALBOX_MANIFEST").then(|| manifest.to_owned());
    ShareEbsSnapshot::new(
        world.sessions.clone(),
        Settings::of_command_line(&variable).expect("settings of a test"),
        grants,
    )
}

impl Scene {
    async fn make_snapshots(&mut self, given: &Given) {
        // Plans are sorted by id, so the first snapshot has to be the one whose id comes first.
        while self.snapshots.is_empty() || !self.snapshots.is_sorted() {
            self.snapshots.clear();
            for snapshot in given.snapshots {
                let id = self.make_snapshot(snapshot.key).await;
                self.snapshots.push(id);
            }
        }
        let ec2 = &self.world.ec2;
        for (id, given) in self.snapshots.iter().zip(given.snapshots) {
            if let Some(name) = given.name {
                let tag = Tag::builder().key("Name").value(name).build();
                ec2.create_tags().resources(id).tags(tag).send().await.unwrap();
            }
            let request = ec2.modify_snapshot_attribute().snapshot_id(id).operation_type(OperationType::Add);
            let request = request.attribute(SnapshotAttributeName::CreateVolumePermission);
            let holders: Vec<_> = given.holders.iter().map(ToString::to_string).collect();
            if !holders.is_empty() {
                request.clone().set_user_ids(Some(holders)).send().await.unwrap();
            }
            if given.is_public {
                request.group_names("all").send().await.unwrap();
            }
            if given.is_gone {
                ec2.delete_snapshot().snapshot_id(id).send().await.unwrap();
            }
        }
    }

    async fn make_snapshot(&mut self, key: Key) -> String {
        let ec2 = self.world.ec2.clone();
        let volume = ec2.create_volume().availability_zone(format!("{REGION}a")).size(8).volume_type(VolumeType::Gp3);
        let volume = volume.encrypted(key != Key::None);
        let volume = match key {
            Key::None | Key::AwsManaged => volume,
            Key::Customer => volume.kms_key_id(self.customer_key().await),
        };
        let volume = volume.send().await.unwrap().volume_id.unwrap();
        ec2.create_snapshot().volume_id(volume).send().await.unwrap().snapshot_id.unwrap()
    }

    async fn customer_key(&mut self) -> String {
        let kms = aws_sdk_kms::Client::new(self.world.sessions.config());
        let made = kms.create_key().send().await.unwrap().key_metadata.unwrap();
        self.key = Some(made.key_id);
        made.arn.unwrap()
    }

    async fn make_image(&mut self, name: &str, launch: &[&str]) {
        let image = register(&self.world.ec2, name, &self.snapshots[..1]).await;
        allow_launch(&self.world.ec2, &image, launch, false).await;
        self.image = Some(image);
    }
}
