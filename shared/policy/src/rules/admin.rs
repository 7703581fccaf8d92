//! All actions on all things, in whichever notation; and services of which all actions amount to that.

use crate::actions::types_of;
use crate::document::{Statement, Text};
use crate::finding::Found;
use crate::granted::Rights;
use crate::pattern::{covers, is_every_action, is_stars};
use crate::reach::reaches_all;
use crate::rules::Judged;
use crate::ways::OF_ADMINISTRATORS;

const RULE: &str = "all-on-all";

/// Whether everything is allowed on everything; other findings would only repeat that.
pub(super) fn find(judged: &Judged<'_>, rights: &Rights<'_>, found: &mut Vec<Found>) -> bool {
    if judged.statements.iter().any(|it| denies_everything(it)) {
        return true;
    }
    let before = found.len();
    let allows = || judged.statements.iter().filter(|it| it.is_allow && it.is_on_everything());
    for statement in allows() {
        match everything(statement, judged) {
            Some(at) => found.push(Found::error(
                at.at,
                RULE,
                message(statement, at),
                "name the actions and the things that are needed",
            )),
            None if statement.excepts_actions => found.push(exceptions(statement)),
            None => {}
        }
    }
    let is_everything = found[before..].iter().any(|it| it.rule == RULE);
    if !is_everything {
        found.extend(judged.statements.iter().filter(|it| it.is_allow).flat_map(|it| services(it, rights)));
        others(judged, found);
    }
    is_everything
}

/// The text by which a statement allows everything.
fn everything<'a>(statement: &'a Statement<'a>, judged: &Judged<'a>) -> Option<Text<'a>> {
    if !statement.excepts_actions {
        return statement.actions.iter().find(|it| is_every_action(it.value)).copied();
    }
    let rest: Vec<_> =
        judged.statements.iter().filter(|it| it.is_allow && !it.excepts_actions && it.is_on_everything()).collect();
    let is_allowed = |text: &Text<'_>| rest.iter().any(|it| it.actions.iter().any(|own| covers(own.value, text.value)));
    let is_nothing = |it: &Text<'_>| !is_known(it.value);
    let is_all_but_none = statement.actions.iter().all(|it| is_nothing(it) || is_allowed(it));
    statement.actions.first().copied().filter(|_| is_all_but_none)
}

/// Whether the pattern is about an action that exists.
fn is_known(pattern: &str) -> bool {
    if is_every_action(pattern) {
        return true;
    }
    let Some((prefix, name)) = pattern.split_once(':') else { return false };
    crate::actions::service(prefix).is_some_and(|it| it.actions(name).next().is_some())
}

fn message(statement: &Statement<'_>, text: Text<'_>) -> String {
    let on = if statement.excepts_resources { "on everything but a few things" } else { "on everything" };
    if statement.excepts_actions {
        return format!("all actions are allowed {on}: what NotAction excepts does not exist, or is allowed elsewhere");
    }
    format!("all actions are allowed {on} (`{}`)", text.value)
}

fn exceptions(statement: &Statement<'_>) -> Found {
    Found::warning(
        statement.actions.first().map_or(statement.at, |it| it.at),
        "not-action",
        "NotAction with Allow gives every action but these, and with it each action that AWS adds later",
        "name in Action what is allowed, or deny with NotAction",
    )
}

fn denies_everything(statement: &Statement<'_>) -> bool {
    !statement.is_allow
        && statement.conditions.is_empty()
        && statement.denies_every_thing()
        && !statement.excepts_actions
        && statement.actions.iter().any(|it| is_stars(it.value) || it.value == "*:*")
}

/// Whole services that a statement allows on everything that they have.
fn services(statement: &Statement<'_>, rights: &Rights<'_>) -> Vec<Found> {
    if statement.excepts_actions {
        return Vec::new();
    }
    let whole = |(service, decisive): &(&'static str, &'static str)| {
        let text = statement.actions.iter().find(|it| is_whole(it.value, service))?;
        let is_on_all = |it: &Text<'_>| types_of(decisive).any(|of| reaches_all(it.value, of));
        if !statement.is_on_everything() && !statement.resources.iter().any(is_on_all) {
            return None;
        }
        rights.granted_on(decisive, None, "").filter(|_| !rights.is_narrowed(statement, decisive, "*"))?;
        Some(Found::error(
            text.at,
            "administrator-service",
            format!("all of {service} on everything amounts to the rights of an administrator"),
            "name the actions and the things that are needed",
        ))
    };
    OF_ADMINISTRATORS.iter().filter_map(whole).collect()
}

/// Whether the pattern is about every action of the service.
fn is_whole(pattern: &str, service: &str) -> bool {
    match pattern.split_once(':') {
        Some((prefix, name)) => covers(prefix, service) && covers(name, "*"),
        None => covers(pattern, service) && pattern.ends_with('*'),
    }
}

/// Allowing on everything but named things.
fn others(judged: &Judged<'_>, found: &mut Vec<Found>) {
    for statement in judged.statements.iter().filter(|it| it.is_allow && it.excepts_resources) {
        found.push(Found::warning(
            statement.resources.first().map_or(statement.at, |it| it.at),
            "not-resource",
            "NotResource with Allow is about everything but these, and with it everything that is made later",
            "name in Resource what is allowed, or deny these things",
        ));
    }
}
