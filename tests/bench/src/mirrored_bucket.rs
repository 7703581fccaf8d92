//! The AWS of a mirror: a bucket with what was written there, on conditions, listed and deleted; and the list of repositories. Of an
//! object only what has to be read again is kept, and of the others their sizes and a hash.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, ensure};
use bytes::Bytes;
use hyper::header::{CONTENT_ENCODING, ETAG, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use hyper::{Request, StatusCode};

use crate::canned::{Canned, OneImage, document, s3_error, xml};
use crate::git_server::File;
use crate::http::Answer;

/// The bucket that is mirrored to.
pub const BUCKET: &str = "signalbox-bench-mirror";
/// Where the list of repositories lies.
pub const LIST: &str = "s3://signalbox-bench/repositories.json";
/// The repository's name.
pub const NAME: &str = "acme/templates";

/// The keys of Signalbox's own objects begin so.
const OWN: &str = ".signalbox/";

/// What the queue hands over.
pub fn message() -> String {
    let message = serde_json::json!({"repository": NAME, "ref": "refs/heads/main", "delivery": "bench"});
    serde_json::json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": message.to_string(),
        "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": NAME},
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:mirror-repository.fifo",
        "awsRegion": "eu-west-1",
    }]})
    .to_string()
}

/// The bucket, and the list of repositories.
pub struct MirroredBucket {
    list: String,
    objects: Mutex<BTreeMap<String, Object>>,
}

struct Object {
    etag: String,
    size: u64,
    hash: u64,
    /// Of Signalbox's own objects.
    body: Option<Bytes>,
}

impl MirroredBucket {
    /// An empty bucket, to which the repository at this address is mirrored.
    pub fn of(url: &str, largest: u64) -> Self {
        let repository = serde_json::json!({"from": {"https": url}, "branch": "main", "largest": largest});
        let list = serde_json::json!({"repositories": {NAME: repository}}).to_string();
        Self { list, objects: Mutex::default() }
    }

    /// Loses everything.
    pub fn empty(&self) {
        self.objects().clear();
    }

