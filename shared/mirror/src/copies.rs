//! What becomes of the copy of a commit, of the pointer to it, and of former copies.

use std::collections::BTreeMap;

use reaction::Plan;

use crate::layout::{finding, sorted_out};
use crate::manifest::{CopyManifest, FORMAT, Pointer, Rules, Stored};
use crate::steps::{BATCH, Step, Upload};
use crate::tree::Head;
use crate::{CommitId, Keys, RepositoryName};

/// Where the head's copy lies, and which other copies stay and go, once the pointer leads to it: each by what its keys begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The head's copy.
    pub prefix: String,
    /// The copies that stay, the latest first.
    pub former: Vec<String>,
    /// The copies that go, and those that a run before was about to delete.
    pub expired: Vec<String>,
}

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
    /// Which copies stay and go.
    pub turn: &'a Turn,
    /// What is there of the head's copy, by path: the bytes of each object. A run that was broken off leaves a part.
    pub present: &'a BTreeMap<String, u64>,
    /// What is known of what copies consist of, by their prefixes: of those that go, and of the head's where something of it is there.
    pub manifests: &'a BTreeMap<String, Stored<CopyManifest>>,
}

impl Turn {
    /// What becomes of the copies of a branch whose head is this commit, where `kept` of them stay with the head's.
    ///
    /// A prefix whose copy is being deleted is never the head's: a run that was thought dead could go on deleting there.
    #[must_use]
    pub fn of(name: &RepositoryName, branch: &str, commit: &CommitId, pointer: Option<&Pointer>, kept: usize) -> Self {
        let keys = Keys(name);
        // What another writer put into the pointer leads to no deletion elsewhere.
        let is_copy = |it: &&String| keys.copied(branch, it).is_some();
        let known = pointer.map(|it| std::iter::once(&it.prefix).chain(&it.former)).into_iter().flatten();
        let known: Vec<_> = known.filter(is_copy).cloned().collect();
        let mut expired: Vec<_> = pointer.iter().flat_map(|it| &it.expired).filter(is_copy).cloned().collect();
        let there = known.iter().find(|it| keys.copied(branch, it).as_ref() == Some(commit)).cloned();
        // Of one number more than there are prefixes in use, one is free.
        let numbers = 1..=expired.len() + 1;
        let fresh = || numbers.map(|number| keys.copy(branch, commit, number)).find(|it| !expired.contains(it));
        let prefix = there.or_else(fresh).unwrap_or_default();
        let mut former: Vec<_> = known.into_iter().filter(|it| *it != prefix).collect();
        let gone = former.split_off(former.len().min(kept.saturating_sub(1)));
        expired.extend(gone);
        Self { prefix, former, expired }
    }
}

/// Computes the steps that make the copy and move the pointer to it, and that delete former copies afterwards. An object of a copy is
/// written once and never changed: S3 shows it whole or not at all, and the commit decides its content.
#[must_use]
pub fn plan_copy(of: &Copied) -> Plan<Step> {
    if of.pointer.is_some_and(|it| it.it.commit == of.head.commit) {
        return Plan::of(Vec::new());
    }
    let Turn { prefix, former, expired } = of.turn;
    let (wanted, left) = sorted_out(prefix, of.head, &of.rules);
    let missing = wanted.iter().filter(|(path, it)| of.present.get(*path) != Some(&it.size));
    let uploads: Vec<_> = missing
        .map(|(path, it)| Upload { path: path.clone(), content: it.content(), size: it.size, replaces: None })
        .collect();
    let chunks = uploads.chunks(BATCH).map(|some| Step::Copy {
        branch: of.branch.to_owned(),
        prefix: prefix.clone(),
        uploads: some.to_vec(),
    });
    // One without a manifest is deleted already, or was copied before there were manifests of copies.
    let (expired, without): (Vec<_>, Vec<_>) = expired.iter().cloned().partition(|it| of.manifests.contains_key(it));
    let pointer = Pointer {
        repository: of.name.clone(),
        branch: of.branch.to_owned(),
        commit: of.head.commit.clone(),
        prefix: prefix.clone(),
        files: wanted.len(),
        former: former.clone(),
        expired: expired.clone(),
    };
    let replaces = of.pointer.map(|it| it.etag.clone());
    let point = Step::Point { key: Keys(of.name).pointer(of.branch), pointer, replaces };
    let going = expired.iter().filter_map(|it| of.manifests.get_key_value(it));
    let going = deletions(of.branch, going);
    let steps = listing(of, wanted.into_keys()).into_iter().chain(chunks).chain([point]).chain(going).collect();
    let was_deleted = |it: &String| of.pointer.is_some_and(|pointer| pointer.it.expired.contains(it));
    let notes = without.iter().filter(|it| !was_deleted(it)).map(|it| {
        format!("the former copy {it} stays: nothing lists its objects; delete them by hand where no reader needs them")
    });
    let (findings, _) = reaction::interlock::listed(left.iter().map(finding).collect::<Vec<_>>().into_iter());
    Plan::of(steps).with_findings(findings).with_notes(notes)
}

/// The step that says what the copy is to consist of, where that is not said yet. What a run before has listed stays listed.
fn listing(of: &Copied, paths: impl Iterator<Item = String>) -> Option<Step> {
    let there = of.manifests.get(&of.turn.prefix);
    let paths = paths.chain(there.iter().flat_map(|it| it.it.paths.clone())).collect();
    let manifest = CopyManifest {
        format: FORMAT,
        repository: of.name.clone(),
        branch: of.branch.to_owned(),
        commit: of.head.commit.clone(),
        paths,
    };
    let is_said = there.is_some_and(|it| it.it == manifest);
    let replaces = there.map(|it| it.etag.clone());
    (!is_said).then(|| Step::List { key: Keys::copy_manifest(&of.turn.prefix), manifest, replaces })
}

/// Computes the steps that end the deletion of former copies, which a run before has begun and did not end: those of the pointer's `expired`
/// that still have a manifest.
#[must_use]
pub fn plan_overdue(branch: &str, manifests: &BTreeMap<String, Stored<CopyManifest>>) -> Plan<Step> {
    Plan::of(deletions(branch, manifests.iter()))
}

/// The steps that delete what the manifests of these copies list, and then the manifests.
fn deletions<'a>(branch: &str, copies: impl Iterator<Item = (&'a String, &'a Stored<CopyManifest>)>) -> Vec<Step> {
    let (mut objects, mut manifests) = (Vec::new(), Vec::new());
    for (prefix, manifest) in copies {
        let branch = || branch.to_owned();
        let paths: Vec<_> = manifest.it.paths.iter().cloned().collect();
        let step = |some: &[String]| Step::Expire { branch: branch(), prefix: prefix.clone(), paths: some.to_vec() };
        objects.extend(paths.chunks(BATCH).map(step));
        let key = Keys::copy_manifest(prefix);
        manifests.push(Step::Forget { branch: branch(), key, etag: manifest.etag.clone() });
    }
    objects.into_iter().chain(manifests).collect()
}
