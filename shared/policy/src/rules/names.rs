//! Services and actions that AWS does not have.

use crate::actions::{Listed, service, services};
use crate::document::{Statement, Text};
use crate::finding::Found;
use crate::pattern::{is_every_action, is_stars};

/// Services that AWS has ended and no longer documents, and that its own managed policies still name: IAM takes them. They are what
/// these policies (as of 30 September 2026) have and the list does not.
pub(super) const RETIRED: [&str; 8] =
    ["assurance", "builderid", "deepcomposer", "deeplens", "deepracer", "elastic-inference", "iot1click", "zocalo"];

/// The name among these that is nearly the one that was written.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_ascii_lowercase();
    let far = (name.len() / 4).clamp(1, 3);
    let own = letters(&name);
    // Each difference brings one letter at most, and takes one away: most names are told apart without being compared.
    let is_far = |it: &str| {
        let other = letters(it);
        (own & !other).count_ones().max((other & !own).count_ones()) as usize > far
    };
    let near = names
        .filter(|it| it.len().abs_diff(name.len()) <= far && !is_far(it))
        .map(|it| (strsim::osa_distance(&name, &it.to_ascii_lowercase()), it))
        .filter(|(distance, _)| *distance <= far);
    near.min_by_key(|(distance, _)| *distance).map(|(_, it)| it)
}

/// Which letters a name has, whatever their case.
fn letters(name: &str) -> u32 {
    name.bytes().fold(0, |all, it| all | 1 << (it & 0x1f))
}

pub(super) fn find(statement: &Statement<'_>, found: &mut Vec<Found>) {
    // Actions of one service mostly stand together.
    let mut last = None;
    for text in &statement.actions {
        // In an allow each notation of everything is found as such; as an exception or in a deny it may leave something out.
        let is_doubtful = !statement.is_allow || statement.excepts_actions;
        let is_every = is_stars(text.value) || text.value == "*:*" || !is_doubtful && is_every_action(text.value);
        if !is_every {
            find_one(*text, statement, &mut last, found);
        }
    }
}

fn find_one(text: Text<'_>, statement: &Statement<'_>, last: &mut Option<Listed>, found: &mut Vec<Found>) {
    let Some((prefix, name)) = text.value.split_once(':') else {
        let message = format!("`{}` is not an action: it names no service", text.value);
        return found.push(Found::error(text.at, "action-form", message, "write service:Action"));
    };
    if prefix.contains(['*', '?']) {
        let message = format!("IAM takes no wildcard in a service, as in `{}`", text.value);
        return found.push(Found::error(text.at, "action-form", message, "name each service"));
    }
    let odd = |it: &char| !it.is_ascii_alphanumeric() && !matches!(it, '-' | '*' | '?');
    if let Some(odd) = prefix.chars().chain(name.chars()).find(odd) {
        let message = format!("`{}` has {odd:?}, and no action has that in its name", text.value);
        return found.push(Found::error(text.at, "action-form", message, "write letters, digits and hyphens"));
    }
    let again = last.take().filter(|it| it.prefix.eq_ignore_ascii_case(prefix));
    let Some(service) = again.or_else(|| service(prefix)) else {
        if RETIRED.iter().any(|it| it.eq_ignore_ascii_case(prefix)) {
            return;
        }
        let message = format!("AWS has no service `{prefix}`");
        let near = nearest(prefix, services().map(|it| it.prefix));
        let remedy = near.map_or_else(|| "write the prefix of AWS's list".to_owned(), |it| format!("write `{it}`"));
        return found.push(Found::error(text.at, "unknown-service", message, remedy));
    };
    if service.clone().actions(name).next().is_none() {
        found.push(unknown(text, &service, name, statement));
    }
    *last = Some(service);
}

fn unknown(text: Text<'_>, service: &Listed, name: &str, statement: &Statement<'_>) -> Found {
    let message = format!("{} has no action `{name}` in the list of {}", service.prefix, crate::actions::origin().0);
    let near = nearest(name, service.clone().every_action().map(crate::actions::Action::name));
    let remedy = near.map_or_else(
        || "look it up in AWS's list: it may be newer".to_owned(),
        |it| format!("write `{}:{it}`", service.prefix),
    );
    // What a deny or an exception does not catch is allowed.
    let is_hole = !statement.is_allow || statement.excepts_actions;
    if is_hole && near.is_some() {
        return Found::error(text.at, "unknown-action", message, remedy);
    }
    Found::warning(text.at, "unknown-action", message, remedy)
}

/// The actions that the text stands for, as AWS has them; none where it is every action.
pub(super) fn actions_of(text: Text<'_>) -> impl Iterator<Item = crate::actions::Action> {
    let parts = text.value.split_once(':');
    parts.and_then(|(prefix, name)| Some(service(prefix)?.actions(name))).into_iter().flatten()
}

/// Whether the statement is about actions that are not named.
pub(super) fn is_open(statement: &Statement<'_>) -> bool {
    statement.excepts_actions || statement.actions.iter().any(|it| is_every_action(it.value))
}
