//! What a sweep refuses to do without `force`: take many names away, or believe that there are no clusters at all. A member account
//! ends its own clusters as it likes, and must not hold up the names of all others by that: what it alone would lose is held back.

use std::collections::{BTreeMap, BTreeSet};

use naming::{Decision, Deed, Holder, Name, Verdict};
use place::AccountId;
use reaction::Error;
use reaction::interlock::{Excess, Limits, listed};

use crate::facts::Survey;

/// The accounts whose names do not go although they should, each with the reason.
pub(crate) type HeldBack = BTreeMap<AccountId, String>;

/// The names that would go, by the account that has them.
type Deletions<'a> = BTreeMap<&'a AccountId, BTreeSet<&'a Name>>;

/// How many member accounts are held back at most. What more of them would lose is taken for a list of EMR's that is wrong.
const FEW: usize = 3;

/// Refuses a sweep that takes too much away: as a whole, or about the names of a few member accounts that lose most.
pub(crate) fn check(home: &AccountId, survey: &Survey, decisions: &mut [Decision]) -> Result<HeldBack, Error> {
    let deletions = deletions(decisions, home);
    let deleted: BTreeSet<&Name> = deletions.values().flatten().copied().collect();
    let going = not_forced(survey, deletions.values().flatten());
    if going == 0 {
        return Ok(HeldBack::new());
    }
    let owned = decisions.iter().filter(|it| matches!(it.holder, Holder::Ours(_))).count();
    if survey.clusters.is_empty() {
        let why = format!("no cluster lives at all, and {going} of {owned} names would go");
        return Err(refusal(&why, &deleted));
    }
    let Some(why) = excess(survey.limits, going, owned) else { return Ok(HeldBack::new()) };
    let half = Limits { removals: survey.limits.removals / 2, percent: survey.limits.percent / 2 };
    let loses_much = |names: &BTreeSet<&Name>| {
        let lost = not_forced(survey, names);
        lost > 1 && half.excess(lost, lost, owned).is_some()
    };
    let (most, rest): (Deletions, Deletions) =
        deletions.into_iter().partition(|(account, names)| *account != home && loses_much(names));
    let left = not_forced(survey, rest.values().flatten());
    if !(1..=FEW).contains(&most.len()) || excess(survey.limits, left, owned.saturating_sub(going - left)).is_some() {
        return Err(refusal(&why, &deleted));
    }
    let held_back: HeldBack =
        most.into_iter().map(|(account, names)| (account.clone(), of_account(account, &why, &names))).collect();
    hold_back(survey, decisions, home, &held_back);
    Ok(held_back)
}

/// The names that would go.
fn deletions<'a>(decisions: &'a [Decision], home: &'a AccountId) -> Deletions<'a> {
    let mut deletions = Deletions::new();
    for decision in decisions.iter().filter(|it| is_deletion(it)) {
        deletions.entry(account(decision, home)).or_default().insert(&decision.name);
    }
    deletions
}

fn is_deletion(decision: &Decision) -> bool {
    matches!(&decision.verdict, Verdict::Change(change) if change.deed == Deed::Delete)
}

/// The account that has the name.
fn account<'a>(decision: &'a Decision, home: &'a AccountId) -> &'a AccountId {
    if let Holder::Ours(held) = &decision.holder { &held.mark.place.account } else { home }
}

/// How many of these names the sweep is not forced to take away.
fn not_forced<'a>(survey: &Survey, names: impl IntoIterator<Item = &'a &'a Name>) -> usize {
    names.into_iter().filter(|name| !survey.force.contains(**name)).collect::<BTreeSet<_>>().len()
}

/// Which limit is exceeded where so many of these names go.
fn excess(limits: Limits, going: usize, owned: usize) -> Option<String> {
    Some(match limits.excess(going, going, owned)? {
        Excess::Number => format!("{going} names would go, and {} may (SIGNALBOX_MAX_REMOVALS)", limits.removals),
        Excess::Percent => {
            let percent = limits.percent;
            format!("{going} of {owned} names would go, and {percent} % may (SIGNALBOX_MAX_REMOVED_PERCENT)")
        }
    })
}

/// Leaves the names of these accounts, other than those that the sweep is forced to take away.
fn hold_back(survey: &Survey, decisions: &mut [Decision], home: &AccountId, held_back: &HeldBack) {
    for decision in decisions.iter_mut().filter(|it| is_deletion(it) && !survey.force.contains(&it.name)) {
        let account = account(decision, home);
        if held_back.contains_key(account) {
            let why = format!("would be deleted, but too many names of account {account} would go");
            decision.verdict = Verdict::Spare(why);
        }
    }
}

fn of_account(account: &AccountId, why: &str, deleted: &BTreeSet<&Name>) -> String {
    let count = deleted.len();
    format!(
        "{why}, {count} of them of account {account}, of which none was deleted; see that EMR's list there is right, {}",
        forcing(deleted)
    )
}

fn refusal(why: &str, deleted: &BTreeSet<&Name>) -> Error {
    Error::refused(format!("{why}; nothing was changed; see that EMR's list is right, {}", forcing(deleted)))
}

/// How to have these names deleted all the same.
fn forcing(deleted: &BTreeSet<&Name>) -> String {
    let (listed, more) = listed(deleted.iter().map(|name| format!("\"{name}\"")));
    let rest = if more > 0 { format!(" and {more} more (`signalbox dns` shows them)") } else { String::new() };
    let listed = listed.join(", ");
    format!("and invoke with the names that may go: {{\"signalbox\": \"sweep\", \"force\": [{listed}]}}{rest}")
}
