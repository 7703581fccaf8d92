//! What comes next at one target: one call, a wait, or the end. It is decided from what AWS shows; the record says how the target was
//! before, and since when something holds. So a run that was broken off between any two calls is taken up by the next one.

use crate::Traffic;
use crate::call::{Beside, Call};
use crate::record::{Goods, Phase, Progress};
use crate::seen::{Alias, Latest, Seen, Update, Version};
use crate::traffic::{MINUTE, percent_of, weight_of};

/// What is fixed for a target while its deployment goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'a> {
    /// What it gets.
    pub(crate) goods: &'a Goods,
    /// How the alias moves.
    pub(crate) traffic: Traffic,
    /// How many minutes the new version is watched with all traffic.
    pub(crate) bake: u64,
    /// The alias.
    pub(crate) alias: &'a str,
    /// The time.
    pub(crate) now: u64,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// One call.
    Call(Call),
    /// Nothing can be done now; this part of what was seen has to be read anew.
    Wait {
        /// What is waited for.
        why: String,
        /// What will show that it is over.
        stale: Stale,
    },
    /// The target gets into this phase, without a call.
    Enter(Phase),
    /// The alias is found to have moved already: the record gets to know since when.
    Mark(Phase),
    /// Nothing is left to be done here.
    Over {
        /// How it ended.
        phase: Phase,
        /// Why, where it is to be known.
        reason: Option<String>,
    },
}

/// A part of what was seen that may change by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// `$LATEST`.
    Latest,
    /// A version.
    Version(String),
    /// What is provisioned.
    Provisioned,
    /// What is provisioned for the alias, and the weights by which Lambda moves it there.
    Arrival,
    /// Alarms and metrics; and the alias, which another hand may move meanwhile.
    Verdict,
}

fn over(phase: Phase, reason: impl Into<String>) -> Next {
    Next::Over { phase, reason: Some(reason.into()) }
}

fn wait(why: impl Into<String>, stale: Stale) -> Next {
    Next::Wait { why: why.into(), stale }
}

/// Where the alias stands, of what this deployment knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Where it was before.
    Before,
    /// Between the two versions.
    Between,
    /// At the new version.
    After,
    /// Another hand moved it.
    Elsewhere,
}

/// Where the alias stands, as far as the known versions tell.
pub(crate) fn stand(alias: &Alias, progress: &Progress) -> Stand {
    let (before, after) = (progress.before.as_str(), progress.after.as_deref().unwrap_or(&progress.before));
    if alias.strangers(&[before, after]) {
        Stand::Elsewhere
    } else if alias.is_at(before) {
        Stand::Before
    } else if alias.is_at(after) {
        Stand::After
    } else {
        Stand::Between
    }
}

/// What comes next on the way to the new version.
pub(crate) fn forward(task: &Task, progress: &Progress, seen: &Seen) -> Next {
    let Some(alias) = &seen.alias else {
        return Next::Call(Call::ReadAlias { beside: beside(progress, seen) });
    };
    let Some(after) = &progress.after else { return make_version(task, progress, seen, alias) };
    let version = match seen.versions.get(after) {
        None => return Next::Call(Call::ReadVersion(after.clone())),
        Some(None) => return over(Phase::Failed, format!("version {after} is not there any more")),
        Some(Some(version)) => version,
    };
    if let Some(next) = unready(task, after, version) {
        return next;
    }
    match stand(alias, progress) {
        Stand::Between if is_arriving(task, alias, after) => arrive(progress, seen),
        Stand::After => watch(task, progress, seen),
        Stand::Before if progress.shifted.is_none() && progress.moved.is_none() => {
            prepare(task, progress, seen).unwrap_or_else(|| shift(task, progress, alias, after))
        }
        Stand::Before if progress.before == *after => watch(task, progress, seen),
        // A way back from a shift that was broken off has nothing to wait for.
        Stand::Between if !task.goods.has_code() => move_to(100, progress, alias, after),
        Stand::Between => shift_on(task, progress, seen, alias),
        Stand::Before | Stand::Elsewhere => moved_outside(alias, progress),
    }
}

/// What the way to the new version needs, wherever the alias stands that is read meanwhile.
fn beside(progress: &Progress, seen: &Seen) -> Beside {
    match &progress.after {
        Some(after) if !seen.versions.contains_key(after) => Beside::Version(after.clone()),
        None if seen.latest.is_none() => Beside::Latest,
        _ => Beside::Nothing,
    }
}

/// Whether Lambda still leads traffic to the other version, although the alias moved at once: where the alias has provisioned concurrency,
/// it does so until that is there for the new version.
/// <https://github.com/hashicorp/terraform-provider-aws/pull/48116>
fn is_arriving(task: &Task, alias: &Alias, version: &str) -> bool {
    task.traffic == Traffic::AllAtOnce && alias.version == version && alias.second.is_some()
}

