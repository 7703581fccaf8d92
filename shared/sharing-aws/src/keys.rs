//! What a thing is encrypted with, and so whether it can be shared at all.

use aws::{Answer, is_denied};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyManagerType, KeyState};
use place::{AccountId, Arn};
use reaction::{Doing, Error};
use sharing::Encryption;

/// Tells the AWS-managed key from a customer's, and one that can be used from one that cannot; `owner` is the account that the
/// thing is in. What is wrong with the key is no error: other things have other keys.
///
/// # Errors
/// As of `DescribeKey`, where trying again may help.
pub async fn encryption(kms: &Client, key: &str, owner: &AccountId) -> Result<Encryption, Error> {
    // A key of another account is never the AWS-managed one, and our role may not read it.
    if Arn::parse(key).is_some_and(|it| it.account != owner.as_str()) {
        return Ok(Encryption::Customer(key.into()));
    }
    let answer = kms.describe_key().key_id(key).send().await;
    // The AWS-managed key lets its account read it; a customer's policy may leave IAM, and so our role, out.
    if answer.as_ref().is_err_and(is_denied) {
        return Ok(Encryption::Customer(key.into()));
    }
    let metadata = match answer.or_absent() {
        Ok(Some(answer)) => answer.key_metadata,
        Ok(None) => {
            return Ok(Encryption::Unusable(format!(
                "its key {key} does not exist, and what it encrypted cannot be read any more; delete it, or take it out of \
                 the manifest"
            )));
        }
        Err(error) if error.is_refused() => {
            return Ok(Encryption::Unusable(format!("its key {key} cannot be read: {error}")));
        }
        Err(error) => return Err(error).doing(|| format!("reading key {key}")),
    };
    if metadata.as_ref().and_then(|key| key.key_manager()) == Some(&KeyManagerType::Aws) {
        return Ok(Encryption::AwsManaged);
    }
    let state = metadata.as_ref().and_then(|key| key.key_state());
    let obstacle = state.and_then(|state| Some((state, remedy(state)?)));
    Ok(match obstacle {
        Some((state, remedy)) => {
            Encryption::Unusable(format!("its key {key} is {}, and no account can use it; {remedy}", state.as_str()))
        }
        None => Encryption::Customer(key.into()),
    })
}

/// What to do about a key that cannot be used in this state; `None` where it can be, or will be by itself.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
fn remedy(state: &KeyState) -> Option<&'static str> {
    match state {
        KeyState::Disabled => Some("enable the key (EnableKey)"),
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
            Some("cancel the deletion (CancelKeyDeletion) and enable the key, or it is lost")
        }
        KeyState::PendingImport => Some("import the key's material (ImportKeyMaterial)"),
        KeyState::Unavailable => Some("connect the key's store (ConnectCustomKeyStore)"),
        _ => None,
    }
}
