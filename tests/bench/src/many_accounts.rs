//! An organization of many accounts, in each of which a role can be assumed that may ask who it is. Who asked what is
//! remembered, and when the first role was assumed and the last question answered. Organizations keeps its documented rates where
//! accounts are chosen by a tag.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Request;
use hyper::header::AUTHORIZATION;

use crate::buckets::Buckets;
use crate::canned::{ACCOUNT, Canned, OneImage, json, json_error, xml};
use crate::clock;
use crate::http::Answer;
use crate::runs_bucket::RunsBucket;

/// How many accounts Organizations lists in one page.
const PAGE: usize = 20;

/// The accounts, and what they were asked.
pub struct ManyAccounts {
    number: usize,
    page: usize,
    buckets: Buckets,
    asked: Mutex<Asked>,
    runs: RunsBucket,
}

#[derive(Default)]
struct Asked {
    assumed: BTreeMap<String, u32>,
    /// By access key, which is the account's, and region.
    identities: BTreeMap<(String, String), u32>,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl ManyAccounts {
    /// So many accounts beside the calling one. Of more than a thousand each page has a thousand, or listing them at the
    /// documented rate would take longer than everything else.
    pub fn new(number: usize) -> Self {
        let page = if number > 1_000 { 1_000 } else { PAGE };
        Self { number, page, buckets: Buckets::default(), asked: Mutex::default(), runs: RunsBucket::default() }
    }

    /// The same, where Organizations keeps its documented rates.
    pub fn at_rates(number: usize) -> Self {
        Self { buckets: Buckets::documented(), ..Self::new(number) }
    }

    /// Whether each role was assumed once, and each account asked once in so many regions.
    pub fn is_right(&self, regions: usize, times: u32) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_whole = asked.assumed.len() == self.number && asked.identities.len() == self.number * regions;
        let is_once = asked.identities.values().all(|it| *it == 1);
        is_whole && is_once && asked.assumed.values().all(|it| *it == times)
    }

    /// From the first role that was asked for to the last answer that was begun.
    pub fn time(&self) -> Option<Duration> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        Some(asked.last? - asked.first?)
    }

    /// When the first role was assumed: the accounts have been chosen then.
    pub fn first(&self) -> Option<Instant> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).first
    }

    fn list(&self, body: &Bytes) -> String {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let from = body["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
        let all = self.number + 1;
        let end = (from + self.page).min(all);
        let accounts: Vec<_> = (from..end).map(account).collect();
        let next = (end < all).then(|| end.to_string());
        serde_json::json!({"Accounts": accounts, "NextToken": next}).to_string()
    }

    fn assume(&self, form: &str) -> String {
        let arn = form.split('&').find_map(|pair| pair.strip_prefix("RoleArn=")).unwrap_or_default();
        let account = arn.split("%3A").nth(4).unwrap_or_default().to_owned();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.first.get_or_insert_with(clock::now);
        *asked.assumed.entry(account.clone()).or_default() += 1;
        format!(
            r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:fleet</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/fleet/fleet</Arn></AssumedRoleUser><Credentials><AccessKeyId>{account}</AccessKeyId><SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey><SessionToken>IQoJb3JpZ2luX2VjEXAMPLE</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></AssumeRoleResponse>"#
        )
    }

    /// Who signed, and for which region.
    fn identify(&self, request: &Request<Bytes>) -> String {
        let signed = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut scope = signed.split("Credential=").nth(1).unwrap_or_default().split('/');
        let (account, region) = (scope.next().unwrap_or_default(), scope.nth(1).unwrap_or_default());
        if account != ACCOUNT {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            *asked.identities.entry((account.to_owned(), region.to_owned())).or_default() += 1;
            asked.last = Some(clock::now());
        }
        format!(
            r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::{account}:assumed-role/fleet/fleet</Arn><UserId>AROAEXAMPLE:fleet</UserId><Account>{account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#
        )
    }
}

impl Canned for ManyAccounts {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        if !self.buckets.take(operation) {
            return json_error("TooManyRequestsException", "Another request is already in progress. Try again later.");
        }
        match operation {
            "ListTagsForResource" => json(TAGS),
            "ListAccounts" => json(&self.list(request.body())),
            "AssumeRole" => xml(&self.assume(&String::from_utf8_lossy(request.body()))),
            "GetCallerIdentity" => xml(&self.identify(request)),
            _ => self.runs.answer(operation, request).unwrap_or_else(|| OneImage.answer(operation, request)),
        }
    }

    fn take_refused(&self) -> u32 {
        self.buckets.take_refused()
    }
}

/// The tag that the accounts are chosen by, and that each of them has.
pub const TAG: &str = "tag:env=prod";
const TAGS: &str = r#"{"Tags": [{"Key": "team", "Value": "data"}, {"Key": "env", "Value": "prod"}]}"#;

/// The account of a number; the first is the calling one.
fn account(number: usize) -> serde_json::Value {
    let id = if number == 0 { ACCOUNT.to_owned() } else { format!("1000{number:08}") };
    serde_json::json!({
        "Id": id, "Arn": format!("arn:aws:organizations::{ACCOUNT}:account/o-exampleorgid/{id}"),
        "Email": format!("account-{number}@example.com"), "Name": format!("account-{number}"),
        "Status": "ACTIVE", "State": "ACTIVE", "JoinedMethod": "CREATED", "JoinedTimestamp": 1_700_000_000,
    })
}

#[cfg(test)]
mod tests {
    use super::ManyAccounts;

    #[test]
    fn all_accounts_are_listed_page_by_page() {
        let accounts = ManyAccounts::new(45);
        let (mut ids, mut token) = (Vec::new(), serde_json::Value::Null);
        loop {
            let body = serde_json::json!({"NextToken": token}).to_string();
            let page: serde_json::Value = serde_json::from_str(&accounts.list(&body.into())).unwrap();
            ids.extend(page["Accounts"].as_array().unwrap().iter().map(|it| it["Id"].to_string()));
            token = page["NextToken"].clone();
            if token.is_null() {
                break;
            }
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 46);
    }

    #[test]
    fn what_was_not_asked_of_everybody_is_not_right() {
        let accounts = ManyAccounts::new(1);
        let form = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A100000000001%3Arole%2Ffleet";
        assert!(accounts.assume(form).contains("<AccessKeyId>100000000001</AccessKeyId>"));
        assert!(!accounts.is_right(1, 1));
        let scope = "AWS4-HMAC-SHA256 Credential=100000000001/20261120/eu-west-1/sts/aws4_request, SignedHeaders=host";
        let request = hyper::Request::builder().header("authorization", scope).body(bytes::Bytes::new()).unwrap();
        accounts.identify(&request);
        assert!(accounts.is_right(1, 1) && !accounts.is_right(2, 1) && !accounts.is_right(1, 2));
        accounts.identify(&request);
        assert!(!accounts.is_right(1, 1), "asked twice");
    }
}
