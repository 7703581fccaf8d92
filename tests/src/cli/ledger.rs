//! `signalbox ledger`: occurrences are shown as they stand, and given out again only as they were seen.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use ledger::DynamoLedger;
use reaction::{Claim, Key, Ledger, Outcome, Owner, Repeat, Report};
use serde_json::Value;

use super::{Ran, run};
use crate::world::{LEDGER, World, now};

/// A claim for so long.
async fn claim(ledger: &DynamoLedger, key: &Key, lease: Duration) -> Owner {
    match ledger.claim(key, Repeat::Skip, lease).await.unwrap() {
        Claim::Fresh(owner) | Claim::TakenOver(owner) => owner,
        other => panic!("{other:?}"),
    }
}

fn key(name: &str) -> Key {
    Key::new(["111122223333", "eu-west-1", name])
}

fn id(name: &str) -> String {
    format!("share-ami#{}", key(name))
}

/// A world with an occurrence of each state.
async fn world() -> (World, Owner) {
    let world = World::new().await;
    let ledger = world.ledger();
    let working = claim(&ledger, &key("working"), Duration::from_hours(1)).await;
    claim(&ledger, &key("lapsed"), Duration::ZERO).await;
    for (name, outcome) in [("done", Outcome::Applied), ("refused", Outcome::Refused)] {
        let owner = claim(&ledger, &key(name), Duration::from_mins(1)).await;
        let report = Report::new("share-ami", outcome, Some("a\u{1b}[2J reason".into())).about(key(name));
        assert!(ledger.settle(&key(name), &owner, &report).await.unwrap());
    }
    (world, working)
}

async fn is_there(world: &World, name: &str) -> bool {
    world.ledger().record(&key(name)).await.unwrap().is_some()
}

fn text(value: String) -> AttributeValue {
    AttributeValue::S(value)
}

fn ledger(world: &World, arguments: &[&str]) -> Ran {
    run(&world.account, &[&["ledger"], arguments].concat(), "")
}

