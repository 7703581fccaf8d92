//! How each secret stands, at every sweep: whether Secrets Manager rotates it in time, and whether its credential lasts as long as it
//! has to. What could not be read is counted as that, and never as fine.

use std::time::Duration;

use reaction::Error;
use rotation::{Schedule, SecretArn};

use crate::facts::{OfStep, Swept};

/// What a sweep counts, and what it says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Secrets whose rotation is late, or that nothing rotates.
    pub(crate) overdue: u64,
    /// Secrets that could not be read.
    pub(crate) unread: u64,
    /// Secrets whose credential ends too early.
    pub(crate) short_lived: u64,
    /// Each of them, by its name.
    pub(crate) notes: Vec<String>,
    /// What may be read by a later attempt.
    pub(crate) incomplete: Vec<String>,
}

/// How all of them stand.
pub(crate) fn watch(all: &[Swept], now: u64, overlap: Duration) -> Watched {
    let mut watched = Watched::default();
    for Swept { secret, of_secret, seen } in all {
        match seen {
            Ok(seen) => {
                let late = late(secret, seen.is_rotated, seen.schedule, now);
                watched.overdue += u64::from(late.is_some());
                let ends = seen.current.iter().flat_map(|it| of_secret.minted_for(it)).filter_map(|it| it.ends).max();
                let next = seen.schedule.next.filter(|it| seen.is_rotated && *it > now);
                let early = ends.and_then(|ends| Early::of(ends, next, now, overlap));
                watched.short_lived += u64::from(early.is_some());
                watched.notes.extend(late.into_iter().chain(early.map(|it| it.told(secret))));
            }
            Err(error) => {
                watched.unread += 1;
                match error {
                    // A secret that is gone, or is none of ours, is not there at the next attempt either.
                    Error::Refused(_) => watched.notes.push(format!("not looked at: {error}")),
                    Error::Failed(_) => watched.incomplete.push(error.to_string()),
                }
            }
        }
    }
    watched
}

/// Whether it should have been rotated.
fn late(secret: &SecretArn, is_rotated: bool, schedule: Schedule, now: u64) -> Option<String> {
    let how = "aws secretsmanager rotate-secret --secret-id";
    match schedule.next {
        _ if !is_rotated => Some(format!(
            "overdue: nothing rotates {secret}: set its rotation up ({how} {secret} --rotation-lambda-arn ..), or take it out of SecretArns"
        )),
        None => Some(format!(
            "overdue: {secret} has no date of a next rotation: give it a schedule ({how} {secret} --rotation-rules ..)"
        )),
        Some(next) if next < now => Some(format!(
            "overdue: {secret} was to be rotated {} ago: the log of its steps says what keeps it; then {how} {secret}",
            span(now - next)
        )),
        Some(_) => None,
    }
}

/// A credential that ends before it may: it is to work until the next rotation, and then for the overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Early {
    /// By so many seconds, before it is replaced.
    BeforeNext(u64),
    /// By so many seconds, beside the one that replaces it.
    InOverlap(u64),
}

impl Early {
    fn of(ends: u64, next: Option<u64>, now: u64, overlap: Duration) -> Option<Self> {
        let replaced = next.unwrap_or(now);
        let wanted = replaced.saturating_add(overlap.as_secs());
        if ends < replaced {
            Some(Self::BeforeNext(replaced - ends))
        } else {
            wanted.checked_sub(ends).filter(|it| *it > 0).map(Self::InOverlap)
        }
    }

    /// Of a step: that of the credential that is to become current.
    pub(crate) fn at_step(facts: &OfStep) -> Option<Self> {
        let OfStep { values, of_secret, schedule, now, overlap, .. } = facts;
        let pending = values.pending.as_ref()?;
        let minted = of_secret.minted.iter().find(|it| it.ends.is_some() && it.is_of(&it.version, pending))?;
        Self::of(minted.ends?, schedule.after(*now), *now, *overlap)
    }

    /// What is said of it.
    pub(crate) fn told(self, secret: &SecretArn) -> String {
        let remedy = "rotate more often, or have the server let tokens live longer";
        match self {
            Self::BeforeNext(by) => format!(
                "the server lets the credential of {secret} end {} before the next rotation, and clients have none that works until \
                 then: {remedy}",
                span(by)
            ),
            Self::InOverlap(by) => format!(
                "the server lets the credential of {secret} end {} before its overlap with the next one is over: {remedy}, or make \
                 SIGNALBOX_OVERLAP shorter",
                span(by)
            ),
        }
    }
}

/// A time in the largest unit that says it well.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
