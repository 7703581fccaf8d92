//! An executable of the operator's in the accounts of an organization: whose credentials it has, what it may do, what is told of it, and
//! how it ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};

use expect_test::expect;
use serde_json::{Value, json};

use super::{Ran, Scene};
use crate::cli::interrupt;
use crate::world::AWS;

const MEMBERS: [&str; 3] = ["dev", "prod", "qa"];

/// As a script for one account is written that knows nothing of Signalbox.
const REPORT: &str = r#"
import json
import sys

import boto3

account = boto3.client("sts").get_caller_identity()["Account"]
images = boto3.client("ec2").describe_images(Owners=["self"])["Images"]
json.dump({"account": account, "images": [image["Name"] for image in images], "days": sys.argv[1]}, sys.stdout)
"#;

const WRITER: &str = r#"
import boto3

print(boto3.client("ec2").create_key_pair(KeyName="made")["KeyName"])
"#;

/// The interpreter that has boto3, as the local AWS is written in it.
fn python() -> String {
    local_aws::workspace().join(".local/venv/bin/python").display().to_string()
}

/// A program in the folder of the scene.
fn write_program(scene: &Scene, name: &str, text: &str) -> String {
    std::fs::write(scene.path(name), format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(scene.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("./{name}")
}

fn entries(ran: &Ran, list: &str) -> Vec<Value> {
    let lists: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.said));
    lists[list].as_array().unwrap().clone()
}

/// What an executable told of `dev`, or why it failed there.
fn told_of_dev(scene: &Scene, command: &[&str]) -> Value {
    let ran = scene.run(&[&["exec", "--target", "{dev}", "--output", "json", "--"], command].concat());
    let [result, exception] = ["Results", "Exceptions"].map(|list| entries(&ran, list).pop());
    result.map_or_else(|| exception.unwrap()["ExceptionDetails"].clone(), |it| it["Result"].clone())
}

#[tokio::test]
async fn a_script_with_boto3_does_its_work_in_each_account_and_aws_says_in_which() {
    let scene = Scene::set_up().await;
    for name in MEMBERS {
        crate::world::ec2::register(&aws_sdk_ec2::Client::new(&scene.config_of(name).await), name, &[]).await;
    }
    std::fs::write(scene.path("report.py"), REPORT).unwrap();
    let before: BTreeMap<_, _> = scene.accounts.iter().map(|(name, id)| (*name, AWS.count(id))).collect();
    let python = python();
    let regions = ["--regions", "eu-west-1,eu-central-1", "--output", "json", "--", &python, "report.py", "7"];
    let ran = scene.run(&[&["exec", "--target", "{unit}"], &regions[..]].concat());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    let results = entries(&ran, "Results");
    assert_eq!(results.len(), 6, "{}", ran.out);
    for entry in &results {
        let (name, is_there) = (&entry["Id"], entry["Region"] == "eu-west-1");
        let images = if is_there { json!([name]) } else { json!([]) };
        assert_eq!(entry["Result"], json!({"account": name, "images": images, "days": "7"}), "{entry:#}");
    }
    for (name, id) in &scene.accounts {
        let calls = AWS.calls_since(id, before[name]).into_iter().filter(|it| it.operation == "DescribeImages");
        let mut asked: Vec<_> = calls.map(|it| (it.region, it.access_key.starts_with("ASIA"))).collect();
        asked.sort();
        let both = [("eu-central-1".to_owned(), true), ("eu-west-1".to_owned(), true)];
        assert_eq!(asked, if MEMBERS.contains(name) { both.to_vec() } else { Vec::new() }, "{name}");
    }
}

#[tokio::test]
async fn a_script_may_only_read_unless_it_is_allowed_more_and_then_where_it_is_told_to() {
    let scene = Scene::set_up().await;
    std::fs::write(scene.path("write.py"), WRITER).unwrap();
    let python = python();
    let script = ["--output", "json", "--", &python, "write.py"];
    let run = |options: &[&str]| scene.run(&[&["exec"] as &[_], options, &script].concat());
    let keys = async |name: &str| {
        let ec2 = aws_sdk_ec2::Client::new(&scene.config_of(name).await);
        let pairs = ec2.describe_key_pairs().send().await.unwrap().key_pairs.unwrap_or_default();
        pairs.into_iter().filter_map(|it| it.key_name).collect::<Vec<_>>()
    };
    let denied = run(&["--target", "{dev}"]);
    let why = entries(&denied, "Exceptions")[0]["ExceptionDetails"].as_str().unwrap().to_owned();
    assert_eq!(denied.code, Some(254), "{why}");
    assert!(why.contains("it ended with exit status: 1: Traceback") && why.contains("UnauthorizedOperation"), "{why}");
    assert_eq!(keys("dev").await, [""; 0]);
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:CreateKeyPair", "Resource": "*"}]}"#;
    std::fs::write(scene.path("policy.json"), policy).unwrap();
    let before = scene.calls("AssumeRole").len();
    for (options, told) in [
        (&["--target", "{dev}", "--policy", "policy.json"] as &[_], "add --apply"),
        (&["--target", "{dev}", "--policy-arn", "arn:aws:iam::aws:policy/PowerUserAccess"], "add --apply"),
        (&["--target", "{dev}", "--apply"], "say what, with --policy FILE or --policy-arn ARN"),
        (&["--policy", "policy.json", "--apply"], "exec writes: say where"),
    ] {
        let refused = run(options);
        assert!(refused.code == Some(252) && refused.said.contains(told), "{options:?}: {}", refused.said);
    }
    assert_eq!(scene.calls("AssumeRole").len(), before, "no account was entered");
    let allowed = run(&["--target", "{dev}", "--policy", "policy.json", "--apply"]);
    assert_eq!((allowed.code, entries(&allowed, "Results")[0]["Result"].as_str()), (Some(0), Some("made")));
    assert_eq!((keys("dev").await, keys("qa").await), (vec!["made".to_owned()], Vec::new()));
}

