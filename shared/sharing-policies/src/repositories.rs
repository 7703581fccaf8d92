//! Who may pull from an ECR repository, by its policy.

use std::sync::Arc;

use aws::{Answer, Clients, Sessions, has_no_policy, names_bad_principal};
use aws_sdk_ecr::Client;
use reaction::Error;
use sharing::{Change, Effect, Resource};

use crate::policies::{self, Policies, PolicyRead, Text, Written};

/// The policies of our account's repositories.
#[derive(Debug)]
pub struct Repositories {
    clients: Clients<Client>,
}

impl Repositories {
    /// The repositories of the sessions' account; nothing is read yet.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>) -> Self {
        Self { clients: Clients::new(sessions, Client::new) }
    }

    /// The repository's policy; `None` where there is no such repository.
    ///
    /// # Errors
    /// As of `GetRepositoryPolicy`.
    pub async fn read(&self, repository: &Resource) -> Result<Option<PolicyRead>, Error> {
        policies::read(self, repository).await
    }

    /// Makes the repository's policy admit the principals that the change says, where it still admits those that it says.
    ///
    /// # Errors
    /// `Failed` where another writer changed the policy meanwhile, or where it is not known what was done.
    pub async fn change(&self, change: &Change) -> Result<Effect, Error> {
        policies::change(self, change).await
    }
}

impl Policies for Repositories {
    async fn get(&self, repository: &Resource) -> Result<Option<Text>, Error> {
        let client = self.clients.at(&repository.account, policies::region_of(repository)?).await?;
        let request = client.get_repository_policy().registry_id(repository.account.as_str());
        match request.repository_name(&repository.id).send().await {
            Err(error) if has_no_policy(&error) => Ok(Some(None)),
            other => Ok(other.or_absent()?.map(|answer| answer.policy_text)),
        }
    }

    async fn put(&self, repository: &Resource, text: Option<&str>) -> Result<Written, Error> {
        let client = self.clients.at(&repository.account, policies::region_of(repository)?).await?;
        let registry = repository.account.as_str();
        let Some(text) = text else {
            let request = client.delete_repository_policy().registry_id(registry);
            return match request.repository_name(&repository.id).send().await {
                Err(error) if has_no_policy(&error) => Ok(Written::Taken),
                other => other.or_error().map(|_| Written::Taken),
            };
        };
        let request = client.set_repository_policy().registry_id(registry).repository_name(&repository.id);
        policies::written(request.policy_text(text).send().await, names_bad_principal)
    }
}
