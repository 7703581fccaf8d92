//! Whom a customer's key does not admit: what is encrypted with it is of no use to them.

use std::collections::BTreeSet;

use aws::{Answer, is_denied};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::{GrantListEntry, GrantOperation};
use place::{AccountId, Arn};
use reaction::{Doing, Error};
use sharing::KeyGaps;
use sharing::policy::{Admitted, admits};

/// Which of `accounts` neither the key's policy nor its grants admit; `owner` is the account that we act in.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>
///
/// # Errors
/// As of `GetKeyPolicy` and `ListGrants`, denied access aside.
pub async fn key_gaps(
    kms: &Client,
    key: &str,
    owner: &AccountId,
    accounts: &BTreeSet<AccountId>,
) -> Result<KeyGaps, Error> {
    // GetKeyPolicy is for the key's own account.
    if accounts.is_empty() || Arn::parse(key).is_some_and(|it| it.account != owner.as_str()) {
        return Ok(if accounts.is_empty() { KeyGaps::Known(BTreeSet::new()) } else { KeyGaps::Unknown });
    }
    // A key has one policy, and this is its name.
    let answer = kms.get_key_policy().key_id(key).policy_name("default").send().await;
    if answer.as_ref().is_err_and(is_denied) {
        return Ok(KeyGaps::Unknown);
    }
    // A key that goes meanwhile is told of when the thing is looked at again.
    let Some(answer) = answer.or_absent().doing(|| format!("reading the policy of key {key}"))? else {
        return Ok(KeyGaps::Unknown);
    };
    let policy = answer.policy.unwrap_or_default();
    // What cannot be judged is not known to admit anybody.
    let is_shut_out = |account: &&AccountId| matches!(admits(&policy, account), Ok(Admitted::No) | Err(_));
    let mut shut_out: BTreeSet<_> = accounts.iter().filter(is_shut_out).cloned().collect();
    if shut_out.is_empty() {
        return Ok(KeyGaps::Known(shut_out));
    }
    let mut pages = kms.list_grants().key_id(key).into_paginator().send();
    while let Some(page) = pages.next().await {
        if page.as_ref().is_err_and(is_denied) {
            return Ok(KeyGaps::Unknown);
        }
        let page = page.or_error().doing(|| format!("reading the grants of key {key}"))?;
        shut_out.retain(|account| !page.grants().iter().any(|grant| is_for(grant, account)));
    }
    Ok(KeyGaps::Known(shut_out))
}

/// Whether somebody of the account may decrypt by this grant.
fn is_for(grant: &GrantListEntry, account: &AccountId) -> bool {
    let grantee = grant.grantee_principal().unwrap_or_default();
    let is_theirs = Arn::parse(grantee).is_some_and(|it| it.account == account.as_str());
    is_theirs && grant.operations().contains(&GrantOperation::Decrypt)
}
