//! Reads and changes resource policies, whichever service keeps them.
//!
//! No service takes a policy under the condition that it is still the one that was read. So it is read again right before
//! it is written, and read back afterwards. A window of one call remains: what another writer writes between our read and
//! our write is lost, and nothing shows it. What they write after ours, with ours lost in it, the reading back or the next
//! sweep shows.

use std::collections::BTreeSet;

use aws::Answer;
use place::Region;
use reaction::{Doing, Error};
use sharing::{Change, Difference, Effect, PolicyHolders, Principal, Resource, policy};

use sharing::search::{Bad, Search, difference};

/// How often a written policy is read back at most: S3 and KMS may show the one before for a moment.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>
const READ_BACK: usize = 3;

/// A policy as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRead {
    /// Its text; `None` where there is no policy.
    pub text: Option<String>,
    /// The principals that it admits.
    pub holders: PolicyHolders,
}

/// A policy's text, where there is one.
pub(crate) type Text = Option<String>;

/// What became of a policy that was to be written.
pub(crate) enum Written {
    /// It was taken.
    Taken,
    /// A principal that it names does not exist, as AWS says it.
    BadPrincipal(String),
}

/// A service that keeps policies.
pub(crate) trait Policies {
    /// The policy; `None` where there is no such thing.
    async fn get(&self, resource: &Resource) -> Result<Option<Text>, Error>;

    /// Writes the policy, or deletes it.
    async fn put(&self, resource: &Resource, text: Option<&str>) -> Result<Written, Error>;
}

/// The principals that the thing's policy admits; `None` where there is no such thing.
pub(crate) async fn read(policies: &impl Policies, resource: &Resource) -> Result<Option<PolicyRead>, Error> {
    let text = policies.get(resource).await.doing(|| format!("reading the policy of {resource}"))?;
    let Some(text) = text else { return Ok(None) };
    let holders = policy::holders(resource, text.as_deref());
    let holders = holders.map_err(|why| Error::refused(format!("the policy of {resource} cannot be read: {why}")))?;
    Ok(Some(PolicyRead { text, holders }))
}

/// Carries one change out. A principal that AWS rejects is left out and named; the others are done.
///
/// # Errors
/// `Failed` where another writer changed the policy meanwhile, or where it is not known what was done.
pub(crate) async fn change(policies: &impl Policies, change: &Change) -> Result<Effect, Error> {
    let Change { resource, before, after, .. } = change;
    let mut held = before.clone();
    let now = current(policies, resource).await?;
    if now.holders.ours == *after {
        return Ok(Effect { done: vec![change.difference()], refused: None });
    }
    let refused = match write(policies, resource, now, (before, after)).await {
        Ok(Written::Taken) => {
            held.clone_from(after);
            None
        }
        Ok(Written::BadPrincipal(said)) => part_by_part(policies, change, &mut held, &said).await?,
        // Nothing was written.
        Err(error) if error.is_refused() => Some(error),
        Err(error) => return Err(error),
    };
    if held != *before {
        read_back(policies, resource, &held).await?;
    }
    Ok(Effect { done: vec![Difference::between(&held, before)], refused })
}

/// The policy right before it is written.
async fn current(policies: &impl Policies, resource: &Resource) -> Result<PolicyRead, Error> {
    let gone = || Error::failed(format!("{resource} is there no more; it is planned again"));
    read(policies, resource).await?.ok_or_else(gone)
}

/// Makes a policy that admits `from` into one that admits `to`.
async fn write(
    policies: &impl Policies,
    resource: &Resource,
    now: PolicyRead,
    (from, to): (&BTreeSet<Principal>, &BTreeSet<Principal>),
) -> Result<Written, Error> {
    if now.holders.ours != *from {
        return Err(Error::failed(format!("the policy of {resource} was changed meanwhile; it is planned again")));
    }
    let text = policy::edit(resource, now.text.as_deref(), to)?;
    if text.is_none() && now.text.is_none() {
        return Ok(Written::Taken);
    }
    policies.put(resource, text.as_deref()).await.doing(|| format!("changing the policy of {resource}"))
}

