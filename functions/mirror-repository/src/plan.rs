//! What follows from the facts.

use std::fmt;

use mirror::{Copied, Layout, Push, plan_copy, plan_layout, plan_overdue};
use reaction::{Error, Plan};

use crate::facts::{Facts, OfRepository};
use crate::subject::{Asked, Subject};

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An effect on the bucket.
    Mirror(mirror::Step),
    /// A message to the queue.
    Send(Push),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mirror(step) => step.fmt(f),
            Self::Send(push) => write!(f, "send a message that asks for a copy of {}", push.repository),
        }
    }
}

/// Computes what is to be done.
pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    match facts {
        Facts::Elsewhere(why) => Ok(Plan::Ignore(why.clone())),
        Facts::Dispatch(messages) => Ok(Plan::of(messages.iter().cloned().map(Step::Send).collect())),
        Facts::Repository(facts) => {
            let force = match subject {
                Subject::Mirror(Asked { force, .. }) => force.as_ref(),
                Subject::Sweep | Subject::CodeCommit(_) => None,
            };
            plan_repository(facts, force).map(|plan| plan.map(Step::Mirror))
        }
    }
}

/// The copies first, so that who follows a pointer is the first to see the new commit; then the layout.
fn plan_repository(facts: &OfRepository, force: Option<&mirror::CommitId>) -> Result<Plan<mirror::Step>, Error> {
    let OfRepository { name, branch, rules, layout, copies, .. } = facts;
    let mut plans = Vec::new();
    for it in copies {
        let copied = Copied {
            name,
            branch: &it.branch,
            head: &it.head,
            rules: rules.clone(),
            pointer: it.pointer.as_ref(),
            turn: &it.turn,
            present: &it.present,
            manifests: &it.manifests,
        };
        plans.push(plan_copy(&copied));
    }
    if let Some(it) = layout {
        plans.push(plan_layout(&Layout {
            name,
            branch,
            head: &it.head,
            rules: rules.clone(),
            manifest: it.manifest.as_ref(),
            journal: it.journal.as_ref(),
            limits: facts.limits,
            force,
        })?);
    }
    plans.extend(facts.overdue.iter().map(|(branch, manifests)| plan_overdue(branch, manifests)));
    Ok(joined(plans).with_notes(notes(facts)))
}

/// One plan of several: the steps in the order of their phases, each finding once.
fn joined(plans: Vec<Plan<mirror::Step>>) -> Plan<mirror::Step> {
    let (mut steps, mut found, mut notes, mut counted) = (Vec::new(), Vec::new(), Vec::new(), reaction::Counts::new());
    for plan in plans {
        let Plan::Change { steps: more, notes: told, counts, findings, .. } = plan else { continue };
        steps.extend(more);
        notes.extend(told);
        counted.extend(counts);
        found.extend(findings);
    }
    steps.sort_by_key(mirror::phase);
    found.sort();
    found.dedup();
    Plan::of(steps).with_notes(notes).with_findings(found).with_counts(counted)
}

fn notes(facts: &OfRepository) -> Vec<String> {
    let mode = if facts.has_pointer {
        "who follows the pointer sees one commit at every moment; who reads OWNER/REPO/.. sees new objects beside former ones while \
         they are written"
    } else {
        "no pointer is configured: what is new or changed is written before what vanished is deleted, and a reader sees new objects \
         beside former ones while they are written"
    };
    let absent = facts.absent.iter().map(|branch| {
        format!("the forge has no branch {branch} (any more): its copies and its pointer stay as they are")
    });
    std::iter::once(mode.to_owned()).chain(absent).collect()
}
