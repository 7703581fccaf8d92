//! The AWS of one push, which every event repeats: of `receive-webhook`, a secret and a queue; of `mirror-repository`, a bucket that has
//! what the branch has already, and a forge that says so.

use bytes::Bytes;
use hyper::{Request, Response};

use crate::canned::{Canned, OneImage, document, json, s3_error};
use crate::http::Answer;
use crate::mirrored_bucket::{BUCKET, LIST, NAME};

/// The commit that the branch has, and the bucket.
const COMMIT: &str = "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";
/// What the paths of the forge begin with.
pub const FORGE: &str = "/acme/templates.git";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hooks-AbCdEf";

/// What `mirror-repository` is told beside what all are.
pub const MIRROR: [(&str, &str); 2] = [("SIGNALBOX_REPOSITORIES", LIST), ("SIGNALBOX_MIRROR_BUCKET", BUCKET)];

/// What `receive-webhook` is told beside what all are.
pub const WEBHOOK: [(&str, &str); 2] = [
    (
        "SIGNALBOX_HOOKS",
        r#"{"/github": {"forge": "github", "secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hooks-AbCdEf", "repositories": {"1296269": "acme/templates"}}}"#,
    ),
    ("SIGNALBOX_QUEUE", "https://sqs.eu-west-1.amazonaws.com/111122223333/mirror-repository.fifo"),
];

/// The request of GitHub that the stories have, with the signature of their secret.
pub const REQUEST: &str = include_str!("../../../events/receive-webhook/a-branch-was-pushed-at-github.json");

/// The secret and the queue.
pub struct OneHook;

impl Canned for OneHook {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "GetSecretValue" => {
                let value = serde_json::json!({"secret": "It's a Secret to Everybody"}).to_string();
                json(&serde_json::json!({"ARN": SECRET, "Name": "hooks", "SecretString": value}).to_string())
            }
            "SendMessage" => json(
                r#"{"MessageId": "5fea7756-0ea4-451a-a703-a558b933e274", "MD5OfMessageBody": "fafb00f5732ab283681e124bf8747ed1", "SequenceNumber": "18850496460636512000"}"#,
            ),
            _ => OneImage.answer(operation, request),
        }
    }
}

/// The bucket and the forge, which are at one address here.
pub struct OneRepository {
    /// Whom to trust, where they speak TLS.
    pub authority: Option<String>,
}

impl Canned for OneRepository {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        let path = request.uri().path();
        if let Some(rest) = path.strip_prefix(FORGE) {
            return forge(rest);
        }
        match operation {
            "GetObject" if path.ends_with("/repositories.json") => {
                document(request, &self.list(request), "\"0123456789abcdef0123456789abcdef\"")
            }
            "GetObject" if path.ends_with("/manifest.json") => {
                document(request, &manifest(), "\"5d41402abc4b2a76b9719d911017c592\"")
            }
            "GetObject" if path.contains(BUCKET) => s3_error(hyper::StatusCode::NOT_FOUND, "NoSuchKey"),
            _ => OneImage.answer(operation, request),
        }
    }
}

impl OneRepository {
    fn list(&self, request: &Request<Bytes>) -> String {
        let host = request.headers().get("host").and_then(|it| it.to_str().ok()).unwrap_or_default();
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        let mut from = serde_json::json!({"https": format!("{scheme}://{host}{FORGE}")});
        if let Some(authority) = &self.authority {
            from["certificates"] = authority.as_str().into();
        }
        serde_json::json!({"repositories": {NAME: {"from": from, "branch": "main", "largest": LARGEST}}}).to_string()
    }
}

const LARGEST: u64 = 1 << 20;

fn manifest() -> String {
    let file = serde_json::json!({"mode": "file", "blob": "2e".repeat(20), "size": 7, "etag": "\"5d41402abc4b2a76b9719d911017c592\""});
    serde_json::json!({
        "format": 1,
        "repository": NAME,
        "branch": "main",
        "commit": COMMIT,
        "rules": {"largest": LARGEST, "lfs": false},
        "files": {"root.yaml": file},
        "left": [],
    })
    .to_string()
}

/// What a server of git's protocol says of itself, and of the branch.
fn forge(path: &str) -> Answer {
    let (text, kind) = if path == "/info/refs" {
        let abilities =
            ["version 2\n", "agent=git/2.39.5\n", "ls-refs\n", "fetch=shallow filter\n", "object-format=sha1\n"];
        let abilities: String = abilities.iter().map(|it| line(it)).collect();
        (format!("{}0000{abilities}0000", line("# service=git-upload-pack\n")), "advertisement")
    } else {
        (format!("{}0000", line(&format!("{COMMIT} refs/heads/main\n"))), "result")
    };
    let mut answer = Response::new(bytes::Bytes::from(text).into());
    if let Ok(kind) = format!("application/x-git-upload-pack-{kind}").parse() {
        answer.headers_mut().insert("content-type", kind);
    }
    answer
}

/// <https://git-scm.com/docs/protocol-common#_pkt_line_format>
fn line(text: &str) -> String {
    format!("{:04x}{text}", text.len() + 4)
}
