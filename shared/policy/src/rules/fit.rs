//! Things that the actions of a statement cannot be about, and actions that none of its things is for.

use std::borrow::Cow;

use crate::Kind;
use crate::actions::Action;
use crate::document::{Statement, Text};
use crate::finding::Found;
use crate::pattern::{is_every_resource, meet};
use crate::reach::parts;
use crate::rules::names::{actions_of, is_open};

const RULE: &str = "resource-type";

/// How many pairs of a thing and a sort of things are compared at most. No policy that AWS takes has more; what exceeds it is refused for its
/// size, and not worth the time for what are warnings.
const PAIRS: usize = 100_000;

/// How many pairs are left to be compared, of all statements together.
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(PAIRS)
    }
}

/// A resource, as its parts with `*` for what varies.
struct Thing<'a> {
    text: Text<'a>,
    arn: Cow<'a, str>,
}

pub(super) fn find(statement: &Statement<'_>, kind: Kind, budget: &mut Budget, found: &mut Vec<Found>) {
    for text in &statement.resources {
        form(*text, kind, found);
    }
    let is_wide = statement.excepts_resources || statement.resources.iter().any(|it| it.value.starts_with('*'));
    if is_wide || is_open(statement) || statement.resources.is_empty() {
        return;
    }
    let things: Vec<_> =
        statement.resources.iter().map(|it| Thing { text: *it, arn: without_variables(it.value) }).collect();
    // What API Gateway's actions are about are paths of its API, of which AWS lists some only.
    let is_listed = |it: &Thing<'_>| is_every_resource(&it.arn) || is_arn(&it.arn) && parts(&it.arn)[2] != "apigateway";
    if things.iter().all(is_listed) {
        compare(statement, &things, budget, found);
    }
}

/// Compares what the actions are about with the things that the statement names.
fn compare(statement: &Statement<'_>, things: &[Thing<'_>], budget: &mut Budget, found: &mut Vec<Found>) {
    let own: Vec<_> = things.iter().map(|it| parts(&it.arn)).collect();
    let mut is_used = vec![false; things.len()];
    // Whether actions with this list of types are about one of the things: many actions have the same list.
    let mut known: Vec<(u16, bool)> = Vec::new();
    let mut has_actions = false;
    for text in &statement.actions {
        let (mut is_listed, mut is_of_use) = (false, false);
        for action in actions_of(*text) {
            is_listed = true;
            let list = action.list_of_types();
            let before = known.iter().find(|it| it.0 == list).map(|it| it.1);
            if before.is_none() {
                let Some(left) = budget.0.checked_sub(own.len() * action.types().count()) else { return };
                budget.0 = left;
            }
            is_of_use |= before.unwrap_or_else(|| {
                let fits = use_of(action, &own, &mut is_used);
                known.push((list, fits));
                fits
            });
        }
        has_actions |= is_listed;
        if is_listed && !is_of_use {
            found.push(useless(*text, &actions_of(*text).collect::<Vec<_>>()));
        }
    }
    let unused =
        things.iter().zip(&is_used).filter(|(it, is_used)| has_actions && !**is_used && !is_every_resource(&it.arn));
    for (thing, _) in unused {
        let message = format!("no action of the statement is about `{}`", thing.text.value);
        found.push(Found::warning(thing.text.at, RULE, message, "take it out, or add the actions that it is for"));
    }
}

/// Whether the action is about some of the things, which are noted.
fn use_of(action: Action, own: &[[&str; 6]], is_used: &mut [bool]) -> bool {
    let mut is_of_use = false;
    for of in action.types() {
        let type_parts = parts(of);
        for (thing, is_used) in own.iter().zip(is_used.iter_mut()) {
            // A bucket's name has no slash: what has one is an object.
            let is_object = || of == BUCKET && thing[5].contains('/');
            // Service and name tell most things apart.
            if [2, 5, 1, 3, 4].into_iter().all(|part| meet(thing[part], type_parts[part])) && !is_object() {
                (*is_used, is_of_use) = (true, true);
            }
        }
    }
    is_of_use
}

fn useless(text: Text<'_>, actions: &[Action]) -> Found {
    let types: Vec<_> = actions.iter().flat_map(|it| it.types()).collect();
    let message = format!("`{}` is about none of the statement's resources", text.value);
    let remedy = match types.as_slice() {
        [] => "give it a statement with the resource `*`, the only one that it takes".to_owned(),
        [first, ..] => format!("name what it is about, such as {first}"),
    };
    Found::warning(text.at, RULE, message, remedy)
}

/// A bucket, as AWS's list has it.
const BUCKET: &str = "arn:*:s3:::*";

fn is_arn(text: &str) -> bool {
    text.splitn(6, ':').count() == 6 && text.starts_with("arn:")
}

/// `${..}` as `*`.
fn without_variables(text: &str) -> Cow<'_, str> {
    if !text.contains("${") {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        plain.push_str(before);
        plain.push('*');
        rest = after.split_once('}').map_or("", |it| it.1);
    }
    (plain + rest).into()
}

/// A thing is `*` or an ARN; a policy of a resource may have names of its own.
fn form(text: Text<'_>, kind: Kind, found: &mut Vec<Found>) {
    let value = text.value;
    if is_every_resource(value)
        || is_arn(&without_variables(value))
        || (value.starts_with("arn:") && value.ends_with('*'))
        || kind == Kind::Resource
    {
        return;
    }
    let message = format!("`{value}` is neither * nor an ARN of six parts");
    found.push(Found::error(text.at, "resource-form", message, "write arn:partition:service:region:account:resource"));
}
