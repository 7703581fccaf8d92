//! The AWS of a console: a ledger to which records come at a steady rate, grants with their heads, and the audit of one image.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use hyper::Request;
use ledger::RETENTION;
use serde_json::{Value, json as value};
use sharing_records::{AuditItem, Phase};

use crate::canned::{ACCOUNT, Canned, IMAGE, OneImage, json};
use crate::clock;
use crate::http::Answer;

/// How many records the ledger has, how many items the audit, and how many shares there are: 10 of each image.
const RECORDS: u64 = 10_000;
const ITEMS: u64 = 10_000;
const SHARES: u64 = 5_000;
const SHARES_EACH: u64 = 10;

/// How many items `DynamoDB` answers with at a time: 1 MB of them.
const PAGE: usize = 1_400;

/// How many records come to the ledger a second, and how many come in all.
pub const RATE: u32 = 200;
pub const NEW: u32 = 2_000;

/// The tables.
pub struct ManyRecords {
    ledger: Vec<(u64, String)>,
    grants: Vec<String>,
    audit: Vec<String>,
    head: String,
    /// When records began to come.
    since: Mutex<Option<(Instant, u64)>>,
}

impl ManyRecords {
    /// The tables, to which nothing comes yet.
    pub fn new() -> Self {
        // What the ledger has is some hours old.
        let of_ledger = |number| record(&format!("old-{number:05}"), seconds() - 10_000 - number);
        let audit = audit();
        let last = audit.last().map(|it| it.hash.clone()).unwrap_or_default();
        let heads = (0..SHARES / SHARES_EACH).map(|image| head(&arn(&image_id(image)), 2, &last));
        Self {
            ledger: (0..RECORDS).map(of_ledger).collect(),
            grants: (0..SHARES).map(share).chain(heads).collect(),
            head: head(&arn(IMAGE), ITEMS, &last),
            audit: audit.iter().map(|it| attributes(it).to_string()).collect(),
            since: Mutex::default(),
        }
    }

    /// From now on records come.
    pub fn begin(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some((clock::now(), seconds()));
    }

    /// The records that have come, each with the second in which it goes.
    fn come(&self) -> Vec<(u64, String)> {
        let Some((begin, second)) = *self.since.lock().unwrap_or_else(PoisonError::into_inner) else {
            return Vec::new();
        };
        let come = (clock::now() - begin).as_millis() * u128::from(RATE) / 1000;
        let come = u32::try_from(come).unwrap_or(NEW).min(NEW);
        (0..come).map(|number| record(&format!("new-{number:05}"), second + u64::from(number / RATE))).collect()
    }

    /// A page of a scan of the ledger. As `DynamoDB` does, it leaves out what goes sooner or later than asked after it has counted.
    fn scanned(&self, asked: &Value) -> Answer {
        let bound = |name: &str| asked["ExpressionAttributeValues"][name]["N"].as_str().and_then(|it| it.parse().ok());
        let goes = bound(":since").unwrap_or(0)..=bound(":until").unwrap_or(u64::MAX);
        let come = self.come();
        let all: Vec<_> = self.ledger.iter().chain(&come).collect();
        page(&all, asked, |(second, text)| goes.contains(second).then_some(text.as_str()))
    }
}

