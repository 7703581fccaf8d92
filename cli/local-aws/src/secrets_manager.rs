//! Secrets Manager, as far as rotations need it: secrets, their versions, and the labels of those.
//!
//! It is here because neither server behind the proxy is true enough. moto gives AWSCURRENT to the empty version that
//! `RotateSecret` makes, ministack fills that with the old value, and both take a second value for one token. Nothing is
//! invoked: `RotateSecret` does what it does before the first invocation, and the tests do the rest.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>

mod password;
mod replicas;
mod rotation;
mod secret;
mod upkeep;
mod versions;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::calls::Call;
use crate::refusals::Refusal;
use crate::routes::SECRETS_MANAGER;
use secret::Secret;

const DELETED: &str = "You can't perform this operation on the secret because it was marked for deletion.";

/// An answer's body, or why there is none.
type Outcome = Result<Value, Refusal>;

/// The secrets of one account in one region, by name.
type Secrets = BTreeMap<String, Secret>;

/// A secret that a service of AWS manages: no call makes one, since the service does.
#[derive(Clone, Copy)]
pub struct Managed<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// The service, such as `rds`.
    pub service: &'a str,
    /// The service's tags.
    pub tags: &'a [(&'a str, &'a str)],
    /// Its value.
    pub value: &'a str,
}

/// Nothing of the value is shown.
impl fmt::Debug for Managed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Managed").field("arn", &self.arn).finish_non_exhaustive()
    }
}

/// The secrets of all accounts, by account and region.
#[derive(Default)]
pub(crate) struct Vault(Mutex<HashMap<(String, String), Secrets>>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// Answers a call.
    pub(crate) fn answer(&self, call: &Call, body: &[u8]) -> Response<Full<Bytes>> {
        let outcome = match serde_json::from_slice(body) {
            Ok(members @ Value::Object(_)) => self.carry_out(&Request { call, members }),
            _ => Err(Refusal::of_request("SerializationException", "the body is not a JSON object")),
        };
        Refusal::answer_of(outcome)
    }

    /// Puts a secret there as a service of AWS does.
    pub(crate) fn manage(&self, managed: &Managed<'_>) {
        let parts: Vec<_> = managed.arn.splitn(7, ':').collect();
        let ["arn", _, SECRETS_MANAGER, region, account, ..] = parts[..] else { return };
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        upkeep::manage(places.entry((account.to_owned(), region.to_owned())).or_default(), managed);
    }

    fn carry_out(&self, request: &Request<'_>) -> Outcome {
        match request.call.operation.as_str() {
            "CreateSecret" => self.at(request, None, |secrets| upkeep::create(secrets, request)),
            "DeleteSecret" => self.delete(request),
            "ListSecrets" => self.at(request, None, |secrets| Ok(upkeep::list(secrets))),
            "ReplicateSecretToRegions" => replicas::replicate(self, request),
            "GetRandomPassword" => password::random(request),
            _ => {
                let id = request.required("SecretId")?;
                self.at(request, Some(id), |secrets| on_secret(find(secrets, id)?, request))
            }
        }
    }

    /// Works on the secrets of the account that an ARN names, and otherwise on the caller's. A stranger is let in, as with
    /// a policy that allows it; a test that wants a denial orders one.
    fn at<T>(
        &self,
        request: &Request<'_>,
        id: Option<&str>,
        work: impl FnOnce(&mut Secrets) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.at_region(request, id, &request.call.region, work)
    }

    fn at_region<T>(
        &self,
        request: &Request<'_>,
        id: Option<&str>,
        region: &str,
        work: impl FnOnce(&mut Secrets) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let parts: Vec<_> = id.unwrap_or_default().splitn(7, ':').collect();
        let account = match parts[..] {
            ["arn", _, SECRETS_MANAGER, _, account, ..] => account,
            _ => &request.call.account,
        };
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(places.entry((account.to_owned(), region.to_owned())).or_default())
    }

    /// Deleting without recovery takes what is there, and is content where nothing is.
    fn delete(&self, request: &Request<'_>) -> Outcome {
        let id = request.required("SecretId")?;
        let is_forced = request.flag("ForceDeleteWithoutRecovery").unwrap_or_default();
        self.at(request, Some(id), |secrets| {
            let answer = match find(secrets, id) {
                Err(_) if is_forced => json!({"Name": id, "DeletionDate": now().as_secs_f64()}),
                found => upkeep::delete(found?, request)?,
            };
            secrets.retain(|_, secret| !is_forced || !secret.is_called(id));
            Ok(answer)
        })
    }
}

/// What is done with one secret; a deleted one can be looked at and restored.
fn on_secret(secret: &mut Secret, request: &Request<'_>) -> Outcome {
    let operation = request.call.operation.as_str();
    if secret.deleted.is_some() && !["DescribeSecret", "ListSecretVersionIds", "RestoreSecret"].contains(&operation) {
        return Err(Refusal::of_request("InvalidRequestException", DELETED));
    }
    match operation {
        "CancelRotateSecret" => Ok(rotation::cancel(secret)),
        "DescribeSecret" => Ok(upkeep::describe(secret)),
        "GetSecretValue" => versions::get(secret, request),
        "ListSecretVersionIds" => Ok(versions::list(secret, request)),
        "PutSecretValue" => versions::put(secret, request),
        "RestoreSecret" => Ok(upkeep::restore(secret)),
        "RotateSecret" => rotation::rotate(secret, request),
        "TagResource" => upkeep::tag(secret, request),
        "UntagResource" => Ok(upkeep::untag(secret, request)),
        "UpdateSecretVersionStage" => versions::update_stage(secret, request),
        _ => Err(Refusal::of_request("UnknownOperationException", "the local AWS does not play this operation")),
    }
}

fn find<'a>(secrets: &'a mut Secrets, id: &str) -> Result<&'a mut Secret, Refusal> {
    let found = secrets.values_mut().find(|secret| secret.is_called(id));
    found.ok_or_else(|| {
        Refusal::of_request("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    })
}

/// What is asked, by which identity and where.
struct Request<'a> {
    call: &'a Call,
    members: Value,
}

impl Request<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.members[name].as_str()
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::of_request("ValidationException", format!("{name} must not be null")))
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.members[name].as_bool()
    }

    /// The texts of a list; none where there is no list.
    fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.members[name].as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(String::from).collect())
    }

    /// The id that a version is to have. SDKs always send one.
    fn token(&self) -> Result<String, Refusal> {
        match self.text("ClientRequestToken") {
            None => Ok(Uuid::new_v4().to_string()),
            Some(token) if (32..=64).contains(&token.len()) => Ok(token.to_owned()),
            Some(_) => Err(Refusal::of_request(
                "InvalidParameterException",
                "ClientRequestToken must be 32-64 characters long.",
            )),
        }
    }
}

/// The time as this protocol writes it, in seconds.
#[expect(clippy::disallowed_methods, reason = "the clock of the local AWS")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A number below `bound`, which is far below 2^56: a version 4 UUID is random but for two bytes.
fn random_below(bound: usize) -> usize {
    let number = Uuid::new_v4().as_bytes()[9..].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    usize::try_from(number).unwrap_or_default() % bound
}
