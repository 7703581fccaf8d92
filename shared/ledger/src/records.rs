//! The records of all functions, as an operator looks at them and deletes them. No function uses this.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use aws::{Answer, Sessions};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use reaction::{Doing, Error};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::{RETENTION, Record, Status, giving_back, send};

/// Where an occurrence stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A run is at work on it until its lease lapses.
    Working,
    /// Its run ended without a word: the lease has lapsed, and a later delivery may claim the occurrence.
    Lapsed,
    /// Its run gave it back, since there was nothing to do or it failed; a later delivery may claim it.
    Released,
    /// It is done, and a later delivery is `repeated`, except of a function that looks anew each time.
    Done,
    /// It was refused, and a later delivery may claim it.
    Refused,
    /// The record counts as absent: `DynamoDB` deletes it within a few days.
    Expired,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Working => "working",
            Self::Lapsed => "lapsed",
            Self::Released => "released",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Expired => "expired",
        })
    }
}

impl Record {
    /// When the occurrence was claimed or dealt with, in seconds since the epoch. That it was given back shows in no time.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.expiration.saturating_sub(RETENTION.as_secs())
    }

    /// Where the occurrence stands at this time.
    #[must_use]
    pub fn state(&self, now: SystemTime) -> State {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let lapses = self.in_progress_expiration.map(u128::from);
        match self.status {
            _ if self.expiration < since.as_secs() => State::Expired,
            Status::Completed => State::Done,
            Status::InProgress if self.outcome.as_deref() == Some("refused") => State::Refused,
            Status::InProgress if lapses == Some(0) => State::Released,
            Status::InProgress if lapses.is_some_and(|it| it < since.as_millis()) => State::Lapsed,
            Status::InProgress => State::Working,
            Status::Expired => State::Expired,
        }
    }
}

/// What was found of a table.
#[derive(Debug, Default)]
pub struct Found {
    /// The records by their ids, each a function, `#` and a key.
    pub records: Vec<(String, Record)>,
    /// Ids of items that are no records.
    pub unreadable: Vec<String>,
    /// Whether there may be more.
    pub has_more: bool,
}

/// The ledger's table.
#[derive(Clone, Debug)]
pub struct Records {
    client: Client,
    table: String,
}

impl Records {
    /// Those of `table`, in our own account and region.
    #[must_use]
    pub fn new(sessions: &Sessions, table: impl Into<String>) -> Self {
        Self { client: Client::new(sessions.config()), table: table.into() }
    }

