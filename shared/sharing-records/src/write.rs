//! A resource's record, moved on by one audit item: what is written, as parts of a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use reaction::Error;
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use sharing::{Head, Pending, Principal, Resource};

use crate::read::{Item, key};
use crate::{AuditItem, Grants, HEAD};

/// One resource's record, moved on.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    /// Which of the step's changes it is of.
    pub(crate) index: usize,
    /// The resource.
    pub(crate) resource: Resource,
    /// The number that the head in the table must have; 0 where there must be none.
    pub(crate) stored: u64,
    /// The item that the audit gains.
    pub(crate) item: AuditItem,
    /// The item as JSON, for the log.
    pub(crate) json: String,
    /// The change that is open from now on.
    pub(crate) pending: Option<Pending>,
    /// What becomes of grants.
    pub(crate) grants: Vec<(Principal, Becomes)>,
}

/// What becomes of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// Made.
    Granted,
    /// None any more.
    Gone,
}

/// A part of a transaction, and what it means where its condition does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) part: TransactWriteItem,
    pub(crate) of: Of,
    /// The hash that the item has once it is written: one that is there already is our own.
    pub(crate) hash: Option<String>,
}

/// What a part of a transaction is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The head of this change, or what goes with it.
    Head(usize),
    /// The audit of this change.
    Audit(usize),
    /// The ledger's record of the occurrence.
    Settlement,
}

impl Move {
    /// The head after it.
    pub(crate) fn head(&self) -> Head {
        Head { seq: self.item.seq, hash: self.item.hash.clone(), pending: self.pending.clone() }
    }

    fn write(&self, part: TransactWriteItem) -> Write {
        Write { part, of: Of::Head(self.index), hash: None }
    }
}

/// The condition that the head has this number, or that there is none, with the names and values in it.
fn at(seq: u64) -> (String, Option<Item>) {
    match seq {
        0 => ("attribute_not_exists(#at)".into(), None),
        seq => ("#at = :at".into(), Some(HashMap::from([(":at".into(), number(seq))]))),
    }
}

impl Grants {
    /// The audit item and the head.
    pub(crate) fn records_of(&self, it: &Move) -> Result<[Write; 2], Error> {
        let mut head = key(&it.item.resource, HEAD);
        head.insert("seq".into(), number(it.item.seq));
        head.insert("hash".into(), AttributeValue::S(it.item.hash.clone()));
        head.insert("account".into(), AttributeValue::S(it.resource.account.to_string()));
        if let Some(pending) = &it.pending {
            head.insert("pending".into(), AttributeValue::S(serde_json::to_string(pending).map_err(Error::failed)?));
        }
        let (condition, values) = at(it.stored);
        let put = |table: &str, item: Item| {
            let put = Put::builder().table_name(table).set_item(Some(item));
            put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        };
        let head = put(&self.table, head).condition_expression(condition).set_expression_attribute_values(values);
        let head = head.expression_attribute_names("#at", "seq").build().map_err(Error::failed)?;
        let audit = put(&self.audit, to_item(&it.item).map_err(Error::failed)?);
        let audit = audit.condition_expression("attribute_not_exists(#at)").expression_attribute_names("#at", "seq");
        let audit = audit.build().map_err(Error::failed)?;
        let hash = Some(it.item.hash.clone());
        Ok([
            Write { hash: hash.clone(), ..it.write(TransactWriteItem::builder().put(head).build()) },
            Write { part: TransactWriteItem::builder().put(audit).build(), of: Of::Audit(it.index), hash },
        ])
    }

    /// What becomes of its grants.
    pub(crate) fn grants_of(&self, it: &Move) -> Result<Vec<Write>, Error> {
        let write = |(who, becomes): &(Principal, Becomes)| {
            let part = TransactWriteItem::builder();
            let part = match becomes {
                Becomes::Granted => part.put(self.granted(it, who)?),
                Becomes::Gone => part.delete(self.gone(it, who)?),
            };
            Ok(it.write(part.build()))
        };
        it.grants.iter().map(write).collect()
    }

    /// That the head is where it was: for grants that do not fit into the transaction of their head.
    pub(crate) fn check_of(&self, it: &Move) -> Result<Write, Error> {
        let (condition, values) = at(it.stored);
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key(&it.item.resource, HEAD)));
        let check = check.condition_expression(condition).expression_attribute_names("#at", "seq");
        let check = check.set_expression_attribute_values(values).build().map_err(Error::failed)?;
        Ok(it.write(TransactWriteItem::builder().condition_check(check).build()))
    }

    fn granted(&self, it: &Move, who: &Principal) -> Result<Put, Error> {
        let AuditItem { account, manifest, at, occurrence, .. } = &it.item;
        let mut item = key(&it.item.resource, &who.to_string());
        let attributes = [
            ("account", account.to_string()),
            ("kind", it.resource.kind.to_string()),
            ("manifest", manifest.clone()),
            ("since", at.clone()),
            ("report", format!("{}#{occurrence}", self.function)),
        ];
        item.extend(attributes.map(|(name, value)| (name.into(), AttributeValue::S(value))));
        Put::builder().table_name(&self.table).set_item(Some(item)).build().map_err(Error::failed)
    }

    fn gone(&self, it: &Move, who: &Principal) -> Result<Delete, Error> {
        let delete = Delete::builder().table_name(&self.table);
        delete.set_key(Some(key(&it.item.resource, &who.to_string()))).build().map_err(Error::failed)
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
