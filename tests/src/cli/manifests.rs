//! `signalbox manifest check`: what it says of a manifest that is valid and still not what was meant.

use std::io::Write;
use std::process::{Command, Stdio};

use expect_test::expect;
use serde_json::{Value, json};

use crate::world::built::binary;

/// What is printed about a manifest on standard input, and the exit code.
fn check(manifest: &Value, options: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().args(["manifest", "check", "-"]).args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = command.spawn().unwrap();
    write!(running.stdin.take().unwrap(), "{manifest}").unwrap();
    let ran = running.wait_with_output().unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn a_section_that_is_not_known_is_named_with_the_nearest_one_and_is_not_counted() {
    let entries = json!({"base": {"eu-west-1": ["111122223333"]}});
    let manifest = json!({
        "ami": entries, "AMI": entries, "amis": entries, "rds-clusters": entries, "rds_cluster": 1, "images": entries, "k": [],
        "a\u{1b}[31m": entries,
    });
    let (code, told) = check(&manifest, &[]);
    assert_eq!(code, Some(0), "a later version may know them");
    expect![[r#"
        standard input: a valid share manifest (ami 1 entry)
        note: the section `AMI` is not known, and is ignored; write `ami` if you meant that
        note: the section `a\u{1b}[31m` is not known, and is ignored; known are kms, ebs, ami, rds, rds-cluster, ecr, s3
        note: the section `amis` is not known, and is ignored; write `ami` if you meant that
        note: the section `images` is not known, and is ignored; known are kms, ebs, ami, rds, rds-cluster, ecr, s3
        note: the section `k` is not known, and is ignored; write `kms` if you meant that
        note: the section `rds-clusters` is not known, and is ignored; write `rds-cluster` if you meant that
        note: the section `rds_cluster` is not known, and is ignored; write `rds-cluster` if you meant that
    "#]]
    .assert_eq(&told);
    let (_, told) = check(&json!({"ebs": entries, "ebss": entries}), &["--output", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let note = "the section `ebss` is not known, and is ignored; write `ebs` if you meant that";
    assert_eq!((&told["sections"], &told["notes"]), (&json!({"ebs": 1}), &json!([note])));
    let (_, told) = check(&json!({"ebs": entries}), &["--output", "json"]);
    assert!(!told.contains("notes"), "{told}");
}
