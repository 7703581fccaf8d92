//! What a sweep refuses to do without `force`: take many names away, or believe that there are no clusters at all.

use std::collections::BTreeSet;

use naming::{Decision, Deed, Holder, Name, Verdict};
use reaction::Error;
use reaction::interlock::{Excess, listed};

use crate::facts::Survey;

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
    let limits = survey.limits;
    let why = match limits.excess(going, going, owned) {
        None => return Ok(()),
        Some(Excess::Number) => format!("{going} names would go, and {} may (SIGNALBOX_MAX_REMOVALS)", limits.removals),
        Some(Excess::Percent) => {
            let percent = limits.percent;
            format!("{going} of {owned} names would go, and {percent} % may (SIGNALBOX_MAX_REMOVED_PERCENT)")
        }
    };
    Err(refusal(&why, &deleted))
}

fn refusal(why: &str, deleted: &BTreeSet<Name>) -> Error {
    let (listed, more) = listed(deleted.iter().map(|name| format!("\"{name}\"")));
    let rest = if more > 0 { format!(" and {more} more (`signalbox dns` shows them)") } else { String::new() };
    Error::refused(format!(
        "{why}; nothing was changed; see that EMR's list is right, and invoke with the names that may go: \
         {{\"signalbox\": \"sweep\", \"force\": [{}]}}{rest}",
        listed.join(", ")
    ))
}
