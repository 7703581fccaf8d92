//! Answers of DynamoDB that no emulator gives: keys left unread, pages, and transactions that met others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use canned::Answer;
use reaction::Error;
use serde_json::{Value, json};
use sharing::{Difference, Effect, Principal};

use super::{change, image, principals, step};
use crate::{Grants, HEAD};

const WHO: &str = "123456789012";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(500_000)
}

fn grants(answer: impl Fn(&str, &Value) -> Answer + Send + Sync + 'static) -> Grants {
    let client = Client::new(&canned::config(answer));
    Grants { client, table: "grants".into(), audit: "audit".into(), function: "share-ami", now }
}

/// How often something was asked.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    /// How often before this time.
    fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    fn so_far(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn done(body: &Value) -> Answer {
    (200, body.to_string())
}

fn key(resource: &str, principal: &str) -> Value {
    json!({"resource": {"S": resource}, "principal": {"S": principal}})
}

fn item(principal: &str) -> Value {
    let mut item = key(&image().arn(), principal);
    item["account"] = json!({"S": "111122223333"});
    item
}

fn head(seq: u64) -> Value {
    let mut head = item(HEAD);
    (head["seq"], head["hash"]) = (json!({"N": seq.to_string()}), json!({"S": "5e2f"}));
    head
}

#[tokio::test]
async fn keys_that_were_left_unread_are_asked_for_again() {
    let unread = || done(&json!({"UnprocessedKeys": {"grants": {"Keys": [key(&image().arn(), HEAD)]}}}));
    let asked = Count::default();
    let read = move |operation: &str, _: &Value| match (operation, asked.next()) {
        ("BatchGetItem", 0) => unread(),
        ("BatchGetItem", 1) => done(&json!({"Responses": {"grants": [head(7)]}})),
        other => panic!("{other:?} is not asked for"),
    };
    let heads = grants(read).heads(&[image()]).await.unwrap();
    assert_eq!(heads.values().map(|head| head.seq).collect::<Vec<_>>(), [7]);
    let error = grants(move |_, _| unread()).heads(&[image()]).await.unwrap_err();
    assert_eq!(error.to_string(), "grants table grants: DynamoDB leaves keys unread; it is tried again");
}

#[tokio::test]
async fn every_page_of_the_tables_is_read() {
    let more = || key("more", HEAD);
    let is_first = |asked: &Value| asked["ExclusiveStartKey"].is_null();
    let scan = move |operation: &str, asked: &Value| match operation {
        "Scan" if is_first(asked) => done(&json!({"Items": [head(2)], "LastEvaluatedKey": more()})),
        "Scan" => done(&json!({"Items": [item(WHO)]})),
        other => panic!("{other} is not asked for"),
    };
    let all = grants(scan).all().await.unwrap();
    assert_eq!((all.heads.len(), all.grants.first().unwrap().principal.to_string()), (1, WHO.into()));
    let broken = move |operation: &str, asked: &Value| match operation {
        "Query" if is_first(asked) => done(&json!({"Items": [], "LastEvaluatedKey": more()})),
        "Query" => done(&json!({"Items": [{"seq": {"N": "9"}}]})),
        other => panic!("{other} is not asked for"),
    };
    let error = grants(broken).history(&image()).await.unwrap_err();
    assert!(error.to_string().contains("audit table audit: item 9 of  is not as it was written"), "{error}");
}

/// What DynamoDB says of a transaction, part by part.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn cancelled(asked: &Value, reason: impl Fn(&Value) -> Value) -> Answer {
    let reasons: Vec<_> = asked["TransactItems"].as_array().unwrap().iter().map(reason).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    (400, json!({"__type": kind, "CancellationReasons": reasons}).to_string())
}

/// What is there in place of what was to be put: the item itself, or another one.
fn met(part: &Value, is_ours: bool) -> Value {
    let put = &part["Put"];
    if put["ConditionExpression"].is_null() {
        return json!({"Code": "None"});
    }
    let mut item = put["Item"].clone();
    if !is_ours {
        item["hash"] = json!({"S": "another"});
    }
    json!({"Code": "ConditionalCheckFailed", "Item": item})
}

async fn record(grants: &Grants) -> Result<(), Error> {
    let done = Difference { add: principals(&[WHO]), remove: BTreeSet::<Principal>::new() };
    let effect = async { Ok(Effect { done: vec![done], refused: None }) };
    grants.record("occurrence", &step(vec![change(image(), &[], &[WHO])]), None, effect).await
}

/// Tables whose transactions are answered by this, with how often they were asked for one. Where it may lapse, its
/// head is updated, too.
fn transacting(may_lapse: bool, answer: impl Fn(usize, &Value) -> Answer + Send + Sync + 'static) -> (Grants, Count) {
    let count = Count::default();
    let counted = count.clone();
    let grants = grants(move |operation, asked| match operation {
        "TransactWriteItems" => answer(counted.next(), asked),
        "UpdateItem" if may_lapse => done(&json!({})),
        other => panic!("{other} is not asked for"),
    });
    (grants, count)
}

#[tokio::test]
async fn our_own_transaction_counts_where_its_answer_was_lost() {
    let (grants, ours) = transacting(false, |_, asked| cancelled(asked, |it| met(it, true)));
    record(&grants).await.unwrap();
    assert_eq!(ours.so_far(), 2);
    let (grants, others) = transacting(false, |_, asked| cancelled(asked, |it| met(it, false)));
    let error = record(&grants).await.unwrap_err();
    assert!(error.to_string().contains("somebody else changed the record of ami-0123456789abcdef0"), "{error}");
    assert_eq!(others.so_far(), 1);
}

#[tokio::test]
async fn a_transaction_that_meets_another_is_sent_again_and_given_up_in_the_end() {
    let conflict = |asked: &Value| cancelled(asked, |_| json!({"Code": "TransactionConflict"}));
    let (grants, sent) =
        transacting(false, move |before, asked| if before < 2 { conflict(asked) } else { done(&json!({})) });
    record(&grants).await.unwrap();
    assert_eq!(sent.so_far(), 4);
    let (grants, sent) = transacting(true, move |_, asked| conflict(asked));
    let error = record(&grants).await.unwrap_err();
    assert!(!error.is_refused() && error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(sent.so_far(), 6);
}
