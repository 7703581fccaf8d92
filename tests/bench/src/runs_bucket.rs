//! The bucket of the runs of a fleet: what was written there, listed and read again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};

use crate::canned::{s3_error, xml};
use crate::http::Answer;

/// How many objects S3 lists in one page.
const PAGE: usize = 1_000;

/// The objects, by their keys.
#[derive(Default)]
pub struct RunsBucket(Mutex<BTreeMap<String, Bytes>>);

impl RunsBucket {
    /// What S3 answers, if this is a request for it.
    pub fn answer(&self, operation: &str, request: &Request<Bytes>) -> Option<Answer> {
        let key = request.uri().path().splitn(3, '/').nth(2).unwrap_or_default().replace("%3D", "=");
        let mut objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match operation {
            "PutObject" => {
                objects.insert(key, request.body().clone());
                Answer::new(Full::default())
            }
            "GetObject" | "HeadObject" => match objects.get(&key) {
                Some(body) => Answer::new(Full::new(body.clone())),
                None => s3_error(StatusCode::NOT_FOUND, "NoSuchKey"),
            },
            "ListObjectsV2" => xml(&listed(&objects, request.uri().query().unwrap_or_default())),
            _ => return None,
        };
        Some(answer)
    }
}

/// A page of the keys, from the token on, which is the last key of the page before.
fn listed(objects: &BTreeMap<String, Bytes>, query: &str) -> String {
    let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let plain = |text: &str| text.replace("%2F", "/").replace("%3D", "=");
    let (prefix, token) = (field("prefix").map(plain).unwrap_or_default(), field("continuation-token").map(plain));
    let found =
        objects.keys().filter(|key| key.starts_with(&prefix) && token.as_ref().is_none_or(|token| *key > token));
    let page: Vec<_> = found.take(PAGE + 1).collect();
    let mut told = String::from("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for key in page.iter().take(PAGE) {
        let _ = write!(told, "<Contents><Key>{key}</Key><Size>1</Size></Contents>");
    }
    if page.len() > PAGE {
        let _ = write!(
            told,
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{}</NextContinuationToken>",
            page[PAGE - 1]
        );
    }
    told + "</ListBucketResult>"
}
