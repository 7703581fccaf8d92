//! The records of all functions, as an operator looks at them and deletes them. No function uses this.

use std::collections::{BTreeMap, HashMap};
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
        let mut next = None;
        loop {
            let scan = filtered(self.scan_written(since, None).set_exclusive_start_key(next), beginning, part);
            let page = scan.send().await.or_error().doing(|| self.place())?;
            records(page.items).for_each(|(id, record)| take(id, record));
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// The newest records whose ids begin with `beginning` and contain `part`, without their reports, the newest first; `before` is
    /// when one was [written](Record::written), and its id. Reads the whole table as [`each_since`](Self::each_since), but once there
    /// are enough, `DynamoDB` leaves out what is older.
    ///
    /// # Errors
    /// As of `Scan`.
    pub async fn newest(
        &self,
        (beginning, part): (&str, &str),
        before: Option<&(u64, String)>,
        most: usize,
    ) -> Result<Found, Error> {
        let (mut kept, mut has_more, mut next) = (BTreeMap::new(), false, None);
        loop {
            let oldest = kept.first_key_value().filter(|_| has_more).map_or(0, |(key, _): (&(u64, String), _)| key.0);
            let scan = self.scan_written(oldest, before.map(|it| it.0)).set_exclusive_start_key(next);
            let page = filtered(scan, beginning, part).send().await.or_error().doing(|| self.place())?;
            for (id, record) in records(page.items) {
                let key = (record.written(), id);
                if before.is_none_or(|before| &key < before) {
                    kept.insert(key, record);
                }
                if kept.len() > most {
                    has_more = true;
                    kept.pop_first();
                }
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                let records = kept.into_iter().rev().map(|((_, id), record)| (id, record)).collect();
                return Ok(Found { records, has_more, ..Found::default() });
            }
        }
    }

    /// A scan for what was written between these seconds, both included, without reports.
    fn scan_written(&self, since: u64, until: Option<u64>) -> Scan {
        let expires = |written: u64| AttributeValue::N(written.saturating_add(RETENTION.as_secs()).to_string());
        let scan = self.client.scan().table_name(&self.table).projection_expression(WITHOUT_REPORT);
        let scan = scan.expression_attribute_names("#status", "status").expression_attribute_names("#owner", "owner");
        let scan = scan.expression_attribute_values(":since", expires(since));
        match until {
            None => scan.filter_expression("expiration >= :since"),
            Some(until) => scan
                .filter_expression("expiration BETWEEN :since AND :until")
                .expression_attribute_values(":until", expires(until)),
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

/// The same scan for ids that begin with `beginning` and contain `part`.
fn filtered(scan: Scan, beginning: &str, part: &str) -> Scan {
    let of = [("begins_with(id, :beginning)", ":beginning", beginning), ("contains(id, :part)", ":part", part)];
    of.into_iter().filter(|(_, _, value)| !value.is_empty()).fold(scan, |scan, (condition, name, value)| {
        let condition = match scan.get_filter_expression() {
            Some(others) => format!("{others} AND {condition}"),
            None => condition.to_owned(),
        };
        scan.filter_expression(condition).expression_attribute_values(name, text(value))
    })
}

/// The records of a page, by their ids. What is no record has no time; `find` tells of it.
fn records(items: Option<Vec<HashMap<String, AttributeValue>>>) -> impl Iterator<Item = (String, Record)> {
    items.unwrap_or_default().into_iter().filter_map(|item| {
        let id = item.get("id")?.as_s().ok()?.clone();
        from_item(item).ok().map(|record| (id, record))
    })
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