    /// At most `most` records whose ids begin with `beginning` and contain `part`; reads the whole table for it.
    ///
    /// # Errors
    /// As of `Scan`.
    pub async fn find(&self, beginning: &str, part: &str, most: usize) -> Result<Found, Error> {
        let (mut found, mut next) = (Found::default(), None);
        loop {
            let scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(next).consistent_read(true);
            let page = filtered(scan, beginning, part).send().await.or_error().doing(|| self.place())?;
            for item in page.items.unwrap_or_default() {
                if found.records.len() >= most {
                    return Ok(Found { has_more: true, ..found });
                }
                let Some(id) = item.get("id").and_then(|it| it.as_s().ok()).cloned() else { continue };
                match from_item(item) {
                    Ok(record) => found.records.push((id, record)),
                    Err(_) => found.unreadable.push(id),
                }
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Hands each record that was [written](Record::written) at this second or later to `take`, without its report. The ids begin with
    /// `beginning` and contain `part`; reads the whole table for it, a page at a time. What was
    /// written in the last second may be missing, or be as it was before: such a reading costs half.
    ///
    /// # Errors
    /// As of `Scan`.
    pub async fn each_since(
        &self,
        since: u64,
        (beginning, part): (&str, &str),
        mut take: impl FnMut(String, Record),
    ) -> Result<(), Error> {
        let expires = AttributeValue::N((since + RETENTION.as_secs()).to_string());
        let mut next = None;
        loop {
            let scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(next);
            let scan = filtered(scan, beginning, part);
            let condition = match scan.get_filter_expression() {
                Some(condition) => format!("{condition} AND expiration >= :expires"),
                None => "expiration >= :expires".into(),
            };
            let scan = scan.filter_expression(condition).expression_attribute_values(":expires", expires.clone());
            let scan = scan.projection_expression(WITHOUT_REPORT).expression_attribute_names("#status", "status");
            let scan = scan.expression_attribute_names("#owner", "owner");
            let page = scan.send().await.or_error().doing(|| self.place())?;
            for item in page.items.unwrap_or_default() {
                let Some(id) = item.get("id").and_then(|it| it.as_s().ok()).cloned() else { continue };
                // What is no record has no time; `find` tells of it.
                if let Ok(record) = from_item(item) {
                    take(id, record);
                }
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// The record of this id, if there is one.
    ///
    /// # Errors
    /// As of `GetItem`; `Refused` where the item is no record.
    pub async fn get(&self, id: &str) -> Result<Option<Record>, Error> {
        let request = self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.or_error().doing(|| self.place())?.item;
        let unlike = |error| Error::refused(format!("the item is no record of the ledger: {error}"));
        item.map(|item| from_item(item).map_err(unlike)).transpose()
    }

    /// Gives an occurrence back whose record has this owner: `false` where it has another one by now, and is left as it is.
    ///
    /// # Errors
    /// As of `UpdateItem`.
    pub async fn release(&self, id: &str, owner: &str) -> Result<bool, Error> {
        send(&self.client, giving_back(&self.table, text(id), owner)?).await.doing(|| self.place())
    }

    /// Deletes a record as it was seen: `false` where it has another owner or status by now, and is left as it is.
    ///
    /// # Errors
    /// As of `DeleteItem`.
    pub async fn delete(&self, id: &str, seen: &Record) -> Result<bool, Error> {
        let status = serde_json::to_value(seen.status).map_err(Error::failed)?;
        let delete = self.client.delete_item().table_name(&self.table).key("id", text(id));
        let delete =
            delete.expression_attribute_names("#status", "status").expression_attribute_names("#owner", "owner");
        let delete = delete.expression_attribute_values(":status", text(status.as_str().unwrap_or_default()));
        let delete = match &seen.owner {
            Some(owner) => delete
                .condition_expression("#status = :status AND #owner = :owner")
                .expression_attribute_values(":owner", text(owner)),
            None => delete.condition_expression("#status = :status AND attribute_not_exists(#owner)"),
        };
        let answer = delete.send().await;
        let service_error = answer.as_ref().err().and_then(SdkError::as_service_error);
        if service_error.is_some_and(DeleteItemError::is_conditional_check_failed_exception) {
            return Ok(false);
        }
        answer.or_error().map(|_| true).doing(|| self.place())
    }

    fn place(&self) -> String {
        format!("ledger table {}", self.table)
    }
}

/// What a list shows of a record: a report may have 300 KB.
const WITHOUT_REPORT: &str = "id, #status, expiration, in_progress_expiration, #owner, outcome";

type Scan = aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;

fn filtered(scan: Scan, beginning: &str, part: &str) -> Scan {
    let of = [("begins_with(id, :beginning)", ":beginning", beginning), ("contains(id, :part)", ":part", part)];
    let given: Vec<_> = of.into_iter().filter(|(_, _, value)| !value.is_empty()).collect();
    if given.is_empty() {
        return scan;
    }
    let condition = given.iter().map(|(condition, ..)| *condition).collect::<Vec<_>>().join(" AND ");
    let values: HashMap<_, _> = given.into_iter().map(|(_, name, value)| (name.to_owned(), text(value))).collect();
    scan.filter_expression(condition).set_expression_attribute_values(Some(values))
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use reaction::Owner;

    use super::State;
    use crate::{Record, Status};

    #[test]
    fn a_record_stands_where_its_status_its_outcome_and_the_time_say() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let claimed = Record::in_progress(&Owner("1".into()), Duration::from_mins(15), Duration::from_mins(1));
        assert_eq!([30, 61, 901].map(|it| claimed.state(at(it))), [State::Working, State::Lapsed, State::Expired]);
        let refused = Record { outcome: Some("refused".into()), in_progress_expiration: Some(0), ..claimed.clone() };
        assert_eq!(refused.state(at(30)), State::Refused);
        let released = Record { in_progress_expiration: Some(0), ..claimed.clone() };
        assert_eq!(released.state(at(30)), State::Released);
        let done = Record { status: Status::Completed, ..claimed };
        assert_eq!([30, 901].map(|it| done.state(at(it))), [State::Done, State::Expired]);
    }
}