/// Until what is provisioned has come to the new version, and all traffic with it.
fn arrive(progress: &Progress, seen: &Seen) -> Next {
    let Some(provisioned) = &seen.provisioned else { return Next::Call(Call::ReadProvisioned) };
    let failed = provisioned.iter().find_map(|it| if let Update::Failed(why) = &it.state { Some(why) } else { None });
    match failed {
        Some(why) => over(Phase::Failed, format!("concurrency could not be provisioned for the alias: {why}")),
        None if progress.moved.is_none() => Next::Mark(Phase::Baking),
        None => wait("Lambda moves what is provisioned for the alias", Stale::Arrival),
    }
}

/// What is said of an alias that another hand moved.
fn moved_outside(alias: &Alias, progress: &Progress) -> Next {
    let second = alias
        .second
        .as_ref()
        .map_or_else(String::new, |(version, weight)| format!(" with {} % for version {version}", percent_of(*weight)));
    over(
        Phase::LeftAlone,
        format!(
            "another hand moved the alias to version {}{second}, and it was {} before this deployment; it was left alone",
            alias.version, progress.before
        ),
    )
}

/// Until there is a version with the code. An alias that has moved without a record of it was moved by this deployment, before it was
/// broken off, or by another hand: the code tells.
fn make_version(task: &Task, progress: &Progress, seen: &Seen, alias: &Alias) -> Next {
    let candidate = match &alias.second {
        _ if alias.version != progress.before => Some(&alias.version),
        Some((version, _)) => Some(version),
        None => None,
    };
    if let Some(version) = candidate {
        return match seen.versions.get(version) {
            None => Next::Call(Call::ReadVersion(version.clone())),
            // The driver takes the version over as ours where its code is the one that was asked for.
            Some(_) => moved_outside(alias, progress),
        };
    }
    let Some(latest) = &seen.latest else { return Next::Call(Call::ReadLatest) };
    let has_code = task.goods.sha256.as_ref() == Some(&latest.sha256);
    match &latest.update {
        // How long Lambda may take counts from the beginning of a phase.
        Update::InProgress if progress.phase < Phase::Updating => Next::Enter(Phase::Updating),
        Update::InProgress => wait("Lambda is at work on the function", Stale::Latest),
        Update::Failed(why) if has_code => over(Phase::Failed, format!("Lambda could not take the code: {why}")),
        _ if has_code && progress.phase < Phase::Publishing => Next::Enter(Phase::Publishing),
        _ if has_code => publish(latest),
        _ if progress.phase >= Phase::Publishing => {
            over(Phase::Failed, "another hand changed the code of $LATEST before it became a version; deliver again")
        }
        _ if progress.phase < Phase::Updating => Next::Enter(Phase::Updating),
        _ => Next::Call(Call::UpdateCode { revision: latest.revision.clone() }),
    }
}

fn publish(latest: &Latest) -> Next {
    if latest.is_active {
        Next::Call(Call::Publish { revision: latest.revision.clone() })
    } else {
        wait("the function is not active yet", Stale::Latest)
    }
}

/// What keeps traffic from a version by itself.
fn unready(task: &Task, number: &str, version: &Version) -> Option<Next> {
    if task.goods.sha256.as_ref().is_some_and(|wanted| *wanted != version.sha256) {
        let why =
            format!("version {number} does not have the code that was asked for: its CodeSha256 is {}", version.sha256);
        return Some(over(Phase::Failed, why));
    }
    match &version.state {
        Update::Successful => None,
        Update::InProgress => Some(wait(format!("version {number} is not active yet"), Stale::Version(number.into()))),
        Update::Failed(why) => Some(over(Phase::Failed, format!("version {number} cannot be invoked: {why}"))),
    }
}

/// What has to be there before the first traffic: what is provisioned for the old version, and the hook's consent.
fn prepare(task: &Task, progress: &Progress, seen: &Seen) -> Option<Next> {
    let after = progress.after.as_ref()?;
    let Some(provisioned) = &seen.provisioned else { return Some(Next::Call(Call::ReadProvisioned)) };
    let of = |qualifier: &str| provisioned.iter().find(|it| it.qualifier == qualifier);
    if let Some(old) = of(&progress.before).filter(|_| progress.before != *after) {
        match of(after).map(|it| &it.state) {
            None => return Some(Next::Call(Call::Provision { version: after.clone(), count: old.requested })),
            Some(Update::InProgress) => return Some(wait("concurrency is being provisioned", Stale::Provisioned)),
            Some(Update::Failed(why)) => {
                return Some(over(Phase::Failed, format!("concurrency could not be provisioned: {why}")));
            }
            Some(Update::Successful) => {}
        }
    }
    if progress.phase < Phase::Shifting {
        return Some(Next::Enter(Phase::Shifting));
    }
    let hook = task.goods.before.clone().filter(|_| !progress.is_ready)?;
    Some(Next::Call(Call::Invoke { hook, is_after: false }))
}

