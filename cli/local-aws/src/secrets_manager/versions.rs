//! Reading and writing the versions of a secret, and moving their labels.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::secret::{CURRENT, Held, Secret, Version};
use super::{Outcome, Refusal, Request, now};

/// The value in a request.
pub(super) fn value_of(request: &Request<'_>) -> Result<Option<Held>, Refusal> {
    match (request.text("SecretString"), request.text("SecretBinary")) {
        (Some(_), Some(_)) => {
            let both = "You can't specify both a binary secret value and a string secret value in the same secret.";
            Err(Refusal::of_request("InvalidParameterException", both))
        }
        (Some(text), None) => Ok(Some(Held::Text(text.to_owned()))),
        (None, Some(bytes)) => Ok(Some(Held::Binary(bytes.to_owned()))),
        (None, None) => Ok(None),
    }
}

/// `GetSecretValue`: by id, by label, or by both where they agree; AWSCURRENT where neither is named.
pub(super) fn get(secret: &Secret, request: &Request<'_>) -> Outcome {
    let stage = request.text("VersionStage");
    let (found, named) = match request.text("VersionId") {
        Some(id) => (secret.version(id), format!("VersionId: {id}")),
        None => {
            let stage = stage.unwrap_or(CURRENT);
            (secret.with(stage), format!("staging label: {stage}"))
        }
    };
    let missing = || {
        let message = format!("Secrets Manager can't find the specified secret value for {named}");
        Refusal::of_request("ResourceNotFoundException", message)
    };
    let version = found.ok_or_else(missing)?;
    if stage.is_some_and(|stage| !version.stages.contains(stage)) {
        let message = "You provided a VersionStage that is not associated to the provided VersionId.";
        return Err(Refusal::of_request("InvalidRequestException", message));
    }
    let mut answer = json!({
        "ARN": secret.arn, "Name": secret.name, "VersionId": version.id,
        "VersionStages": version.stages, "CreatedDate": version.created.as_secs_f64(),
    });
    match version.value.as_ref().ok_or_else(missing)? {
        Held::Text(text) => answer["SecretString"] = json!(text),
        Held::Binary(bytes) => answer["SecretBinary"] = json!(bytes),
    }
    Ok(answer)
}

/// `PutSecretValue`: a version is written once. The empty one of a rotation is written by the first that comes.
pub(super) fn put(secret: &mut Secret, request: &Request<'_>) -> Outcome {
    let token = request.token()?;
    let Some(value) = value_of(request)? else {
        return Err(Refusal::of_request(
            "InvalidParameterException",
            "You must provide either SecretString or SecretBinary.",
        ));
    };
    check_rotation_token(request)?;
    match secret.versions.iter_mut().find(|version| version.id == token) {
        Some(Version { value: Some(there), .. }) if *there == value => return Ok(told(secret, &token)),
        Some(Version { value: Some(_), .. }) => return Err(is_in_use(secret, &token)),
        Some(empty) => empty.value = Some(value),
        None => secret.versions.push(Version {
            id: token.clone(),
            value: Some(value),
            stages: BTreeSet::new(),
            created: now(),
        }),
    }
    let mut stages = request.texts("VersionStages").unwrap_or_else(|| vec![CURRENT.to_owned()]);
    if secret.versions.len() == 1 {
        stages.push(CURRENT.to_owned());
    }
    for stage in &stages {
        secret.attach(stage, &token, now());
    }
    secret.changed = now();
    Ok(told(secret, &token))
}

fn told(secret: &Secret, id: &str) -> Value {
    let stages = secret.version(id).map(|version| &version.stages);
    json!({"ARN": secret.arn, "Name": secret.name, "VersionId": id, "VersionStages": stages})
}

fn is_in_use(secret: &Secret, token: &str) -> Refusal {
    let arn = &secret.arn;
    let message = format!(
        "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
    );
    Refusal::of_request("ResourceExistsException", message)
}

/// The token itself proves nothing here, but one that AWS could not have given is refused.
fn check_rotation_token(request: &Request<'_>) -> Result<(), Refusal> {
    let is_one = |token: &str| {
        (36..=256).contains(&token.len()) && token.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    match request.text("RotationToken") {
        Some(token) if !is_one(token) => Err(Refusal::of_request(
            "InvalidParameterException",
            "RotationToken must be 36-256 letters, digits and hyphens.",
        )),
        _ => Ok(()),
    }
}

/// `UpdateSecretVersionStage`: a caller that moves a label must know where it is.
pub(super) fn update_stage(secret: &mut Secret, request: &Request<'_>) -> Outcome {
    let stage = request.required("VersionStage")?;
    let (to, from) = (request.text("MoveToVersionId"), request.text("RemoveFromVersionId"));
    for id in [to, from].into_iter().flatten() {
        if secret.version(id).is_none() {
            let message = format!("Secrets Manager can't find the specified secret value for VersionId: {id}");
            return Err(Refusal::of_request("ResourceNotFoundException", message));
        }
    }
    let holder = secret.with(stage).map(|version| version.id.clone());
    let invalid = |message: String| Err(Refusal::of_request("InvalidParameterException", message));
    match (to, from, holder.as_deref()) {
        (None, None, _) => return invalid("You must specify MoveToVersionId or RemoveFromVersionId.".into()),
        (None, Some(_), _) if stage == CURRENT => {
            return invalid(
                "You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed."
                    .into(),
            );
        }
        (Some(to), None, Some(holder)) if holder != to => {
            return invalid(format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version \
                 {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            ));
        }
        (_, Some(from), holder) if holder != Some(from) => {
            return invalid(format!(
                "When you move staging label {stage}, if you specify RemoveFromVersionId, it must be set to the version \
                 that currently has the staging label {stage}."
            ));
        }
        (Some(to), ..) => secret.attach(stage, to, now()),
        (None, ..) => secret.detach(stage),
    }
    secret.changed = now();
    Ok(json!({"ARN": secret.arn, "Name": secret.name}))
}

/// `ListSecretVersionIds`, oldest first and on one page; those without labels only where they are asked for.
pub(super) fn list(secret: &Secret, request: &Request<'_>) -> Value {
    let with_deprecated = request.flag("IncludeDeprecated").unwrap_or_default();
    let listed = secret.versions.iter().filter(|version| with_deprecated || !version.stages.is_empty());
    let listed = listed.map(|version| {
        let mut entry = Map::new();
        entry.insert("VersionId".into(), json!(version.id));
        entry.insert("CreatedDate".into(), json!(version.created.as_secs_f64()));
        if !version.stages.is_empty() {
            entry.insert("VersionStages".into(), json!(version.stages));
        }
        Value::Object(entry)
    });
    json!({"ARN": secret.arn, "Name": secret.name, "Versions": listed.collect::<Vec<_>>()})
}