    /// Fails where the repository's objects are not these files.
    pub fn require<'a>(&self, files: impl Iterator<Item = &'a File>) -> Result<()> {
        let objects = self.objects();
        let prefix = format!("{NAME}/");
        let mut number = 0;
        for file in files {
            number += 1;
            let found = objects.get(&format!("{prefix}{}", file.path));
            let is_same = found.is_some_and(|it| it.hash == hash(&file.content));
            ensure!(is_same, "{} is not in the bucket as git has it", file.path);
        }
        let there = objects.keys().filter(|it| it.starts_with(&prefix)).count();
        ensure!(there == number, "{there} objects for {number} files");
        Ok(())
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, key: String, request: &Request<Bytes>) -> Answer {
        let mut objects = self.objects();
        let given = |name| request.headers().get(name).and_then(|it| it.to_str().ok());
        let there = objects.get(&key).map(|it| it.etag.as_str());
        if given(IF_NONE_MATCH).is_some() && there.is_some() || given(IF_MATCH).is_some_and(|it| there != Some(it)) {
            return s3_error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let is_chunked = given(CONTENT_ENCODING).is_some_and(|it| it.contains("aws-chunked"));
        let body = if is_chunked { unchunked(request.body()) } else { request.body().clone() };
        let hash = hash(&body);
        let etag = format!("\"{hash:032x}\"");
        let answer = with_etag(xml(""), &etag);
        let size = body.len() as u64;
        let body = key.starts_with(OWN).then_some(body);
        objects.insert(key, Object { etag, size, hash, body });
        answer
    }

    fn get(&self, key: &str) -> Answer {
        match self.objects().get(key) {
            Some(Object { etag, body: Some(body), .. }) => {
                let mut answer = with_etag(xml(""), etag);
                *answer.body_mut() = body.clone().into();
                answer
            }
            _ => s3_error(StatusCode::NOT_FOUND, "NoSuchKey"),
        }
    }

    fn head(&self, key: &str) -> Answer {
        match self.objects().get(key) {
            Some(Object { etag, .. }) => with_etag(xml(""), etag),
            None => s3_error(StatusCode::NOT_FOUND, "NotFound"),
        }
    }

    fn delete(&self, key: &str) -> Answer {
        self.objects().remove(key);
        let mut answer = xml("");
        *answer.status_mut() = StatusCode::NO_CONTENT;
        answer
    }

    fn delete_all(&self, body: &Bytes) -> Answer {
        let text = String::from_utf8_lossy(body);
        let mut objects = self.objects();
        for key in text.split("<Key>").skip(1).filter_map(|it| it.split_once("</Key>")) {
            objects.remove(key.0);
        }
        xml(r#"<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>"#)
    }

    /// A thousand at a time. Paths here need no encoding.
    fn list(&self, query: &str) -> Answer {
        let value = |name: &str| {
            let found = query.split('&').filter_map(|it| it.split_once('=')).find(|(it, _)| *it == name);
            found.map(|(_, value)| decoded(value)).unwrap_or_default()
        };
        let (prefix, after) = (value("prefix"), value("continuation-token"));
        let objects = self.objects();
        let rest = objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
        let page: Vec<_> = rest.take(1001).collect();
        let mut text = String::new();
        for (key, Object { etag, size, .. }) in page.iter().take(1000) {
            _ = write!(
                text,
                "<Contents><Key>{key}</Key><LastModified>2026-11-20T10:00:00.000Z</LastModified><ETag>{etag}</ETag>\
                 <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            );
        }
        let more = page.len() > 1000;
        if let Some((last, _)) = page.get(999).filter(|_| more) {
            _ = write!(text, "<NextContinuationToken>{last}</NextContinuationToken>");
        }
        xml(&format!(
            r#"<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name><Prefix>{prefix}</Prefix><MaxKeys>1000</MaxKeys><IsTruncated>{more}</IsTruncated>{text}</ListBucketResult>"#
        ))
    }
}

impl Canned for MirroredBucket {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        let path = decoded(request.uri().path());
        let of_bucket = path.strip_prefix('/').and_then(|it| it.strip_prefix(BUCKET));
        let Some(key) = of_bucket.map(|it| it.trim_start_matches('/')) else {
            if operation == "GetObject" && LIST.ends_with(&path) {
                return document(request, &self.list, "\"0123456789abcdef0123456789abcdef\"");
            }
            return OneImage.answer(operation, request);
        };
        match operation {
            "PutObject" => self.put(key.to_owned(), request),
            "GetObject" => self.get(key),
            "HeadObject" => self.head(key),
            "DeleteObject" => self.delete(key),
            "DeleteObjects" => self.delete_all(request.body()),
            "ListObjectsV2" => self.list(request.uri().query().unwrap_or_default()),
            _ => OneImage.answer(operation, request),
        }
    }
}

fn with_etag(mut answer: Answer, etag: &str) -> Answer {
    if let Ok(etag) = HeaderValue::from_str(etag) {
        answer.headers_mut().insert(ETAG, etag);
    }
    answer
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// A body that came in chunks with a checksum after them, as what is read from a file does.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
fn unchunked(body: &Bytes) -> Bytes {
    let (mut whole, mut rest) = (Vec::with_capacity(body.len()), &body[..]);
    while let Some(end) = rest.windows(2).position(|it| it == b"\r\n") {
        let head = String::from_utf8_lossy(&rest[..end]);
        let length = head.split(';').next().and_then(|it| usize::from_str_radix(it, 16).ok()).unwrap_or_default();
        let Some(chunk) = rest.get(end + 2..end + 2 + length).filter(|_| length > 0) else { break };
        whole.extend_from_slice(chunk);
        rest = rest.get(end + 4 + length..).unwrap_or_default();
    }
    whole.into()
}

/// Without percent encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let two = |rest: &mut std::str::Bytes<'_>| {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
        };
        bytes.push(if byte == b'%' { two(&mut rest).unwrap_or(b'?') } else { byte });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{decoded, unchunked};

    #[test]
    fn chunks_are_put_together_and_paths_are_decoded() {
        let body = Bytes::from_static(b"5;x=1\r\nabcde\r\n2\r\n\r\n\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n");
        assert_eq!(unchunked(&body), Bytes::from_static(b"abcde\r\n"));
        assert_eq!(decoded("/a%20b/%2Bc"), "/a b/+c");
    }
}
