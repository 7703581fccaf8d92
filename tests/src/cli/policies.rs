//! `signalbox policy check`: its exit codes, and each form of what it writes.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use expect_test::expect;
use serde_json::Value;

use crate::world::built::binary;

const READS: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::a"}}"#;
const KEYS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:ListBucket", "iam:CreateAccessKey"], "Resource": "*"}
  ]
}"#;
const DENIES: &str =
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"}}"#;

/// A folder with policies; it is gone with its value.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("signalbox-policies-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in [
            ("reads.json", READS),
            ("keys, all.json", KEYS),
            ("denies.json", DENIES),
            ("cut.json", "{\n  \"Version\":"),
        ] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self(folder)
    }

    fn check(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        told(&self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("signalbox"));
        command.env_clear().current_dir(&self.0).args(["policy", "check"]).args(arguments);
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Exit code, output without the list's day, and messages.
fn told(ran: &Output) -> (Option<i32>, String, String) {
    let text =
        |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(policy::list_of_actions().date, "DATE");
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

#[test]
fn what_is_found_is_told_with_its_place_and_exits_with_two() {
    let folder = Folder::new("text");
    let (code, out, said) = folder.check(&["reads.json", "keys, all.json", "cut.json"]);
    assert_eq!((code, said.as_str()), (Some(2), ""));
    expect![[r#"
        reads.json: nothing found (type identity, AWS's actions of DATE)
        keys, all.json:4:53: error: its holder can gain the rights of others: iam:CreateAccessKey (iam-002); name the roles, users or policies that it is about, or add a condition on them (escalation) at /Statement/0/Action/1
        keys, all.json: 1 finding (type identity, AWS's actions of DATE)
        cut.json:2:13: error: this is not JSON: Expected value after colon in object property; correct the JSON (json)
        cut.json: 1 finding (type identity, AWS's actions of DATE)
    "#]].assert_eq(&out);
    let (code, out, _) = folder.check(&["reads.json"]);
    assert_eq!((code, out.as_str()), (Some(0), "reads.json: nothing found (type identity, AWS's actions of DATE)\n"));
    let (code, out, _) = folder.check(&["keys, all.json", "--deny", "denies.json"]);
    assert_eq!(code, Some(0), "what the denies take back is not found: {out}");
}

#[test]
fn standard_input_is_read_once() {
    let folder = Folder::new("input");
    let mut child = folder.command(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(KEYS.as_bytes()).unwrap();
    let (code, out, _) = told(&child.wait_with_output().unwrap());
    assert!(code == Some(2) && out.starts_with("standard input:4:"), "{out}");
    let (code, _, said) = folder.check(&["-", "--deny", "-"]);
    assert!(code == Some(252) && said.contains("named twice"), "{said}");
}

#[test]
fn bad_use_changes_nothing_and_exits_with_252() {
    let folder = Folder::new("use");
    for (arguments, why) in [
        (&[][..], "required arguments"),
        (&["absent.json"], "cannot read absent.json"),
        (&["reads.json", "--type", "user"], "invalid value"),
        (&["reads.json", "--deny", "absent.json"], "cannot read absent.json"),
        (&["reads.json", "--region", "eu-west-1"], "uses no AWS but its own"),
    ] {
        let (code, out, said) = folder.check(arguments);
        assert!(code == Some(252) && out.is_empty() && said.contains(why), "{arguments:?}: {code:?} {out}{said}");
    }
    let list = Command::new(binary("signalbox")).env_clear().args(["list", "--output", "sarif"]).output().unwrap();
    let (code, _, said) = told(&list);
    assert!(code == Some(252) && said.contains("are for `policy check`"), "{said}");
}

#[test]
fn programs_read_verdicts_sarif_and_annotations() {
    let folder = Folder::new("programs");
    let (code, out, _) = folder.check(&["keys, all.json", "--output", "json"]);
    let verdicts: Value = serde_json::from_str(&out).unwrap();
    let finding = &verdicts[0]["findings"][0];
    assert_eq!((code, verdicts[0]["type"].as_str()), (Some(2), Some("identity")));
    assert_eq!(finding["path"], "/Statement/0/Action/1");
    // What was not run has not passed.
    assert_eq!(verdicts[0]["second_opinion"], "not run (needs an account)");
    assert_eq!((&finding["line"], &finding["column"], &finding["severity"]), (&4.into(), &53.into(), &"error".into()));
    let (code, out, _) = folder.check(&["keys, all.json", "--output", "sarif"]);
    let sarif: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(sarif["runs"][0]["properties"]["secondOpinion"], "not run (needs an account)");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((code, sarif["version"].as_str()), (Some(2), Some("2.1.0")));
    assert_eq!(result["ruleId"], "escalation");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "keys%2C%20all.json");
    assert_eq!(place["region"]["startLine"], 4);
    let (code, out, _) = folder.check(&["keys, all.json", "--output", "github"]);
    assert_eq!(code, Some(2));
    assert!(out.starts_with("::error file=keys%2C all.json,line=4,col=53,title=escalation::"), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
}

/// A text of a policy can neither move the cursor nor begin a command of a workflow.
#[test]
fn what_stands_in_a_policy_cannot_act() {
    let folder = Folder::new("mischief");
    let text = READS.replace("s3:ListBucket", "s3:\\u001b[2J\\n::set-output name=a::b");
    std::fs::write(folder.0.join("mischief.json"), text).unwrap();
    for form in ["text", "github"] {
        let (code, out, _) = folder.check(&["mischief.json", "--output", form]);
        assert_eq!(code, Some(2));
        assert!(!out.contains('\u{1b}'), "{out:?}");
        assert!(!out.lines().any(|it| it.starts_with("::set-output")), "{out:?}");
    }
}
