//! The command line: `signalbox plan`, `signalbox apply`, `signalbox run`, `signalbox dns` and `signalbox up` as a person or a
//! CI job runs them.

mod bound;
mod console;
mod deadletters;
mod deploy;
mod dns;
mod explain;
mod fleet;
mod ledger;
mod manifests;
mod manual;
mod mirror;
mod options;
mod patches;
mod policies;
mod replay;
mod rotation;
mod runbook;
mod trace;
mod untrusted;
mod up;
mod usage;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::functions::reconcile_shares::{MANIFEST, Scene};
use crate::world::built::binary;
use crate::world::{AUDIT, AWS, GRANTS, REGION};

/// What became of a command.
struct Ran {
    code: Option<i32>,
    out: String,
    said: String,
}

/// Runs a command with the credentials of an account, and this on standard input.
fn run(account: &str, arguments: &[&str], stdin: &str) -> Ran {
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().args(arguments).env("AWS_ACCESS_KEY_ID", account);
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // What reads no standard input may be gone.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let ran = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: ran.status.code(), out: text(&ran.stdout), said: text(&ran.stderr) }
}

/// A shell with the credentials of the scene's account, in a folder of its own.
struct Shell<'a> {
    scene: &'a Scene,
    folder: PathBuf,
}

impl<'a> Shell<'a> {
    fn at(scene: &'a Scene) -> Self {
        let folder =
            std::env::temp_dir().join(format!("signalbox-shell-{}-{}", std::process::id(), scene.world.account));
        std::fs::create_dir_all(&folder).unwrap();
        Self { scene, folder }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), self.scene.of_account(text)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("signalbox"));
        command.env_clear().args(arguments).current_dir(&self.folder);
        command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.env("AWS_ACCESS_KEY_ID", &self.scene.world.account);
        command.envs([("SIGNALBOX_GRANTS_TABLE", GRANTS), ("SIGNALBOX_AUDIT_TABLE", AUDIT)]);
        command.env("SIGNALBOX_ALLOWED_ACCOUNTS", "everybody");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let ran = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: &[u8]| self.scene.tell(&String::from_utf8_lossy(bytes));
        Ran { code: ran.status.code(), out: text(&ran.stdout), said: text(&ran.stderr) }
    }
}

