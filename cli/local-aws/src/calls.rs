//! The calls that were made, kept by account in the order of their arrival.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::fault_kind::FaultKind;
use crate::routes::SECRETS_MANAGER;

/// Bodies are kept up to this many bytes: enough for any JSON or form, not for uploads.
const BODY: usize = 16 * 1024;

/// One request as it came in, and how it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The account that the request's credential stands for.
    pub account: String,
    /// The region in its credential scope.
    pub region: String,
    /// The service in its credential scope (`ec2`, `dynamodb`, ...).
    pub service: String,
    /// The operation by its API name, or method and path where that is not known.
    pub operation: String,
    /// The HTTP status of the answer; none while there is no answer, or when there never was one.
    pub status: Option<u16>,
    /// The fault that it met.
    pub fault: Option<FaultKind>,
    /// The access key that it was signed with.
    pub access_key: String,
    /// The `User-Agent`, which tells a function's calls from a test's own.
    pub user_agent: String,
    /// Whose bucket the caller takes it for (`x-amz-expected-bucket-owner`), which no server here compares.
    #[serde(default)]
    pub expected_owner: Option<String>,
    /// Path and query as sent.
    pub path: String,
    /// The body as text, cut after 16 KiB; of a call to Secrets Manager, which may carry a secret, only which one it is about.
    pub body: String,
}

impl Call {
    /// The call as the IAM engine is told of it.
    #[must_use]
    pub fn to_iam(&self) -> Value {
        self.told(&self.body)
    }

    /// The call as the IAM engine is told of it, with its whole body.
    pub(crate) fn told(&self, body: &str) -> Value {
        let Self { account, region, service, operation, path, .. } = self;
        json!({
            "account": account, "region": region, "service": service, "operation": operation, "path": path, "body": body,
        })
    }

    /// The bucket and the key of an object that this call writes.
    pub(crate) fn object_written(&self) -> Option<(String, String)> {
        let is_writing = ["CompleteMultipartUpload", "CopyObject", "PutObject"].contains(&self.operation.as_str());
        if self.service != "s3" || !is_writing {
            return None;
        }
        let path = self.path.split('?').next()?.trim_start_matches('/');
        let (bucket, key) = path.split_once('/')?;
        Some((bucket.to_owned(), decoded(key)))
    }

    /// The text of a body as it is recorded.
    pub(crate) fn text_of(service: &str, body: &[u8]) -> String {
        if service == SECRETS_MANAGER {
            let asked: Value = serde_json::from_slice(body).unwrap_or_default();
            return asked.get("SecretId").map(|id| json!({"SecretId": id}).to_string()).unwrap_or_default();
        }
        String::from_utf8_lossy(&body[..body.len().min(BODY)]).into_owned()
    }
}

/// A path without its encoding: what a form would decode, but for `+`, which is itself in a path.
fn decoded(path: &str) -> String {
    let form = format!("={}", path.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(form.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// Where a recorded call is found again when its answer is known.
pub(crate) struct Place {
    account: String,
    index: usize,
}

/// All calls since the start, by account.
#[derive(Debug, Default)]
pub(crate) struct CallLog(Mutex<HashMap<String, OfAccount>>);

/// The calls of one account, oldest first, and what is notified when another comes.
#[derive(Debug, Default)]
struct OfAccount {
    calls: Vec<Call>,
    arrival: Arc<Notify>,
}

impl CallLog {
    /// Records a call on its arrival.
    pub(crate) fn record(&self, call: Call) -> Place {
        let account = call.account.clone();
        let (index, arrival) = self.of(&account, |it| {
            it.calls.push(call);
            (it.calls.len() - 1, Arc::clone(&it.arrival))
        });
        arrival.notify_waiters();
        Place { account, index }
    }

    /// Records how a call was answered.
    pub(crate) fn answer(&self, place: &Place, status: u16) {
        self.of(&place.account, |it| {
            if let Some(call) = it.calls.get_mut(place.index) {
                call.status = Some(status);
            }
        });
    }

    /// The calls of one account, oldest first, without the first `skipped` ones.
    pub(crate) fn since(&self, account: &str, skipped: usize) -> Vec<Call> {
        self.of(account, |it| it.calls.get(skipped..).unwrap_or_default().to_vec())
    }

    /// How many calls an account has made.
    pub(crate) fn count(&self, account: &str) -> usize {
        self.of(account, |it| it.calls.len())
    }

    /// What is notified when a call of this account is recorded.
    pub(crate) fn arrival(&self, account: &str) -> Arc<Notify> {
        self.of(account, |it| Arc::clone(&it.arrival))
    }

    fn of<T>(&self, account: &str, then: impl FnOnce(&mut OfAccount) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        then(all.entry(account.to_owned()).or_default())
    }
}
