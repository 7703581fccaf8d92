//! The table of deployments: the record of each, a lease for each function, so that one deployment of it is under way at a time, and a
//! line of history for each function.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws::{Answer, Sessions, is_failed_condition, open_only};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use reaction::{Doing, Error, Settlement};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::Settings;
use crate::record::Record;

/// The sort key of a record and of a lease. Lines of history have others.
const SELF: &str = "-";

/// How long a deployment holds its functions after it was last written, in seconds: longer than any round, and than the pause before it.
const LEASE: u64 = 15 * 60;

type Item = HashMap<String, AttributeValue>;

/// The table.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    client: Client,
    table: String,
}

/// What beginning a deployment gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Begun {
    /// It has begun.
    Now,
    /// An earlier attempt has begun it.
    Before,
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn key(id: &str, part: &str) -> Item {
    HashMap::from([("id".to_owned(), text(id)), ("part".to_owned(), text(part))])
}

impl Store {
    pub(crate) fn new(sessions: &Sessions, settings: &Settings) -> Self {
        Self { client: Client::new(sessions.config()), table: settings.table.clone() }
    }

    /// Opens the connection that records will use.
    pub(crate) async fn open_connection(&self) {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(key("", SELF)));
        drop(call.customize().mutate_request(open_only).send().await);
    }

    /// The record of a deployment.
    pub(crate) async fn read(&self, deployment: &str) -> Result<Option<Record>, Error> {
        let call = self.client.get_item().table_name(&self.table).consistent_read(true);
        let call = call.set_key(Some(key(&format!("deployment#{deployment}"), SELF)));
        let reading = || format!("reading the record of deployment {deployment} from {}", self.table);
        let item = call.send().await.or_error().doing(reading)?.item;
        item.map(|item| from_item(item).map_err(Error::failed)).transpose().doing(reading)
    }

    /// The deployment that holds a function.
    pub(crate) async fn holder(&self, function: &str, now: u64) -> Result<Option<String>, Error> {
        let call = self.client.get_item().table_name(&self.table).consistent_read(true);
        let call = call.set_key(Some(key(&format!("function#{function}"), SELF)));
        let reading = || format!("reading which deployment of {function} is under way from {}", self.table);
        let Some(lease) = call.send().await.or_error().doing(reading)?.item else { return Ok(None) };
        let until = lease.get("until").and_then(|it| it.as_n().ok()?.parse::<u64>().ok());
        let holder = lease.get("holder").and_then(|it| it.as_s().ok()).cloned();
        Ok(holder.filter(|_| until.is_some_and(|until| until >= now)))
    }

    /// The deployments of a function, the newest first.
    pub(crate) async fn history(&self, function: &str, most: i32) -> Result<Vec<String>, Error> {
        let call = self.client.query().table_name(&self.table).scan_index_forward(false).limit(most);
        let call = call.key_condition_expression("id = :id AND part > :self");
        let call = call.expression_attribute_values(":id", text(&format!("function#{function}")));
        let call = call.expression_attribute_values(":self", text(SELF));
        let reading = || format!("reading the history of {function} from {}", self.table);
        let items = call.send().await.or_error().doing(reading)?.items.unwrap_or_default();
        let deployment = |item: &Item| Some(item.get("deployment")?.as_s().ok()?.clone());
        Ok(items.iter().filter_map(deployment).collect())
    }

    /// The functions that have a history.
    pub(crate) async fn functions(&self) -> Result<Vec<String>, Error> {
        let call = self.client.scan().table_name(&self.table).projection_expression("id");
        let call = call.filter_expression("begins_with(id, :function) AND part > :self");
        let call = call.expression_attribute_values(":function", text("function#"));
        let mut pages = call.expression_attribute_values(":self", text(SELF)).into_paginator().send();
        let mut all = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let items = page.or_error().doing(|| format!("reading the histories in {}", self.table))?.items;
            let name = |item: Item| Some(item.get("id")?.as_s().ok()?.strip_prefix("function#")?.to_owned());
            all.extend(items.unwrap_or_default().into_iter().filter_map(name));
        }
        Ok(all.into_iter().collect())
    }

    /// Writes a new record, and takes its functions; `time` is since 1970.
    ///
    /// # Errors
    /// `Refused` where another deployment has one of them.
    pub(crate) async fn begin(&self, record: &Record, time: Duration) -> Result<Begun, Error> {
        let put = self.put(self.item(record)?).condition_expression("attribute_not_exists(id)");
        let mut parts = vec![part(put)?];
        for function in record.goods.keys() {
            parts.push(self.lease(record, function, time.as_secs())?);
            // By milliseconds, since a rollback may begin and end within a second.
            let mut line =
                key(&format!("function#{function}"), &format!("{:015}#{}", time.as_millis(), record.deployment));
            line.insert("deployment".into(), text(&record.deployment));
            parts.push(part(self.put(line))?);
        }
        match self.write(parts).await? {
            Written::All => Ok(Begun::Now),
            Written::Not(reasons) if is_failed(reasons.first()) => Ok(Begun::Before),
            Written::Not(reasons) => Err(taken(record, &reasons)),
        }
    }

    /// Writes the record as it is now, if no other run wrote it meanwhile. At its end it gives its functions back. What the ledger would write
    /// goes with it, unless the occurrence is another run's by now.
    ///
    /// # Errors
    /// `Failed` where another run wrote it; `Refused` where another deployment took one of its functions.
    pub(crate) async fn save(&self, record: &mut Record, now: u64, also: Option<&Settlement>) -> Result<(), Error> {
        let held = number(record.round);
        let next = Record { round: record.round + 1, ..record.clone() };
        let put = self.put(self.item(&next)?).condition_expression("#round = :held");
        let put = put.expression_attribute_names("#round", "round").expression_attribute_values(":held", held);
        let mut parts = vec![part(put)?];
        for function in record.goods.keys() {
            parts.push(if next.status.is_over() {
                self.release(record, function)?
            } else {
                self.lease(record, function, now)?
            });
        }
        match self.write_with(parts, also).await? {
            Written::All => {
                record.round = next.round;
                Ok(())
            }
            Written::Not(reasons) if is_failed(reasons.first()) => {
                Err(Error::failed(format!("another run works on deployment {}; it goes on there", record.deployment)))
            }
            Written::Not(reasons) => Err(taken(record, &reasons)),
        }
    }

    fn item(&self, record: &Record) -> Result<Item, Error> {
        let mut item: Item = to_item(record).map_err(Error::failed).doing(|| format!("a record for {}", self.table))?;
        item.extend(key(&format!("deployment#{}", record.deployment), SELF));
        Ok(item)
    }

    fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// The lease of a function, if no other deployment holds it.
    fn lease(&self, record: &Record, function: &str, now: u64) -> Result<TransactWriteItem, Error> {
        let mut item = key(&format!("function#{function}"), SELF);
        item.insert("holder".into(), text(&record.deployment));
        item.insert("until".into(), number(now + LEASE));
        let put = self.put(item).condition_expression("attribute_not_exists(id) OR holder = :holder OR #until < :now");
        let put = put.expression_attribute_names("#until", "until").expression_attribute_values(":now", number(now));
        let put = put.expression_attribute_values(":holder", text(&record.deployment));
        part(put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn release(&self, record: &Record, function: &str) -> Result<TransactWriteItem, Error> {
        let delete =
            Delete::builder().table_name(&self.table).set_key(Some(key(&format!("function#{function}"), SELF)));
        let delete = delete.condition_expression("attribute_not_exists(id) OR holder = :holder");
        let delete = delete.expression_attribute_values(":holder", text(&record.deployment));
        let delete = delete.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(Error::failed)?).build())
    }

    /// Writes these parts and what the ledger would write; the parts alone where that is not ours to write any more.
    async fn write_with(&self, parts: Vec<TransactWriteItem>, also: Option<&Settlement>) -> Result<Written, Error> {
        if let Some(also) = also
            && let Some(update) = also.write::<Update>()
        {
            let mut whole = parts.clone();
            whole.push(TransactWriteItem::builder().update(update.clone()).build());
            match self.write(whole).await? {
                Written::All => {
                    also.made();
                    return Ok(Written::All);
                }
                Written::Not(reasons) if reasons.iter().take(parts.len()).any(|it| is_failed(Some(it))) => {
                    return Ok(Written::Not(reasons));
                }
                Written::Not(_) => {}
            }
        }
        self.write(parts).await
    }

    async fn write(&self, parts: Vec<TransactWriteItem>) -> Result<Written, Error> {
        let answer = self.client.transact_write_items().set_transact_items(Some(parts)).send().await;
        if let Err(error) = &answer
            && let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
        {
            let reasons = cancelled.cancellation_reasons().to_vec();
            if reasons.iter().any(|it| is_failed_condition(it.code())) {
                return Ok(Written::Not(reasons));
            }
        }
        answer.or_error().doing(|| format!("writing to {}", self.table))?;
        Ok(Written::All)
    }
}

/// What became of a transaction.
enum Written {
    /// All of it was written.
    All,
    /// Nothing was, for one reason for each part.
    Not(Vec<CancellationReason>),
}

fn part(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, Error> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(Error::failed)?).build())
}

fn is_failed(reason: Option<&CancellationReason>) -> bool {
    reason.is_some_and(|it| is_failed_condition(it.code()))
}

/// The error of functions one of which another deployment has.
pub(crate) fn under_way(holder: &str, functions: &str) -> Error {
    Error::refused(format!(
        "deployment {holder} of {functions} is under way; wait until it has ended, or, where it was given up, carry it on with \
         `signalbox deploy run --resume {holder}` or take it back with `signalbox deploy rollback {holder}`; {} minutes after its last \
         round it holds nothing",
        LEASE / 60
    ))
}

/// The same, by the answer of a transaction.
fn taken(record: &Record, reasons: &[CancellationReason]) -> Error {
    let holder = reasons.iter().find_map(|it| it.item()?.get("holder")?.as_s().ok());
    let holder = holder.map_or("another deployment", String::as_str);
    let functions: Vec<_> = record.goods.keys().map(String::as_str).collect();
    under_way(holder, &functions.join(", "))
}
