//! The pure parts, case by case, and answers of DynamoDB that no emulator gives.

mod answers;
mod chains;
mod reverts;

use std::collections::BTreeSet;

use sharing::{Change, Head, Kind, Principal, Resource, Share};

/// A resource in the account of the samples.
fn resource(kind: Kind, id: &str) -> Resource {
    let region = "eu-west-1".parse().unwrap();
    Resource::new(kind, &"111122223333".parse().unwrap(), &region, id)
}

fn image() -> Resource {
    resource(Kind::Image, "ami-0123456789abcdef0")
}

fn principals(who: &[&str]) -> BTreeSet<Principal> {
    who.iter().map(|who| Principal::written(who)).collect()
}

/// A change from these to those.
fn change(resource: Resource, before: &[&str], after: &[&str]) -> Change {
    let (name, why) = ("base_linux_v1".into(), "an entry matches".into());
    Change { resource, name, before: principals(before), after: principals(after), why, head: Head::default() }
}

fn step(changes: Vec<Change>) -> Share {
    Share { changes, manifest: "0123456789abcdef".into() }
}
