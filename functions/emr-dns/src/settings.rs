//! What the function is told by its environment.

use std::collections::BTreeSet;

use reaction::Error;
use reaction::settings::{Variables, malformed};

use crate::suffixes::{SUFFIX_ACCOUNTS, Suffixes};
use crate::zone::ZoneId;

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whose records these are: `SIGNALBOX_OWNER`, `signalbox` by default. Two deployments that share a zone need two names.
    pub owner: String,
    /// The key of the tag that holds the friendly name: `SIGNALBOX_DNS_TAG`, `cluster_name` by default.
    pub tag: String,
    /// How many seconds a resolver may keep a name: `SIGNALBOX_DNS_TTL`, 60 by default.
    pub ttl: i64,
    /// What may become of records: `SIGNALBOX_DNS_POLICY`, `sync` by default.
    pub policy: Policy,
    /// The hosted zones that we may change: `SIGNALBOX_DNS_ZONES`, their ids with commas between them. Unset: every private
    /// one of the account.
    pub zones: Option<BTreeSet<ZoneId>>,
    /// Which accounts may have names under which suffix: `SIGNALBOX_SUFFIX_ACCOUNTS`, pairs `suffix=account|account` with
    /// commas between them. Unset: every account that the function acts in.
    pub suffixes: Suffixes,
}

/// What may become of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// They are made, changed and deleted: `sync`.
    Sync,
    /// They are made and changed, and never deleted: `upsert-only`.
    UpsertOnly,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self {
            owner: owner(variables)?,
            tag: tag(variables)?,
            ttl: ttl(variables)?,
            policy: policy(variables)?,
            zones: zones(variables)?,
            suffixes: suffixes(variables)?,
        })
    }
}

fn owner(variables: Variables) -> Result<String, Error> {
    const NAME: &str = "SIGNALBOX_OWNER";
    const LONGEST: usize = 63;
    let owner = variables(NAME).unwrap_or_else(|| "signalbox".into());
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
    if owner.is_empty() || owner.len() > LONGEST || !owner.bytes().all(is_plain) {
        let why = format!("`{owner}` is not 1 to {LONGEST} letters, digits, hyphens, underscores and dots");
        return Err(malformed(NAME, why));
    }
    Ok(owner)
}

fn tag(variables: Variables) -> Result<String, Error> {
    const NAME: &str = "SIGNALBOX_DNS_TAG";
    const LONGEST: usize = 128;
    let tag = variables(NAME).unwrap_or_else(|| "cluster_name".into());
    if tag.trim().is_empty() || tag.chars().count() > LONGEST {
        return Err(malformed(NAME, format!("`{tag}` is no key of a tag (1 to {LONGEST} characters)")));
    }
    Ok(tag)
}

fn ttl(variables: Variables) -> Result<i64, Error> {
    const NAME: &str = "SIGNALBOX_DNS_TTL";
    const A_WEEK: i64 = 7 * 24 * 60 * 60;
    let Some(text) = variables(NAME) else { return Ok(60) };
    match text.parse() {
        Ok(ttl) if (1..=A_WEEK).contains(&ttl) => Ok(ttl),
        _ => Err(malformed(NAME, format!("`{text}` is not a number of seconds from 1 to {A_WEEK}"))),
    }
}

fn policy(variables: Variables) -> Result<Policy, Error> {
    const NAME: &str = "SIGNALBOX_DNS_POLICY";
    match variables(NAME).as_deref() {
        None | Some("sync") => Ok(Policy::Sync),
        Some("upsert-only") => Ok(Policy::UpsertOnly),
        Some(other) => Err(malformed(NAME, format!("`{other}` is neither `sync` nor `upsert-only`"))),
    }
}

fn zones(variables: Variables) -> Result<Option<BTreeSet<ZoneId>>, Error> {
    const NAME: &str = "SIGNALBOX_DNS_ZONES";
    let Some(text) = variables(NAME) else { return Ok(None) };
    let zones = text.split(',').map(|id| id.trim().parse());
    zones.collect::<Result<_, _>>().map(Some).map_err(|error| malformed(NAME, error))
}

fn suffixes(variables: Variables) -> Result<Suffixes, Error> {
    let Some(text) = variables(SUFFIX_ACCOUNTS) else { return Ok(Suffixes::default()) };
    Suffixes::read(&text).map_err(|error| malformed(SUFFIX_ACCOUNTS, error))
}
