//! What is heard: which events are ours, and what they are read as.

use expect_test::expect;
use reaction::Reaction;

use super::{AUTOMATED, event, parse, subject};
use crate::{Settings, ShareRdsSnapshot};

#[test]
fn what_was_made_is_told_by_the_event_id_and_without_one_by_category_and_message() {
    let made = |event: &str| parse(event).unwrap().map(|subject| subject.change.as_str());
    let ids = ["0042", "0075", "0091", "0169", "0060", "0197"];
    let told: Vec<_> = ids.iter().map(|id| made(&event("s", &format!("RDS-EVENT-{id}"))).unwrap()).collect();
    let [manual, automated, copied] = ["manual-created", "automated-created", "copy-finished"];
    assert_eq!(told, [manual, manual, automated, automated, copied, copied]);
    let without = event("s", "x").replace("\"EventID\": \"x\"", "\"Tags\": {}");
    let said = |category: &str, message: &str| {
        made(&without.replace("\"creation\"", &format!("\"{category}\"")).replace("Manual snapshot created", message))
    };
    assert_eq!(said("creation", "Manual snapshot created"), Some(manual));
    assert_eq!(said("backup", "Manual cluster snapshot created."), Some(manual));
    assert_eq!(said("creation", "Automated snapshot created"), Some(automated));
    assert_eq!(said("notification", "Finished copy of snapshot s from region us-east-1 in 3 minutes."), Some(copied));
    let others = [
        ("creation", "Creating manual snapshot"),
        ("backup", "Creating automated cluster snapshot."),
        ("deletion", "Deleted manual snapshot"),
        ("deletion", "Manual snapshot created"),
        ("notification", "Started copy of snapshot s in region eu-west-1."),
        ("notification", "The snapshot export task completed."),
        ("restoration", "Restored from snapshot s"),
    ];
    for (category, message) in others {
        assert_eq!(said(category, message), None, "{message}");
    }
    let started = event("s", "RDS-EVENT-0040").replace("Manual snapshot created", "Creating manual snapshot");
    assert_eq!(made(&started), None);
    assert_eq!(made(&event("s", "RDS-EVENT-0042").replace("DB Snapshot", "DB Instance")), None);
    assert_eq!(made(&event("s", "RDS-EVENT-0042").replace("aws.rds", "my.aws.rds")), None);
}

#[test]
fn an_arn_keeps_its_colons_and_must_be_of_the_events_account_and_region() {
    assert_eq!(subject(AUTOMATED).snapshot.as_str(), AUTOMATED);
    let made = event(AUTOMATED, "RDS-EVENT-0091");
    let by_arn = made.replace(&format!("\"SourceIdentifier\": \"{AUTOMATED}\""), "\"SourceIdentifier\": \"\"");
    assert_eq!(parse(&by_arn).unwrap().unwrap().snapshot.as_str(), AUTOMATED);
    let wrong = |from: &str, to: &str| parse(&made.replace(from, to)).unwrap_err();
    expect!["SourceArn: the event comes from 111122223333 in eu-west-1, and its snapshot is said to lie in 444455556666 in eu-west-1"].assert_eq(&wrong("rds:eu-west-1:111122223333", "rds:eu-west-1:444455556666"));
    expect!["SourceArn: the event comes from 111122223333 in eu-west-1, and its snapshot is said to lie in 111122223333 in us-east-1"].assert_eq(&wrong("rds:eu-west-1:111122223333", "rds:us-east-1:111122223333"));
    expect!["SourceIdentifier and SourceArn name two snapshots"]
        .assert_eq(&wrong(&format!("snapshot:{AUTOMATED}"), "snapshot:another"));
    expect![[r#"SourceArn: `arn:aws:rds:eu-west-1:111122223333:db:rds:base-db-v1-2026-11-02-05-30` is not the ARN of a snapshot, such as "arn:aws:rds:eu-west-1:111122223333:snapshot:name""#]].assert_eq(&wrong(":snapshot:", ":db:"));
    expect![[r#"`a b` is not the name of a database snapshot, such as "base-db-v1""#]]
        .assert_eq(&wrong(AUTOMATED, "a b"));
    expect!["Date is longer than 64 bytes"].assert_eq(&wrong("2026-11-01T12:00:00.123Z", &"x".repeat(250_000)));
}

#[test]
fn poison_is_an_error_that_does_not_repeat_the_event() {
    for poison in ["null", "[]", "\"text\"", "{\"EventID\": \"RDS-EVENT-0042\"}", "{\"EventID\": 42}"] {
        let whole = event("s", "x");
        let (head, _) = whole.split_once("{\n            \"EventCategories\"").unwrap();
        assert!(parse(&format!("{head}{poison}}}")).unwrap_err().len() < 400, "{poison}");
    }
}

#[test]
fn the_key_names_the_occurrence_and_not_the_event() {
    let key = |event: &str| ShareRdsSnapshot::key(&parse(event).unwrap().unwrap()).to_string();
    let first = event(AUTOMATED, "RDS-EVENT-0091");
    expect!["111122223333/eu-west-1/rds/rds:base-db-v1-2026-11-02-05-30/automated-created/2026-11-01T12:00:00.123Z"]
        .assert_eq(&key(&first));
    assert_eq!(key(&first.replace("\"id\": \"e\"", "\"id\": \"forwarded\"")), key(&first));
    let replayed = first.replace("\"version\"", "\"replay-name\": \"again\", \"version\"");
    expect![
        "111122223333/eu-west-1/rds/rds:base-db-v1-2026-11-02-05-30/automated-created/2026-11-01T12:00:00.123Z/again"
    ]
    .assert_eq(&key(&replayed));
    let undated = first.replace("\"Date\": \"2026-11-01T12:00:00.123Z\",", "");
    expect!["111122223333/eu-west-1/rds/rds:base-db-v1-2026-11-02-05-30/automated-created/2026-11-01T12:00:00+00:00"]
        .assert_eq(&key(&undated));
}

#[test]
fn whether_automated_snapshots_are_copied_is_said_by_true_or_false() {
    let read = |copies: &str| {
        let value = |name: &str| match name {
            "SIGNALBOX_MANIFEST" => Some("ssm:/share".to_owned()),
            "SIGNALBOX_ALLOWED_ACCOUNTS" => Some("123456789012".to_owned()),
            "SIGNALBOX_COPY_AUTOMATED" => Some(copies.to_owned()).filter(|it| !it.is_empty()),
            _ => None,
        };
        Settings::read(&value).map(|it| it.copies_automated).map_err(|error| error.to_string())
    };
    assert_eq!((read(""), read("false"), read("true")), (Ok(false), Ok(false), Ok(true)));
    expect!["the environment variable SIGNALBOX_COPY_AUTOMATED: `yes` is neither `true` nor `false`"]
        .assert_eq(&read("yes").unwrap_err());
}
