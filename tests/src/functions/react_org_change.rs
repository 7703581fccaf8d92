//! The world of `react-org-change`: the account of the sweep's stories manages an organization, and what the manifest shares, it
//! shares with a unit of that; what AWS says after an account came, moved or left.

pub mod checks;
mod kill;
pub mod stories;
mod truths;

use std::time::Duration;

use aws::in_name_of;
use aws_sdk_organizations::Client;
use react_org_change::ReactOrgChange;
use reaction::{Mode, Outcome, Reaction, Report, drive_json};
use reconcile_shares::Settings;
use sharing_aws::Source;
use sharing_records::Grants;

use crate::functions::reconcile_shares::Scene as Account;
use crate::world::ec2::register;
use crate::world::scene::{self, read_sample};
use crate::world::{AUDIT, GRANTS, LEDGER, World, run_for};

/// What the unit has, wherever only accounts can be named. Of one snapshot another entry names the account itself, and one is
/// for the whole organization.
pub const MANIFEST: &str = r#"{
    "ami": {"base_linux_v": {"eu-west-1": ["UNIT"]}},
    "ebs": {"volume_v": {"eu-west-1": ["UNIT"]}},
    "rds": {"base-db-v": {"eu-west-1": ["UNIT"]}, "db": {"eu-west-1": ["222233334444"]}},
    "rds-cluster": {"base-cluster-v": {"eu-west-1": ["arn:aws:organizations::111122223333:organization/o-exampleorgid"]}},
    "ecr": {"base/app": {"eu-west-1": ["UNIT"]}},
    "kms": {"alias/base": {"eu-west-1": ["UNIT"]}},
    "s3": {"com-example-111122223333": ["UNIT"]}
}"#;

const UNIT: &str = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56";

/// What happened in the organization after everything was as the manifest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing, or it was undone before the event was heard.
    Nothing,
    /// The account was moved from the root into the unit.
    MovedIn,
    /// The same, a snapshot that the unit gains is encrypted, and the manifest is a parameter.
    MovedInEncrypted,
    /// The account was moved from the unit to the root.
    MovedOut,
    /// The same, and the manifest names a bucket of somebody else.
    MovedOutForeign,
    /// The same, and no entry names a unit.
    MovedOutWithoutUnits,
    /// Another account was made, in the root.
    Came,
    /// The account was closed.
    Closed,
    /// The account left the organization or was removed from it.
    Left,
}

/// The account that manages the organization, and the one that comes and goes.
pub struct Scene {
    /// The account with something of every kind.
    pub hub: Account,
    client: Client,
    root: String,
    /// The account that comes and goes, and the unit.
    pub member: String,
    unit: String,
    /// The account that was made last.
    made: String,
    manifest: String,
    event: String,
}

impl Scene {
    /// An account in the organization's unit, and everything as the manifest says.
    pub async fn new() -> Self {
        let scene = Self::before(MANIFEST).await;
        scene.sweep().await;
        scene
    }

    /// The same before the sweep.
    async fn before(manifest: &str) -> Self {
        let hub = Account::new().await.with_organization().await.with_own_policies().await;
        let client = Client::new(hub.world.sessions.config());
        let root = client.list_roots().send().await.unwrap().roots.unwrap().remove(0).id.unwrap();
        let [member, unit] = ["222233334444", "ou-ab12-cd34ef56"].map(|id| hub.organization.with_own_ids(id));
        // An image stands on the snapshot, and nobody else may launch it.
        register(&hub.world.ec2, "silver_v1", std::slice::from_ref(&hub.volume)).await;
        let location = format!("s3://{}/share.json", hub.world.bucket());
        let (made, event) = (String::new(), String::new());
        let scene = Self { hub, client, root, member, unit, made, manifest: location, event };
        scene.put_manifest(manifest).await;
        scene
    }

    /// Puts a manifest of the samples' ids, with `UNIT` for the unit.
    pub async fn put_manifest(&self, manifest: &str) {
        self.hub.put_manifest(&self.with_own_ids(&manifest.replace("UNIT", UNIT))).await;
    }

    /// The text with the ids of this organization.
    pub fn with_own_ids(&self, text: &str) -> String {
        self.hub.of_account(&self.hub.organization.with_own_ids(text))
    }

    async fn sweep(&self) {
        let report = self.hub.sweep().await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{report}");
    }

    /// The account is moved into the unit, or out of it.
    pub async fn move_member(&self, is_in: bool) {
        let (from, to) = if is_in { (&self.root, &self.unit) } else { (&self.unit, &self.root) };
        let moved = self.client.move_account().account_id(&self.member).source_parent_id(from);
        moved.destination_parent_id(to).send().await.unwrap();
    }

