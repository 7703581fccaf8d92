//! Beginning and ending the rotation of a secret. No function is invoked.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::secret::{CURRENT, PENDING, Schedule, Secret, Version};
use super::{Outcome, Refusal, Request, now};

/// `RotateSecret`: keeps how the secret is rotated, and registers an empty version with the label AWSPENDING.
///
/// With `RotateImmediately=false` AWS takes that version away again after `testSecret`. Here it stays, since no code here knows
/// when the test is over but the one who drives it.
pub(super) fn rotate(secret: &mut Secret, request: &Request<'_>) -> Outcome {
    let token = request.token()?;
    if let Some(version) = secret.version(&token) {
        if version.stages.contains(PENDING) || version.stages.contains(CURRENT) {
            return Ok(told(secret, Some(&token)));
        }
        let message = format!("You can't use ClientRequestToken {token} because that value is already in use.");
        return Err(Refusal::of_request("InvalidRequestException", message));
    }
    if secret.in_rotation().is_some() {
        let message = "A previous rotation isn't complete. That rotation will be reattempted.";
        return Err(Refusal::of_request("InvalidRequestException", message));
    }
    let before = secret.schedule.take();
    let function = request.text("RotationLambdaARN").map(String::from);
    let function = function.or_else(|| before.as_ref().map(|it| it.function.clone()));
    let Some(function) = function else {
        let message = "No Lambda rotation function ARN is associated with this secret.";
        return Err(Refusal::of_request("InvalidRequestException", message));
    };
    let rules = Some(&request.members["RotationRules"]).filter(|rules| rules.is_object()).cloned();
    let since = before.as_ref().filter(|it| it.is_on && rules.is_none()).map_or_else(now, |it| it.since);
    let rules = rules.or_else(|| before.and_then(|it| it.rules));
    secret.schedule = Some(Schedule { is_on: true, function, rules, since });
    secret.versions.push(Version { id: token.clone(), value: None, stages: BTreeSet::new(), created: now() });
    secret.attach(PENDING, &token, now());
    Ok(told(secret, Some(&token)))
}

/// `CancelRotateSecret`: rotates no more; the labels stay where they are.
pub(super) fn cancel(secret: &mut Secret) -> Value {
    if let Some(schedule) = &mut secret.schedule {
        schedule.is_on = false;
    }
    told(secret, secret.in_rotation().map(|version| version.id.as_str()))
}

fn told(secret: &Secret, version: Option<&str>) -> Value {
    let mut answer = json!({"ARN": secret.arn, "Name": secret.name});
    if let Some(version) = version {
        answer["VersionId"] = json!(version);
    }
    answer
}
