//! The table of patches: the scans of every instance, its head, how it stood on each day, and the reports that were sent.
//!
//! A scan is kept under its own time, and the head is moved by a condition, so that scans that come late, twice or in another order do
//! no harm: the head is that of the newest scan.

mod write;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use aws::{Answer, SdkConfig, all_pages, open_only};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use place::{AccountId, Region};
use reaction::{Doing, Error};
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::{DAY, Day, Head, InstanceId, Scan};

/// Days for which scans, days and reports are kept. DynamoDB deletes them then, by their attribute `expires`.
const KEPT: u64 = 400 * DAY;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// One account and Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// The table, in the account and Region of a function or of a session.
#[derive(Clone, Debug)]
pub struct History {
    client: Client,
    table: String,
}

/// The sort key of the head of the account as a whole, which no instance has.
pub(crate) const ACCOUNT: &str = "account";

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn key(place: &Place, item: impl Into<String>) -> Item {
    HashMap::from([("place".to_owned(), text(place.to_string())), ("item".to_owned(), text(item))])
}

impl History {
    /// The table of this name, by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into() }
    }

    /// Opens the connection of the first event; best effort.
    pub async fn open_connection(&self) {
        let call = self.client.get_item().table_name(&self.table).key("place", text("-")).key("item", text("-"));
        drop(call.customize().mutate_request(open_only).send().await);
    }

    /// Whether there is a table of this name.
    ///
    /// # Errors
    /// As of `GetItem`.
    pub async fn is_there(&self, place: &Place) -> Result<bool, Error> {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(key(place, format!("head#{ACCOUNT}"))));
        let answer = call.send().await.or_absent().doing(|| format!("looking for the table {}", self.table))?;
        Ok(answer.is_some())
    }

    /// The head of an instance; an empty one where nothing is recorded of it.
    ///
    /// # Errors
    /// As of `GetItem`.
    pub async fn head(&self, place: &Place, id: &InstanceId) -> Result<Head, Error> {
        let call = self.client.get_item().table_name(&self.table).consistent_read(true);
        let call = call.set_key(Some(key(place, format!("head#{id}"))));
        let reading = || format!("reading what {} has of {id}", self.table);
        let item = call.send().await.or_error().doing(reading)?.item;
        item.map_or_else(|| Ok(Head::default()), |item| read(item).doing(reading))
    }

    /// The heads of all instances of a place, and that of the account.
    ///
    /// # Errors
    /// As of `Query`.
    pub async fn heads(&self, place: &Place) -> Result<(BTreeMap<InstanceId, Head>, Head), Error> {
        let reading = || format!("reading what {} has of {place}", self.table);
        let mut heads = BTreeMap::new();
        let mut of_account = Head::default();
        for item in self.items(place, "head#").await.doing(reading)? {
            let name = item.get("item").and_then(|it| it.as_s().ok()).cloned().unwrap_or_default();
            let head = read(item).doing(reading)?;
            match name.trim_start_matches("head#") {
                ACCOUNT => of_account = head,
                id => drop(heads.insert(id.parse().map_err(Error::failed).doing(reading)?, head)),
            }
        }
        Ok((heads, of_account))
    }

    /// The scans that are recorded of an instance, the oldest first.
    ///
    /// # Errors
    /// As of `Query`.
    pub async fn scans(&self, place: &Place, id: &InstanceId) -> Result<Vec<Scan>, Error> {
        let reading = || format!("reading the scans of {id} from {}", self.table);
        let items = self.items(place, &format!("scan#{id}#")).await.doing(reading)?;
        items.into_iter().map(|item| read(item).doing(reading)).collect()
    }

    /// How it stood on the last days, the newest last.
    ///
    /// # Errors
    /// As of `Query`.
    pub async fn days(&self, place: &Place, most: i32) -> Result<Vec<Day>, Error> {
        let reading = || format!("reading the days of {place} from {}", self.table);
        let query = self.query(place, "day#").scan_index_forward(false).limit(most).send().await;
        let items = query.or_error().doing(reading)?.items.unwrap_or_default();
        items.into_iter().rev().map(|item| read(item).doing(reading)).collect()
    }

    async fn items(&self, place: &Place, start: &str) -> Result<Vec<Item>, Error> {
        all_pages(self.query(place, start).into_paginator().items().send()).await
    }

    fn query(&self, place: &Place, start: &str) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.key_condition_expression("#place = :place AND begins_with(#item, :start)");
        let query = query.expression_attribute_names("#place", "place").expression_attribute_names("#item", "item");
        let query = query.expression_attribute_values(":place", text(place.to_string()));
        query.expression_attribute_values(":start", text(start))
    }
}

fn read<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    from_item(item).map_err(Error::failed)
}
