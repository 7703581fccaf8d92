//! How names are given: the settings of every function that gives them.

use std::collections::BTreeSet;

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

use crate::suffixes::{SUFFIX_ACCOUNTS, Suffixes};
use crate::zone::ZoneId;

/// How names are given.
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

const OWNER: Setting = Setting {
    variable: "SIGNALBOX_OWNER",
    meaning: "the owner of the records, which each record's mark names: two deployments that share a zone need two names",
    unset: Unset::Is("signalbox"),
    check: |variables| owner(variables).map(drop),
};
const TAG: Setting = Setting {
    variable: "SIGNALBOX_DNS_TAG",
    meaning: "the key of the tag that holds a cluster's name",
    unset: Unset::Is("cluster_name"),
    check: |variables| tag(variables).map(drop),
};
const TTL: Setting = Setting {
    variable: "SIGNALBOX_DNS_TTL",
    meaning: "the seconds that a resolver may keep a name, from 1 to 604800",
    unset: Unset::Is("60"),
    check: |variables| ttl(variables).map(drop),
};
const POLICY: Setting = Setting {
    variable: "SIGNALBOX_DNS_POLICY",
    meaning: "whether names are taken away too: `sync`, or `upsert-only`, which deletes none",
    unset: Unset::Is("sync"),
    check: |variables| policy(variables).map(drop),
};
const ZONES: Setting = Setting {
    variable: "SIGNALBOX_DNS_ZONES",
    meaning: "the ids of the hosted zones that the function may change, separated by commas",
    unset: Unset::Means("every private zone of the account"),
    check: |variables| zones(variables).map(drop),
};
const SUFFIXES: Setting = Setting {
    variable: SUFFIX_ACCOUNTS,
    meaning: "which accounts may have names under which suffix: pairs suffix=account|account, separated by commas",
    unset: Unset::Means("every account that the function acts in"),
    check: |variables| suffixes(variables).map(drop),
};

/// The settings of names: [`Settings::read`].
pub const SETTINGS: &[Setting] = &[OWNER, TAG, TTL, POLICY, ZONES, SUFFIXES];

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
    const LONGEST: usize = 63;
    let owner = OWNER.required(variables)?;
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
    if owner.is_empty() || owner.len() > LONGEST || !owner.bytes().all(is_plain) {
        let why = format!("`{owner}` is not 1 to {LONGEST} letters, digits, hyphens, underscores and dots");
        return Err(OWNER.malformed(why));
    }
    Ok(owner)
}

fn tag(variables: Variables) -> Result<String, Error> {
    const LONGEST: usize = 128;
    let tag = TAG.required(variables)?;
    if tag.trim().is_empty() || tag.chars().count() > LONGEST {
        return Err(TAG.malformed(format!("`{tag}` is no key of a tag (1 to {LONGEST} characters)")));
    }
    Ok(tag)
}

fn ttl(variables: Variables) -> Result<i64, Error> {
    const A_WEEK: i64 = 7 * 24 * 60 * 60;
    let text = TTL.required(variables)?;
    match text.parse() {
        Ok(ttl) if (1..=A_WEEK).contains(&ttl) => Ok(ttl),
        _ => Err(TTL.malformed(format!("`{text}` is not a number of seconds from 1 to {A_WEEK}"))),
    }
}

fn policy(variables: Variables) -> Result<Policy, Error> {
    match POLICY.required(variables)?.as_str() {
        "sync" => Ok(Policy::Sync),
        "upsert-only" => Ok(Policy::UpsertOnly),
        other => Err(POLICY.malformed(format!("`{other}` is neither `sync` nor `upsert-only`"))),
    }
}

fn zones(variables: Variables) -> Result<Option<BTreeSet<ZoneId>>, Error> {
    let Some(text) = ZONES.value(variables) else { return Ok(None) };
    let zones = text.split(',').map(|id| id.trim().parse());
    zones.collect::<Result<_, _>>().map(Some).map_err(|error| ZONES.malformed(error))
}

fn suffixes(variables: Variables) -> Result<Suffixes, Error> {
    let Some(text) = SUFFIXES.value(variables) else { return Ok(Suffixes::default()) };
    Suffixes::read(&text).map_err(|error| SUFFIXES.malformed(error))
}
