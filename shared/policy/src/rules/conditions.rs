//! Conditions that never hold, always hold, or hold for others than they seem to.

mod absent;
mod value;

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::Kind;
use crate::actions::{Action, Key, key, keys, service};
use crate::document::{Condition, Statement};
use crate::finding::Found;
use crate::operator::{Compares, NAMES, Operator, Quantifier};
use crate::rules::names::{RETIRED, actions_of, is_open, nearest};

/// Names in front of keys that are no service's, and whose keys other providers define.
const PROVIDERS: [&str; 3] = ["saml", "cognito-identity-auth", "cognito-identity-unauth"];

pub(super) fn find(statement: &Statement<'_>, kind: Kind, found: &mut Vec<Found>) {
    let lists = LazyCell::new(|| lists_of_keys(statement));
    for condition in &statement.conditions {
        let Some(operator) = Operator::parse(condition.operator.value) else {
            found.push(unknown_operator(condition));
            continue;
        };
        if let Some(known) = known(condition, &lists, found) {
            value::find(condition, operator, known, found);
            quantified(condition, operator, known, found);
        }
        unguarded(condition, operator, statement, found);
        absent::find(condition, operator, statement, kind, found);
    }
}

fn unknown_operator(condition: &Condition<'_>) -> Found {
    // It may be as long as the policy, and is told for each of its keys.
    let written = &place::shortened(condition.operator.value, 100);
    let base = written.rsplit(':').next().unwrap_or_default();
    let near = nearest(base, NAMES.into_iter());
    let remedy = near.map_or_else(|| "write an operator such as StringEquals".to_owned(), |it| format!("write `{it}`"));
    Found::error(condition.operator.at, "unknown-operator", format!("there is no operator `{written}`"), remedy)
}

/// The lists of condition keys that the statement's actions have, each once; none where it is about actions that are not named. They are
/// gathered once for all conditions.
fn lists_of_keys(statement: &Statement<'_>) -> BTreeSet<u16> {
    if is_open(statement) {
        return BTreeSet::new();
    }
    statement.actions.iter().flat_map(|it| actions_of(*it)).map(Action::list_of_keys).collect()
}

/// The key as AWS's list has it; or a finding, where it has none, or not for the actions that have these lists of keys.
fn known(condition: &Condition<'_>, lists: &BTreeSet<u16>, found: &mut Vec<Found>) -> Option<Key> {
    let written = condition.key.value;
    let Some(known) = key(written) else {
        found.extend(unknown_key(condition));
        return None;
    };
    if !lists.is_empty() && !lists.iter().any(|it| known.is_in(*it)) && !is_of_tags(known) {
        let message = format!("no action of the statement knows the key `{written}`");
        let remedy = "take it out, or move the actions that know it into a statement with it";
        found.push(Found::warning(condition.key.at, "condition-key", message, remedy));
    }
    Some(known)
}

/// Keys of tags, for which AWS's list lacks many actions.
fn is_of_tags(key: Key) -> bool {
    key.name.starts_with("aws:")
}

fn unknown_key(condition: &Condition<'_>) -> Option<Found> {
    let written = condition.key.value;
    let lower = written.to_ascii_lowercase();
    let Some((prefix, _)) = lower.split_once(':') else {
        let message = format!("`{written}` is not a condition key: it has no prefix");
        return Some(Found::error(condition.key.at, "condition-key", message, "write aws:Key or service:Key"));
    };
    // An identity provider's keys begin with its address, and no list has those of a service that has ended.
    if prefix.contains(['.', '/']) || PROVIDERS.contains(&prefix) || RETIRED.contains(&prefix) {
        return None;
    }
    let near = nearest(written, keys().map(|it| it.name));
    let remedy = near.map_or_else(|| "look it up in AWS's list".to_owned(), |it| format!("write `{it}`"));
    let message = format!("AWS has no condition key `{written}` in the list of {}", crate::actions::origin().0);
    // A key that almost exists, or of a service that does not, is misspelt; another one may be newer than the list.
    let is_misspelt = near.is_some() || (prefix != "aws" && service(prefix).is_none());
    let of = if is_misspelt { Found::error } else { Found::warning };
    Some(of(condition.key.at, "condition-key", message, remedy))
}

/// Keys of several values need a quantifier, and others must not have the one that a missing key satisfies.
fn quantified(condition: &Condition<'_>, operator: Operator, key: Key, found: &mut Vec<Found>) {
    let is_presence = operator.compares == Compares::Presence;
    if key.is_list && operator.quantifier == Quantifier::One && !is_presence && is_always_list(key) {
        let message = format!("`{}` has several values, and `{}` compares one", key.name, condition.operator.value);
        let remedy = format!("write ForAnyValue:{0} or ForAllValues:{0}", condition.operator.value);
        found.push(Found::warning(condition.operator.at, "quantifier", message, remedy));
    }
}

/// Services list some of their keys as of several values that requests have once.
fn is_always_list(key: Key) -> bool {
    key.is_global
}

/// `ForAllValues` holds where the key is missing: in an `Allow` it has to be asked that the key is there.
fn unguarded(condition: &Condition<'_>, operator: Operator, statement: &Statement<'_>, found: &mut Vec<Found>) {
    if operator.quantifier != Quantifier::All || !statement.is_allow || operator.compares == Compares::Presence {
        return;
    }
    let name = condition.key.value;
    // A request that has a tag has the list of its tags' keys too.
    let has_tag = name.eq_ignore_ascii_case("aws:TagKeys")
        && statement.conditions.iter().any(|it| it.is_on("aws:RequestTag/") && it.needs_its_key());
    if !statement.asks_for(name) && !has_tag {
        let message = format!("ForAllValues in an Allow holds also for a request without `{name}`");
        let remedy = format!("add \"Null\": {{\"{name}\": \"false\"}} to the condition");
        found.push(Found::warning(condition.operator.at, "for-all-values", message, remedy));
    }
}
