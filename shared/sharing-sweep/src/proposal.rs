//! What a sweep does, and what it would do, for an operator who looks at it before it is done.

use reaction::{Counts, Error, Plan, Run};
use sharing::Share;

use crate::counts;
use crate::decision::decide_all;
use crate::interlocks::{self, HeldBack};
use crate::plan::{Step, change};
use crate::stored::StoredPlan;
use crate::subject::Subject;
use crate::sweeping::Sweep;

/// What a sweep would do.
#[derive(Debug)]
pub struct Proposal {
    /// The steps, as a plan that can be stored and carried out.
    pub plan: StoredPlan,
    /// What cannot be shared, and why.
    pub refused: Vec<String>,
    /// What the reader should know beside the steps.
    pub notes: Vec<String>,
    /// What could not be read, so that the plan may lack steps.
    pub incomplete: Vec<String>,
    /// What the report of the sweep would count.
    pub counts: Counts,
    /// Why a sweep would refuse all of it, or what it would hold back, unless it is forced, if so.
    pub interlock: Option<Error>,
}

impl Sweep {
    /// Reads everything, and says what a sweep would do.
    ///
    /// # Errors
    /// `Refused` where the manifest cannot be acted on; otherwise what a call's error means.
    pub async fn propose(&self, run: &Run) -> Result<Proposal, Error> {
        let facts = Box::pin(self.read_facts(&Subject::Sweep { force: None }, run.deadline)).await?;
        let decisions = decide_all(&facts)?;
        // The plan is of everything, so that it can force what a sweep holds back.
        let interlock = match interlocks::check(&facts, &decisions) {
            Ok(held_back) if held_back.is_empty() => None,
            Ok(held_back) => Some(Error::refused(told(&held_back))),
            Err(error) => Some(error),
        };
        let (mut shares, mut refused, mut forgotten) = (Vec::<Share>::new(), Vec::new(), Vec::new());
        let Plan::Change { steps, mut notes, incomplete, .. } = change(&facts, &decisions)? else {
            return Err(Error::failed("a sweep is never ignored"));
        };
        for step in steps {
            match step {
                Step::Share(share) => shares.push(share),
                Step::CannotShare(_) => refused.push(step.to_string()),
                Step::Forget(_) => forgotten.push(step.to_string()),
            }
        }
        // Only a sweep forgets; a plan is about things that there are.
        notes.extend(forgotten.into_iter().map(|what| format!("a sweep will {what}")));
        let manifest = facts.desired.admitted()?.version().to_owned();
        let plan = StoredPlan { version: StoredPlan::VERSION, account: facts.home.clone(), manifest, steps: shares };
        Ok(Proposal { plan, refused, notes, incomplete, counts: counts::counts(&facts, &decisions), interlock })
    }
}

/// What is held back, and why.
fn told(held_back: &HeldBack) -> String {
    let held_back = held_back.iter().map(|(resource, why)| format!("{resource}: {why}"));
    held_back.collect::<Vec<_>>().join("; and ")
}
