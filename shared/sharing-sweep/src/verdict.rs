//! What follows from everything that was found: the decisions are made once, for interlocks, steps and counts. Pure.

use reaction::{Error, Plan};

use crate::decision::decide_all;
use crate::facts::Facts;
use crate::plan::{Step, change};
use crate::{counts, groups, interlocks};

/// What follows from what was found, unless an interlock refuses it.
pub(crate) fn plan(facts: &Facts) -> Result<Plan<Step>, Error> {
    if let Some(why) = &facts.not_ours {
        return Ok(Plan::Ignore(why.clone()));
    }
    let mut decisions = decide_all(facts)?;
    let held_back = interlocks::check(facts, &decisions)?;
    groups::hold_back(&mut decisions, &held_back);
    Ok(change(facts, &decisions)?.with_counts(counts::counts(facts, &decisions)))
}
