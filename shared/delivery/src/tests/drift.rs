//! Aliases and code against the records.

use std::collections::BTreeMap;

use super::{ALIAS, record_of, target};
use crate::drift::{Difference, Found, of_alias};
use crate::known::Known;
use crate::record::{Record, Status};
use crate::seen::{Alias, Latest, Update, Version};

fn version(sha256: &str) -> Version {
    Version { sha256: sha256.into(), state: Update::Successful }
}

/// Everything as the record of a deployment from 1 to 2 left it.
fn as_left() -> Found {
    let latest =
        Latest { sha256: "new".into(), revision: "r".into(), is_active: true, update: Update::Successful, stack: None };
    Found {
        alias: Some(Alias { version: "2".into(), second: None, revision: "r".into() }),
        latest: Some(latest),
        versions: BTreeMap::from([("1".into(), Some(version("old"))), ("2".into(), Some(version("new")))]),
    }
}

fn differences(record: Record, found: &Found) -> (Vec<Difference>, String) {
    let known = Known::of(&[record]);
    let (_, at) = known.left_at().next().unwrap();
    let it = of_alias(&known, at, target(ALIAS), found);
    (it.differences, it.found)
}

fn against(change: impl FnOnce(&mut Found)) -> (Vec<Difference>, String) {
    let mut found = as_left();
    change(&mut found);
    differences(record_of("first", "1", "2"), &found)
}

#[test]
fn an_alias_is_where_the_record_left_it_or_it_is_said_how_it_differs() {
    assert_eq!(against(|_| ()), (vec![], "2".into()));
    let moved = |it: &mut Found| it.alias.as_mut().unwrap().version = "7".into();
    assert_eq!(against(moved), (vec![Difference::Moved], "7".into()));
    let weighted = |it: &mut Found| it.alias.as_mut().unwrap().second = Some(("7".into(), 0.25));
    assert_eq!(against(weighted), (vec![Difference::Weighted], "2, 7 with 25 %".into()));
    assert_eq!(against(|it| it.alias = None), (vec![Difference::Gone], "-".into()));
    let running = Record { status: Status::Running, ..record_of("first", "1", "2") };
    assert_eq!(differences(running, &as_left()).0, [Difference::UnderWay]);
}

#[test]
fn other_code_and_versions_that_are_gone_are_told() {
    let latest = |it: &mut Found| it.latest.as_mut().unwrap().sha256 = "theirs".into();
    assert_eq!(against(latest).0, [Difference::Latest]);
    let anew = |it: &mut Found| drop(it.versions.insert("2".into(), Some(version("theirs"))));
    assert_eq!(against(anew).0, [Difference::Code("2".into())]);
    let gone = |it: &mut Found| drop(it.versions.insert("1".into(), None));
    assert_eq!(against(gone).0, [Difference::VersionGone("1".into())]);
    let of_before = |it: &mut Found| drop(it.versions.insert("1".into(), Some(version("any"))));
    assert_eq!(against(of_before).0, [], "no record knows the code from before");
}
