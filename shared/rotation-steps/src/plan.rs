//! What one invocation does and tells, from what was read: no call is made here.

use std::fmt;
use std::time::Duration;

use reaction::{Counts, Error, Plan};
use rotation::{Open, Request, SecretArn, Turn, VersionId, What};

use crate::facts::{OfStep, Swept, Values};
use crate::minted::Minted;
use crate::records::{Due, OfSecret, Remembered};
use crate::watch::{Early, Watched, watch};

/// No run lives longer: Lambda ends it. What an older one began and did not strike out, nobody is at work on.
const RUN: Duration = Duration::from_mins(15);

/// Why the function runs.
#[derive(Clone, Debug)]
pub enum Subject {
    /// One step of a rotation.
    Step(Request),
    /// It is time to revoke what is not needed any more.
    Sweep,
}

/// One effect.
#[derive(Clone, Debug)]
pub enum Step {
    /// A step of a rotation acts.
    Rotate(Request, Act),
    /// No client has this version any more: it is to be revoked.
    Due(SecretArn, VersionId, Option<Open>),
    /// What was current before is revoked, where it is one of those that were made for it.
    Revoke(SecretArn, Due, Vec<Minted>),
}

/// What a step of a rotation does.
#[derive(Clone, Debug)]
pub enum Act {
    /// A credential is made and kept, by what is remembered of the secret.
    Create(Values, OfSecret),
    /// One was made and kept by a run that could not write that down.
    Keep(Open),
    /// The server is made to take it.
    Set(Values),
    /// It is shown that the server takes it.
    Test(Values),
    /// It is shown that the server takes the current one.
    Check(Values),
    /// It becomes current, once the server has shown again that it takes it; what was open is settled by that, and what was made for
    /// the version that goes needs no memory where no sweep revokes it.
    Finish(Values, Option<VersionId>, Vec<Open>, Vec<Minted>),
    /// The server refused it too often: the next rotation shall begin anew.
    GiveUp(Remembered),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rotate(_, act) => act.fmt(f),
            Self::Due(secret, version, _) => {
                write!(f, "have version {version} of {secret} revoked, which has no label")
            }
            Self::Revoke(secret, due, _) => write!(f, "revoke version {} of {secret}", due.version),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(..) => write!(f, "make a credential and keep it as AWSPENDING"),
            Self::Keep(open) => write!(f, "write down that version {} has a credential", open.version),
            Self::Set(_) => write!(f, "have the server take it"),
            Self::Test(_) => write!(f, "prove that the server takes it"),
            Self::Check(_) => write!(f, "prove that the server takes AWSCURRENT"),
            Self::Finish(_, Some(from), ..) => write!(f, "make it AWSCURRENT in place of {from}"),
            Self::Finish(..) => write!(f, "make it AWSCURRENT"),
            Self::GiveUp(it) => write!(f, "give it up, since the server refused it {} times", it.attempts.0),
        }
    }
}

/// What one step of a rotation does. A credential that is not minted is the server's only after `setSecret` was carried out.
pub(crate) fn of_step(facts: &OfStep, is_minted: bool) -> Result<Plan<Step>, Error> {
    let OfStep { request, turn, values, remembered, of_secret, .. } = facts;
    let rotate = |act| Step::Rotate(request.clone(), act);
    if *turn == Turn::Done {
        return Ok(Plan::nothing(format!("version {} is AWSCURRENT already", request.version)));
    }
    let is_filled = values.pending.is_some();
    let kept = values.pending.as_ref().and_then(|it| of_secret.unsaid(&request.version, it));
    let (mut notes, counts) = known(facts, kept);
    let act = match turn {
        Turn::Create if is_filled => {
            notes.push(format!("version {} has a value already", request.version));
            let steps = kept.cloned().map(|it| rotate(Act::Keep(it))).into_iter().collect();
            return Ok(Plan::of(steps).with_notes(notes).with_counts(counts));
        }
        Turn::Create => Act::Create(values.clone(), of_secret.clone()),
        // So RotateSecret asks whether a rotation could succeed, where it is not to begin yet.
        Turn::Test if !is_filled => {
            notes.push(format!("version {} has no value: AWSCURRENT was to be proved in its place", request.version));
            Act::Check(values.clone())
        }
        Turn::Set | Turn::Finish { .. } if !is_filled => {
            return Err(too_early(request, "has no value", "createSecret"));
        }
        // An identity that may only invoke the function would else have it log in with a password that the server cannot have yet: each such login
        // counts as a mistake, here and at a server that locks users.
        Turn::Test | Turn::Finish { .. } if !is_minted && !remembered.is_taken => {
            return Err(too_early(request, "has a value that the server has not taken yet", "setSecret"));
        }
        _ if remembered.attempts.are_spent() => Act::GiveUp(*remembered),
        Turn::Finish { from } => finish(facts, from.as_ref(), &mut notes),
        Turn::Set => Act::Set(values.clone()),
        _ => Act::Test(values.clone()),
    };
    Ok(Plan::of(vec![rotate(act)]).with_notes(notes).with_counts(counts))
}

