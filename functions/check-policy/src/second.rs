//! The second opinion: what IAM Access Analyzer finds in the policy, with the central denies appended.
//!
//! What AWS calls an error refuses the policy, since IAM or the service would not take it or it would not do what it says. Security
//! warnings and warnings are warnings here: AWS gives them for rights that are wide and may be meant, and Signalbox's own rules have
//! refused those that make an administrator. <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html>

use std::cell::LazyCell;

use aws::{SdkConfig, all_pages};
use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{
    Location, PathElement, PolicyType, ValidatePolicyFinding, ValidatePolicyFindingType, ValidatePolicyResourceType,
};
use policy::{Kind, Places};
use reaction::{Doing, Error, Finding, Severity};

use crate::judge::{Denies, POLICY, Sent, gets_denies};
use crate::settings::SECOND_OPINION;

/// What the rules of its findings begin with.
const RULES: &str = "access-analyzer";

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) kind: Kind,
    /// What was sent, and what was appended to it.
    pub(crate) sent: &'a Sent,
    pub(crate) denies: &'a Denies,
    /// Both.
    pub(crate) document: &'a str,
}

/// Asks IAM Access Analyzer in the function's own account, to which no resource of it belongs: everything that it finds.
///
/// # Errors
/// As of `ValidatePolicy`. Some pages of the findings are no opinion.
pub(crate) async fn ask(config: &SdkConfig, asked: Asked<'_>) -> Result<Vec<Finding>, Error> {
    let (kind, resource) = type_of(asked.kind);
    let call = Client::new(config).validate_policy().policy_document(asked.document).policy_type(kind);
    let pages = call.set_validate_policy_resource_type(resource).into_paginator().items().send();
    let found = all_pages(pages).await.doing(|| {
        format!(
            "the second opinion was not run (let the function's role call access-analyzer:ValidatePolicy, or set {} to none)",
            SECOND_OPINION.variable
        )
    })?;
    Ok(findings(&found, asked))
}

/// What AWS calls a type of policies.
fn type_of(kind: Kind) -> (PolicyType, Option<ValidatePolicyResourceType>) {
    match kind {
        Kind::Identity => (PolicyType::IdentityPolicy, None),
        Kind::Resource => (PolicyType::ResourcePolicy, None),
        Kind::Trust => (PolicyType::ResourcePolicy, Some(ValidatePolicyResourceType::RoleTrust)),
        Kind::Scp => (PolicyType::ServiceControlPolicy, None),
        Kind::Rcp => (PolicyType::ResourceControlPolicy, None),
    }
}

/// What AWS found, as findings of ours.
pub(crate) fn findings(found: &[ValidatePolicyFinding], asked: Asked<'_>) -> Vec<Finding> {
    let texts = LazyCell::new(|| (Places::of(&asked.sent.policy), Places::of(&asked.denies.text)));
    found.iter().map(|it| finding(it, asked, &texts)).collect()
}

fn finding(found: &ValidatePolicyFinding, asked: Asked<'_>, texts: &(Places<'_>, Places<'_>)) -> Finding {
    Finding {
        path: place(found.locations().first(), asked, texts),
        severity: severity(found.finding_type()),
        rule: format!("{RULES}:{}", found.issue_code()),
        message: found.finding_details().trim_end_matches('.').to_owned(),
        remedy: format!("read {}", found.learn_more_link()),
    }
}

/// A kind of findings that this version does not know may be the worst one.
fn severity(of: &ValidatePolicyFindingType) -> Severity {
    match of {
        ValidatePolicyFindingType::SecurityWarning | ValidatePolicyFindingType::Warning => Severity::Warning,
        ValidatePolicyFindingType::Suggestion => Severity::Note,
        _ => Severity::Error,
    }
}

/// Where it is in the file that was sent, or among the denies that were appended.
fn place(found: Option<&Location>, Asked { kind, denies, .. }: Asked<'_>, texts: &(Places<'_>, Places<'_>)) -> String {
    let mut path = found.map(steps).unwrap_or_default();
    let own = texts.0.statements();
    let number = path.get(1).filter(|_| path[0] == "Statement").and_then(|it| it.parse::<usize>().ok());
    let (name, text) = match number.filter(|it| gets_denies(kind) && *it >= own) {
        Some(number) => {
            path[1] = (number - own).to_string();
            (denies.name.as_str(), &texts.1)
        }
        None => (POLICY, &texts.0),
    };
    let (line, column) = text.line_and_column(&path);
    let steps = path.iter().map(|it| format!("/{}", it.replace('~', "~0").replace('/', "~1")));
    format!("{name}:{line}:{column}:{}", steps.collect::<String>())
}

/// The keys and the indices that lead to it; which letters of a text are meant is left out.
fn steps(location: &Location) -> Vec<String> {
    let step = |it: &PathElement| match it {
        PathElement::Index(index) => Some(index.to_string()),
        PathElement::Key(name) | PathElement::Value(name) => Some(name.clone()),
        _ => None,
    };
    location.path().iter().filter_map(step).collect()
}
