//! Answers of DynamoDB that no emulator gives: keys left unread, pages, and transactions that met others.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, KeysAndAttributes, TransactWriteItem};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_mocks::{MockResponse, MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use reaction::Error;
use sharing::{Difference, Effect, Principal};

use super::{change, image, principals, step};
use crate::read::{Item, key};
use crate::{Grants, HEAD};

const WHO: &str = "123456789012";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(500_000)
}

fn grants(rules: &[&Rule]) -> Grants {
    let answers = rules.iter().fold(MockResponseInterceptor::new(), |answers, rule| answers.with_rule(rule));
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("111122223333", "test", None, None, "tests"))
        .http_client(create_mock_http_client())
        .interceptor(answers.rule_mode(RuleMode::MatchAny));
    let client = Client::from_conf(config.build());
    Grants { client, table: "grants".into(), audit: "audit".into(), function: "share-ami", now }
}

fn item(principal: &str, more: &[(&str, AttributeValue)]) -> Item {
    let mut item = key(&image().arn(), principal);
    item.insert("account".into(), AttributeValue::S("111122223333".into()));
    item.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
    item
}

fn head(seq: u64) -> Item {
    item(HEAD, &[("seq", AttributeValue::N(seq.to_string())), ("hash", AttributeValue::S("5e2f".into()))])
}

#[tokio::test]
async fn keys_that_were_left_unread_are_asked_for_again() {
    let unread = || {
        let keys = KeysAndAttributes::builder().keys(key(&image().arn(), HEAD)).build().unwrap();
        BatchGetItemOutput::builder().unprocessed_keys("grants", keys).build()
    };
    let read = || BatchGetItemOutput::builder().responses("grants", vec![head(7)]).build();
    let rule = mock!(Client::batch_get_item).sequence().output(unread).output(read).build();
    let heads = grants(&[&rule]).heads(&[image()]).await.unwrap();
    assert_eq!(heads.values().map(|head| head.seq).collect::<Vec<_>>(), [7]);
    let rule = mock!(Client::batch_get_item).sequence().output(unread).repeatedly().build();
    let error = grants(&[&rule]).heads(&[image()]).await.unwrap_err();
    assert_eq!(error.to_string(), "grants table grants: DynamoDB leaves keys unread; it is tried again");
}

#[tokio::test]
async fn every_page_of_the_tables_is_read() {
    let first = mock!(Client::scan)
        .match_requests(|it| it.exclusive_start_key().is_none())
        .then_output(|| ScanOutput::builder().items(head(2)).set_last_evaluated_key(Some(key("more", HEAD))).build());
    let second = mock!(Client::scan)
        .match_requests(|it| it.exclusive_start_key().is_some())
        .then_output(|| ScanOutput::builder().items(item(WHO, &[])).build());
    let all = grants(&[&first, &second]).all().await.unwrap();
    assert_eq!((all.heads.len(), all.grants.first().unwrap().principal.to_string()), (1, WHO.into()));
    let endless = mock!(Client::query)
        .match_requests(|it| it.exclusive_start_key().is_none())
        .then_output(|| QueryOutput::builder().set_last_evaluated_key(Some(key("more", HEAD))).build());
    let broken = mock!(Client::query).match_requests(|it| it.exclusive_start_key().is_some()).then_output(|| {
        QueryOutput::builder().items(HashMap::from([("seq".into(), AttributeValue::N("9".into()))])).build()
    });
    let error = grants(&[&endless, &broken]).history(&image()).await.unwrap_err();
    assert!(error.to_string().contains("audit table audit: item 9 of  is not as it was written"), "{error}");
}

/// What DynamoDB says of a transaction, part by part.
fn cancelled(
    input: &TransactWriteItemsInput,
    reason: impl Fn(&TransactWriteItem) -> CancellationReason,
) -> MockResponse<TransactWriteItemsOutput, TransactWriteItemsError> {
    let reasons = input.transact_items().iter().map(reason).collect();
    let cancelled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
    MockResponse::Error(TransactWriteItemsError::TransactionCanceledException(cancelled))
}

fn reason(code: &str, item: Option<Item>) -> CancellationReason {
    CancellationReason::builder().code(code).set_item(item).build()
}

/// What is there in place of what was to be put: the item itself, or another one.
fn met(part: &TransactWriteItem, is_ours: bool) -> CancellationReason {
    let Some(put) = part.put().filter(|put| put.condition_expression().is_some()) else { return reason("None", None) };
    let mut item = put.item().clone();
    if !is_ours {
        item.insert("hash".into(), AttributeValue::S("another".into()));
    }
    reason("ConditionalCheckFailed", Some(item))
}

async fn record(grants: &Grants) -> Result<(), Error> {
    let done = Difference { add: principals(&[WHO]), remove: BTreeSet::<Principal>::new() };
    let effect = async { Ok(Effect { done: vec![done], refused: None }) };
    grants.record("occurrence", &step(vec![change(image(), &[], &[WHO])]), None, effect).await
}

#[tokio::test]
async fn our_own_transaction_counts_where_its_answer_was_lost() {
    let ours = mock!(Client::transact_write_items).then_compute_response(|input| cancelled(input, |it| met(it, true)));
    record(&grants(&[&ours])).await.unwrap();
    assert_eq!(ours.num_calls(), 2);
    let others =
        mock!(Client::transact_write_items).then_compute_response(|input| cancelled(input, |it| met(it, false)));
    let error = record(&grants(&[&others])).await.unwrap_err();
    assert!(error.to_string().contains("somebody else changed the record of ami-0123456789abcdef0"), "{error}");
    assert_eq!(others.num_calls(), 1);
}

#[tokio::test]
async fn a_transaction_that_meets_another_is_sent_again_and_given_up_in_the_end() {
    let conflict = || {
        let conflict = reason("TransactionConflict", None);
        let cancelled = TransactionCanceledException::builder().cancellation_reasons(conflict);
        TransactWriteItemsError::TransactionCanceledException(cancelled.build())
    };
    let rule = mock!(Client::transact_write_items)
        .sequence()
        .error(conflict)
        .times(2)
        .output(|| TransactWriteItemsOutput::builder().build())
        .repeatedly()
        .build();
    record(&grants(&[&rule])).await.unwrap();
    assert_eq!(rule.num_calls(), 4);
    let rule = mock!(Client::transact_write_items).then_error(conflict);
    let lapse = mock!(Client::update_item).then_output(|| UpdateItemOutput::builder().build());
    let error = record(&grants(&[&rule, &lapse])).await.unwrap_err();
    assert!(!error.is_refused() && error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(rule.num_calls(), 6);
}
