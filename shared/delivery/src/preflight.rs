//! What is looked at before the first change, and what forbids it. One finding anywhere, and nothing is changed anywhere.

use std::collections::BTreeMap;

use reaction::{Finding, Severity};

use crate::bounds::OWNED;
use crate::judge::Alarms;
use crate::order::{Order, RedAlarms, Traffic};
use crate::seen::{Alias, Latest, Provisioned, Update, Version};
use crate::{Settings, Target};

/// What was read of one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// `$LATEST`.
    pub latest: Latest,
    /// The alias.
    pub alias: Alias,
    /// The alias's version, where it may have the code already.
    pub version: Option<Version>,
    /// What is provisioned.
    pub provisioned: Vec<Provisioned>,
    /// The alarms.
    pub alarms: Alarms,
}

/// Why a target could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is missing.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// The rule of what Lambda is at work on.
const BUSY: &str = "busy";

/// Whether everything that forbids the deployment passes by itself: the updates that are under way end.
#[must_use]
pub fn is_passing(findings: &[Finding]) -> bool {
    !findings.is_empty() && findings.iter().all(|it| it.rule == BUSY)
}

/// What was read of every target.
pub type Facts = BTreeMap<Target, Result<Found, Missing>>;

/// What forbids the deployment.
#[must_use]
pub fn findings(order: &Order, facts: &Facts, settings: &Settings) -> Vec<Finding> {
    let of_target = |(target, found): (&Target, &Result<Found, Missing>)| match found {
        Err(Missing { message, remedy }) => vec![finding(target, "missing", message, remedy)],
        Ok(found) => of_found(order, target, found, settings),
    };
    facts.iter().flat_map(of_target).collect()
}

fn of_found(order: &Order, target: &Target, found: &Found, settings: &Settings) -> Vec<Finding> {
    let Found { latest, alias, provisioned, alarms, .. } = found;
    let mut all = Vec::new();
    if let Some(stack) = latest.stack.as_ref().filter(|_| !settings.owned.have(&target.function)) {
        let message = format!("stack {stack} of CloudFormation made the function, so that its code is the stack's");
        let remedy = format!(
            "deliver it by the stack, or, where the pipeline owns the code, name the function in {}",
            OWNED.variable
        );
        all.push(finding(target, "stack", &message, &remedy));
    }
    match &latest.update {
        Update::InProgress => {
            all.push(finding(target, BUSY, "an update of the function is under way", "wait until it has ended"));
        }
        _ if !latest.is_active => {
            all.push(finding(target, "state", "the function is not active", "see why: aws lambda get-function"));
        }
        _ => {}
    }
    all.extend(of_alias(order, target, alias, provisioned));
    all.extend(of_alarms(order, target, alarms));
    all
}

fn of_alias(order: &Order, target: &Target, alias: &Alias, provisioned: &[Provisioned]) -> Vec<Finding> {
    let mut all = Vec::new();
    let is_of_alias = |it: &&Provisioned| it.qualifier == target.alias;
    let moves = provisioned.iter().find(is_of_alias).is_some_and(|it| it.state == Update::InProgress);
    if alias.second.is_some() && moves {
        let message = "Lambda moves what is provisioned for the alias";
        all.push(finding(target, BUSY, message, "wait until it has ended"));
    } else if let Some((version, _)) = &alias.second {
        let message = format!("the alias has a second version, {version}: another shift of traffic is under way");
        all.push(finding(
            target,
            "weights",
            &message,
            "wait until its deployment has ended, or give the alias one version",
        ));
    }
    if alias.version == "$LATEST" {
        let remedy = "publish a version, and point the alias to it";
        all.push(finding(target, "latest", "the alias points to $LATEST, to which there is no way back", remedy));
    }
    if order.traffic != Traffic::AllAtOnce && provisioned.iter().any(|it| is_of_alias(&it)) {
        let message = "the alias has provisioned concurrency, and such an alias takes no weights";
        all.push(finding(target, "provisioned", message, "write traffic all-at-once, or provision for the version"));
    }
    all
}

fn of_alarms(order: &Order, target: &Target, alarms: &Alarms) -> Vec<Finding> {
    let mut all = Vec::new();
    for alarm in &alarms.absent {
        let message = format!("there is no alarm {alarm} in this account and Region");
        all.push(finding(target, "alarm", &message, "make it, or leave it out of deploy.json"));
    }
    for alarm in alarms.red.iter().filter(|_| order.red_alarms == RedAlarms::Refuse) {
        let message = format!("alarm {alarm} is red already");
        let remedy = "wait until it is not, or write \"red-alarms\": \"accept\" where this deployment is the fix";
        all.push(finding(target, "red", &message, remedy));
    }
    all
}

fn finding(target: &Target, rule: &str, message: &str, remedy: &str) -> Finding {
    let (path, severity) = (target.to_string(), Severity::Error);
    Finding { path, severity, rule: rule.into(), message: message.into(), remedy: remedy.into() }
}
