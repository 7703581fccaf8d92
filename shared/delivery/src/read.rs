//! What Lambda shows of a target.

use std::collections::BTreeMap;

use aws::Answer;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{
    AliasConfiguration, FunctionConfiguration, LastUpdateStatus, ProvisionedConcurrencyConfigListItem,
    ProvisionedConcurrencyStatusEnum, State,
};
use reaction::Error;

use crate::Target;
use crate::seen::{Alias, Latest, Provisioned, Update, Version};

/// The tag of what CloudFormation made.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
const STACK: &str = "aws:cloudformation:stack-name";

/// `$LATEST`, with the stack that made the function; `None` where there is no such function. The answer also has an address under which
/// the code can be fetched, which is not kept.
pub(crate) async fn function(client: &Client, target: &Target) -> Result<Option<Latest>, Error> {
    let answer = client.get_function().function_name(&target.function).send().await.or_absent()?;
    let Some(answer) = answer else { return Ok(None) };
    let stack = answer.tags.unwrap_or_default().remove(STACK);
    let configuration = answer.configuration.ok_or_else(|| Error::failed("it came without its configuration"))?;
    Ok(Some(Latest { stack, ..latest(&configuration) }))
}

/// `$LATEST`, without its stack.
pub(crate) async fn configuration(client: &Client, target: &Target) -> Result<Latest, Error> {
    let answer = client.get_function_configuration().function_name(&target.function).send().await.or_error()?;
    Ok(Latest {
        sha256: answer.code_sha256.unwrap_or_default(),
        revision: answer.revision_id.unwrap_or_default(),
        is_active: is_active(answer.state.as_ref()),
        update: update(answer.last_update_status.as_ref(), answer.last_update_status_reason.as_deref()),
        stack: None,
    })
}

fn latest(it: &FunctionConfiguration) -> Latest {
    Latest {
        sha256: it.code_sha256().unwrap_or_default().into(),
        revision: it.revision_id().unwrap_or_default().into(),
        is_active: is_active(it.state()),
        update: update(it.last_update_status(), it.last_update_status_reason()),
        stack: None,
    }
}

/// Whether a function can be changed and invoked: one that slept long wakes up when it is invoked.
/// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
pub(crate) fn is_active(state: Option<&State>) -> bool {
    matches!(state, None | Some(State::Active | State::Inactive))
}

pub(crate) fn update(status: Option<&LastUpdateStatus>, reason: Option<&str>) -> Update {
    match status {
        Some(LastUpdateStatus::InProgress) => Update::InProgress,
        Some(LastUpdateStatus::Failed) => Update::Failed(reason.unwrap_or("no reason").into()),
        _ => Update::Successful,
    }
}

/// Whether a version can be invoked.
pub(crate) fn state_of(state: Option<&State>, reason: Option<&str>) -> Update {
    match state {
        Some(State::Pending) => Update::InProgress,
        Some(State::Failed) => Update::Failed(reason.unwrap_or("no reason").into()),
        _ => Update::Successful,
    }
}

/// A published version; `None` where there is none.
pub(crate) async fn version(client: &Client, target: &Target, number: &str) -> Result<Option<Version>, Error> {
    let call = client.get_function_configuration().function_name(&target.function).qualifier(number);
    let answer = call.send().await.or_absent()?;
    Ok(answer.map(|it| Version {
        state: state_of(it.state(), it.state_reason()),
        sha256: it.code_sha256.unwrap_or_default(),
    }))
}

/// The alias; `None` where there is none.
pub(crate) async fn alias(client: &Client, target: &Target) -> Result<Option<Alias>, Error> {
    let call = client.get_alias().function_name(&target.function).name(&target.alias);
    let Some(it) = call.send().await.or_absent()? else { return Ok(None) };
    let weights = it.routing_config.and_then(|it| it.additional_version_weights).unwrap_or_default();
    Ok(Some(alias_of(it.function_version, weights, it.revision_id)))
}

pub(crate) fn alias_of(
    version: Option<String>,
    weights: impl IntoIterator<Item = (String, f64)>,
    revision: Option<String>,
) -> Alias {
    let second = weights.into_iter().find(|(_, weight)| *weight > 0.0);
    Alias { version: version.unwrap_or_default(), second, revision: revision.unwrap_or_default() }
}

/// What is provisioned for versions and aliases; nothing where there is no such function.
pub(crate) async fn provisioned(client: &Client, target: &Target) -> Result<Vec<Provisioned>, Error> {
    let call = client.list_provisioned_concurrency_configs().function_name(&target.function);
    let mut all = Vec::new();
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = page.or_absent()? else { break };
        all.extend(page.provisioned_concurrency_configs.unwrap_or_default().iter().map(provisioned_of));
    }
    Ok(all)
}

fn provisioned_of(it: &ProvisionedConcurrencyConfigListItem) -> Provisioned {
    let state = match it.status() {
        Some(ProvisionedConcurrencyStatusEnum::Ready) => Update::Successful,
        Some(ProvisionedConcurrencyStatusEnum::Failed) => {
            Update::Failed(it.status_reason().unwrap_or("no reason").into())
        }
        _ => Update::InProgress,
    };
    let qualifier = it.function_arn().and_then(|arn| arn.rsplit(':').next()).unwrap_or_default().into();
    Provisioned { qualifier, requested: it.requested_provisioned_concurrent_executions().unwrap_or_default(), state }
}

/// The version behind each alias of the function, the second ones included.
pub(crate) async fn aliases(client: &Client, target: &Target) -> Result<Vec<String>, Error> {
    let mut pages = client.list_aliases().function_name(&target.function).into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        all.extend(page.or_error()?.aliases.unwrap_or_default().into_iter().flat_map(versions_of));
    }
    Ok(all)
}

fn versions_of(it: AliasConfiguration) -> Vec<String> {
    let second: BTreeMap<_, _> =
        it.routing_config.and_then(|it| it.additional_version_weights).unwrap_or_default().into_iter().collect();
    it.function_version.into_iter().chain(second.into_keys()).collect()
}

/// The numbers of all published versions.
pub(crate) async fn versions(client: &Client, target: &Target) -> Result<Vec<u64>, Error> {
    let mut pages = client.list_versions_by_function().function_name(&target.function).into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let versions = page.or_error()?.versions.unwrap_or_default();
        all.extend(versions.iter().filter_map(|it| it.version()?.parse::<u64>().ok()));
    }
    Ok(all)
}
