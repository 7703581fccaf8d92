//! What is written, and on which condition.

use std::collections::BTreeSet;

use aws::{Answer, is_failed_condition};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Put, ReturnValue, TransactWriteItem, Update};
use reaction::{Doing, Error};
use serde::Serialize;
use serde_dynamo::aws_sdk_dynamodb_1::{to_attribute_value, to_item};

use super::{ACCOUNT, History, Item, KEPT, Place, key, number, text};
use crate::{DAY, Day, Head, InstanceId, Scan};

/// Parts of one transaction.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const PARTS: usize = 100;

impl History {
    /// How many scans one write takes: a scan is two parts, its own item and its head.
    pub const SCANS: usize = PARTS / 2;

    /// How many heads one write takes.
    pub const HEADS: usize = PARTS;

    /// Records scans, each with the head as it was read, in one transaction. A scan that another run overtook meanwhile is kept, and its
    /// head stays.
    ///
    /// # Errors
    /// `Failed` where another run recorded an older scan meanwhile, so that the heads have to be read again.
    pub async fn record(&self, place: &Place, scans: &[(Scan, Head)]) -> Result<(), Error> {
        let doing = || format!("recording {} in {}", crate::so_many(scans.len(), "scan"), self.table);
        let mut parts = Vec::with_capacity(scans.len() * 2);
        for (scan, head) in scans {
            parts.push(put(self.scan_item(place, scan)?)?);
            parts.push(self.moved_head(place, scan, head)?);
        }
        let Some(reasons) = self.write(parts).await.doing(doing)? else { return Ok(()) };
        let lost = scans.iter().zip(reasons.chunks(2)).filter(|(_, it)| it.iter().any(is_lost));
        let lost: BTreeSet<_> = lost.map(|((scan, _), _)| scan.instance.clone()).collect();
        for (scan, _) in scans.iter().filter(|(scan, _)| lost.contains(&scan.instance)) {
            let now = self.head(place, &scan.instance).await.doing(doing)?;
            if now.at.is_none_or(|at| at < scan.at) {
                let why = "another run recorded an older scan meanwhile; this one is recorded when it is tried again";
                return Err(Error::failed(format!("{}: {why}", scan.instance))).doing(doing);
            }
            let item = self.scan_item(place, scan)?;
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item.1));
            put.send().await.or_error().doing(doing)?;
        }
        let rest: Vec<_> = scans.iter().filter(|(scan, _)| !lost.contains(&scan.instance)).cloned().collect();
        if rest.is_empty() { Ok(()) } else { Box::pin(self.record(place, &rest)).await }
    }

    fn scan_item(&self, place: &Place, scan: &Scan) -> Result<(String, Item), Error> {
        let mut item = item_of(scan)?;
        item.extend(key(place, format!("scan#{}#{:012}", scan.instance, scan.at)));
        item.insert("expires".into(), number(scan.at + KEPT));
        Ok((self.table.clone(), item))
    }

    /// The head of a scan, if the head is still the one that was read. What was reported stays as it is: another write changes that.
    fn moved_head(&self, place: &Place, scan: &Scan, head: &Head) -> Result<TransactWriteItem, Error> {
        let after = head.after(scan);
        let update =
            Update::builder().table_name(&self.table).set_key(Some(key(place, format!("head#{}", scan.instance))));
        let update = update
            .update_expression(
                "SET #at = :at, problems = :problems, pending_since = :pending, trend = :trend, expires = :expires",
            )
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", number(scan.at))
            .expression_attribute_values(":problems", value(&after.problems)?)
            .expression_attribute_values(":pending", value(&after.pending_since)?)
            .expression_attribute_values(":trend", value(&after.trend)?)
            .expression_attribute_values(":expires", number(scan.at + 2 * KEPT));
        let update = match head.at {
            None => update.condition_expression("attribute_not_exists(#at)"),
            Some(at) => update.condition_expression("#at = :before").expression_attribute_values(":before", number(at)),
        };
        Ok(TransactWriteItem::builder().update(update.build().map_err(Error::failed)?).build())
    }

    /// Notes what was reported and still holds: of instances, and of the account where there is no id.
    ///
    /// # Errors
    /// `Failed` where another run noted something else meanwhile.
    pub async fn remember(
        &self,
        place: &Place,
        told: &[(Option<InstanceId>, Head, BTreeSet<String>)],
        now: u64,
    ) -> Result<(), Error> {
        let doing = || format!("noting in {} what was reported", self.table);
        let mut parts = Vec::with_capacity(told.len());
        for (id, head, texts) in told {
            let name = id.as_ref().map_or_else(|| format!("head#{ACCOUNT}"), |id| format!("head#{id}"));
            let update = Update::builder().table_name(&self.table).set_key(Some(key(place, name)));
            let update = update
                .update_expression("SET told = :told, round = :round, expires = :expires")
                .expression_attribute_values(":told", value(texts)?)
                .expression_attribute_values(":round", number(head.round + 1))
                .expression_attribute_values(":expires", number(now + 2 * KEPT));
            let update = if head.round == 0 {
                update.condition_expression("attribute_not_exists(round)")
            } else {
                update
                    .condition_expression("round = :before")
                    .expression_attribute_values(":before", number(head.round))
            };
            parts.push(TransactWriteItem::builder().update(update.build().map_err(Error::failed)?).build());
        }
        match self.write(parts).await.doing(doing)? {
            None => Ok(()),
            Some(_) => {
                Err(Error::failed("another run reported meanwhile; what is left is reported when it is tried again"))
            }
        }
    }

    /// Writes a report down before it is sent; whether it was sent before.
    ///
    /// # Errors
    /// As of `UpdateItem`.
    pub async fn begin_report(&self, place: &Place, id: &str, body: &str, now: u64) -> Result<bool, Error> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(key(place, format!("report#{id}"))));
        let call = call.update_expression("SET body = :body, expires = :expires, #at = if_not_exists(#at, :at)");
        let call = call.expression_attribute_names("#at", "at").expression_attribute_values(":at", number(now));
        let call = call.expression_attribute_values(":body", text(body));
        let call = call.expression_attribute_values(":expires", number(now + KEPT));
        let answer = call.return_values(ReturnValue::AllNew).send().await.or_error();
        let item = answer.doing(|| format!("writing report {id} to {}", self.table))?.attributes.unwrap_or_default();
        Ok(item.contains_key("sent"))
    }

    /// Notes that a report was sent.
    ///
    /// # Errors
    /// As of `UpdateItem`.
    pub async fn end_report(&self, place: &Place, id: &str, now: u64) -> Result<(), Error> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(key(place, format!("report#{id}"))));
        let call = call.update_expression("SET sent = :now").expression_attribute_values(":now", number(now));
        call.send().await.or_error().doing(|| format!("noting in {} that report {id} was sent", self.table))?;
        Ok(())
    }

    /// Notes how it stands today, if no later run has noted it.
    ///
    /// # Errors
    /// As of `PutItem`.
    pub async fn note_day(&self, place: &Place, day: &Day) -> Result<(), Error> {
        let mut item = item_of(day)?;
        item.extend(key(place, format!("day#{:012}", day.midnight())));
        item.insert("expires".into(), number(day.at + KEPT));
        let call = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let call = call.condition_expression("attribute_not_exists(#at) OR #at <= :at");
        let call = call.expression_attribute_names("#at", "at").expression_attribute_values(":at", number(day.at));
        let answer = call.send().await;
        let is_late = answer.as_ref().err().and_then(|it| it.as_service_error());
        if is_late
            .is_some_and(aws_sdk_dynamodb::operation::put_item::PutItemError::is_conditional_check_failed_exception)
        {
            return Ok(());
        }
        answer.or_error().doing(|| format!("noting the day {} in {}", day.midnight() / DAY, self.table))?;
        Ok(())
    }

    /// Writes all parts, or none: then the reason of each.
    async fn write(&self, parts: Vec<TransactWriteItem>) -> Result<Option<Vec<CancellationReason>>, Error> {
        let answer = self.client.transact_write_items().set_transact_items(Some(parts)).send().await;
        if let Err(error) = &answer
            && let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
            && cancelled.cancellation_reasons().iter().any(is_lost)
        {
            return Ok(Some(cancelled.cancellation_reasons().to_vec()));
        }
        answer.or_error()?;
        Ok(None)
    }
}

fn is_lost(reason: &CancellationReason) -> bool {
    is_failed_condition(reason.code())
}

fn put((table, item): (String, Item)) -> Result<TransactWriteItem, Error> {
    let put = Put::builder().table_name(table).set_item(Some(item)).build().map_err(Error::failed)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn item_of(it: &impl Serialize) -> Result<Item, Error> {
    to_item(it).map_err(Error::failed)
}

fn value(it: &impl Serialize) -> Result<AttributeValue, Error> {
    to_attribute_value(it).map_err(Error::failed)
}
