//! Reads the tables, consistently.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::pause::pause;
use crate::{AuditItem, Grants, HEAD, Recorded, verify};
use aws::Answer;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use place::AccountId;
use reaction::{Doing, Error};
use serde::Deserialize;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;
use sharing::{Grant, Head, Pending, Principal, Resource};

/// How many keys one `BatchGetItem` takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const KEYS_PER_CALL: usize = 100;

/// How often what DynamoDB left unread is asked for again, and the first pause before that, which doubles.
const ROUNDS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) type Item = HashMap<String, AttributeValue>;

impl Grants {
    /// How the records of these resources stand; one that has none is not in it.
    ///
    /// Whether one is busy is to be asked of the time before the resources themselves were read: what was read before an
    /// interrupted run's last call took effect does not say what came of it.
    ///
    /// # Errors
    /// As of `BatchGetItem`.
    pub async fn heads(&self, resources: &[Resource]) -> Result<BTreeMap<Resource, Head>, Error> {
        let by_arn: BTreeMap<String, &Resource> = resources.iter().map(|it| (it.arn(), it)).collect();
        let arns: Vec<&String> = by_arn.keys().collect();
        let mut heads = BTreeMap::new();
        for arns in arns.chunks(KEYS_PER_CALL) {
            for item in self.batch(arns).await.doing(|| self.grants_place())? {
                let (arn, head) = head_of(item).doing(|| self.grants_place())?;
                heads.extend(by_arn.get(&arn).map(|&resource| (resource.clone(), head)));
            }
        }
        Ok(heads)
    }

    async fn batch(&self, arns: &[&String]) -> Result<Vec<Item>, Error> {
        let keys = arns.iter().map(|arn| key(arn, HEAD)).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let mut asked = HashMap::from([(self.table.clone(), keys.map_err(Error::failed)?)]);
        let mut items = Vec::new();
        for round in 0..ROUNDS {
            let answer = self.client.batch_get_item().set_request_items(Some(asked)).send().await.or_error()?;
            items.extend(answer.responses.unwrap_or_default().into_values().flatten());
            asked = answer.unprocessed_keys.unwrap_or_default();
            if asked.is_empty() {
                return Ok(items);
            }
            pause(PAUSE * 2u32.pow(round)).await;
        }
        Err(Error::failed("DynamoDB leaves keys unread; it is tried again"))
    }

    /// Everything that the grants table holds. What was begun may have been made: it counts as granted.
    ///
    /// # Errors
    /// As of `Scan`; `Failed` where an item is not ours.
    pub async fn all(&self) -> Result<Recorded, Error> {
        let scan = self.client.scan().table_name(&self.table).consistent_read(true);
        let (mut items, mut grants, mut heads) = (scan.into_paginator().items().send(), Vec::new(), BTreeMap::new());
        while let Some(item) = items.next().await {
            let (resource, principal, head) = item.or_error().and_then(recorded_of).doing(|| self.grants_place())?;
            let grant = |principal| Grant { resource: resource.clone(), principal };
            match head {
                None => grants.push(grant(principal)),
                Some(head) => {
                    let begun = head.pending.iter().flat_map(|pending| &pending.add);
                    grants.extend(begun.cloned().map(grant));
                    heads.insert(resource, head);
                }
            }
        }
        // They come nearly in order, so that a set is made of all at once.
        Ok(Recorded { grants: grants.into_iter().collect(), heads })
    }

    /// The resource's audit, oldest first.
    ///
    /// # Errors
    /// As of `Query`; `Failed` where an item is not as we write it, with its number.
    pub async fn history(&self, resource: &Resource) -> Result<Vec<AuditItem>, Error> {
        let query = self.client.query().table_name(&self.audit).consistent_read(true);
        let query =
            query.key_condition_expression("#resource = :resource").expression_attribute_names("#resource", "resource");
        let query = query.expression_attribute_values(":resource", AttributeValue::S(resource.arn()));
        let (mut items, mut history) = (query.into_paginator().items().send(), Vec::new());
        while let Some(item) = items.next().await {
            history.push(item.or_error().and_then(audit_of).doing(|| self.audit_place())?);
        }
        Ok(history)
    }

    /// The resource's audit with its end, and how it is broken, if it is. A run may move the record on between the two reads: what is
    /// broken is read once more.
    ///
    /// # Errors
    /// As of `Query` and `BatchGetItem`.
    pub async fn verified(&self, resource: &Resource) -> Result<(Vec<AuditItem>, Head, Result<(), String>), Error> {
        let mut is_second = false;
        loop {
            let items = self.history(resource).await?;
            let head = self.heads(std::slice::from_ref(resource)).await?.remove(resource).unwrap_or_default();
            let verdict = verify(&items, &head);
            if verdict.is_ok() || is_second {
                return Ok((items, head, verdict));
            }
            is_second = true;
        }
    }

    /// The last item of the resource's audit.
    pub(crate) async fn last(&self, resource: &Resource) -> Result<Option<AuditItem>, Error> {
        let query =
            self.client.query().table_name(&self.audit).consistent_read(true).scan_index_forward(false).limit(1);
        let query =
            query.key_condition_expression("#resource = :resource").expression_attribute_names("#resource", "resource");
        let query = query.expression_attribute_values(":resource", AttributeValue::S(resource.arn()));
        let items = query.send().await.or_error().doing(|| self.audit_place())?.items.unwrap_or_default();
        items.into_iter().next().map(audit_of).transpose().doing(|| self.audit_place())
    }

    pub(crate) fn grants_place(&self) -> String {
        format!("grants table {}", self.table)
    }

    pub(crate) fn audit_place(&self) -> String {
        format!("audit table {}", self.audit)
    }
}

/// The key of an item of the grants table.
pub(crate) fn key(resource: &str, principal: &str) -> Item {
    let text = |text: &str| AttributeValue::S(text.into());
    HashMap::from([("resource".into(), text(resource)), ("principal".into(), text(principal))])
}

/// A head as it stands in the table.
#[derive(Deserialize)]
struct HeadItem {
    resource: String,
    seq: u64,
    hash: String,
    pending: Option<String>,
}

fn head_of(item: Item) -> Result<(String, Head), Error> {
    let HeadItem { resource, seq, hash, pending } = from_item(item).map_err(Error::failed)?;
    let pending: Option<Pending> = pending
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(Error::failed)
        .doing(|| format!("the head of {resource}"))?;
    Ok((resource, Head { seq, hash, pending }))
}

/// A resource, and with whom it is shared, or its head. The text is taken as it is: of thousands, a deserializer would take most of the time.
fn recorded_of(item: Item) -> Result<(Resource, Principal, Option<Head>), Error> {
    let text = |name: &str| {
        let text = item.get(name).and_then(|it| it.as_s().ok());
        text.ok_or_else(|| Error::failed(format!("an item has no text `{name}`")))
    };
    let account: AccountId = text("account")?.parse().map_err(Error::failed)?;
    let resource = Resource::of_arn(text("resource")?, &account).map_err(Error::failed)?;
    let principal = text("principal")?;
    let (is_head, principal) = (principal == HEAD, Principal::written(principal));
    let head = if is_head { Some(head_of(item)?.1) } else { None };
    Ok((resource, principal, head))
}

fn audit_of(item: Item) -> Result<AuditItem, Error> {
    let text = |name: &str| match item.get(name) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
        _ => String::new(),
    };
    let (resource, seq) = (text("resource"), text("seq"));
    from_item(item).map_err(Error::failed).doing(|| format!("item {seq} of {resource} is not as it was written"))
}