    /// Another account is made, in the root.
    pub async fn make_account(&mut self) {
        let made = self.client.create_account().account_name("another").email("another@example.com").send().await;
        self.made = made.unwrap().create_account_status.unwrap().account_id.unwrap();
    }

    async fn with(mut self, given: Given) -> Self {
        let member = self.member.clone();
        match given {
            Given::Nothing => {}
            Given::MovedIn | Given::MovedInEncrypted => self.move_member(true).await,
            Given::MovedOut | Given::MovedOutForeign | Given::MovedOutWithoutUnits => self.move_member(false).await,
            Given::Came => self.make_account().await,
            Given::Closed => drop(self.client.close_account().account_id(member).send().await.unwrap()),
            Given::Left => {
                let left = self.client.remove_account_from_organization().account_id(member).send().await;
                drop(left.unwrap());
            }
        }
        self
    }

    /// The function.
    pub fn function(&self) -> ReactOrgChange {
        let variables = |name: &str| match name {
            "SIGNALBOX_MANIFEST" => Some(self.manifest.clone()),
            "SIGNALBOX_GRANTS_TABLE" => Some(GRANTS.into()),
            "SIGNALBOX_AUDIT_TABLE" => Some(AUDIT.into()),
            _ => None,
        };
        let sessions = &self.hub.world.sessions;
        let source = Source::new(sessions, sharing_aws::Settings::of_command_line(&variables).unwrap());
        let grants = Grants::read(&variables, sessions, ReactOrgChange::NAME).unwrap();
        ReactOrgChange::new(sessions.clone(), source, Settings::read(&variables).unwrap(), grants)
    }

    /// The function hears the sample event of this name.
    pub async fn hear_sample(&self, sample: &str) -> Report {
        self.react(Mode::Apply, &self.own(&read_sample(ReactOrgChange::NAME, sample))).await
    }

    /// The event about the accounts of this organization.
    pub fn own(&self, event: &str) -> String {
        let event = event.replace("444455556666", "222233334444").replace("333344445555", &self.made);
        self.with_own_ids(&event)
    }

    async fn react(&self, mode: Mode, event: &str) -> Report {
        let ledger = ledger::DynamoLedger::new(&self.hub.world.sessions, LEDGER, ReactOrgChange::NAME);
        let run = run_for(Duration::from_mins(10));
        in_name_of(&run, drive_json(&self.function(), &ledger, mode, &run, event)).await
    }
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = ReactOrgChange::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let mut scene = Self::before(MANIFEST).await;
        if *given == Given::MovedInEncrypted {
            scene.hub = scene.hub.with_encrypted_snapshot().await;
            let manifest = r#"{"rds": {"secret-db-v": {"eu-west-1": ["UNIT"]}}}"#;
            scene.put_manifest(manifest).await;
            let text = scene.with_own_ids(&manifest.replace("UNIT", UNIT));
            scene.manifest = scene::put_manifest(&scene.hub.world, &text, true).await;
        }
        if matches!(given, Given::MovedIn | Given::MovedInEncrypted) {
            scene.move_member(false).await;
        }
        scene.sweep().await;
        if *given == Given::MovedOutForeign {
            scene.hub = scene.hub.beside_a_foreign_bucket().await;
            let foreign = r#""com-example-foreign-111122223333": ["UNIT"], "com-example-111122223333": ["UNIT"]"#;
            scene.put_manifest(&MANIFEST.replace(r#""com-example-111122223333": ["UNIT"]"#, foreign)).await;
        }
        if *given == Given::MovedOutWithoutUnits {
            scene.put_manifest(crate::functions::reconcile_shares::MANIFEST).await;
        }
        scene = scene.with(*given).await;
        scene.event = scene.own(&read_sample(ReactOrgChange::NAME, sample));
        scene
    }

    fn world(&self) -> &World {
        &self.hub.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        self.react(mode, &self.event).await
    }

    async fn picture(&self) -> String {
        let picture = self.with_sample_ids(&self.hub.picture().await);
        // Sorted by the names, too, where two have it.
        let both = ["333344445555, 222233334444", "222233334444, 333344445555"];
        picture.replace(both[0], both[1])
    }

    fn with_sample_ids(&self, text: &str) -> String {
        let text = self.hub.tell(text);
        if self.made.is_empty() { text } else { text.replace(&self.made, "333344445555") }
    }

    fn grants(&self) -> Option<Grants> {
        Some(self.hub.world.grants())
    }

    fn line_of(&self, id: &str) -> String {
        scene::Scene::line_of(&self.hub, id)
    }
}
