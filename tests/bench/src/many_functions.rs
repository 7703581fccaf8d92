//! A function in each of many accounts, with the bucket of its code and the table of deployments: as far as a delivery and the way back
//! need them. A change of code and a version are at work until they are asked for. Who asked what, and when, is remembered.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::canned::{ACCOUNT, Canned, OneImage, json as answer, s3_error, xml};
use crate::clock;
use crate::http::Answer;

/// What the paths of Lambda begin with: all but provisioned concurrency, and that.
pub const PATHS: [&str; 2] = ["/2015-03-31/functions/", "/2019-09-30/functions/"];

/// The function, and its alias.
pub const FUNCTION: &str = "orders";
pub const ALIAS: &str = "live";

/// The functions, the code that was put, and what was asked.
#[derive(Default)]
pub struct ManyFunctions(Mutex<State>);

#[derive(Default)]
struct State {
    /// By account.
    functions: BTreeMap<String, Function>,
    /// The hash of each object, by its key.
    codes: BTreeMap<String, String>,
    /// The items of the table, by their keys.
    items: BTreeMap<(String, String), Value>,
    /// Each call: its account, and when it came.
    calls: Vec<(String, Instant)>,
}

/// A function of an account.
struct Function {
    code: String,
    versions: Vec<String>,
    alias: String,
    changes: u32,
}

impl Default for Function {
    fn default() -> Self {
        Self { code: "old".into(), versions: vec!["old".into()], alias: "1".into(), changes: 0 }
    }
}

/// Names the operation of a request to Lambda.
pub fn operation(method: &Method, path: &str) -> String {
    let name = match (method.as_str(), path.rsplit('/').next().unwrap_or_default()) {
        ("GET", "provisioned-concurrency") => "ListProvisionedConcurrencyConfigs",
        ("GET", "configuration") => "GetFunctionConfiguration",
        ("GET", ALIAS) => "GetAlias",
        ("GET", _) => "GetFunction",
        ("PUT", "code") => "UpdateFunctionCode",
        ("PUT", ALIAS) => "UpdateAlias",
        ("POST", "versions") => "PublishVersion",
        _ => "an unknown operation of Lambda",
    };
    name.to_owned()
}

/// The id of the account with this number.
pub fn account(number: usize) -> String {
    format!("2000{number:08}")
}

/// The zip of a function, which nothing unpacks.
pub const ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

impl ManyFunctions {
    /// The longest chain of calls at the hub and in one account, each of which came after the one before was answered; and what was
    /// asked since this was last called is forgotten.
    pub fn take_path(&self, latency: Duration) -> u32 {
        let calls = std::mem::take(&mut self.state().calls);
        let mut accounts: Vec<_> = calls.iter().map(|(account, _)| account).filter(|it| *it != ACCOUNT).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let of = |account: &String| chain(&calls, account, latency);
        accounts.into_iter().map(of).max().unwrap_or_default()
    }

    /// Makes an object of code known that was put before.
    pub fn know(&self, key: &str, hash: &str) {
        self.state().codes.insert(key.to_owned(), hash.to_owned());
    }

    /// Fails unless the alias in each of so many accounts is at this version, which has other code than the first one.
    pub fn require(&self, accounts: usize, version: &str) -> Result<()> {
        let state = self.state();
        for number in 0..accounts {
            let at = state.functions.get(&account(number)).map(|it| it.alias.as_str());
            ensure!(at == Some(version), "the alias of account {} is at {at:?}", account(number));
        }
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many calls come one after the other: calls come in the order of their time, and each takes as long.
fn chain(calls: &[(String, Instant)], account: &str, latency: Duration) -> u32 {
    let (mut length, mut answered) = (0, None);
    for (_, at) in calls.iter().filter(|(of, _)| of == account || of == ACCOUNT) {
        if answered.is_none_or(|answered| *at >= answered) {
            length += 1;
            answered = Some(*at + latency);
        }
    }
    length
}

impl Canned for ManyFunctions {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        let account = signer(request);
        let mut state = self.state();
        state.calls.push((account.clone(), clock::now()));
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        match operation {
            "AssumeRole" => xml(&assumed(&String::from_utf8_lossy(request.body()))),
            "PutObject" => state.put(request),
            "TransactWriteItems" => state.write(&body),
            "GetItem" => answer(&state.item(&body).to_string()),
            "Query" => answer(&state.history(&body).to_string()),
            _ if PATHS.iter().any(|it| request.uri().path().starts_with(it)) => {
                state.of_lambda(&account, operation, request.uri().query().unwrap_or_default(), &body)
            }
            _ => OneImage.answer(operation, request),
        }
    }
}

impl State {
    /// The hash is what the client says of it; the name of the object has it too.
    fn put(&mut self, request: &Request<Bytes>) -> Answer {
        let hash = request.headers().get("x-amz-checksum-sha256").and_then(|it| it.to_str().ok());
        let Some(hash) = hash else { return s3_error(StatusCode::BAD_REQUEST, "NoChecksum") };
        let key =
            request.uri().path().rsplit_once("/code/").map_or_else(String::new, |(_, name)| format!("code/{name}"));
        self.codes.insert(key, hash.to_owned());
        let mut done = xml("");
        done.headers_mut().insert("x-amz-version-id", HeaderValue::from_static("3HL4kqtJlcpXroDTDmJ"));
        done
    }