impl Drop for Shell<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn a_plan_is_a_diff_that_a_person_can_read_and_changes_nothing() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    let before = scene.picture().await;
    let planned = shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let (code, out) = (planned.code, planned.out);
    assert_eq!(code, Some(2), "{out}{}", planned.said);
    expect_test::expect![[r#"
        + key-base eu-west-1 123456789012  alias/base
        + snap-volume eu-west-1 123456789012  volume_v1
        + ami-base eu-west-1 987654321098  base_linux_v1
        - ami-base eu-west-1 444455556666  base_linux_v1
        + snap-base eu-west-1 987654321098  base_linux_v1
        - snap-base eu-west-1 444455556666  base_linux_v1
        + base-db-v1 eu-west-1 123456789012  base-db-v1
        - base-db-v1 eu-west-1 444455556666  base-db-v1
        + base-cluster-v1 eu-west-1 123456789012  base-cluster-v1
        + base/app eu-west-1 123456789012  base/app
        + base/app eu-west-1 o-exampleorgid  base/app
        + com-example-111122223333 - 123456789012  com-example-111122223333
        - com-example-111122223333 - 444455556666  com-example-111122223333
        note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        note: the manifest may share with any account: SIGNALBOX_ALLOWED_ACCOUNTS (AllowedAccounts) is `everybody`
        note: whether the accounts that lose ami-base in eu-west-1 use them is not known: there is no usage report of the last 30 days; `aws ec2 create-image-usage-report` makes one, and Signalbox makes none
        SECTION      ADDED  EXPIRED  FOREIGN  MISSED EVENTS  REMOVED  UNCHANGED
        ami              1        0        0              1        1          1
        ebs              2        0        0              1        1          1
        ecr              2        0        0              0        0          0
        kms              1        0        0              0        0          0
        rds              1        0        0              1        1          0
        rds-cluster      1        0        0              1        0          0
        s3               1        0        1              0        1          0
    "#]]
    .assert_eq(&out);
    assert!(planned.said.contains("signalbox apply plan.json"), "{}", planned.said);
    assert_eq!(scene.picture().await, before, "a plan changes nothing");
}

#[tokio::test]
async fn apply_carries_exactly_the_plan_out() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let applied = shell.run(&["apply", "plan.json"]);
    assert_eq!(applied.code, Some(0), "{}{}", applied.out, applied.said);
    assert!(applied.out.ends_with("7 steps: 7 applied, 0 unchanged, 0 refused, 0 failed\n"), "{}", applied.out);
    let told = shell.run(&["history", &scene.image]);
    let outcome = told.out.lines().last().unwrap_or_default();
    let who = outcome.split_once("outcome ").map_or("", |(_, who)| who);
    assert!(who.starts_with("arn:aws:sts::111122223333:"), "{}", told.out);
    assert!(who.ends_with(", `signalbox apply`: +987654321098 -444455556666 (done)"), "{}", told.out);
    let after = scene.picture().await;
    assert!(
        !after.contains("444455556666")
            && after.contains("key: Enable IAM User Permissions for 111122223333; Signalbox")
    );
    scene.assert_audited().await;
    let again = shell.run(&["apply", "plan.json"]);
    assert!(again.out.ends_with("7 steps: 0 applied, 7 unchanged, 0 refused, 0 failed\n"), "{}", again.out);
    let planned = shell.run(&["plan", "--manifest", "share.json"]);
    assert_eq!(planned.code, Some(0), "{}", planned.out);
    assert!(planned.out.contains("everything is as the manifest says"), "{}", planned.out);
}

#[tokio::test]
async fn what_is_neither_before_nor_after_is_refused_and_the_rest_is_done() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    crate::world::ec2::allow_launch(&scene.world.ec2, &scene.image, &["666677778888"], false).await;
    let applied = shell.run(&["apply", "plan.json"]);
    assert_eq!(applied.code, Some(254), "{}", applied.out);
    assert!(
        applied.out.contains("ami-base in eu-west-1 was changed since the plan was made: shared with"),
        "{}",
        applied.out
    );
    assert!(applied.out.ends_with("7 steps: 6 applied, 0 unchanged, 1 refused, 0 failed\n"), "{}", applied.out);
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 444455556666, 666677778888", "it is not touched");
}

