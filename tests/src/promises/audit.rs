//! The audit tells what happened, and whether anybody altered it.

use std::time::Duration;

use aws::{function_as_actor, in_name_of};
use aws_sdk_dynamodb::types::AttributeValue;
use local_aws::FaultKind;
use serde_json::{Map, Value, json};
use sharing_records::verify;

use crate::promises::grants::{Thing, accounts};
use crate::world::built::binary;
use crate::world::{AUDIT, AWS, REGION, run_for};

/// A thing with an audit of six items.
async fn thing() -> Thing {
    let thing = Thing::new().await;
    for to in [2, 3, 4] {
        assert!(thing.share_with(&accounts(to - 1, to)).await.unwrap());
    }
    assert_eq!(thing.whole_audit().await.len(), 6);
    thing
}

/// What is wrong with it.
async fn verdict(thing: &Thing) -> String {
    let items = match thing.grants.history(&thing.resource).await {
        Ok(items) => items,
        Err(error) => return error.to_string(),
    };
    verify(&items, &thing.head().await).unwrap_err()
}

fn key(thing: &Thing, seq: u64) -> [(String, AttributeValue); 2] {
    let resource = AttributeValue::S(thing.resource.arn());
    [("resource".into(), resource), ("seq".into(), AttributeValue::N(seq.to_string()))]
}

async fn set(thing: &Thing, seq: u64, name: &str, value: &str) {
    let update = thing.world.dynamodb.update_item().table_name(AUDIT).set_key(Some(key(thing, seq).into()));
    let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
    update.expression_attribute_values(":value", AttributeValue::S(value.into())).send().await.unwrap();
}

async fn take_away(thing: &Thing, seq: u64) {
    let delete = thing.world.dynamodb.delete_item().table_name(AUDIT).set_key(Some(key(thing, seq).into()));
    delete.send().await.unwrap();
}

#[tokio::test]
async fn an_item_that_was_altered_is_named() {
    let thing = thing().await;
    set(&thing, 3, "why", "because").await;
    assert_eq!(verdict(&thing).await, "item 3 was altered: its hash is not that of what it says");
}

#[tokio::test]
async fn an_item_that_was_altered_with_its_hash_is_named() {
    let thing = thing().await;
    for seq in [3, 6] {
        let mut items = thing.grants.history(&thing.resource).await.unwrap();
        let item = &mut items[usize::try_from(seq).unwrap() - 1];
        item.why = "because".into();
        set(&thing, seq, "why", "because").await;
        set(&thing, seq, "hash", &item.computed_hash()).await;
        let told = if seq == 3 {
            "item 4 does not follow item 3: one of them was replaced"
        } else {
            "item 6 was replaced: its hash is not the one that the record ends with"
        };
        assert_eq!(verdict(&thing).await, told);
        set(&thing, seq, "why", "an entry matches").await;
        item.why = "an entry matches".into();
        set(&thing, seq, "hash", &item.computed_hash()).await;
    }
}

#[tokio::test]
async fn an_attribute_that_was_added_is_named() {
    let thing = thing().await;
    set(&thing, 5, "approved", "yes").await;
    let told = verdict(&thing).await;
    assert!(told.contains("item 5 of arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0"), "{told}");
    assert!(told.contains("approved"), "{told}");
}

#[tokio::test]
async fn items_that_were_taken_away_are_named() {
    let thing = thing().await;
    take_away(&thing, 6).await;
    assert_eq!(verdict(&thing).await, "the tail was cut: the record ends with item 6, and the last one here is 5");
    take_away(&thing, 3).await;
    assert_eq!(verdict(&thing).await, "item 3 is missing: after 2 comes 4");
    take_away(&thing, 1).await;
    take_away(&thing, 2).await;
    assert_eq!(verdict(&thing).await, "items from 1 to 3 are missing: after 0 comes 4");
}

#[tokio::test]
async fn a_record_that_was_lost_is_told_from_a_whole_one() {
    let thing = thing().await;
    thing.world.lose_grants().await;
    assert_eq!(
        verdict(&thing).await,
        "the record ends with item 0, and the last one here is 6: it was lost, or put back"
    );
}

/// Anybody can check a hash with what DynamoDB gives them.
#[tokio::test]
async fn a_hash_is_that_of_the_other_attributes_as_sorted_json() {
    let thing = thing().await;
    let items = thing.world.dynamodb.scan().table_name(AUDIT).send().await.unwrap().items.unwrap();
    for item in items {
        let sorted: std::collections::BTreeMap<_, _> = item.iter().filter(|(name, _)| *name != "hash").collect();
        let content: Map<String, Value> =
            sorted.into_iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        let hash = sha2_of(&Value::Object(content).to_string());
        assert_eq!(item["hash"].as_s().unwrap(), &hash);
    }
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => number.parse::<u64>().unwrap().into(),
        AttributeValue::L(list) => list.iter().map(plain).collect(),
        other => panic!("an audit item has no {other:?}"),
    }
}