    fn of_lambda(&mut self, account: &str, operation: &str, query: &str, body: &Value) -> Answer {
        let Self { functions, codes, .. } = self;
        let it = functions.entry(account.to_owned()).or_default();
        let value = match operation {
            "GetFunction" => json!({"Configuration": it.latest("Successful"), "Tags": {}}),
            "GetFunctionConfiguration" => match query.strip_prefix("Qualifier=").map(str::parse) {
                Some(Ok(number)) => it.version(number, "Active"),
                _ => it.latest("Successful"),
            },
            "ListProvisionedConcurrencyConfigs" => json!({"ProvisionedConcurrencyConfigs": []}),
            "GetAlias" => it.alias(),
            "UpdateFunctionCode" => {
                let code = body["S3Key"].as_str().and_then(|key| codes.get(key)).cloned();
                let is_rehearsal = body["DryRun"] == true;
                if let Some(code) = code.filter(|_| !is_rehearsal) {
                    it.code = code;
                    it.changes += 1;
                }
                it.latest(if is_rehearsal { "Successful" } else { "InProgress" })
            }
            "PublishVersion" => {
                if it.versions.last() != Some(&it.code) {
                    it.versions.push(it.code.clone());
                }
                it.version(it.versions.len(), "Pending")
            }
            "UpdateAlias" => {
                body["FunctionVersion"].as_str().unwrap_or_default().clone_into(&mut it.alias);
                it.changes += 1;
                it.alias()
            }
            _ => return s3_error(StatusCode::BAD_REQUEST, "InvalidAction"),
        };
        answer(&value.to_string())
    }

    /// Writes without a condition: one deployment at a time is measured.
    fn write(&mut self, body: &Value) -> Answer {
        for part in body["TransactItems"].as_array().into_iter().flatten() {
            let (put, delete) = (&part["Put"]["Item"], &part["Delete"]["Key"]);
            if put.is_object() {
                self.items.insert(key(put), put.clone());
            }
            if delete.is_object() {
                self.items.remove(&key(delete));
            }
        }
        answer("{}")
    }

    fn item(&self, body: &Value) -> Value {
        self.items.get(&key(&body["Key"])).map_or_else(|| json!({}), |it| json!({"Item": it}))
    }

    fn history(&self, body: &Value) -> Value {
        let id = body["ExpressionAttributeValues"][":id"]["S"].as_str().unwrap_or_default();
        let lines = self.items.iter().rev().filter(|((of, part), _)| of == id && part != "-");
        let lines: Vec<_> = lines.map(|(_, it)| it).collect();
        json!({"Count": lines.len(), "Items": lines})
    }
}

impl Function {
    fn latest(&self, update: &str) -> Value {
        json!({"FunctionName": FUNCTION, "Version": "$LATEST", "CodeSha256": self.code, "RevisionId": self.revision(),
            "State": "Active", "LastUpdateStatus": update})
    }

    fn version(&self, number: usize, state: &str) -> Value {
        let code = number.checked_sub(1).and_then(|at| self.versions.get(at));
        json!({"FunctionName": FUNCTION, "Version": number.to_string(), "CodeSha256": code, "RevisionId": self.revision(),
            "State": state, "LastUpdateStatus": "Successful"})
    }

    fn alias(&self) -> Value {
        json!({"Name": ALIAS, "FunctionVersion": self.alias, "RevisionId": self.revision()})
    }

    fn revision(&self) -> String {
        format!("7a1b2c3d-0000-4000-8000-{:012}", self.changes)
    }
}

fn key(item: &Value) -> (String, String) {
    let of = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    (of("id"), of("part"))
}

/// Who signed: access keys are accounts here.
fn signer(request: &Request<Bytes>) -> String {
    let signed = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = signed.split("Credential=").nth(1).and_then(|scope| scope.split('/').next());
    key.unwrap_or_default().to_owned()
}

fn assumed(form: &str) -> String {
    let arn = form.split('&').find_map(|pair| pair.strip_prefix("RoleArn=")).unwrap_or_default();
    let account = arn.split("%3A").nth(4).unwrap_or_default();
    format!(
        r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:delivery</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/delivery/delivery</Arn></AssumedRoleUser><Credentials><AccessKeyId>{account}</AccessKeyId><SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey><SessionToken>IQoJb3JpZ2luX2VjEXAMPLE</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></AssumeRoleResponse>"#
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ACCOUNT, account, chain};
    use crate::clock;

    #[test]
    fn calls_side_by_side_are_one_step_of_the_path_and_those_of_other_accounts_none() {
        let (begin, latency) = (clock::now(), Duration::from_millis(50));
        let at = |of: &str, millis| (of.to_owned(), begin + Duration::from_millis(millis));
        let (one, other) = (account(1), account(2));
        let calls = [at(ACCOUNT, 0), at(&one, 51), at(&one, 52), at(&other, 60), at(&other, 111), at(&one, 130)];
        assert_eq!(chain(&calls, &one, latency), 3);
        assert_eq!(chain(&calls, &other, latency), 3);
        assert_eq!(chain(&[], &one, latency), 0);
    }
}
