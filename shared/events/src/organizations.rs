//! Events of Organizations, which come by way of CloudTrail: in us-east-1 of the management account only, and where that has a
//! trail.
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>

use place::AccountId;
use reaction::{Doing, Error};
use serde::Deserialize;
use serde_json::Value;

use crate::envelope::{Detail, Envelope};

/// Calls after which an account may be elsewhere.
const CALLS: [&str; 3] = ["CloseAccount", "MoveAccount", "RemoveAccountFromOrganization"];

/// What Organizations itself tells of an account that it has made or closed.
const RESULTS: [&str; 2] = ["CloseAccountResult", "CreateAccountResult"];

/// What it tells of an account that came or left, by whatever way: by invitation, by itself, by deletion of the organization.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_AcceptHandshake.html>
const MEMBERSHIPS: [&str; 2] = ["AccountDepartedOrganization", "AccountJoinedOrganization"];

/// A caller called Organizations.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationsCall {
    event_source: String,
    event_name: String,
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    request_parameters: Value,
}

impl Detail for OrganizationsCall {
    const SOURCE: &'static str = "aws.organizations";
    const DETAIL_TYPE: &'static str = "AWS API Call via CloudTrail";
}

/// Organizations tells what came of something. `userIdentity` has no `type` here, so that no code reads it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationsResult {
    event_source: String,
    event_name: String,
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(default)]
    service_event_details: Value,
}

impl Detail for OrganizationsResult {
    const SOURCE: &'static str = "aws.organizations";
    const DETAIL_TYPE: &'static str = "AWS Service Event via CloudTrail";
}

/// An account that may have another place in the organization than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// Which; `None` where the event does not say so in a way that is known.
    pub account: Option<AccountId>,
    /// CloudTrail's id of the event, which stays the same however often it is delivered.
    pub id: String,
}

impl AccountChange {
    /// Reads an event; `None` where no account has another place by it.
    ///
    /// # Errors
    /// `Refused` where it is such an event and cannot be read.
    pub fn of(event: &Envelope) -> Result<Option<Self>, Error> {
        if let Some(call) = OrganizationsCall::of(event)? {
            let is_ours = is_of_organizations(&call.event_source) && CALLS.contains(&call.event_name.as_str());
            if !is_ours || call.error_code.is_some() {
                return Ok(None);
            }
            let account =
                account_in(&call.request_parameters).doing(|| format!("the account of {}", call.event_name))?;
            return known(&call.event_name, account, call.event_id);
        }
        let Some(OrganizationsResult { event_source, event_name, event_id, service_event_details: details }) =
            OrganizationsResult::of(event)?
        else {
            return Ok(None);
        };
        if !is_of_organizations(&event_source) {
            return Ok(None);
        }
        let naming = || format!("the account of {event_name}");
        if MEMBERSHIPS.contains(&event_name.as_str()) {
            return Ok(Some(Self { account: account_in(&details).doing(naming)?, id: event_id }));
        }
        // `createAccountStatus` or `closeAccountStatus`
        let status = details.as_object().and_then(|details| details.values().next()).unwrap_or(&Value::Null);
        if !RESULTS.contains(&event_name.as_str()) || status["state"] != "SUCCEEDED" {
            return Ok(None);
        }
        known(&event_name, account_in(status).doing(naming)?, event_id)
    }
}

fn is_of_organizations(source: &str) -> bool {
    source == "organizations.amazonaws.com"
}

fn account_in(value: &Value) -> Result<Option<AccountId>, Error> {
    match value.get("accountId") {
        None | Some(Value::Null) => Ok(None),
        Some(id) => id.as_str().unwrap_or_default().parse().map(Some).map_err(Error::refused),
    }
}

/// What names its account always.
fn known(name: &str, account: Option<AccountId>, id: String) -> Result<Option<AccountChange>, Error> {
    match account {
        Some(account) => Ok(Some(AccountChange { account: Some(account), id })),
        None => Err(Error::refused(format!("{name} names no account"))),
    }
}
