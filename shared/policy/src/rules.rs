//! The rules, each a file: what they find in all statements together.

mod admin;
mod conditions;
mod escalation;
mod fit;
mod names;
mod principals;
mod size;
mod stray;

pub(crate) use size::refused;

use crate::Kind;
use crate::document::{Document, Statement};
use crate::finding::Found;
use crate::granted::Rights;

/// What the rules look at.
pub(crate) struct Judged<'a> {
    pub(crate) kind: Kind,
    /// The policy, and the denies that are appended to it.
    pub(crate) documents: &'a [Document<'a>],
    /// The statements of all of them.
    pub(crate) statements: Vec<&'a Statement<'a>>,
    /// The text as it would be saved, with the denies.
    pub(crate) whole: &'a str,
}

/// What the rules find.
pub(crate) fn find(judged: &Judged<'_>, found: &mut Vec<Found>) {
    let mut budget = fit::Budget::default();
    for statement in &judged.statements {
        names::find(statement, found);
        fit::find(statement, judged.kind, &mut budget, found);
        conditions::find(statement, judged.kind, found);
        principals::find(statement, judged.kind, found);
    }
    stray::find(judged, found);
    size::find(judged, found);
    if judged.kind == Kind::Identity {
        let rights = Rights::of(&judged.statements);
        if !admin::find(judged, &rights, found) {
            escalation::find(&rights, found);
        }
    }
}
