//! Policies in, holders and policies out.

mod admits;
mod conditions;
mod edit;
mod holders;
mod properties;

use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::Expect;
use place::Partition;
use serde_json::{Value, json};

use super::{edit, holders};
use crate::{Kind, Principal, Resource};

const OWNER: &str = "111122223333";

fn resource(kind: Kind) -> Resource {
    let (account, region) = (OWNER.parse().unwrap(), "eu-west-1".parse().unwrap());
    match kind {
        Kind::Bucket => Resource::bucket(Partition::Aws, &account, "com-example-bucket"),
        Kind::Repository => Resource::new(kind, &account, &region, "base/linux"),
        kind => Resource::new(kind, &account, &region, "1234abcd-12ab-34cd-56ef-1234567890ab"),
    }
}

fn set(principals: &[&str]) -> BTreeSet<Principal> {
    principals.iter().map(|text| Principal::written(text)).collect()
}

/// The policy of these statements.
fn policy(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// What AWS puts into every new key's policy.
fn root_statement() -> Value {
    json!({"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{OWNER}:root")},
        "Action": "kms:*", "Resource": "*"})
}

/// The policy after the edit, for reading: a statement begins with its `Sid`.
fn edited(kind: Kind, text: Option<&str>, after: &[&str]) -> String {
    let policy: Value = match edit(&resource(kind), text, &set(after)) {
        Ok(Some(text)) => serde_json::from_str(&text).unwrap(),
        Ok(None) => return "no policy\n".into(),
        Err(error) if error.is_refused() => return format!("refused: {error}\n"),
        Err(error) => return format!("failed: {error}\n"),
    };
    let mut text = format!("{} {}\n", policy["Version"], policy["Id"]);
    for statement in policy["Statement"].as_array().unwrap() {
        let elements = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"].map(|name| &statement[name]);
        let told: Vec<_> = elements.iter().filter(|value| !value.is_null()).map(ToString::to_string).collect();
        writeln!(text, "{}", told.join("\n    ")).unwrap();
    }
    text
}

fn told(kind: Kind, text: &str) -> String {
    match holders(&resource(kind), Some(text)) {
        Err(why) => format!("{why}\n"),
        Ok(holders) => {
            let ours: Vec<_> = holders
                .ours
                .iter()
                .map(|who| match who {
                    Principal::Stray(text) => format!("[{text}]"),
                    who => who.to_string(),
                })
                .collect();
            let foreign: Vec<_> = holders.foreign.into_iter().collect();
            let public = if holders.is_public { "public\n" } else { "" };
            format!("ours: {}\nforeign: {}\n{public}", ours.join(", "), foreign.join(", "))
        }
    }
}

fn check(actual: &str, expected: &Expect) {
    expected.assert_eq(actual);
}

fn read_statement(principal: &Value) -> Value {
    json!({"Sid": "SignalboxRead", "Effect": "Allow", "Principal": principal, "Action": ["s3:Get*", "s3:List*"],
        "Resource": ["arn:aws:s3:::com-example-bucket", "arn:aws:s3:::com-example-bucket/*"]})
}

fn foreign_statement() -> Value {
    json!({"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-bucket/public/*"})
}
