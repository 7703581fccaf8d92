//! What an operator has: a shell, version 2 of the AWS CLI, `jq`, the command line, and profiles for some accounts.

use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::world::built::binary;
use crate::world::{AWS, REGION};

/// Where programs of the system lie. What else a tester has in the path is left out: a version of Python may bring an older AWS CLI along.
const PROGRAMS: &str = "/usr/local/bin:/usr/bin:/bin";

/// What became of a command.
pub struct Ran {
    /// The exit code.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub said: String,
}

/// A shell in the name of an account, in a folder of its own.
pub struct Operator {
    /// The folder, which is the home too.
    pub folder: PathBuf,
    account: String,
}

impl Operator {
    /// A shell with the credentials of an account, in which each of these profiles is that account's too.
    pub fn of(account: &str, profiles: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("signalbox-operator-{}-{account}", std::process::id()));
        std::fs::create_dir_all(folder.join("bin")).unwrap();
        let operator = Self { folder, account: account.into() };
        // The version that Debian has cannot be told of an endpoint by a variable.
        let aws = format!("#!/bin/sh\nexec {} --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n", AWS_CLI.display());
        operator.write("bin/aws", &aws);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(operator.folder.join("bin/aws"), executable).unwrap();
        symlink(binary("signalbox"), operator.folder.join("bin/signalbox")).unwrap();
        let mut config = String::new();
        for profile in profiles {
            write!(config, "[profile {profile}]\nregion = {REGION}\nendpoint_url = {}\n", AWS.endpoint()).unwrap();
            write!(config, "aws_access_key_id = {account}\naws_secret_access_key = test\n").unwrap();
        }
        operator.write("config", &config);
        operator
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    /// Runs a script of bash in a folder, which ends with the first command that fails.
    pub fn run_in(&self, folder: &Path, script: &str) -> Ran {
        let mut shell = Command::new("bash");
        shell.env_clear().current_dir(folder).args(["-euo", "pipefail", "-c", script]);
        shell.env("PATH", format!("{}:{PROGRAMS}", self.folder.join("bin").display())).env("HOME", &self.folder);
        shell.env("AWS_CONFIG_FILE", self.folder.join("config")).env("AWS_PAGER", "");
        shell.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
        let ran = shell.env("AWS_ACCESS_KEY_ID", &self.account).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: ran.status.code(), out: text(&ran.stdout), said: text(&ran.stderr) }
    }

    /// The same in the shell's own folder.
    pub fn run(&self, script: &str) -> Ran {
        self.run_in(&self.folder, script)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Asked for once: only to say its version, it takes most of a second.
static AWS_CLI: LazyLock<PathBuf> = LazyLock::new(aws_cli);

/// Version 2 of the AWS CLI; the registry of Python has version 1 only.
#[expect(clippy::disallowed_methods, reason = "where programs lie is no setting")]
fn aws_cli() -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let all = PROGRAMS.split(':').chain(path.split(':')).map(|folder| Path::new(folder).join("aws"));
    let is_second = |it: &PathBuf| {
        let asked = Command::new(it).arg("--version").output();
        asked.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).starts_with("aws-cli/2"))
    };
    all.into_iter().find(is_second).expect("version 2 of the AWS CLI (`make setup` installs it)")
}
