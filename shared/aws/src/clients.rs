//! Clients per account and region, made once each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use place::{AccountId, Region};
use reaction::Error;

use crate::Sessions;

/// Clients of one or several services, `C`, for each account and region that was asked for. Those of our own region
/// are made at once, so that their connections can be opened during init.
#[derive(Debug)]
pub struct Clients<C> {
    sessions: Arc<Sessions>,
    make: fn(&SdkConfig) -> C,
    here: C,
    elsewhere: Mutex<HashMap<(AccountId, Region), C>>,
}

impl<C: Clone> Clients<C> {
    /// Clients that `make` makes of a configuration.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, make: fn(&SdkConfig) -> C) -> Self {
        let here = make(sessions.config());
        Self { sessions, make, here, elsewhere: Mutex::default() }
    }

    /// The clients of our own account and region.
    pub fn here(&self) -> &C {
        &self.here
    }

    /// The clients of this account, in our own region.
    ///
    /// # Errors
    /// As of [`Sessions::at`].
    pub async fn in_account(&self, account: &AccountId) -> Result<C, Error> {
        self.at(account, &self.sessions.region()?).await
    }

    /// The clients of this account and region.
    ///
    /// # Errors
    /// As of [`Sessions::at`].
    pub async fn at(&self, account: &AccountId, region: &Region) -> Result<C, Error> {
        let config = self.sessions.at(account, region).await?;
        let is_ours = self.sessions.home()?.account == *account;
        if is_ours && self.sessions.config().region().is_some_and(|here| here.as_ref() == region.as_str()) {
            return Ok(self.here.clone());
        }
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        let clients = elsewhere.entry((account.clone(), region.clone()));
        Ok(clients.or_insert_with(|| (self.make)(&config)).clone())
    }
}
