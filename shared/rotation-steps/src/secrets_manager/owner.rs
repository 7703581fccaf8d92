//! Which service of AWS manages a secret.

use std::collections::BTreeMap;

use aws::Answer;
use reaction::{Doing, Error};
use rotation::SecretArn;

use super::Secrets;

/// A service of AWS that manages a secret, and the tags by which it says what the secret is for. Only AWS writes tags whose keys
/// begin with `aws:`, so that these cannot be forged.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The service, such as `rds`.
    pub service: String,
    /// The tags whose keys begin with `aws:`.
    pub tags: BTreeMap<String, String>,
}

impl Secrets {
    /// Which service manages a secret; `None` where no service does.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn owner_of(&self, secret: &SecretArn) -> Result<Option<Owner>, Error> {
        let answer = self.client.describe_secret().secret_id(secret.to_string()).send().await.or_error();
        let answer = answer.doing(|| format!("reading which service manages {secret}"))?;
        let tags = answer.tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value?)));
        let tags = tags.filter(|(key, _)| key.starts_with("aws:")).collect();
        let service = answer.owning_service.filter(|it| !it.is_empty());
        Ok(service.map(|service| Owner { service, tags }))
    }
}
