//! Which messages follow from a delivery.

use std::fmt;

use mirror::{Push, RepositoryName};
use place::shortened;
use reaction::{Error, Plan};

use crate::body::{News, Repository};
use crate::delivery::Delivery;
use crate::hook::Hook;
use crate::queue::BATCH;

/// So many branches of one push are told of. No forge sends more in one request; the sweep finds the others of a push that has more.
const MOST: usize = 100;

/// One request to SQS: at most ten messages of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step(pub Vec<Push>);

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.0.first().map(Push::group).unwrap_or_default();
        write!(f, "tell of {group}: ")?;
        for (index, push) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { ", " };
            let branch = push.reference.branch().unwrap_or(push.reference.as_str());
            match &push.commit {
                Some(commit) => write!(f, "{between}{branch} at {}", &commit.as_str()[..12])?,
                None => write!(f, "{between}{branch}, which was deleted")?,
            }
        }
        Ok(())
    }
}

/// A message for each branch that was pushed in a repository that the hook knows.
pub(crate) fn plan(delivery: &Delivery, hook: &Hook) -> Result<Plan<Step>, Error> {
    let (repository, branches, others) = match &delivery.news {
        News::Other(what) => return Ok(Plan::Ignore(what.clone())),
        News::Pushed { repository, branches, others } => (repository, branches, *others),
    };
    let Some(name) = name_of(hook, repository) else {
        let (id, said) = (shortened(&repository.id, 80), shortened(&repository.name, 120));
        return Ok(Plan::Ignore(format!("the repository {id} ({said}) is not among those of {}", delivery.path)));
    };
    if branches.len() > MOST {
        return Err(Error::refused(format!(
            "the push has {} branches, and {MOST} are the most that are told of; the sweep of the mirror finds them",
            branches.len()
        )));
    }
    let is_asked_for = |branch: &str| hook.branches.is_empty() || hook.branches.contains(branch);
    let pushes = branches.iter().filter(|it| it.reference.branch().is_some_and(is_asked_for)).map(|it| Push {
        repository: name.clone(),
        reference: it.reference.clone(),
        commit: it.commit.clone(),
        delivery: delivery.id.clone(),
        forge: Some(delivery.forge),
    });
    let pushes: Vec<_> = pushes.collect();
    if pushes.is_empty() {
        let what = if branches.is_empty() { "tags" } else { "branches beside those that the hook names" };
        return Ok(Plan::Ignore(format!("{name}: only {what} were pushed, which are not mirrored")));
    }
    let left_out = branches.len() - pushes.len() + others;
    let notes = (left_out > 0)
        .then(|| format!("of the push, {left_out} not mirrored: tags, or branches that the hook does not name"));
    let steps = pushes.chunks(BATCH).map(|it| Step(it.to_vec())).collect();
    Ok(Plan::of(steps).with_notes(notes.into_iter().collect::<Vec<_>>()))
}

/// The configured name of a repository: by its id, or else by its full name.
fn name_of<'a>(hook: &'a Hook, repository: &Repository) -> Option<&'a RepositoryName> {
    hook.repositories.get(&repository.id).or_else(|| hook.repositories.get(&repository.name))
}
