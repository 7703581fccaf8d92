//! What becomes of the copy of a commit, and of the pointer to it.

use std::collections::BTreeMap;

use reaction::Plan;

use crate::layout::{finding, sorted_out};
use crate::manifest::{Pointer, Rules, Stored};
use crate::steps::{BATCH, Step, Upload};
use crate::tree::Head;
use crate::{Keys, RepositoryName};

/// What decides over the copy of a branch's head.
#[derive(Clone, Debug)]
pub struct Copied<'a> {
    /// The repository.
    pub name: &'a RepositoryName,
    /// The branch.
    pub branch: &'a str,
    /// Its head.
    pub head: &'a Head,
    /// What decides what a file becomes.
    pub rules: Rules,
    /// The pointer that there is.
    pub pointer: Option<&'a Stored<Pointer>>,
    /// What is there of the copy, by path: the bytes of each object. A run that was broken off leaves a part.
    pub present: &'a BTreeMap<String, u64>,
}

/// Computes the steps that make the copy and move the pointer to it. An object of a copy is written once and never changed: S3 shows it
/// whole or not at all, and the commit decides its content.
#[must_use]
pub fn plan_copy(of: &Copied) -> Plan<Step> {
    if of.pointer.is_some_and(|it| it.it.commit == of.head.commit) {
        return Plan::of(Vec::new());
    }
    let keys = Keys(of.name);
    let prefix = keys.copy(of.branch, &of.head.commit);
    let (wanted, left) = sorted_out(&prefix, of.head, &of.rules);
    let missing = wanted.iter().filter(|(path, it)| of.present.get(*path) != Some(&it.size));
    let uploads: Vec<_> = missing
        .map(|(path, it)| Upload { path: path.clone(), content: it.content(), size: it.size, replaces: None })
        .collect();
    let chunks = uploads.chunks(BATCH).map(|some| Step::Copy {
        branch: of.branch.to_owned(),
        prefix: prefix.clone(),
        uploads: some.to_vec(),
    });
    let pointer = Pointer {
        repository: of.name.clone(),
        branch: of.branch.to_owned(),
        commit: of.head.commit.clone(),
        prefix: prefix.clone(),
        files: wanted.len(),
    };
    let replaces = of.pointer.map(|it| it.etag.clone());
    let point = Step::Point { key: keys.pointer(of.branch), pointer, replaces };
    let steps = chunks.chain([point]).collect();
    let (findings, _) = reaction::interlock::listed(left.iter().map(finding).collect::<Vec<_>>().into_iter());
    Plan::of(steps).with_findings(findings)
}
