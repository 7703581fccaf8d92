//! Clients per account and region, made once each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use reaction::{AccountId, Error, Region};

use crate::Sessions;

/// Clients of one or several services, `C`, for each account and region that was asked for. Those of our own region
/// are made at once, so that their connections can be opened during init.
#[derive(Debug)]
pub struct Clients<C> {
    sessions: Arc<Sessions>,
    make: fn(&SdkConfig) -> C,
    here: C,
    elsewhere: Mutex<HashMap<Region, C>>,
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

    /// The clients of this account and region.
    ///
    /// # Errors
    /// As of [`Sessions::admit`].
    pub fn at(&self, account: &AccountId, region: &Region) -> Result<C, Error> {
        self.sessions.admit(account, region)?;
        if self.sessions.config().region().is_some_and(|here| here.as_ref() == region.as_str()) {
            return Ok(self.here.clone());
        }
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(elsewhere.entry(region.clone()).or_insert_with(|| (self.make)(&self.sessions.in_region(region))).clone())
    }
}
