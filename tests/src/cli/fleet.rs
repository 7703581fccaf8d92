//! One operation in the accounts of an organization: which accounts it reaches and how, and what is told of the others.

mod exec;
pub(super) mod on_aws;
mod operations;
mod permissions;
mod queried;
mod resumed;
mod roles;
mod selection;
mod sweeps;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::Tag;
use local_aws::{Call, Fault, FaultKind};
use serde_json::Value;

use crate::world::built::binary;
use crate::world::{AWS, REGION, World, sessions_of};

/// An organization whose management account is a test's: `dev` and `qa` in a unit, `prod` in the unit below it, and `old`,
/// which was closed, in the root.
pub struct Scene {
    pub world: World,
    pub root: String,
    pub unit: String,
    pub below: String,
    /// The accounts by what they are called.
    pub accounts: BTreeMap<&'static str, String>,
    folder: PathBuf,
}

/// What became of a command.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub said: String,
}

impl Scene {
    pub async fn set_up() -> Self {
        let world = World::new().await;
        let client = Client::new(world.sessions.config());
        client.create_organization().send().await.unwrap();
        let root = client.list_roots().send().await.unwrap().roots.unwrap().remove(0).id.unwrap();
        let unit = make_unit(&client, &root, "unit").await;
        let below = make_unit(&client, &unit, "below").await;
        let mut accounts = BTreeMap::from([("hub", world.account.clone())]);
        for (name, parent) in [("dev", &unit), ("qa", &unit), ("prod", &below), ("old", &root)] {
            let email = format!("{name}@example.com");
            let made = client.create_account().account_name(name).email(email).send().await.unwrap();
            let id = made.create_account_status.unwrap().account_id.unwrap();
            if *parent != root {
                let moved = client.move_account().account_id(&id).source_parent_id(&root);
                moved.destination_parent_id(parent).send().await.unwrap();
            }
            accounts.insert(name, id);
        }
        client.close_account().account_id(&accounts["old"]).send().await.unwrap();
        let folder = std::env::temp_dir().join(format!("signalbox-fleet-{}-{}", std::process::id(), world.account));
        std::fs::create_dir_all(&folder).unwrap();
        Self { world, root, unit, below, accounts, folder }
    }

    pub fn organizations(&self) -> Client {
        Client::new(self.world.sessions.config())
    }

    pub async fn tag(&self, name: &str, key: &str, value: &str) {
        let tag = Tag::builder().key(key).value(value).build().unwrap();
        let request = self.organizations().tag_resource().resource_id(&self.accounts[name]);
        request.tags(tag).send().await.unwrap();
    }

    /// The configuration of a member's own.
    pub async fn config_of(&self, name: &str) -> aws::SdkConfig {
        sessions_of(&self.accounts[name]).await.config().clone()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.fleet(&[&["run"], arguments].concat())
    }

    /// A command of the group.
    pub fn fleet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("signalbox"));
        let arguments = arguments.iter().map(|argument| self.with_ids(argument));
        command.env_clear().arg("fleet").args(arguments).current_dir(&self.folder);
        command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.env("AWS_ACCESS_KEY_ID", &self.world.account);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.tell(&self.command(arguments).output().unwrap())
    }

    pub fn tell(&self, output: &Output) -> Ran {
        let text = |bytes: &[u8]| self.with_names(&String::from_utf8_lossy(bytes));
        let said = text(&output.stderr);
        let said = said.lines().filter(|line| !line.starts_with("AWS is ")).flat_map(|line| [line, "\n"]).collect();
        Ran { code: output.status.code(), out: text(&output.stdout), said }
    }

    /// The text with ids in place of `{dev}`, `{unit}` and the like.
    pub fn with_ids(&self, text: &str) -> String {
        self.named().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// The text with names in place of ids.
    pub fn with_names(&self, text: &str) -> String {
        self.named().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }

    fn named(&self) -> impl Iterator<Item = (&str, &String)> {
        let parents = [("root", &self.root), ("unit", &self.unit), ("below", &self.below)];
        self.accounts.iter().map(|(name, id)| (*name, id)).chain(parents)
    }

    /// Has the third question who the caller is not answered, in each account, so that a run stands still there.
    pub fn stop_at_the_third(&self) {
        for name in ["dev", "qa", "prod"] {
            let operation = Some("GetCallerIdentity".to_owned());
            let times = usize::MAX;
            AWS.inject(&Fault { operation, nth: 3, times, ..Fault::new(&self.accounts[name], FaultKind::Timeout) });
        }
    }

    /// Has everything answered again.
    pub fn go_on(&self) {
        self.accounts.values().for_each(|account| AWS.clear_faults(account));
    }

    /// The calls of an operation that the management account made.
    pub fn calls(&self, operation: &str) -> Vec<Call> {
        AWS.calls(&self.world.account).into_iter().filter(|call| call.operation == operation).collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Ran {
    /// Each entry of the lists, in a line: sorted by name, since the ids are made up.
    pub fn places(&self) -> String {
        let lists: Value = serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.said));
        let line = |list: &str, entry: &Value| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            let why = text("ExceptionDetails") + &text("Reason");
            format!("{list} {} {} {why}", text("Id"), text("Region")).trim_end().to_owned() + "\n"
        };
        let lines = ["Results", "Exceptions", "FailedAssumeRole", "Skipped"].map(|list| {
            let mut lines: Vec<_> = lists[list].as_array().unwrap().iter().map(|entry| line(list, entry)).collect();
            lines.sort();
            lines.concat()
        });
        lines.concat()
    }
}

async fn make_unit(client: &Client, parent: &str, name: &str) -> String {
    let made = client.create_organizational_unit().parent_id(parent).name(name).send().await.unwrap();
    made.organizational_unit.unwrap().id.unwrap()
}
