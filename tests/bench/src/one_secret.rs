//! The AWS of what rotates: one secret whose new version is about to become current, whatever was changed before; so every
//! event is the last step of a rotation, and makes the same calls.
//!
//! It is the step that speaks only to AWS. What a token's server or a database takes is theirs.

use bytes::Bytes;
use hyper::Request;

use crate::canned::{ACCOUNT, Canned, OneImage, json};
use crate::http::Answer;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf";
const CURRENT: &str = "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111";
const PENDING: &str = "a1b2c3d4-5678-90ab-cdef-EXAMPLE22222";

/// What the functions are told beside what all are.
pub const ENVIRONMENT: [(&str, &str); 5] = [
    ("OAUTH2_TOKEN_URL", "https://identity.example.com/oauth2/token"),
    ("OAUTH2_REVOKE_URL", "https://identity.example.com/oauth2/revoke"),
    ("OAUTH2_VERIFY_URL", "https://api.example.com/search"),
    ("SIGNALBOX_SECRETS", SECRET),
    ("SIGNALBOX_ROTATIONS_TABLE", "signalbox-rotations"),
];

/// The one secret of the events.
pub struct OneSecret;

impl Canned for OneSecret {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "DescribeSecret" => json(&secret()),
            "GetSecretValue" => json(&value()),
            "UpdateSecretVersionStage" => json(&named()),
            "GetItem" => json("{}"),
            _ => OneImage.answer(operation, request),
        }
    }
}

/// The step that makes the new version current.
pub fn event() -> String {
    serde_json::json!({
        "Step": "finishSecret",
        "SecretId": SECRET,
        "ClientRequestToken": PENDING,
        "RotationToken": "a1b2c3d4-5678-90ab-cdef-EXAMPLE33333",
    })
    .to_string()
}

fn named() -> String {
    serde_json::json!({"ARN": SECRET, "Name": "app"}).to_string()
}

fn secret() -> String {
    serde_json::json!({
        "ARN": SECRET,
        "Name": "app",
        "RotationEnabled": true,
        "RotationLambdaARN": format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:rotate"),
        "RotationRules": {"AutomaticallyAfterDays": 30},
        "LastChangedDate": 1_795_168_200.123,
        "CreatedDate": 1_790_168_200.123,
        "VersionIdsToStages": {CURRENT: ["AWSCURRENT"], PENDING: ["AWSPENDING"]},
    })
    .to_string()
}

fn value() -> String {
    serde_json::json!({
        "ARN": SECRET,
        "Name": "app",
        "VersionId": PENDING,
        "SecretString": r#"{"engine": "postgres", "host": "db.example.com", "username": "app", "password": "EXAMPLE"}"#,
        "VersionStages": ["AWSPENDING"],
        "CreatedDate": 1_795_168_200.123,
    })
    .to_string()
}
