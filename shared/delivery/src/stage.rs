//! Which part of an order a stage of a pipeline deploys: `UserParameters` of its action says it.
//!
//! One artifact goes through all stages, and each stage has its accounts. The pipeline's owner writes the parameters, and not who writes the
//! artifact, so that they bound it.

use std::collections::BTreeSet;

use place::{AccountId, shortened};
use reaction::{Finding, Severity};
use serde::Deserialize;

use crate::{Order, Settings};

/// Where a finding about the parameters is.
pub(crate) const PARAMETERS: &str = "UserParameters";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    accounts: Vec<AccountId>,
}

impl Order {
    /// Reads `deploy.json` for a stage: of its targets, only those in the accounts of `parameters` are deployed. Without parameters, all are.
    ///
    /// # Errors
    /// As of [`Order::read`], and what is wrong with the parameters.
    pub fn read_for(text: &str, settings: &Settings, parameters: &str) -> Result<Self, Vec<Finding>> {
        let stage = if parameters.is_empty() { None } else { Some(accounts(parameters)?) };
        Ok(Self { stage, ..Self::read(text, settings)? })
    }
}

fn accounts(parameters: &str) -> Result<BTreeSet<AccountId>, Vec<Finding>> {
    let message = match serde_json::from_str::<Stage>(parameters) {
        Ok(Stage { accounts }) if accounts.is_empty() => "they name no account".to_owned(),
        Ok(Stage { accounts }) => return Ok(accounts.into_iter().collect()),
        Err(error) => format!("they cannot be read: {}", shortened(&error.to_string(), 300)),
    };
    Err(vec![wrong(message, "write {\"accounts\": [\"..\"]} in the pipeline's action, or nothing for all targets")])
}

/// A finding about the stage.
pub(crate) fn wrong(message: String, remedy: &str) -> Finding {
    let (path, rule) = (PARAMETERS.into(), "stage".into());
    Finding { path, severity: Severity::Error, rule, message, remedy: remedy.into() }
}
