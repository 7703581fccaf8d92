//! What became of an account, or of one of its regions. The keys are botocove's, and `Region` and `Reason`.

use std::fmt;

use aws::{Again, DeniedByOrganization};
use place::Region;
use reaction::Error;
use serde::{Deserialize, Serialize};

use crate::Account;

/// What became of an account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry<T> {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// The region; none where it is about the account as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Whether the role could be assumed.
    pub assume_role_success: bool,
    /// What the operation answered.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub result: Option<T>,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception_details: Option<String>,
    /// Why it was not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whether it may go well where it is tried again. No line tells it.
    #[serde(skip)]
    pub again: Again,
}

/// Serde's own default would ask for one of `T`.
fn none<T>() -> Option<T> {
    None
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Reason {
    /// It is the account that calls.
    Caller,
    /// It is among the ignored.
    Ignored,
    /// Its state in the organization, such as `SUSPENDED`.
    State(String),
    /// The account has not enabled the region.
    NotEnabled,
    /// A service control policy of the organization denies the operation in the region.
    Denied,
    /// The run was ended before its turn: why.
    NotBegun(String),
}

impl Reason {
    /// Why an operation that met this error is no failure, if it is none.
    pub(crate) fn of_error(error: &Error) -> Option<Self> {
        DeniedByOrganization::is_in(error).then_some(Self::Denied)
    }

    /// Whether it was its turn, and a run that goes on has nothing to do there.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::NotBegun(_))
    }
}

const CALLER: &str = "it is the calling account";
const IGNORED: &str = "it is ignored";
const STATE: &str = "the account is ";
const NOT_ENABLED: &str = "the region is not enabled for the account";
const DENIED: &str = "explicit deny in a service control policy";

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller => f.write_str(CALLER),
            Self::Ignored => f.write_str(IGNORED),
            Self::State(state) => write!(f, "{STATE}{state}"),
            Self::NotEnabled => f.write_str(NOT_ENABLED),
            Self::Denied => f.write_str(DENIED),
            Self::NotBegun(why) => f.write_str(why),
        }
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.to_string()
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        match text.as_str() {
            CALLER => Self::Caller,
            IGNORED => Self::Ignored,
            NOT_ENABLED => Self::NotEnabled,
            DENIED => Self::Denied,
            _ => match text.strip_prefix(STATE) {
                Some(state) => Self::State(state.into()),
                None => Self::NotBegun(text),
            },
        }
    }
}

/// The list that an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// The operation answered.
    Results,
    /// The operation failed, or was given up.
    Exceptions,
    /// The role could not be assumed.
    FailedAssumeRole,
    /// Nothing was begun.
    Skipped,
}

impl<T> Entry<T> {
    /// The operation's answer.
    #[must_use]
    pub fn result(account: Account, region: Region, result: T) -> Self {
        let region = Some(region);
        Self {
            account,
            region,
            assume_role_success: true,
            result: Some(result),
            exception_details: None,
            reason: None,
            again: Again::No,
        }
    }

    /// An operation that failed.
    #[must_use]
    pub fn exception(account: Account, region: Region, why: String) -> Self {
        let (region, exception_details) = (Some(region), Some(why));
        Self {
            account,
            region,
            assume_role_success: true,
            result: None,
            exception_details,
            reason: None,
            again: Again::No,
        }
    }

    /// An account whose role could not be assumed.
    #[must_use]
    pub fn failed_assume_role(account: Account, why: String) -> Self {
        let exception_details = Some(why);
        Self {
            account,
            region: None,
            assume_role_success: false,
            result: None,
            exception_details,
            reason: None,
            again: Again::No,
        }
    }

    /// An account, or one of its regions, in which nothing was done.
    #[must_use]
    pub fn skipped(account: Account, region: Option<Region>, reason: Reason) -> Self {
        let reason = Some(reason);
        Self {
            account,
            region,
            assume_role_success: false,
            result: None,
            exception_details: None,
            reason,
            again: Again::No,
        }
    }

    /// The same, of which this is known about another try.
    #[must_use]
    pub fn and_again(self, again: Again) -> Self {
        Self { again, ..self }
    }

    /// The list that it belongs to.
    #[must_use]
    pub fn list(&self) -> List {
        match (&self.reason, &self.exception_details) {
            (Some(_), _) => List::Skipped,
            (None, Some(_)) if self.assume_role_success => List::Exceptions,
            (None, Some(_)) => List::FailedAssumeRole,
            (None, None) => List::Results,
        }
    }

    /// Whether something was tried and failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.exception_details.is_some()
    }

    /// What it is about: the same of two entries that say what became of the same thing.
    #[must_use]
    pub fn place(&self) -> (&str, &str) {
        (self.account.id.as_str(), self.region.as_ref().map_or("", |region| region.as_str()))
    }
}

/// All entries, each list by account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Results<T> {
    /// What the operation answered.
    pub results: Vec<Entry<T>>,
    /// Where it failed.
    pub exceptions: Vec<Entry<T>>,
    /// Where the role could not be assumed.
    pub failed_assume_role: Vec<Entry<T>>,
    /// Where nothing was begun.
    pub skipped: Vec<Entry<T>>,
}

impl<T> Results<T> {
    /// Puts entries into their lists, whatever order they came in.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = Entry<T>>) -> Self {
        let mut all = [const { Vec::new() }; 4];
        for entry in entries {
            all[entry.list() as usize].push(entry);
        }
        for list in &mut all {
            list.sort_by(|one: &Entry<T>, other| one.place().cmp(&other.place()));
        }
        let [results, exceptions, failed_assume_role, skipped] = all;
        Self { results, exceptions, failed_assume_role, skipped }
    }
}