#[tokio::test]
async fn occurrences_are_listed_by_their_state_and_shown_with_their_report() {
    let (world, _) = world().await;
    let listed = ledger(&world, &["list", "--output", "json"]);
    assert_eq!(listed.code, Some(0), "{}", listed.said);
    let json: Value = serde_json::from_str(&listed.out).unwrap();
    let states: Vec<_> = json["records"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["done", "lapsed", "refused", "working"], "{json}");
    let shown = ledger(&world, &["show", &id("refused")]);
    assert!(
        shown.out.contains("state: refused\n") && shown.out.contains("share-ami: refused (a [2J reason)"),
        "{}",
        shown.out
    );
    let some = ledger(&world, &["list", "--function", "share-ami", "--about", "done"]);
    assert!(some.out.contains(&id("done")) && !some.out.contains("working"), "{}", some.out);
    let other = ledger(&world, &["list", "--function", "emr-dns"]);
    assert_eq!(other.out, "there is no such record\n");
    let bounded = ledger(&world, &["list", "--most", "2"]);
    assert!(bounded.out.ends_with("there are more; --most shows them\n"), "{}", bounded.out);
    for command in [&["list"][..], &["show", "share-ami#a"], &["release", "share-ami#a"], &["forget", "share-ami#a"]] {
        let elsewhere = ledger(&world, &[command, &["--ledger-table", "no-such-table"]].concat());
        assert_eq!(elsewhere.code, Some(254), "{command:?}");
        assert!((elsewhere.said + &elsewhere.out).contains("ledger table no-such-table"), "{command:?}");
    }
    let json = ledger(&world, &["show", &id("done"), "--output", "json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["state"], &json["report"]["outcome"]), (&"done".into(), &"applied".into()));
    let absent = ledger(&world, &["show", "share-ami#no"]);
    assert_eq!(absent.code, Some(252));
    assert!(absent.said.contains("there is no record share-ami#no"), "{}", absent.said);
}

#[tokio::test]
async fn a_claim_is_released_when_its_run_has_died_and_taken_from_a_living_one_only_by_its_owner() {
    let (world, owner) = world().await;
    let released = ledger(&world, &["release", &id("lapsed"), "--output", "json"]);
    assert_eq!(released.code, Some(0), "{}", released.said);
    assert!(released.out.contains("\"outcome\": \"released\""), "{}", released.out);
    assert!(matches!(
        world.ledger().claim(&key("lapsed"), Repeat::Skip, Duration::ZERO).await.unwrap(),
        Claim::TakenOver(_)
    ));
    let held = ledger(&world, &["release", &id("working")]);
    assert_eq!(held.code, Some(252));
    assert!(held.said.contains(&format!("give --force {}", owner.0)), "{}", held.said);
    let stale = ledger(&world, &["release", &id("working"), "--force", "another"]);
    assert_eq!(stale.code, Some(252));
    assert!(stale.said.contains("another run has it by now"), "{}", stale.said);
    assert!(is_there(&world, "working").await);
    assert_eq!(ledger(&world, &["release", &id("working"), "--force", &owner.0]).code, Some(0));
    assert!(matches!(
        world.ledger().claim(&key("working"), Repeat::Skip, Duration::ZERO).await.unwrap(),
        Claim::TakenOver(_)
    ));
    let settled = ledger(&world, &["release", &id("done")]);
    assert_eq!(settled.code, Some(252));
    assert!(settled.said.contains("no run has this occurrence") && is_there(&world, "done").await, "{}", settled.said);
}

#[tokio::test]
async fn what_is_dealt_with_is_forgotten_and_one_that_is_not_keeps_no_other_from_it() {
    let (world, _) = world().await;
    let absent = ledger(&world, &["forget", "share-ami#no", "--output", "json"]);
    assert!(absent.out.contains("\"outcome\": \"kept\""), "{}", absent.out);
    let ran = ledger(&world, &["forget", &id("working"), &id("done"), "share-ami#no", &id("refused"), &id("lapsed")]);
    assert_eq!(ran.code, Some(254), "{}", ran.out);
    assert_eq!(ran.out.lines().filter(|it| it.starts_with("forgotten: ")).count(), 2, "{}", ran.out);
    assert_eq!(ran.out.lines().filter(|it| it.starts_with("! ")).count(), 3, "{}", ran.out);
    for (name, is_left) in [("working", true), ("done", false), ("refused", false), ("lapsed", true)] {
        assert_eq!(is_there(&world, name).await, is_left, "{name}");
    }
}

#[tokio::test]
async fn every_page_of_the_table_is_read_and_what_is_no_record_is_told() {
    let world = World::new().await;
    let later = now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 60;
    // A page has a megabyte.
    for number in 0..5 {
        let put = world.dynamodb.put_item().table_name(LEDGER).item("id", text(format!("share-ami#{number}")));
        let put = put.item("status", text("COMPLETED".into())).item("data", text("x".repeat(300_000)));
        put.item("expiration", AttributeValue::N(later.to_string())).send().await.unwrap();
    }
    world.dynamodb.put_item().table_name(LEDGER).item("id", text("share-ami#odd".into())).send().await.unwrap();
    let calls = world.calls();
    let listed = ledger(&world, &["list"]);
    assert_eq!(listed.out.lines().count(), 7, "{}", listed.out);
    assert!(listed.out.ends_with("not a record: share-ami#odd\n"), "{}", listed.out);
    let scans = world.operations_since(calls).into_iter().filter(|it| it.contains("Scan")).count();
    assert!(scans > 1, "one page has not all: {scans}");
}

/// Between the look and the deletion the run that was thought dead may have come back.
#[tokio::test]
async fn a_record_that_is_not_as_it_was_seen_is_left_alone() {
    let (world, owner) = world().await;
    let records = ledger::Records::new(&world.sessions, LEDGER);
    let seen = records.get(&id("working")).await.unwrap().unwrap();
    let report = Report::new("share-ami", Outcome::Applied, None).about(key("working"));
    assert!(world.ledger().settle(&key("working"), &owner, &report).await.unwrap());
    assert!(!records.delete(&id("working"), &seen).await.unwrap());
    assert!(is_there(&world, "working").await);
    let seen = records.get(&id("lapsed")).await.unwrap().unwrap();
    claim(&world.ledger(), &key("lapsed"), Duration::from_hours(1)).await;
    assert!(!records.delete(&id("lapsed"), &seen).await.unwrap(), "another run has claimed it");
    assert!(is_there(&world, "lapsed").await);
}

/// Once a page of the console has enough, the table leaves out what is older: none that belongs to it may be lost by that.
#[tokio::test]
async fn the_newest_records_come_page_by_page_without_one_lost_or_twice() {
    let world = World::new().await;
    let later = now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3_600;
    // Three of one second. A page of the table has a megabyte, which is a few of these, and the newest come first.
    let mut all: Vec<_> = (0..15).map(|number| (later + (14 - number) / 3, format!("share-ami#{number:02}"))).collect();
    for (second, id) in &all {
        let put = world.dynamodb.put_item().table_name(LEDGER).item("id", text(id.clone()));
        let put = put.item("status", text("COMPLETED".into())).item("data", text("x".repeat(300_000)));
        put.item("expiration", AttributeValue::N(second.to_string())).send().await.unwrap();
    }
    all.sort_by(|one, other| other.cmp(one));
    let records = ledger::Records::new(&world.sessions, LEDGER);
    let (mut walked, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let found = records.newest(("share-ami#", ""), before.as_ref(), 4).await.unwrap();
        assert!(found.records.iter().all(|(_, record)| record.data.is_none()), "a list needs no report");
        walked.extend(found.records.iter().map(|(id, _)| id.clone()));
        before = found.records.last().map(|(id, record)| (record.written(), id.clone()));
        pages += 1;
        if !found.has_more {
            break;
        }
    }
    assert_eq!((walked, pages), (all.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), 4));
    let calls = world.calls();
    let found = records.newest(("", "#0"), Some(&(u64::MAX, String::new())), 10).await.unwrap();
    assert_eq!((found.records.len(), found.has_more), (10, false));
    let scans = world.operations_since(calls).into_iter().filter(|it| it.contains("Scan")).count();
    assert!(scans > 1, "one page has not all: {scans}");
}
