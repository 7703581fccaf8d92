//! Segment documents, as X-Ray gives them and the command line prints them; what is sent of a recording is in `sent.rs`.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A segment, or a part of one. What X-Ray adds beside these fields is left out when it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What did the work: a function, a phase, a service.
    pub name: String,
    /// 16 hexadecimal digits, once in a trace.
    pub id: String,
    /// The trace; only where the document stands for itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace_id: Option<String>,
    /// What it is below; only where the document stands for itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent_id: Option<String>,
    /// `subsegment` where the document stands for itself and is a part of another's segment.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// Seconds since 1970.
    pub start_time: f64,
    /// Seconds since 1970; none while it goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_time: Option<f64>,
    /// `aws` for a call to AWS.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// Whether it was refused: an answer of 400 to 499.
    #[serde(skip_serializing_if = "is_false", default)]
    pub error: bool,
    /// Whether it failed: an answer of 500 to 599, or none.
    #[serde(skip_serializing_if = "is_false", default)]
    pub fault: bool,
    /// Whether it was refused because too much was asked for.
    #[serde(skip_serializing_if = "is_false", default)]
    pub throttle: bool,
    /// Why.
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub cause: Value,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub http: Option<Http>,
    /// Which call it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aws: Option<Aws>,
    /// What X-Ray finds it by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub annotations: BTreeMap<String, Value>,
    /// What else there is to know, by namespace.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub metadata: BTreeMap<String, Value>,
    /// Other traces that led to it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<Link>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub subsegments: Vec<Document>,
}

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response: Option<Response>,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Its status.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
}

/// Which call to AWS it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aws {
    /// The operation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// The account, where it is not the function's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<String>,
    /// The Region.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// The id under which AWS knows the last attempt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// How often it was tried again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retries: Option<u32>,
}

/// Another trace that led to this one, as the OpenTelemetry collector's exporter for X-Ray writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The trace.
    pub trace_id: String,
    /// The segment or subsegment.
    pub id: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(it: &bool) -> bool {
    !it
}
