//! The ledger on DynamoDB: one conditional put claims an occurrence, and only its owner settles or releases it.
//!
//! The item is Powertools' idempotency record, so that its tools read ours, with `owner` and `outcome` added.
//! <https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/>

mod record;
mod records;

use std::collections::HashMap;
use std::fmt::Display;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::{Answer, Sessions, open_only};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, Update};
use reaction::{Claim, Doing, Error, Key, Ledger, Outcome, Owner, Repeat, Report, Settlement};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

pub use record::{Record, Status};
pub use records::{Found, Records, State};

/// How long a record lives: longer than a dead-letter queue keeps an event (14 days), so that a redriven one is known.
pub const RETENTION: Duration = Duration::from_hours(15 * 24);

/// An occurrence that was settled so long ago is as one that no run has had: more than the clocks of two functions differ by.
const LONG_OVER: Duration = Duration::from_mins(1);

const CLAIMABLE: &str = "attribute_not_exists(id) OR expiration < :now \
    OR (#status = :inprogress AND attribute_exists(in_progress_expiration) AND in_progress_expiration < :now_ms)";

/// The ledger of one function.
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    client: Client,
    table: String,
    function: &'static str,
    now: fn() -> SystemTime,
}

impl DynamoLedger {
    /// The ledger of `function` in `table`, in our own account and region.
    #[must_use]
    pub fn new(sessions: &Sessions, table: impl Into<String>, function: &'static str) -> Self {
        let client = Client::new(sessions.config());
        Self { client, table: table.into(), function, now: sessions.clock() }
    }

    /// Opens the connection that claims will use.
    pub async fn open_connection(&self) {
        let request = self.client.put_item().table_name(&self.table).item("id", AttributeValue::S(String::new()));
        drop(request.customize().mutate_request(open_only).send().await);
    }

    /// The record of an occurrence, if there is one.
    ///
    /// # Errors
    /// As of `GetItem`; `Failed` where the item is no record.
    pub async fn record(&self, key: &Key) -> Result<Option<Record>, Error> {
        let request = self.client.get_item().table_name(&self.table).key("id", self.id(key)).consistent_read(true);
        let item = request.send().await.or_error().doing(|| self.place())?.item;
        item.map(|item| from_item(item).map_err(Error::failed)).transpose()
    }

    fn id(&self, key: &Key) -> AttributeValue {
        AttributeValue::S(format!("{}#{key}", self.function))
    }

    fn place(&self) -> String {
        format!("ledger table {}", self.table)
    }

    /// Writes what became of the occurrence, on condition that it is ours.
    fn settling(&self, key: &Key, owner: &Owner, report: &Report) -> Result<Update, Error> {
        let now = self.since_epoch();
        // A refusal stays claimable: INPROGRESS, and lapsed.
        let (status, lapses) = match report.outcome {
            Outcome::Refused => ("INPROGRESS", 0),
            _ => ("COMPLETED", now.as_millis()),
        };
        Update::builder()
            .table_name(&self.table)
            .key("id", self.id(key))
            .update_expression(
                "SET #status = :status, #data = :data, outcome = :outcome, expiration = :expiration, \
                 in_progress_expiration = :lapses",
            )
            .condition_expression(OURS)
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#data", "data")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":status", AttributeValue::S(status.into()))
            .expression_attribute_values(":data", AttributeValue::S(record::capped(report)))
            .expression_attribute_values(":outcome", AttributeValue::S(report.outcome.to_string()))
            .expression_attribute_values(":expiration", number((now + RETENTION).as_secs()))
            .expression_attribute_values(":lapses", number(lapses))
            .expression_attribute_values(":owner", AttributeValue::S(owner.0.clone()))
            .build()
            .map_err(Error::failed)
    }