impl Canned for ManyRecords {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        let asked: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        match (operation, asked["TableName"].as_str()) {
            ("Scan", Some("signalbox-ledger")) => self.scanned(&asked),
            ("Scan", Some("signalbox-grants")) => page(&self.grants, &asked, |it| Some(it)),
            ("Query", Some("signalbox-audit")) => page(&self.audit, &asked, |it| Some(it)),
            ("BatchGetItem", _) => {
                json(&format!(r#"{{"Responses": {{"signalbox-grants": [{}]}}, "UnprocessedKeys": {{}}}}"#, self.head))
            }
            _ => OneImage.answer(operation, request),
        }
    }
}

/// One page of items, of which some may be left out, and where the next one begins.
fn page<T>(items: &[T], asked: &Value, found: impl Fn(&T) -> Option<&str>) -> Answer {
    let from = asked["ExclusiveStartKey"]["from"]["N"].as_str().and_then(|it| it.parse().ok()).unwrap_or(0);
    let scanned = &items[from..items.len().min(from + PAGE)];
    let page = scanned.iter().filter_map(found).collect::<Vec<_>>();
    let next = from + scanned.len();
    let last = if next < items.len() {
        format!(r#", "LastEvaluatedKey": {{"from": {{"N": "{next}"}}}}"#)
    } else {
        String::new()
    };
    json(&format!(
        r#"{{"Items": [{}], "Count": {}, "ScannedCount": {}{last}}}"#,
        page.join(","),
        page.len(),
        scanned.len()
    ))
}

fn seconds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the console asks for what is newer than a second ago")]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// A record that was written then, and the second in which it goes.
fn record(name: &str, written: u64) -> (u64, String) {
    let expires = written + RETENTION.as_secs();
    let item = value!({
        "id": {"S": format!("share-ami#{ACCOUNT}/eu-west-1/{name}")},
        "status": {"S": "COMPLETED"},
        "outcome": {"S": "applied"},
        "owner": {"S": "1f0f7b5e-7a8e-4f7e-9c1c-2f0f7b5e7a8e"},
        "expiration": {"N": expires.to_string()},
        "in_progress_expiration": {"N": (written * 1000).to_string()},
    });
    (expires, item.to_string())
}

fn image_id(number: u64) -> String {
    format!("ami-{number:017x}")
}

fn arn(image: &str) -> String {
    format!("arn:aws:ec2:eu-west-1::image/{image}")
}

fn share(number: u64) -> String {
    let resource = arn(&image_id(number / SHARES_EACH));
    let principal = format!("{:012}", 222_233_330_000 + number % SHARES_EACH);
    value!({"resource": {"S": resource}, "principal": {"S": principal}, "account": {"S": ACCOUNT}}).to_string()
}

fn head(resource: &str, seq: u64, hash: &str) -> String {
    value!({
        "resource": {"S": resource},
        "principal": {"S": "#head"},
        "account": {"S": ACCOUNT},
        "seq": {"N": seq.to_string()},
        "hash": {"S": hash},
    })
    .to_string()
}

/// The audit of the image, each item with the hash of the one before it: an account gains and loses in turn.
fn audit() -> Vec<AuditItem> {
    let mut items: Vec<AuditItem> = Vec::new();
    for seq in 1..=ITEMS {
        let previous = items.last().map(|it| it.hash.clone()).unwrap_or_default();
        let mut item = item(seq, previous);
        item.hash = item.computed_hash();
        items.push(item);
    }
    items
}

fn item(seq: u64, previous: String) -> AuditItem {
    let is_outcome = seq.is_multiple_of(2);
    let gains = ((seq - 1) / 2).is_multiple_of(2);
    let who = [sharing::Principal::written("222233334444")].into();
    let (with, without) = (who, std::collections::BTreeSet::new());
    let (before, after) = if gains { (without.clone(), with) } else { (with, without.clone()) };
    AuditItem {
        resource: arn(IMAGE),
        seq,
        kind: if is_outcome { Phase::Outcome } else { Phase::Intent },
        of: is_outcome.then(|| seq - 1),
        at: "2026-11-20T10:00:00Z".into(),
        account: ACCOUNT.parse().unwrap_or_else(|error| panic!("{ACCOUNT}: {error}")),
        who: format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:share-ami version 7 request {seq:036}"),
        run: format!("{:036}", seq.div_ceil(2)),
        occurrence: format!("share-ami#{ACCOUNT}/eu-west-1/{IMAGE}/{:08}", seq.div_ceil(2)),
        correlation_id: None,
        manifest: "9b2cf535f27731c974343645a3985328".into(),
        name: "base_linux_v42".into(),
        add: after.difference(&before).cloned().collect(),
        remove: before.difference(&after).cloned().collect(),
        before,
        after,
        why: "the manifest names it".into(),
        note: is_outcome.then(|| "done".into()),
        revert: None,
        previous,
        hash: String::new(),
    }
}

/// An item as `DynamoDB` writes it.
fn attributes(item: &AuditItem) -> Value {
    fn attribute(it: Value) -> Value {
        match it {
            Value::Number(number) => value!({"N": number.to_string()}),
            Value::Array(all) => value!({"L": all.into_iter().map(attribute).collect::<Vec<_>>()}),
            other => value!({"S": other}),
        }
    }
    let Ok(Value::Object(all)) = serde_json::to_value(item) else { return Value::Null };
    Value::Object(all.into_iter().map(|(name, it)| (name, attribute(it))).collect())
}
