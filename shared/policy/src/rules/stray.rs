//! What only the whole shows: ids of statements that repeat, variables in an old version, characters that IAM refuses.

use std::collections::BTreeMap;

use crate::document::{Statement, Text};
use crate::finding::{At, Found};
use crate::rules::Judged;

pub(super) fn find(judged: &Judged<'_>, found: &mut Vec<Found>) {
    sids(judged, found);
    for document in judged.documents {
        let version = document.version.map_or("2008-10-17", |it| it.value);
        if version == "2008-10-17" {
            let variable = document.statements.iter().flat_map(texts).find(|it| it.value.contains("${"));
            found.extend(variable.map(|it| {
                let message = format!("`{}` has a variable, which version {version} takes as plain text", it.value);
                Found::error(it.at, "version", message, "write \"Version\": \"2012-10-17\"")
            }));
        }
    }
    if let [own, denies] = judged.documents
        && own.version.map(|it| it.value) != denies.version.map(|it| it.value)
    {
        let message = "the appended denies are of another version of the policy language than the policy";
        found.push(Found::error(
            own.version.map_or(own.at, |it| it.at),
            "version",
            message,
            "write \"Version\": \"2012-10-17\" in both",
        ));
    }
}

fn sids(judged: &Judged<'_>, found: &mut Vec<Found>) {
    let mut seen: BTreeMap<&str, At> = BTreeMap::new();
    for sid in judged.statements.iter().filter_map(|it| it.sid).filter(|it| !it.value.is_empty()) {
        if seen.insert(sid.value, sid.at).is_some() {
            let message = format!("another statement has the Sid `{}` too", sid.value);
            found.push(Found::error(sid.at, "form", message, "give each statement a Sid of its own"));
        }
    }
}

/// The texts of a statement in which a variable counts.
fn texts<'s>(statement: &'s Statement<'_>) -> impl Iterator<Item = Text<'s>> {
    statement.resources.iter().copied().chain(statement.conditions.iter().flat_map(|it| it.values.iter().copied()))
}