/// Whatever the caller has told of AWS: a child that found it could act as the caller.
#[tokio::test]
async fn a_child_has_the_credentials_of_the_member_and_no_word_of_the_caller_about_aws() {
    let scene = Scene::set_up().await;
    let mut command = scene.command(&["exec", "--target", "{dev}", "--output", "json", "--", "/usr/bin/env"]);
    command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret").env("AWS_ANYTHING_NEW", "secret").env("KEPT", "kept");
    let ran = scene.tell(&command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    let text = entries(&ran, "Results")[0]["Result"].as_str().unwrap().to_owned();
    let has: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let of_aws: Vec<_> = has.keys().filter(|name| name.starts_with("AWS_")).copied().collect();
    expect![[r#"
        AWS_ACCESS_KEY_ID AWS_CONFIG_FILE AWS_DEFAULT_REGION AWS_EC2_METADATA_DISABLED AWS_ENDPOINT_URL AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SHARED_CREDENTIALS_FILE
    "#]].assert_eq(&(of_aws.join(" ") + "\n"));
    let closed = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"];
    assert_eq!(closed.map(|name| has[name]), ["/dev/null", "/dev/null", "true"]);
    assert!(has["AWS_ACCESS_KEY_ID"].starts_with("ASIA"), "{text}");
    assert_eq!([has["SIGNALBOX_ACCOUNT"], has["AWS_REGION"], has["KEPT"]], ["dev", "eu-west-1", "kept"]);
}

#[tokio::test]
async fn what_is_written_is_the_result_as_json_or_as_text() {
    let scene = Scene::set_up().await;
    let told = |text: &str| told_of_dev(&scene, &["/bin/sh", "-c", text]);
    assert_eq!(told(r#"echo '{"open": ["22", "80"]}'"#), json!({"open": ["22", "80"]}));
    assert_eq!(told("echo '[1, 2]'"), json!([1, 2]));
    assert_eq!(told("echo first; echo; echo second"), json!("first\n\nsecond"));
    // A number would lose the zeros of an account id, and be another type than in the next account.
    assert_eq!((told("echo 111122223333"), told("echo 000000000012")), (json!("111122223333"), json!("000000000012")));
    assert_eq!((told("echo null"), told(":"), told("printf '\\377'")), (json!("null"), json!(""), json!("\u{fffd}")));
    let shown = scene.run(&["exec", "--target", "{dev}", "--", "/bin/sh", "-c", "echo first; echo second"]);
    expect![[r#"
        dev dev eu-west-1
          first
          second
        1 results, 0 exceptions, 0 failed to assume the role, 0 skipped
    "#]]
    .assert_eq(&shown.out);
}

#[tokio::test]
async fn a_child_that_fails_is_an_exception_with_the_end_of_what_it_complained() {
    let scene = Scene::set_up().await;
    let failed = |text: &str| told_of_dev(&scene, &["/bin/sh", "-c", text]).as_str().unwrap().to_owned();
    assert_eq!(failed("echo no >&2; exit 3"), "running /bin/sh: it ended with exit status: 3: no");
    assert_eq!(failed("exit 4"), "running /bin/sh: it ended with exit status: 4: it wrote nothing to standard error");
    assert_eq!(
        failed("kill -9 $$"),
        "running /bin/sh: it ended with signal: 9 (SIGKILL): it wrote nothing to standard error"
    );
    let long = failed("head -c 100000 /dev/zero | tr '\\0' x >&2; echo ' the end' >&2; exit 1");
    assert!(long.ends_with("xxx the end") && long.len() < 4200, "{}", long.len());
    // It would go on for ever.
    let endless = failed("exec cat /dev/zero");
    assert!(endless.starts_with("running /bin/sh: it wrote more than 1 MiB to standard output"), "{endless}");
    let most = failed("head -c 1048577 /dev/zero");
    assert!(most.starts_with("running /bin/sh: it wrote more than 1 MiB"), "{most}");
    let whole = told_of_dev(&scene, &["/bin/sh", "-c", "head -c 1048576 /dev/zero | tr '\\0' x"]);
    assert_eq!(whole.as_str().unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn a_command_that_is_missing_or_not_asked_for_is_told_before_any_account_is_entered() {
    let scene = Scene::set_up().await;
    let before = scene.world.calls();
    std::fs::write(scene.path("plain.txt"), "no program").unwrap();
    for (arguments, told) in [
        (&["exec"] as &[_], "exec needs an executable: name it after `--`"),
        (&["exec", "--", "no-such-program"], "exec cannot run `no-such-program`: it is not an executable file"),
        (&["exec", "--", "./plain.txt"], "exec cannot run `./plain.txt`"),
        (&["caller-identity", "--", "/bin/true"], "a command after `--` is for exec"),
        (&["exec", "--manifest", "s3://b/k", "--", "/bin/true"], "--manifest would have no effect: exec"),
        (&["caller-identity", "--table", "--output", "json"], "--table is text"),
    ] {
        let ran = scene.run(arguments);
        assert!(ran.code == Some(252) && ran.said.contains(told), "{arguments:?}: {:?} {}", ran.code, ran.said);
    }
    assert_eq!(scene.world.calls(), before, "AWS was asked nothing");
}

/// It holds a pipe, so that its end shows as the end of the pipe.
const LASTING: &str = "exec 9>pipe; (sleep 60; echo survived >&9) & echo begun >&9; wait";
/// One that does not heed a request to end.
const DEAF: &str = "trap '' TERM; exec 9>pipe; (sleep 60; echo survived >&9) & echo begun >&9; wait; wait";

/// Begins a run with a program that lasts, and waits until the program runs.
fn begin(scene: &Scene, program: &str) -> (Child, BufReader<File>) {
    let pipe = scene.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let program = write_program(scene, "lasting.sh", program);
    let arguments = ["exec", "--target", "{dev},{qa}", "--concurrency", "1", "--output", "json", "--", &program];
    let running = scene.command(&arguments).env("PATH", "/usr/bin:/bin").spawn().unwrap();
    let mut pipe = BufReader::new(File::open(&pipe).unwrap());
    let mut line = String::new();
    pipe.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    (running, pipe)
}

/// What was written into the pipe until nothing has it open any more.
fn rest(mut pipe: BufReader<File>) -> String {
    let mut rest = String::new();
    pipe.read_to_string(&mut rest).unwrap();
    rest
}

#[tokio::test]
async fn an_interruption_ends_the_child_with_all_that_it_started() {
    let scene = Scene::set_up().await;
    let (running, pipe) = begin(&scene, LASTING);
    interrupt(&running);
    let ran = scene.tell(&running.wait_with_output().unwrap());
    assert_eq!(rest(pipe), "", "what the child started has ended too");
    assert_eq!(ran.code, Some(130), "{}{}", ran.out, ran.said);
    expect![[r"
        interrupted: what runs is asked to end (SIGTERM), and nothing more is begun; Ctrl-C again kills what runs
    "]]
    .assert_eq(&ran.said);
    let places = ran.places();
    assert!(places.contains("running ./lasting.sh: it ended with signal: 15 (SIGTERM)"), "{places}");
    assert!(places.contains("the run was interrupted") && places.lines().count() == 2, "{places}");
}

#[tokio::test]
async fn a_second_interruption_kills_a_child_that_does_not_heed_the_first() {
    let scene = Scene::set_up().await;
    let (mut running, pipe) = begin(&scene, DEAF);
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines();
    interrupt(&running);
    while !said.next().unwrap().unwrap().starts_with("interrupted: ") {}
    interrupt(&running);
    let ran = scene.tell(&running.wait_with_output().unwrap());
    assert_eq!(rest(pipe), "", "what the child started has ended too");
    assert_eq!(ran.code, Some(130), "{}", ran.out);
    let why = "it was given up while it ran, and what it did is not known: the run was interrupted";
    assert!(ran.places().contains(why), "{}", ran.places());
}

#[tokio::test]
async fn what_a_child_leaves_behind_ends_with_it() {
    let scene = Scene::set_up().await;
    // It has the child's standard output open, which is read to its end.
    assert_eq!(told_of_dev(&scene, &["/bin/sh", "-c", "(sleep 60; echo survived) & echo done"]), json!("done"));
}

/// Another script in the same accounts has other results.
#[tokio::test]
async fn a_run_goes_on_with_its_own_command_alone() {
    let scene = Scene::set_up().await;
    let run = |file: &str, word: &str| {
        scene.run(&["exec", "--target", "{unit}", file, "run.jsonl", "--output", "json", "--", "/bin/echo", word])
    };
    assert_eq!(run("--checkpoint", "one").code, Some(0));
    let before = scene.calls("AssumeRole").len();
    let other = run("--resume", "other");
    assert_eq!(other.code, Some(252), "{}", other.out);
    assert!(other.said.contains(r#"it is of the operation exec ["/bin/echo", "one"]"#), "{}", other.said);
    let same = run("--resume", "one");
    assert_eq!((same.code, entries(&same, "Results").len(), scene.calls("AssumeRole").len()), (Some(0), 3, before));
}