/// What is known of the secret whatever the step: what is open, other than `kept`, and a credential that ends too early.
fn known(facts: &OfStep, kept: Option<&Open>) -> (Vec<String>, Counts) {
    let OfStep { request, of_secret, now, .. } = facts;
    let open = of_secret.open.iter().filter(|it| Some(*it) != kept);
    let early = Early::at_step(facts);
    let notes = open.map(|it| it.told(&request.secret, *now)).chain(early.map(|it| it.told(&request.secret)));
    (notes.collect(), early.map(|_| section([("short_lived", 1)])).unwrap_or_default())
}

fn finish(facts: &OfStep, from: Option<&VersionId>, notes: &mut Vec<String>) -> Act {
    let OfStep { request, values, remembered, of_secret, now, .. } = facts;
    if let Some(at) = remembered.revoked {
        notes.push(format!("what was AWSCURRENT has not worked for {} s", now.saturating_sub(at)));
    }
    let settled = of_secret.open.iter().filter(|it| is_settled(it, request)).cloned().collect();
    let minted = from.map(|it| of_secret.minted_for(it)).unwrap_or_default();
    Act::Finish(values.clone(), from.cloned(), settled, minted)
}

fn too_early(Request { version, secret, .. }: &Request, how: &str, first: &str) -> Error {
    Error::refused(format!("version {version} of {secret} {how}: {first} comes first"))
}

/// Whether what is open is over when this version becomes current: the server has another password now, and what was left on
/// former turns was tried again on this one.
fn is_settled(open: &Open, request: &Request) -> bool {
    open.what == What::Held || (open.what == What::Left && open.version != request.version)
}

/// What a sweep does: what is due is revoked, and what was minted and has no label any more becomes due.
pub(crate) fn of_sweep(all: &[Swept], now: u64, overlap: Duration) -> Plan<Step> {
    let Watched { overdue, unread, short_lived, mut notes, incomplete } = watch(all, now, overlap);
    let mut steps = Vec::new();
    for Swept { secret, of_secret, seen } in all {
        let OfSecret { due, open, .. } = of_secret;
        let is_over = |it: &&Open| it.what != What::Made || it.since + RUN.as_secs() <= now;
        let mut told: Vec<_> = open.iter().filter(is_over).collect();
        // A promotion that was tried before it came about has left an earlier time; the last one counts.
        let is_last = |it: &Due| due.iter().all(|other| other.version != it.version || other.at <= now);
        let revoked = due.iter().filter(|it| is_last(it));
        steps.extend(revoked.map(|it| Step::Revoke(secret.clone(), it.clone(), of_secret.minted_for(&it.version))));
        steps.extend(seen.iter().flat_map(|it| &it.forsaken).map(|(version, kept)| {
            told.retain(|it| Some(*it) != kept.as_ref());
            Step::Due(secret.clone(), version.clone(), kept.clone())
        }));
        notes.extend(told.into_iter().map(|it| it.told(secret, now)));
    }
    let counts = section([("overdue", overdue), ("unread", unread), ("short_lived", short_lived)]);
    Plan::of(steps).with_notes(notes).with_incomplete(incomplete).with_counts(counts)
}

/// What a report counts, in its one section.
fn section<const N: usize>(counts: [(&str, u64); N]) -> Counts {
    let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count));
    Counts::from([("rotation".to_owned(), counts.collect())])
}
