//! The world of `share-ami`: an image and its snapshots in an account of their own, an event about it, and what EC2
//! says of them afterwards, with the ids of the samples in place of those that EC2 made up.

pub mod checks;
mod economy;
mod faults;
pub mod stories;

use std::fmt::Write;
use std::time::Duration;

use aws_sdk_ec2::types::VolumeType;
use reaction::{Mode, Reaction, Report, drive_json};
use share_ami::ShareAmi;
use sharing_records::Grants;

use crate::world::ec2::{allow_launch, allow_volumes, launchers, register, volume_makers};
use crate::world::scene;
use crate::world::{Organization, REGION, SAMPLE_ACCOUNT, World, run_for};

/// The image of most sample events.
pub const SAMPLE_IMAGE: &str = "ami-0123456789abcdef0";

/// A manifest that shares what begins with `base_linux_v` with two accounts.
pub const MANIFEST: &str = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;

/// What there is before the event comes.
#[derive(Clone)]
pub struct Given {
    /// The image; none where the event's image never existed here.
    pub image: Option<GivenImage>,
    /// The manifest; none is put where there is none.
    pub manifest: Option<&'static str>,
    /// Whether the manifest is a parameter, not an object.
    pub is_parameter: bool,
    /// `SIGNALBOX_ALLOWED_ACCOUNTS`.
    pub allowed_accounts: Option<&'static str>,
    /// Whether the account manages an organization with a unit of one account.
    pub has_organization: bool,
    /// Whether there are tables of grants and of their audit.
    pub has_tables: bool,
}

/// An image before the event comes.
#[derive(Clone)]
pub struct GivenImage {
    /// Its name.
    pub name: &'static str,
    /// Who may launch it.
    pub launch: &'static [&'static str],
    /// Whether everybody may.
    pub is_public: bool,
    /// Its snapshots: who may use each.
    pub snapshots: &'static [&'static [&'static str]],
    /// What encrypts them.
    pub key: Key,
    /// Another image on the first snapshot: its name, and who may launch it.
    pub sibling: Option<(&'static str, &'static [&'static str])>,
    /// What happens to the image before the event is heard.
    pub meanwhile: Meanwhile,
}

/// What encrypts a snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Key {
    None,
    AwsManaged,
    Customer,
}

/// What happens to an image while its event is on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    Nothing,
    Deregister,
    Disable,
    DisableAndEnable,
}

/// An image with one snapshot that nobody may use yet.
pub const IMAGE: GivenImage = GivenImage {
    name: "base_linux_v1",
    launch: &[],
    is_public: false,
    snapshots: &[&[]],
    key: Key::None,
    sibling: None,
    meanwhile: Meanwhile::Nothing,
};

/// That image, and the manifest that shares it.
pub const GIVEN: Given = Given {
    image: Some(IMAGE),
    manifest: Some(MANIFEST),
    is_parameter: false,
    allowed_accounts: None,
    has_organization: false,
    has_tables: false,
};

/// A world in which an event is about to be heard.
pub struct Scene {
    /// The account.
    pub world: World,
    /// The function.
    pub function: ShareAmi,
    /// The event, about this account and image.
    pub event: String,
    organization: Organization,
    image: Option<String>,
    sibling: Option<String>,
    snapshots: Vec<String>,
    key: Option<String>,
    has_tables: bool,
}

