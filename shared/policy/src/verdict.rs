//! The verdict on a policy: everything that is found, in order of place, and what it was compared with.

use std::cmp::Reverse;

use jsonc_parser::ast::Value;
use serde::Serialize;

use crate::document::Document;
use crate::finding::{At, Finding, Found};
use crate::json::{Unreadable, read};
use crate::place::Lines;
use crate::rules::{Judged, refused};
use crate::{Kind, append, form, rules};

/// The most findings that are told. A text of the longest that is read has up to 60,000, and its reader holds them all in memory.
const MOST: usize = 20_000;

/// A text, and what to call it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file's name, as findings show it.
    pub name: &'a str,
    /// What is in it.
    pub text: &'a str,
}

/// The list of actions by which policies are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Actions {
    /// The day of AWS's documentation that it was made of.
    pub date: &'static str,
    /// The package that it was made of.
    pub source: &'static str,
}

/// What was found out about a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The file.
    pub file: String,
    /// The type that it was judged as.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The list of actions that it was compared with.
    pub actions: Actions,
    /// What is wrong, in order of place; nothing where the policy may be used.
    pub findings: Vec<Finding>,
}

/// The list of actions by which policies are judged.
#[must_use]
pub fn list_of_actions() -> Actions {
    let (date, source) = crate::actions::origin();
    Actions { date, source }
}

/// Judges a policy, together with the denies that will be appended to it; without a type, as what it looks like.
// Callers are made as small as they can be, and this would be made so with them.
#[inline(never)]
#[must_use]
pub fn check(policy: &Source<'_>, denies: Option<&Source<'_>>, kind: Option<Kind>) -> Verdict {
    let sources: Vec<_> = [policy].into_iter().chain(denies).collect();
    let read: Vec<_> = sources.iter().map(|it| read(it.text)).collect();
    let mut found = Vec::new();
    for (source, it) in read.iter().enumerate() {
        match it {
            Ok(_) => found.extend(characters(sources[source].text, source)),
            Err(Unreadable { at, rule, message, remedy }) => {
                found.push(Found::error(At { source, at: *at }, rule, message.as_str(), *remedy));
            }
        }
    }
    let roots: Vec<_> = read.iter().map(|it| it.as_ref().ok()).collect();
    let kind = judge(&sources, &roots, kind, &mut found);
    found.sort();
    found.dedup();
    bound(&mut found);
    let lines: Vec<_> = sources.iter().map(|it| Lines::of(if found.is_empty() { "" } else { it.text })).collect();
    let placed = found.into_iter().map(|it| {
        let source = it.source;
        it.placed(sources[source].name, &lines[source], roots[source])
    });
    Verdict { file: policy.name.into(), kind, actions: list_of_actions(), findings: placed.collect() }
}

/// Applies the rules where everything was read; gives the type.
fn judge<'a>(
    sources: &[&Source<'a>],
    roots: &[Option<&'a Value<'a>>],
    kind: Option<Kind>,
    found: &mut Vec<Found>,
) -> Kind {
    let Some(read) = roots.iter().copied().collect::<Option<Vec<_>>>() else { return kind.unwrap_or(Kind::Identity) };
    let documents: Vec<_> = read.iter().enumerate().map(|(source, it)| Document::of(it, source)).collect();
    let kind = kind.unwrap_or_else(|| Kind::of(&documents[0]));
    for (source, root) in read.iter().enumerate() {
        form::find(root, kind, source, found);
    }
    for denies in documents.iter().skip(1).flat_map(|it| &it.statements).filter(|it| it.is_allow) {
        let message = "this is to be appended to policies, and allows something";
        found.push(Found::error(denies.at, "deny", message, "append statements of Effect Deny only"));
    }
    let whole = match (read.as_slice(), sources) {
        ([own, more], [policy, denies]) => append::joined((policy.text, own), (denies.text, more)),
        _ => None,
    };
    let statements = documents.iter().flat_map(|it| &it.statements).collect();
    let whole = whole.as_deref().unwrap_or(sources[0].text);
    rules::find(&Judged { kind, documents: &documents, statements, whole }, found);
    kind
}

/// Leaves the worst of very many, in order of place, and says so.
fn bound(found: &mut Vec<Found>) {
    let more = found.len().saturating_sub(MOST);
    if more > 0 {
        found.sort_by_key(|it| Reverse(it.severity));
        found.truncate(MOST);
        found.sort();
        let message = format!("there are {more} more findings, none of them worse than these");
        found.insert(0, Found::error(At::default(), "findings", message, "correct the policy by these first"));
    }
}

fn characters(text: &str, source: usize) -> Option<Found> {
    let (at, refused) = refused(text)?;
    let message =
        format!("IAM refuses the character {refused:?}: it takes U+0009, U+000A, U+000D and U+0020 to U+00FF only");
    Some(Found::error(At { source, at }, "characters", message, "write it with other characters"))
}
