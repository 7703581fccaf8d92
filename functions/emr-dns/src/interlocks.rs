//! What no sweep does unless it is forced: take many names away, or believe that there are no clusters at all.

use std::collections::BTreeSet;

use reaction::Error;

use crate::change::Deed;
use crate::decide::{Decision, Verdict};
use crate::facts::Survey;
use crate::mark::Holder;
use crate::name::Name;

/// How many names one sweep may take away.
const MOST: usize = 25;

/// How many of a hundred names it may take away, where there are at least [`FEW`].
const PERCENT: usize = 30;
const FEW: usize = 10;

/// How many names a message lists.
const LISTED: usize = 100;

/// Refuses a sweep that takes too much away, as a whole.
pub(crate) fn check(survey: &Survey, decisions: &[Decision]) -> Result<(), Error> {
    let owned = decisions.iter().filter(|it| matches!(it.holder, Holder::Ours(_))).count();
    let is_deleted = |it: &&Decision| matches!(&it.verdict, Verdict::Change(change) if change.deed == Deed::Delete);
    let deleted: BTreeSet<_> = decisions.iter().filter(is_deleted).map(|it| it.name.clone()).collect();
    let going = deleted.difference(&survey.force).count();
    if going == 0 {
        return Ok(());
    }
    if survey.clusters.is_empty() {
        let why = format!("no cluster lives at all, and {going} of {owned} names would go");
        return Err(refusal(&why, &deleted));
    }
    if going > MOST {
        return Err(refusal(&format!("{going} names would go, and {MOST} may"), &deleted));
    }
    if owned >= FEW && going * 100 > owned * PERCENT {
        return Err(refusal(&format!("{going} of {owned} names would go, and {PERCENT} % may"), &deleted));
    }
    Ok(())
}

fn refusal(why: &str, deleted: &BTreeSet<Name>) -> Error {
    let listed: Vec<_> = deleted.iter().take(LISTED).map(|name| format!("\"{name}\"")).collect();
    let more = deleted.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more (`signalbox dns` shows them)") } else { String::new() };
    Error::refused(format!(
        "{why}; nothing was changed; see that EMR's list is right, and invoke with the names that may go: \
         {{\"signalbox\": \"sweep\", \"force\": [{}]}}{rest}",
        listed.join(", ")
    ))
}
