//! IAM Access Analyzer, as far as a second opinion on a policy needs it: `ValidatePolicy`, with four of its some hundred checks.
//!
//! It is a stand-in: neither moto nor ministack has the service, and what AWS finds in a policy is AWS's own. So it shows how its answers
//! are read, page by page, and not what it would say of a policy: each of the four kinds of findings has one check here, by AWS's own
//! codes and words, and a page has two findings.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};

use crate::calls::Call;
use crate::operations::Protocol;
use crate::refusals::Refusal;

/// How many findings a page has.
const PAGE: usize = 2;

/// The types of policies that it takes.
const TYPES: [&str; 4] = ["IDENTITY_POLICY", "RESOURCE_POLICY", "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"];

const CHECKS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks";

/// Answers a call.
pub(crate) fn answer(call: &Call, body: &[u8]) -> Response<Full<Bytes>> {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let outcome = match call.operation.as_str() {
        "ValidatePolicy" => validate(call, &told),
        other => {
            let why = format!("the local AWS does not play {other} of IAM Access Analyzer");
            Err(Refusal::of_request("UnknownOperationException", why))
        }
    };
    match outcome {
        Ok(value) => Response::new(Full::new(Bytes::from(value.to_string()))),
        Err(refusal) => refusal.answer(&Protocol::RestJson),
    }
}

fn validate(call: &Call, told: &Value) -> Result<Value, Refusal> {
    let kind = told["policyType"].as_str().unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Err(Refusal::of_request(
            "ValidationException",
            format!("policyType: {kind} is not a type of policies"),
        ));
    }
    let text = told["policyDocument"].as_str().unwrap_or_default();
    let policy: Value = serde_json::from_str(text)
        .map_err(|error| Refusal::of_request("ValidationException", format!("policyDocument: {error}")))?;
    let query = call.path.split_once('?').map(|it| it.1).unwrap_or_default();
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "nextToken");
    let from: usize = match token {
        None => 0,
        Some((_, token)) => {
            token.parse().map_err(|_| Refusal::of_request("ValidationException", "nextToken is not one of ours"))?
        }
    };
    let found = findings(&policy);
    let page: Vec<_> = found.iter().skip(from).take(PAGE).collect();
    let mut answer = json!({"findings": page});
    if from + PAGE < found.len() {
        answer["nextToken"] = json!((from + PAGE).to_string());
    }
    Ok(answer)
}

/// What is found, statement by statement.
fn findings(policy: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    if policy.get("Version").is_none() {
        let details = "We recommend that you specify the Version element to help you with debugging permission issues.";
        found.push(finding("WARNING", "MISSING_VERSION", details, &[]));
    }
    let statements = policy["Statement"].as_array().cloned().unwrap_or_else(|| vec![policy["Statement"].clone()]);
    for (number, statement) in statements.iter().enumerate() {
        let at = |name: &str| [value("Statement"), json!({"index": number}), value(name)];
        if statement["Sid"] == "" {
            let details = "Add a value to the empty string in the Sid element.";
            found.push(finding("SUGGESTION", "EMPTY_SID_VALUE", details, &at("Sid")));
        }
        let resources = texts(&statement["Resource"]);
        let has_region = |it: &&str| it.starts_with("arn:aws:s3:") && !it.starts_with("arn:aws:s3:::");
        if resources.iter().any(has_region) {
            let details = "The service s3 does not support specifying a Region in the resource ARN.";
            found.push(finding("ERROR", "ARN_REGION_NOT_ALLOWED", details, &at("Resource")));
        }
        let is_narrowed = statement["Condition"].to_string().contains("iam:PassedToService");
        if texts(&statement["Action"]).contains(&"iam:PassRole") && resources.contains(&"*") && !is_narrowed {
            let details = "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows \
                iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs or add the \
                iam:PassedToService condition key to your statement.";
            found.push(finding("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", details, &at("Resource")));
        }
    }
    found
}

fn finding(kind: &str, code: &str, details: &str, path: &[Value]) -> Value {
    let position = json!({"line": 1, "column": 0, "offset": 0});
    let anchor = format!("{}-{}", kind.to_lowercase(), code.to_lowercase()).replace('_', "-");
    json!({
        "findingType": kind, "issueCode": code, "findingDetails": details, "learnMoreLink": format!("{CHECKS}-{anchor}"),
        "locations": [{"path": path, "span": {"start": position, "end": position}}],
    })
}

fn value(name: &str) -> Value {
    json!({"value": name})
}

fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().into_iter().flatten();
    value.as_str().into_iter().chain(list.filter_map(Value::as_str)).collect()
}
