//! `signalbox deploy`, as an operator runs it against three accounts in two Regions: real functions answer, and say which version of them
//! did.

mod drifted;
mod interrupted;
mod options;
mod refused;
mod story;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use local_aws::deploy::archive;
use serde_json::{Value, json};

use crate::deliveries::{Fleet, ORDERS};
use crate::world::built::binary;
use crate::world::lambda::code;
use crate::world::{AWS, DEPLOYMENTS, REGION};

/// The secret key of the operator, which nothing may print.
const SECRET: &str = "wJalrXUtnFEMI-the-operators-key";

/// An operator of the hub, with a folder for artifacts.
pub struct Operator {
    pub(super) fleet: Fleet,
    folder: PathBuf,
    /// The ids of the deployments that were told of, in their order.
    known: std::sync::Mutex<Vec<String>>,
}

/// What became of a command.
struct Ran {
    code: Option<i32>,
    out: String,
    said: String,
}

impl Operator {
    pub(super) async fn of(accounts: usize, regions: &[&'static str]) -> Self {
        let fleet = Fleet::of(accounts, regions).await;
        let folder =
            std::env::temp_dir().join(format!("signalbox-deploy-{}-{}", std::process::id(), fleet.hub.account));
        std::fs::create_dir_all(&folder).unwrap();
        Self { fleet, folder, known: std::sync::Mutex::default() }
    }

    /// Writes an artifact of code that answers `says`, for all targets, with more in its `deploy.json`.
    pub(super) fn write(&self, name: &str, says: &str, more: Value) {
        let order = self.fleet.order(more);
        self.write_files(name, &[("deploy.json", order.as_bytes()), ("lambda.zip", &code(says))]);
    }

    fn write_files(&self, name: &str, files: &[(&str, &[u8])]) {
        std::fs::write(self.folder.join(name), archive(files).unwrap()).unwrap();
    }

    /// The waves of most cases: a target, half of them, and all.
    fn waves(&self) -> Value {
        let first = format!("{}/{REGION}", self.fleet.places[0].account);
        json!({"waves": [{"targets": [first]}, {"percent": 50}, {"percent": 100}]})
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("signalbox"));
        let hub = &self.fleet.hub.account;
        let accounts: Vec<_> = self.fleet.places.iter().map(|it| it.account.as_str()).collect();
        command.env_clear().arg("deploy").args(arguments).current_dir(&self.folder).env("HOME", &self.folder);
        command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", SECRET)]);
        command.env("AWS_ACCESS_KEY_ID", hub).env("SIGNALBOX_ACCOUNTS", accounts.join(","));
        command.env("SIGNALBOX_CODE_BUCKET", format!("code-{hub}-{{region}}"));
        command.envs([("SIGNALBOX_DEPLOYMENTS_TABLE", DEPLOYMENTS), ("SIGNALBOX_DEPLOY_FUNCTIONS", ORDERS)]);
        command.env("SIGNALBOX_MEMBER_ROLE", "signalbox-deploy-lambda");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.tell(&self.command(arguments).output().unwrap())
    }

    /// What a command told, with names in place of ids and times.
    fn tell(&self, output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, said) = (text(&output.stdout), text(&output.stderr));
        for secret in [SECRET, "SessionToken", "SecretAccessKey", "X-Amz-", "ASIA", "Authorization"] {
            assert!(!out.contains(secret) && !said.contains(secret), "{secret} is printed:\n{out}{said}");
        }
        let lines = said.lines().filter(|line| !line.starts_with("AWS is ")).flat_map(|line| [line, "\n"]);
        let said: String = lines.collect();
        Ran { code: output.status.code(), out: self.with_names(&out), said: self.with_names(&said) }
    }

    /// Runs a command, and tells everything of it.
    fn told(&self, arguments: &[&str]) -> String {
        let Ran { code, out, said } = self.run(arguments);
        let arguments = self.with_names(&arguments.join(" "));
        format!("$ signalbox deploy {arguments}\n{said}{out}exit {}\n", code.unwrap())
    }

    fn with_names(&self, text: &str) -> String {
        let mut text = self.with_short_ids(&with_times(text)).replace(&self.fleet.hub.account, "HUB");
        let mut accounts: Vec<_> = self.fleet.places.iter().map(|it| it.account.clone()).collect();
        accounts.dedup();
        for (at, account) in accounts.iter().enumerate() {
            text = text.replace(account, &format!("ACCOUNT-{}", at + 1));
        }
        text
    }

    /// Deployments are numbered as they are told of.
    fn with_short_ids(&self, text: &str) -> String {
        let mut known = self.known.lock().unwrap();
        for word in text.split(|it: char| !it.is_ascii_hexdigit() && it != '-') {
            let is_id = word.len() == 36 && word.matches('-').count() == 4;
            if is_id && !known.iter().any(|it| it == word) {
                known.push(word.to_owned());
            }
        }
        let numbered = known.iter().enumerate();
        numbered.fold(text.to_owned(), |text, (at, id)| text.replace(id, &format!("DEPLOYMENT-{}", at + 1)))
    }

    /// The id of the deployment with this number, of those that were told of.
    fn id(&self, number: usize) -> String {
        self.known.lock().unwrap()[number - 1].clone()
    }

    /// The value that a command prints as JSON, with ids.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(&[arguments, &["--output", "json"]].concat()).output().unwrap();
        self.tell(&output);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Which operations changed something at a target since so many calls were made in each account.
    fn changes_since(&self, calls: &[usize]) -> Vec<String> {
        let places = self.fleet.places.iter().zip(calls);
        let all = places.flat_map(|(place, calls)| place.operations_since(*calls));
        let reads = ["lambda:Get", "lambda:List", "cloudwatch:", "sts:", "lambda:Invoke"];
        all.filter(|it| !reads.iter().any(|read| it.starts_with(read))).collect()
    }

    fn calls(&self) -> Vec<usize> {
        self.fleet.places.iter().map(crate::world::World::calls).collect()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The text with TIME in place of times.
fn with_times(text: &str) -> String {
    let is_time = |word: &str| word.len() == 20 && word.as_bytes()[10] == b'T' && word.ends_with('Z');
    let mut text = text.to_owned();
    let words: Vec<_> = text.split([' ', '\n', ',', '"']).filter(|it| is_time(it)).map(String::from).collect();
    for word in words {
        text = text.replace(&word, "TIME");
    }
    text
}