fn sha2_of(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// `signalbox history` in the thing's account: its exit code, what it wrote, and what it said.
fn history(thing: &Thing, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = std::process::Command::new(binary("signalbox"));
    command.env_clear().args(["history"]).args(arguments);
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION)]);
    command.envs([("AWS_ACCESS_KEY_ID", thing.world.account.as_str()), ("AWS_SECRET_ACCESS_KEY", "test")]);
    let ran = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&thing.world.account, "111122223333");
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

#[tokio::test]
async fn the_history_is_shown_line_by_line_and_proved() {
    let thing = thing().await;
    let (code, out, _) = history(&thing, &["ami-0123456789abcdef0", "--verify"]);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((code, lines.len()), (Some(0), 8), "{out}");
    assert_eq!(lines[0], "arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0");
    assert!(lines[3].ends_with("    3 intent  share-ami: +100000000003 -100000000001"), "{out}");
    assert!(lines[4].ends_with("    4 outcome share-ami: +100000000003 -100000000001 (done)"), "{out}");
    assert!(
        lines[7].starts_with("the items agree with their hashes and with the grants table: 6 items, the last one "),
        "{out}"
    );
    let (_, out, _) = history(&thing, &[&thing.resource.arn(), "--output", "json"]);
    let read: Value = serde_json::from_str(&out).unwrap();
    let revert = "aws ec2 modify-image-attribute --region eu-west-1 --image-id ami-0123456789abcdef0 \
        --launch-permission '{\"Add\":[{\"UserId\":\"100000000001\"}],\"Remove\":[{\"UserId\":\"100000000003\"}]}'";
    assert_eq!((&read["items"][3]["revert"], &read["items"][3]["of"]), (&json!(revert), &json!(3)), "{out}");
}

#[tokio::test]
async fn a_broken_history_is_a_service_error_that_says_where() {
    let thing = thing().await;
    take_away(&thing, 4).await;
    let (code, out, said) = history(&thing, &["ami-0123456789abcdef0", "--verify"]);
    assert_eq!(code, Some(254), "{out}{said}");
    assert!(out.ends_with("the chain is broken: item 4 is missing: after 3 comes 5\n"), "{out}");
    assert!(said.contains("the audit of ami-0123456789abcdef0 in eu-west-1 is broken: item 4 is missing"), "{said}");
}

#[tokio::test]
async fn a_change_that_is_open_is_no_break() {
    let thing = thing().await;
    thing.die_at(3, FaultKind::AccessDenied);
    thing.share_with(&accounts(7, 8)).await.unwrap_err();
    thing.live();
    let (code, out, said) = history(&thing, &["ami-0123456789abcdef0", "--verify"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.trim_end().ends_with("; the last change is open"), "{out}");
}

#[tokio::test]
async fn a_resource_without_a_history_and_text_that_is_no_resource_are_told() {
    let thing = thing().await;
    let (code, out, _) = history(&thing, &["s3://com-example-bucket", "--verify"]);
    assert_eq!((code, out.lines().next()), (Some(0), Some("no change of arn:aws:s3:::com-example-bucket is recorded")));
    let (code, _, said) = history(&thing, &["base_linux_v1"]);
    assert_eq!(code, Some(252), "{said}");
    assert!(said.contains("`base_linux_v1` is not an ARN, the id of an image or a snapshot, or s3://bucket"), "{said}");
}

/// Whatever put it there, and whatever the table of grants says.
#[tokio::test]
async fn an_item_that_is_there_is_never_written_over() {
    let thing = thing().await;
    let dynamodb = &thing.world.dynamodb;
    let get = async |seq| {
        let asked = dynamodb.get_item().table_name(AUDIT).set_key(Some(key(&thing, seq).into())).consistent_read(true);
        asked.send().await.unwrap().item.unwrap()
    };
    let mut put = get(6).await;
    put.extend(key(&thing, 7));
    dynamodb.put_item().table_name(AUDIT).set_item(Some(put.clone())).send().await.unwrap();
    drop(thing.share_with(&accounts(5, 6)).await);
    assert_eq!(get(7).await, put);
    // A record that was lost begins at 1 again, where there is an item.
    let first = get(1).await;
    thing.world.lose_grants().await;
    drop(thing.share_with(&accounts(7, 8)).await);
    assert_eq!(get(1).await, first);
}

/// The audit says who acts, and not only which program.
#[tokio::test]
async fn who_acts_is_recorded_as_the_run_says_it() {
    let thing = Thing::new().await;
    thing.world.sessions.ask_home().await.unwrap();
    let minute = Duration::from_mins(1);
    let by_hand = run_for(minute).by(thing.world.sessions.person_as_actor("signalbox apply"));
    assert!(in_name_of(&by_hand, thing.share_with(&accounts(1, 1))).await.unwrap());
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:f:live";
    let of_function = run_for(minute).by(function_as_actor(arn, "7", "r"));
    assert!(in_name_of(&of_function, thing.share_with(&accounts(1, 2))).await.unwrap());
    let who: Vec<_> = thing.whole_audit().await.into_iter().map(|item| item.who).collect();
    let person = format!("{}, `signalbox apply`", thing.world.sessions.caller().unwrap());
    assert!(person.starts_with("arn:aws:") && person.contains(&thing.world.account), "{person}");
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:f:7, request r".to_owned();
    assert_eq!(who, [person.clone(), person, function.clone(), function]);
}