    fn since_epoch(&self) -> Duration {
        (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

impl Ledger for DynamoLedger {
    async fn claim(&self, key: &Key, repeat: Repeat, lease: Duration) -> Result<Claim, Error> {
        let now = self.since_epoch();
        let owner = Owner(uuid::Uuid::new_v4().to_string());
        let record = Record::in_progress(&owner, now + RETENTION, now + lease);
        let mut item: HashMap<_, _> = to_item(record).map_err(Error::failed)?;
        item.insert("id".into(), self.id(key));
        let condition = match repeat {
            Repeat::Skip => CLAIMABLE.into(),
            Repeat::Again | Repeat::Unclaimed => format!("{CLAIMABLE} OR #status <> :inprogress"),
        };
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let answer = put
            .condition_expression(condition)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":inprogress", AttributeValue::S("INPROGRESS".into()))
            .expression_attribute_values(":now", number(now.as_secs()))
            .expression_attribute_values(":now_ms", number(now.as_millis()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match holder(&answer) {
            None => {
                let put = answer.or_error().doing(|| self.place())?;
                let is_fresh = put.attributes.is_none_or(|former| former.is_empty() || is_long_over(former, now));
                Ok(if is_fresh { Claim::Fresh(owner) } else { Claim::TakenOver(owner) })
            }
            // Our own put had arrived, and only its answer was lost: the SDK's second attempt met the first.
            Some(held) if held.owner.as_ref() == Some(&owner.0) => Ok(Claim::TakenOver(owner)),
            Some(held) if held.status == Status::Completed => Ok(Claim::Settled),
            Some(_) => Ok(Claim::Busy),
        }
    }

    async fn settle(&self, key: &Key, owner: &Owner, report: &Report) -> Result<bool, Error> {
        send(&self.client, self.settling(key, owner, report)?).await.doing(|| self.place())
    }

    /// The [`Update`] that settles the occurrence, to be a part of a transaction.
    fn settlement(&self, key: &Key, owner: &Owner, report: &Report) -> Option<Settlement> {
        self.settling(key, owner, report).ok().map(Settlement::new)
    }

    /// The [`Update`] that gives the occurrence back, to be a part of a transaction.
    fn return_of(&self, key: &Key, owner: &Owner) -> Option<Settlement> {
        giving_back(&self.table, self.id(key), &owner.0).ok().map(Settlement::new)
    }

    async fn release(&self, key: &Key, owner: &Owner) -> Result<(), Error> {
        let write = giving_back(&self.table, self.id(key), &owner.0)?;
        send(&self.client, write).await.map(drop).doing(|| self.place())
    }
}

/// Whether the occurrence is still of the run that has claimed it.
const OURS: &str = "#owner = :owner";

/// The update that ends the lease of this owner. The record stays, so that who takes the occurrence over knows that it had a holder.
fn giving_back(table: &str, id: AttributeValue, owner: &str) -> Result<Update, Error> {
    Update::builder()
        .table_name(table)
        .key("id", id)
        .update_expression("SET in_progress_expiration = :lapses")
        .condition_expression(OURS)
        .expression_attribute_names("#owner", "owner")
        .expression_attribute_values(":lapses", number(0))
        .expression_attribute_values(":owner", AttributeValue::S(owner.into()))
        .build()
        .map_err(Error::failed)
}

/// Makes an update by itself: `false` where the occurrence is of another run, and is left as it is.
async fn send(client: &Client, write: Update) -> Result<bool, Error> {
    let update = client.update_item().table_name(write.table_name).set_key(Some(write.key));
    let answer = update
        .update_expression(write.update_expression)
        .set_condition_expression(write.condition_expression)
        .set_expression_attribute_names(write.expression_attribute_names)
        .set_expression_attribute_values(write.expression_attribute_values)
        .send()
        .await;
    let service_error = answer.as_ref().err().and_then(SdkError::as_service_error);
    if service_error.is_some_and(UpdateItemError::is_conditional_check_failed_exception) {
        return Ok(false);
    }
    answer.or_error().map(|_| true)
}

/// Whether its holder had ended long before this time, so that whatever is read from then on has what it wrote.
fn is_long_over(former: HashMap<String, AttributeValue>, now: Duration) -> bool {
    from_item(former).is_ok_and(|former: Record| {
        let ended = former.in_progress_expiration.filter(|_| former.status == Status::Completed);
        ended.is_some_and(|at| Duration::from_millis(at) + LONG_OVER < now)
    })
}

/// Who holds the occurrence, where a claim met a holder.
fn holder<T, R>(answer: &Result<T, SdkError<PutItemError, R>>) -> Option<Record> {
    let PutItemError::ConditionalCheckFailedException(failed) = answer.as_ref().err()?.as_service_error()? else {
        return None;
    };
    failed.item().cloned().and_then(|item| from_item(item).ok())
}

fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
