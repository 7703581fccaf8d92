//! Requests from outside: who sends one hears whether it was taken, and never why not.

use aws_smithy_types::base64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Trial;

/// HMAC (RFC 2104) with SHA-256, as a sender computes it.
fn signature(key: &[u8], body: &[u8]) -> String {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(body).finalize();
    base64::encode(Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize())
}

fn request(body: &[u8], signature: Option<&str>) -> Value {
    let headers = signature.map_or_else(|| json!({}), |it| json!({"X-Signature": it}));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": headers,
        "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "192.0.2.1"}, "requestId": "a-request"},
        "body": base64::encode(body), "isBase64Encoded": true,
    })
}

fn signed(body: &str) -> Value {
    request(body.as_bytes(), Some(&signature(b"a key of the tests", body.as_bytes())))
}

fn work(does: &str) -> Value {
    signed(&json!({"id": does, "does": does}).to_string())
}

#[tokio::test]
async fn the_status_says_whether_a_request_was_taken_and_nothing_says_why_not() {
    let trial = Trial::start("http", &[]).await;
    let body = json!({"id": "forged", "does": "apply"}).to_string();
    let forged = signature(b"another key", body.as_bytes());
    let replaced = request(b"{}", Some(&signature(b"a key of the tests", body.as_bytes())));
    for (status, event) in [
        (202, work("apply")),
        (202, work("ignore")),
        (401, request(body.as_bytes(), None)),
        (401, request(body.as_bytes(), Some(&forged))),
        (401, request(body.as_bytes(), Some("no base64"))),
        (401, replaced),
        (400, work("refuse")),
        (400, signed("no json")),
        (400, signed("{}")),
        (400, json!({"no": "request"})),
        (503, work("fail")),
        (503, work("panic")),
        (503, work("panic-at-once")),
        (503, signed("unknown")),
        (503, signed("panic")),
    ] {
        let expected = json!({"statusCode": status, "headers": {"content-type": "text/plain"}, "body": ""});
        assert_eq!(trial.respond(&event).await, expected, "{event}");
    }
    let claimed = trial.world.dynamodb.scan().table_name(crate::world::LEDGER).send().await.unwrap();
    let claimed = format!("{:?}", claimed.items());
    assert!(claimed.contains("apply") && !claimed.contains("forged"), "nothing of it is claimed: {claimed}");
    let (output, lines) = trial.end().await;
    let rejected = |line: &Value| line["message"].as_str().is_some_and(|it| it.contains("not admitted"));
    let (rejections, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| rejected(line));
    assert_eq!((others.len(), rejections.len() < 4), (11, true), "four rejections have fewer lines: {output}");
    assert!(output.contains("\"RejectedCount\":1"), "{output}");
    assert!(output.contains("payroll"), "the log says why: {output}");
    assert!(lines.iter().filter(|line| line["outcome"] == "ignored").all(|line| line["level"] == "INFO"), "{output}");
}