impl Scene {
    /// Sets `given` up in a new account, for the sample event of this name.
    pub async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let manifest =
            if given.is_parameter { "ssm:/share".into() } else { format!("s3://{}/share.json", world.bucket()) };
        if given.has_tables {
            world.create_grants_tables().await;
        }
        let organization =
            if given.has_organization { world.make_organization().await } else { Organization::default() };
        let allowed = given.allowed_accounts.map(|ids| organization.with_own_ids(ids));
        let function = world.share_ami(&manifest, allowed.as_deref(), given.has_tables.then(|| world.grants()));
        let mut scene = Self {
            event: scene::read_sample(ShareAmi::NAME, sample).replace(SAMPLE_ACCOUNT, &world.account),
            world,
            function,
            organization,
            image: None,
            sibling: None,
            snapshots: Vec::new(),
            key: None,
            has_tables: given.has_tables,
        };
        if let Some(text) = given.manifest {
            scene::put_manifest(&scene.world, &scene.organization.with_own_ids(text), given.is_parameter).await;
        }
        if let Some(image) = &given.image {
            scene.make_image(image).await;
        }
        scene
    }

    /// Hears the event.
    pub async fn hear(&self, mode: Mode) -> Report {
        let run = run_for(Duration::from_mins(1));
        drive_json(&self.function, &self.world.ledger(), mode, &run, &self.event).await
    }

    /// The report as text, with the samples' ids.
    pub fn tell(&self, report: &Report) -> String {
        self.with_sample_ids(&report.to_string())
    }

    /// The text with the ids of the samples in place of those that EC2 made up.
    pub fn with_sample_ids(&self, text: &str) -> String {
        let mut text = self.organization.with_sample_ids(&text.replace(&self.world.account, SAMPLE_ACCOUNT));
        let named = self.snapshots.iter().enumerate().map(|(index, id)| (id, format!("snap-{}", index + 1)));
        let named = named.chain(self.image.iter().map(|id| (id, SAMPLE_IMAGE.to_owned())));
        for (id, name) in named.chain(self.key.iter().map(|id| (id, "key".to_owned()))) {
            text = text.replace(id, &name);
        }
        text
    }

    /// The image's id.
    pub fn image(&self) -> &str {
        self.image.as_deref().unwrap_or(SAMPLE_IMAGE)
    }

    /// Who may use what, as EC2 answers.
    pub async fn picture(&self) -> String {
        let mut text = String::new();
        for (name, id) in [("image", &self.image), ("sibling", &self.sibling)] {
            if let Some(id) = id {
                writeln!(text, "{name}: {}", launchers(&self.world.ec2, id).await).unwrap();
            }
        }
        for (index, id) in self.snapshots.iter().enumerate() {
            writeln!(text, "snap-{}: {}", index + 1, volume_makers(&self.world.ec2, id).await).unwrap();
        }
        self.organization.with_sample_ids(&text)
    }

    async fn make_image(&mut self, given: &GivenImage) {
        let ec2 = self.world.ec2.clone();
        for _ in given.snapshots {
            let snapshot = self.make_snapshot(given.key).await;
            self.snapshots.push(snapshot);
        }
        // Plans are sorted by id, so the first snapshot is the one whose id comes first.
        self.snapshots.sort();
        for (snapshot, accounts) in self.snapshots.iter().zip(given.snapshots) {
            allow_volumes(&ec2, snapshot, accounts).await;
        }
        let image = register(&ec2, given.name, &self.snapshots).await;
        allow_launch(&ec2, &image, given.launch, given.is_public).await;
        if let Some((name, launch)) = given.sibling {
            let sibling = register(&ec2, name, &self.snapshots[..1]).await;
            allow_launch(&ec2, &sibling, launch, false).await;
            self.sibling = Some(sibling);
        }
        match given.meanwhile {
            Meanwhile::Nothing => {}
            Meanwhile::Deregister => drop(ec2.deregister_image().image_id(&image).send().await.unwrap()),
            Meanwhile::Disable => drop(ec2.disable_image().image_id(&image).send().await.unwrap()),
            Meanwhile::DisableAndEnable => {
                ec2.disable_image().image_id(&image).send().await.unwrap();
                ec2.enable_image().image_id(&image).send().await.unwrap();
            }
        }
        self.event = self.event.replace(SAMPLE_IMAGE, &image);
        self.image = Some(image);
    }

    async fn make_snapshot(&mut self, key: Key) -> String {
        let ec2 = self.world.ec2.clone();
        let volume = ec2.create_volume().availability_zone(format!("{REGION}a")).size(8).volume_type(VolumeType::Gp3);
        let volume = volume.encrypted(key != Key::None);
        let volume = match key {
            Key::None | Key::AwsManaged => volume,
            Key::Customer => volume.kms_key_id(self.customer_key().await),
        };
        let volume = self.created(volume.send().await.unwrap().volume_id);
        self.created(ec2.create_snapshot().volume_id(volume).send().await.unwrap().snapshot_id)
    }

    async fn customer_key(&mut self) -> String {
        if self.key.is_none() {
            let kms = aws_sdk_kms::Client::new(self.world.sessions.config());
            let made = kms.create_key().send().await.unwrap().key_metadata.unwrap();
            self.key = Some(made.key_id);
        }
        let key = self.key.as_deref().unwrap_or_default();
        format!("arn:aws:kms:{REGION}:{}:key/{key}", self.world.account)
    }

    fn created(&self, id: Option<String>) -> String {
        id.unwrap_or_else(|| panic!("EC2 gives what it creates an id, in account {}", self.world.account))
    }
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = ShareAmi::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        Scene::set_up(given, sample).await
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        self.hear(mode).await
    }

    async fn picture(&self) -> String {
        self.picture().await
    }

    fn with_sample_ids(&self, text: &str) -> String {
        self.with_sample_ids(text)
    }

    fn with_tables(given: &Given) -> Given {
        Given { has_tables: true, ..given.clone() }
    }

    fn grants(&self) -> Option<Grants> {
        self.has_tables.then(|| self.world.grants())
    }

    fn line_of(&self, id: &str) -> String {
        self.with_sample_ids(id).replace(SAMPLE_IMAGE, "image")
    }
}
