//! Making, describing, tagging and deleting secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::secret::{CURRENT, Held, Secret, Version};
use super::{DELETED, Managed, Outcome, Refusal, Request, Secrets, now, random_below, versions};
use crate::routes::SECRETS_MANAGER;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DAY: Duration = Duration::from_hours(24);

/// Puts a secret there that a service of AWS manages, as the service would: with its name and tags, which no caller may write.
pub(super) fn manage(secrets: &mut Secrets, managed: &Managed<'_>) {
    let Managed { arn, service, tags, value } = managed;
    let name = arn.rsplit(':').next().and_then(|it| it.rsplit_once('-')).map(|(name, _)| name).unwrap_or_default();
    let token = Uuid::new_v4().to_string();
    let stages = BTreeSet::from([CURRENT.to_owned()]);
    let version = Version { id: token, value: Some(Held::Text((*value).to_owned())), stages, created: now() };
    let secret = Secret {
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        owner: Some((*service).to_owned()),
        versions: vec![version],
        ..Secret::new((*arn).to_owned(), name.to_owned(), now())
    };
    secrets.insert(name.to_owned(), secret);
}

/// `CreateSecret`: with a value there is a first version, which is current.
pub(super) fn create(secrets: &mut Secrets, request: &Request<'_>) -> Outcome {
    let name = request.required("Name")?;
    if name.is_empty() || !name.bytes().all(|it| it.is_ascii_alphanumeric() || b"/_+=.@-".contains(&it)) {
        let message =
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
        return Err(Refusal::of_request("ValidationException", message));
    }
    let (token, value) = (request.token()?, versions::value_of(request)?);
    if let Some(there) = secrets.get(name) {
        let is_same = value.is_some() && there.version(&token).is_some_and(|version| version.value == value);
        return match there.deleted {
            Some(_) => Err(Refusal::of_request(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )),
            None if is_same => Ok(json!({"ARN": there.arn, "Name": name, "VersionId": token})),
            None => {
                let message = format!("The operation failed because the secret {name} already exists.");
                Err(Refusal::of_request("ResourceExistsException", message))
            }
        };
    }
    let mut secret = empty(name, request)?;
    let mut answer = json!({"ARN": secret.arn, "Name": name});
    if value.is_some() {
        answer["VersionId"] = json!(token);
        let stages = BTreeSet::from([CURRENT.to_owned()]);
        secret.versions.push(Version { id: token, value, stages, created: now() });
    }
    secrets.insert(name.to_owned(), secret);
    Ok(answer)
}

fn empty(name: &str, request: &Request<'_>) -> Result<Secret, Refusal> {
    let (account, region) = (&request.call.account, &request.call.region);
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let end: String = [(); 6].map(|()| char::from(LETTERS[random_below(LETTERS.len())])).iter().collect();
    let arn = format!("arn:{partition}:{SECRETS_MANAGER}:{region}:{account}:secret:{name}-{end}");
    Ok(Secret {
        description: request.text("Description").map(String::from),
        kms_key: request.text("KmsKeyId").map(String::from),
        tags: tags_in(request)?,
        partner: request.text("Type").map(String::from),
        ..Secret::new(arn, name.to_owned(), now())
    })
}

/// Keys that begin with `aws:` are AWS's own.
fn tags_in(request: &Request<'_>) -> Result<BTreeMap<String, String>, Refusal> {
    let of =
        |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str().unwrap_or_default().to_owned()));
    let tags: BTreeMap<_, _> = request.members["Tags"].as_array().into_iter().flatten().filter_map(of).collect();
    if tags.keys().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(Refusal::of_request("InvalidParameterException", "Tag keys that begin with aws: are reserved."));
    }
    Ok(tags)
}

/// `DescribeSecret`: what has no value is left out, and so are versions without labels.
pub(super) fn describe(secret: &Secret) -> Value {
    let labelled = secret.versions.iter().filter(|version| !version.stages.is_empty());
    let stages: BTreeMap<_, _> = labelled.map(|version| (&version.id, &version.stages)).collect();
    let tags = secret.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
    let schedule = secret.schedule.as_ref();
    let replicas = secret.replicas.iter().map(|region| json!({"Region": region, "Status": "InSync"}));
    let mut answer = json!({
        "ARN": secret.arn, "Name": secret.name, "Description": secret.description, "KmsKeyId": secret.kms_key,
        "CreatedDate": secret.created.as_secs_f64(), "LastChangedDate": secret.changed.as_secs_f64(),
        "LastRotatedDate": secret.rotated.map(|it| it.as_secs_f64()),
        "NextRotationDate": secret.next_rotation().map(|it| it.as_secs_f64()),
        "Type": secret.partner, "PrimaryRegion": secret.primary,
        "ReplicationStatus": Some(replicas.collect::<Vec<_>>()).filter(|it| !it.is_empty()),
        "DeletedDate": secret.deleted.map(|it| it.as_secs_f64()),
        "RotationEnabled": schedule.map(|it| it.is_on),
        "RotationLambdaARN": schedule.map(|it| &it.function),
        "RotationRules": schedule.and_then(|it| it.rules.as_ref()),
        "OwningService": secret.owner,
        "Tags": tags.collect::<Vec<_>>(),
        "VersionIdsToStages": Some(stages).filter(|stages| !stages.is_empty()),
    });
    if let Some(members) = answer.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    answer
}

/// `ListSecrets`, all in one page: those that are not deleted, as they are described but for one key.
pub(super) fn list(secrets: &Secrets) -> Value {
    let listed = secrets.values().filter(|secret| secret.deleted.is_none()).map(|secret| {
        let mut listed = describe(secret);
        if let Some(members) = listed.as_object_mut()
            && let Some(stages) = members.remove("VersionIdsToStages")
        {
            members.insert("SecretVersionsToStages".into(), stages);
        }
        listed
    });
    json!({"SecretList": listed.collect::<Vec<_>>()})
}

/// `TagResource`.
pub(super) fn tag(secret: &mut Secret, request: &Request<'_>) -> Outcome {
    secret.tags.append(&mut tags_in(request)?);
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn untag(secret: &mut Secret, request: &Request<'_>) -> Value {
    let keys = request.texts("TagKeys").unwrap_or_default();
    secret.tags.retain(|key, _| !keys.contains(key));
    json!({})
}

/// `DeleteSecret`: marks the secret. Whether it is gone at once is for the caller.
pub(super) fn delete(secret: &mut Secret, request: &Request<'_>) -> Outcome {
    let is_forced = request.flag("ForceDeleteWithoutRecovery").unwrap_or_default();
    let days = request.members["RecoveryWindowInDays"].as_u64();
    let invalid = |message: &str| Err(Refusal::of_request("InvalidParameterException", message));
    if is_forced && days.is_some() {
        return invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    }
    if secret.deleted.is_some() && !is_forced {
        return Err(Refusal::of_request("InvalidRequestException", DELETED));
    }
    let days = match days.unwrap_or(30) {
        _ if is_forced => 0,
        days @ 7..=30 => u32::try_from(days).unwrap_or_default(),
        _ => return invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."),
    };
    let date = now() + DAY * days;
    secret.deleted = Some(date);
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "DeletionDate": date.as_secs_f64()}))
}

/// `RestoreSecret`.
pub(super) fn restore(secret: &mut Secret) -> Value {
    secret.deleted = None;
    json!({"ARN": secret.arn, "Name": secret.name})
}
