//! What a thing is encrypted with, and so whether it can be shared at all.

use aws::{Answer, is_denied};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::KeyManagerType;
use reaction::{AccountId, Doing, Error};

/// What a thing is encrypted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Nothing.
    None,
    /// The account's AWS-managed key (`aws/ebs`, `aws/rds`), which no other account can use.
    AwsManaged,
    /// A customer managed key, by its ARN.
    Customer(String),
}

/// Tells the AWS-managed key from a customer's; `owner` is the account that the thing is in.
///
/// # Errors
/// As of `DescribeKey`.
pub async fn encryption(kms: &Client, key: &str, owner: &AccountId) -> Result<Encryption, Error> {
    // A key of another account is never the AWS-managed one, and our role may not read it.
    if key.starts_with("arn:") && key.split(':').nth(4) != Some(owner.as_str()) {
        return Ok(Encryption::Customer(key.into()));
    }
    let answer = kms.describe_key().key_id(key).send().await;
    // The AWS-managed key lets its account read it; a customer's policy may leave IAM, and so our role, out.
    if answer.as_ref().is_err_and(is_denied) {
        return Ok(Encryption::Customer(key.into()));
    }
    let answer = answer.or_error().doing(|| format!("reading key {key}"))?;
    let is_managed = answer.key_metadata.and_then(|key| key.key_manager) == Some(KeyManagerType::Aws);
    Ok(if is_managed { Encryption::AwsManaged } else { Encryption::Customer(key.into()) })
}
