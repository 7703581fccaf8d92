//! Things that the actions of a statement cannot be about, and actions that none of its things is for.

use crate::Kind;
use crate::actions::Action;
use crate::document::{Statement, Text};
use crate::finding::Found;
use crate::granted::parts;
use crate::pattern::{is_every_resource, meet};
use crate::rules::names::{actions_of, is_open};

const RULE: &str = "resource-type";

pub(super) fn find(statement: &Statement<'_>, kind: Kind, found: &mut Vec<Found>) {
    for text in &statement.resources {
        form(*text, kind, found);
    }
    if !statement.resources.iter().all(|it| is_every_resource(it.value) || is_arn(&without_variables(it.value))) {
        return;
    }
    // What API Gateway's actions are about are paths of its API, of which AWS lists some only.
    if statement.resources.iter().any(|it| parts(it.value)[2] == "apigateway") {
        return;
    }
    let is_wide = statement.excepts_resources || statement.resources.iter().any(|it| it.value.starts_with('*'));
    if is_wide || is_open(statement) || statement.resources.is_empty() {
        return;
    }
    let resources: Vec<_> = statement.resources.iter().map(|it| (*it, without_variables(it.value))).collect();
    let named: Vec<_> = statement.actions.iter().map(|it| (*it, actions_of(*it).collect::<Vec<_>>())).collect();
    for (text, actions) in &named {
        let is_of_use = actions.iter().any(|action| resources.iter().any(|(_, arn)| fits(*action, arn)));
        if !actions.is_empty() && !is_of_use {
            found.push(useless(*text, actions));
        }
    }
    let all: Vec<_> = named.iter().flat_map(|(_, actions)| actions).collect();
    for (text, arn) in resources.iter().filter(|_| !all.is_empty()) {
        if !is_every_resource(arn) && is_arn(arn) && !all.iter().any(|it| fits(**it, arn)) {
            let message = format!("no action of the statement is about `{}`", text.value);
            found.push(Found::warning(text.at, RULE, message, "take it out, or add the actions that it is for"));
        }
    }
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

/// Whether the ARN may be of a thing that the action is about.
fn fits(action: Action, arn: &str) -> bool {
    let own = parts(arn);
    let is_of =
        |it: &str| own.iter().zip(parts(it)).all(|(own, it)| meet(own, it)) && !(it == BUCKET && own[5].contains('/'));
    action.types().any(is_of)
}

/// A bucket's name has no slash: what has one is an object.
const BUCKET: &str = "arn:*:s3:::*";

fn is_arn(text: &str) -> bool {
    text.splitn(6, ':').count() == 6 && text.starts_with("arn:")
}

/// `${..}` as `*`.
fn without_variables(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        plain.push_str(before);
        plain.push('*');
        rest = after.split_once('}').map_or("", |it| it.1);
    }
    plain + rest
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