/// The first part of the traffic.
fn shift(task: &Task, progress: &Progress, alias: &Alias, after: &str) -> Next {
    if progress.before == after {
        return Next::Mark(Phase::Baking);
    }
    move_to(task.traffic.percent_after(0), progress, alias, after)
}

fn move_to(percent: u64, progress: &Progress, alias: &Alias, after: &str) -> Next {
    let revision = alias.revision.clone();
    Next::Call(if percent >= 100 {
        Call::Move { version: after.into(), second: None, revision }
    } else {
        let second = Some((after.to_owned(), weight_of(percent)));
        Call::Move { version: progress.before.clone(), second, revision }
    })
}

/// A further part of the traffic, once it is due and the version is good with what it has.
fn shift_on(task: &Task, progress: &Progress, seen: &Seen, alias: &Alias) -> Next {
    let (Some(after), Some((_, weight))) = (&progress.after, &alias.second) else {
        return moved_outside(alias, progress);
    };
    let Some(shifted) = progress.shifted else { return Next::Mark(Phase::Shifting) };
    if seen.judged.is_none() {
        return Next::Call(Call::Judge);
    }
    let (has, due) = (percent_of(*weight), task.traffic.percent_after(task.now.saturating_sub(shifted)));
    if due > has {
        return move_to(due, progress, alias, after);
    }
    wait(format!("version {after} has {has} % of the traffic"), Stale::Verdict)
}

/// The new version has all traffic: what is provisioned for the alias has to be there, and the version has to be good for a while.
fn watch(task: &Task, progress: &Progress, seen: &Seen) -> Next {
    let Some(moved) = progress.moved else { return Next::Mark(Phase::Baking) };
    let Some(provisioned) = &seen.provisioned else { return Next::Call(Call::ReadProvisioned) };
    match provisioned.iter().find(|it| it.qualifier == task.alias).map(|it| &it.state) {
        Some(Update::InProgress) => return wait("concurrency is being provisioned for the alias", Stale::Provisioned),
        Some(Update::Failed(why)) => {
            return over(Phase::Failed, format!("concurrency could not be provisioned for the alias: {why}"));
        }
        _ => {}
    }
    let is_judged = task.bake > 0 || !task.goods.alarms.is_empty();
    if is_judged && seen.judged.is_none() {
        return Next::Call(Call::Judge);
    }
    let until = moved + task.bake * MINUTE;
    if task.now < until {
        return wait(format!("it is watched for another {} s", until - task.now), Stale::Verdict);
    }
    match task.goods.after.clone().filter(|_| progress.phase < Phase::Done) {
        Some(hook) => Next::Call(Call::Invoke { hook, is_after: true }),
        None => Next::Over { phase: Phase::Done, reason: progress.reason.clone() },
    }
}

/// What comes next on the way back: the alias points to where it was before this deployment, unless another hand moved it.
pub(crate) fn back(task: &Task, progress: &Progress, seen: &Seen) -> Next {
    let Some(alias) = &seen.alias else { return Next::Call(Call::ReadAlias { beside: Beside::Nothing }) };
    // Of an alias with provisioned concurrency Lambda itself leads the rest of the traffic back.
    let is_led = alias.second.as_ref().is_some_and(|(_, weight)| *weight >= 1.0);
    let is_led = is_led && is_arriving(task, alias, &progress.before) && stand(alias, progress) == Stand::Between;
    if alias.is_at(&progress.before) || is_led {
        return Next::Over { phase: Phase::RolledBack, reason: progress.reason.clone() };
    }
    if stand(alias, progress) == Stand::Elsewhere {
        let unknown = [Some(&alias.version), alias.second.as_ref().map(|(version, _)| version)];
        let unknown =
            unknown.into_iter().flatten().find(|it| **it != progress.before && !seen.versions.contains_key(*it));
        // Before the version is recorded, its code says whether it is ours.
        return match unknown.filter(|_| progress.after.is_none() && task.goods.sha256.is_some()) {
            Some(version) => Next::Call(Call::ReadVersion(version.clone())),
            None => moved_outside(alias, progress),
        };
    }
    let (version, revision) = (progress.before.clone(), alias.revision.clone());
    Next::Call(Call::Move { version, second: None, revision })
}

/// The version that this deployment made before it was broken off, where the alias points to one with the code that was asked for.
pub(crate) fn adopted(goods: &Goods, progress: &Progress, seen: &Seen) -> Option<String> {
    let (alias, wanted) = (seen.alias.as_ref()?, goods.sha256.as_ref()?);
    let second = alias.second.as_ref().map(|(version, _)| version);
    let mut candidates = [Some(&alias.version), second].into_iter().flatten();
    let is_ours = |version: &&String| {
        let code = seen.versions.get(*version).and_then(|it| it.as_ref()).map(|it| &it.sha256);
        **version != progress.before && code == Some(wanted)
    };
    candidates.find(is_ours).cloned().filter(|_| progress.after.is_none())
}