/// Tells the accounts that AWS does not accept from the others, which are done: in halves, or, where AWS names one, that one
/// apart. `held` is what the policy admits, and stays so after each write; `said` is what AWS said against the whole.
async fn part_by_part(
    policies: &impl Policies,
    change: &Change,
    held: &mut BTreeSet<Principal>,
    said: &str,
) -> Result<Option<Error>, Error> {
    let mut bad = Bad::new();
    let kept = &change.before & &change.after;
    let additions = Difference { add: change.difference().add, remove: BTreeSet::new() };
    let mut search = Search::of(&additions);
    if let Err(answer) = try_to(policies, change, held, kept.clone()).await? {
        let Some(gone) = find_gone(policies, change, held, &kept, &answer).await? else {
            return Ok(Some(nobody_found(change, &kept, &answer)));
        };
        bad.insert(gone, answer);
    } else if let Some(whole) = search.next_part() {
        search.refused(&whole, said);
    }
    while let Some(part) = search.next_part() {
        let more = &*held | &difference(&part).add;
        match try_to(policies, change, held, more).await? {
            Ok(()) => search.taken(),
            Err(answer) => search.refused(&part, &answer),
        }
    }
    bad.extend(search.into_bad());
    Ok(refusal(&change.resource, &bad))
}

/// Finds the one that has the share and exists no more. The others must not lose it while it is looked for, and a policy
/// without all of those who are bad is the only one that AWS takes: so one is looked for, not several, first among those that
/// AWS names.
async fn find_gone(
    policies: &impl Policies,
    change: &Change,
    held: &mut BTreeSet<Principal>,
    kept: &BTreeSet<Principal>,
    said: &str,
) -> Result<Option<Principal>, Error> {
    let (named, others): (Vec<_>, Vec<_>) = kept.iter().partition(|who| said.contains(&who.to_string()));
    for who in named.into_iter().chain(others) {
        if try_to(policies, change, held, kept - &[who.clone()].into()).await?.is_ok() {
            return Ok(Some(who.clone()));
        }
    }
    Ok(None)
}

/// Makes the policy admit `to`, or tells what AWS says against a principal in it.
async fn try_to(
    policies: &impl Policies,
    change: &Change,
    held: &mut BTreeSet<Principal>,
    to: BTreeSet<Principal>,
) -> Result<Result<(), String>, Error> {
    let now = current(policies, &change.resource).await?;
    match write(policies, &change.resource, now, (held, &to)).await? {
        Written::BadPrincipal(answer) => Ok(Err(answer)),
        Written::Taken => {
            *held = to;
            Ok(Ok(()))
        }
    }
}

/// Reads a policy back until it admits the principals that it was written to admit.
async fn read_back(policies: &impl Policies, resource: &Resource, written: &BTreeSet<Principal>) -> Result<(), Error> {
    let mut there = BTreeSet::new();
    for _ in 0..READ_BACK {
        there = read(policies, resource).await?.unwrap_or_default().holders.ours;
        if there == *written {
            return Ok(());
        }
    }
    Err(Error::failed(format!(
        "the policy of {resource} was written and does not stand (it differs by{}): somebody else wrote it at the same \
         time; it is planned again",
        Difference::between(written, &there)
    )))
}

fn nobody_found(change: &Change, kept: &BTreeSet<Principal>, answer: &str) -> Error {
    let kept: Vec<_> = kept.iter().map(ToString::to_string).collect();
    let ours = if kept.is_empty() { String::new() } else { format!(" of {}, or", kept.join(", ")) };
    Error::refused(format!(
        "AWS takes no policy of {} ({answer}): somebody{ours} in a statement of others exists no more; nothing was changed; \
         take whoever is gone out of the manifest or of that statement",
        change.resource
    ))
}

fn refusal(resource: &Resource, bad: &Bad) -> Option<Error> {
    let named: Vec<_> = bad.iter().map(|(who, answer)| format!("{who} ({answer})")).collect();
    (!named.is_empty()).then(|| {
        let named = named.join(", ");
        Error::refused(format!(
            "AWS does not accept {named} in the policy of {resource}; the others are done; take whoever exists no more \
             out of the manifest"
        ))
    })
}

/// The region that a thing with a policy lies in.
pub(crate) fn region_of(resource: &Resource) -> Result<&Region, Error> {
    resource.region.as_ref().ok_or_else(|| Error::refused(format!("{resource} has no region")))
}

/// What the answer to a written policy means.
pub(crate) fn written<T, E>(answer: Result<T, E>, names_bad_principal: fn(&E) -> bool) -> Result<Written, Error>
where
    Result<T, E>: Answer<T>,
{
    let is_bad = answer.as_ref().is_err_and(names_bad_principal);
    match answer.or_error() {
        Ok(_) => Ok(Written::Taken),
        Err(error) if is_bad => Ok(Written::BadPrincipal(error.to_string())),
        Err(error) => Err(error),
    }
}