#[tokio::test]
async fn an_apply_that_was_killed_goes_on_where_it_was() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let calls = scene.world.calls();
    let mut killed =
        shell.command(&["apply", "plan.json"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    scene.world.reach(calls + 20).await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    crate::world::let_time_pass(std::time::Duration::from_mins(16));
    // The clock of a command is not moved on: what was open is closed by the sweep, whose clock is.
    scene.sweep().await;
    scene.assert_audited().await;
    let applied = shell.run(&["apply", "plan.json"]);
    assert!(applied.out.ends_with("7 steps: 0 applied, 7 unchanged, 0 refused, 0 failed\n"), "{}", applied.out);
}

#[tokio::test]
async fn a_mistake_or_a_plan_of_another_account_is_told_before_anything_is_done() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", r#"{"ami": {"a": {"eu-west-1": ["12345678901"]}}}"#);
    let planned = shell.run(&["plan", "--manifest", "share.json"]);
    assert_eq!(planned.code, Some(253));
    assert!(planned.said.contains("share.json is not a valid share manifest: line 1, column"), "{}", planned.said);
    let missing = shell.run(&["plan"]);
    assert_eq!(missing.code, Some(252));
    assert!(missing.said.contains("neither an event nor a manifest"), "{}", missing.said);
    shell.write("plan.json", r#"{"version": 1, "account": "999988887777", "manifest": "m", "steps": []}"#);
    let foreign = shell.run(&["apply", "plan.json"]);
    assert_eq!(foreign.code, Some(253));
    assert!(foreign.said.contains("the plan is for account 999988887777"), "{}", foreign.said);
    shell.write("plan.json", r#"{"version": 1}"#);
    assert_eq!(shell.run(&["apply", "plan.json"]).code, Some(252));
}

#[tokio::test]
async fn an_audit_item_is_reverted_by_its_command() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    scene.sweep().await;
    let bucket = format!("s3://{}", scene.bucket());
    let shown = shell.command(&["history", &bucket, "--verify", "--output", "json"]).output().unwrap();
    let history: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let revert = history["items"].as_array().unwrap().last().unwrap()["revert"].as_str().unwrap();
    let path = binary("signalbox").parent().unwrap().display().to_string();
    let mut sh = Command::new("/bin/sh");
    sh.env_clear().arg("-c").arg(revert).env("PATH", format!("{path}:/usr/bin:/bin"));
    sh.envs(shell.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = sh.output().unwrap();
    assert!(ran.status.success(), "{revert}: {}", String::from_utf8_lossy(&ran.stderr));
    assert!(scene.picture().await.contains("bucket: Logs for 555566667777; SignalboxRead for 444455556666\n"));
    scene.assert_audited().await;
}

#[tokio::test]
async fn a_plan_says_where_a_sweep_would_refuse_it_and_limits_are_options() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    let planned = shell.run(&["plan", "--manifest", "share.json", "--max-removals", "2"]);
    assert_eq!(planned.code, Some(2), "{}", planned.said);
    let refusal = "a sweep refuses this unless it is forced: 3 shares would go, and 2 may (SIGNALBOX_MAX_REMOVALS)";
    assert!(planned.out.contains(refusal), "{}", planned.out);
    let wrong = shell.run(&["plan", "--manifest", "share.json", "--max-removed-percent", "300"]);
    assert_eq!(wrong.code, Some(253));
    assert!(wrong.said.contains("SIGNALBOX_MAX_REMOVED_PERCENT: `300` is more than 100"), "{}", wrong.said);
}

/// Its first step is not begun where one of its steps lets in an account that is not allowed.
#[tokio::test]
async fn a_plan_that_lets_in_an_account_that_is_not_allowed_is_refused_before_its_first_step() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let before = scene.picture().await;
    let calls = scene.world.calls();
    let refused = shell.run(&["apply", "plan.json", "--allowed-accounts", "123456789012,444455556666"]);
    assert_eq!(refused.code, Some(253), "{}", refused.said);
    let told =
        "the plan lets in 987654321098, o-exampleorgid, which --allowed-accounts does not name; nothing was changed";
    assert!(refused.said.contains(told), "{}", refused.said);
    assert_eq!(scene.writes_since(calls), [""; 0], "nothing is written, to the tables neither");
    assert_eq!(scene.picture().await, before);
    // A step of an audit item, by which a change is reverted, is no way around it.
    let plan: Value = serde_json::from_str(&std::fs::read_to_string(shell.folder.join("plan.json")).unwrap()).unwrap();
    for step in plan["steps"].as_array().unwrap() {
        shell.write("step.json", &step.to_string());
        let refused = shell.run(&["apply", "step.json", "--allowed-accounts", "222233334444"]);
        assert_eq!(refused.code, Some(253), "{}{}", refused.out, refused.said);
    }
    let allowed = shell.run(&["apply", "plan.json", "--allowed-accounts", "123456789012,987654321098"]);
    assert_eq!(allowed.code, Some(253), "the organization is named too: {}", allowed.said);
}

/// Sends a program the signal of Ctrl-C.
fn interrupt(running: &Child) {
    let sent = Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
