//! What we granted, and the audit of it, in two DynamoDB tables. A change is recorded before its effect and after it, so
//! that whatever becomes of a run, the next one knows what was begun.
//!
//! The grants table holds, by `resource` and `principal`, each grant and each resource's head: the end of its audit chain,
//! and the change that is open. The audit table is only ever appended to. How a change is recorded is in `record.rs`.

mod audit;
mod pause;
mod read;
mod record;
mod revert;
mod run;
#[cfg(test)]
mod tests;
mod transaction;
mod verify;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::Sessions;
use aws_sdk_dynamodb::Client;
use reaction::Error;
use reaction::settings::{Setting, Unset, Variables, any_text, missing};
use sharing::{Grant, Head, Resource};

pub use audit::{AuditItem, Phase};
pub use record::{open_connection, record_if_any};
pub use revert::revert;
pub use run::LEASE;
pub use verify::verify;

/// The key of a resource's head, beside which its grants lie.
const HEAD: &str = "#head";

/// The two tables, as one function uses them.
#[derive(Clone, Debug)]
pub struct Grants {
    client: Client,
    table: String,
    audit: String,
    function: &'static str,
    now: fn() -> SystemTime,
}

/// Everything that the grants table holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The grants that we own, those that are not settled yet included.
    pub grants: BTreeSet<Grant>,
    /// How the records stand.
    pub heads: BTreeMap<Resource, Head>,
}

const GRANTS: &str = "SIGNALBOX_GRANTS_TABLE";
const AUDIT: &str = "SIGNALBOX_AUDIT_TABLE";

/// The settings of [`Grants::read`].
pub const SETTINGS: &[Setting] = &[
    Setting {
        variable: GRANTS,
        meaning: "the name of the DynamoDB table of grants",
        unset: Unset::Means("nothing is recorded, and nothing that was shared is ever taken back"),
        check: any_text,
    },
    Setting {
        variable: AUDIT,
        meaning: "the name of the DynamoDB table of the audit, which goes with the table of grants",
        unset: Unset::Means("nothing is recorded"),
        check: any_text,
    },
];

impl Grants {
    /// The tables that the environment names; `None` where it names none.
    ///
    /// # Errors
    /// `Refused` where it names one of them only.
    pub fn read(variables: Variables, sessions: &Sessions, function: &'static str) -> Result<Option<Self>, Error> {
        match (variables(GRANTS), variables(AUDIT)) {
            (None, None) => Ok(None),
            (Some(grants), Some(audit)) => Ok(Some(Self::new(sessions, grants, audit, function))),
            (None, Some(_)) => {
                Err(missing(GRANTS, "the name of the DynamoDB table of grants, or unset SIGNALBOX_AUDIT_TABLE"))
            }
            (Some(_), None) => {
                Err(missing(AUDIT, "the name of the DynamoDB table of the audit, or unset SIGNALBOX_GRANTS_TABLE"))
            }
        }
    }

    /// The tables of grants and of the audit by these names, in our own account and region.
    #[must_use]
    pub fn new(
        sessions: &Sessions,
        table: impl Into<String>,
        audit: impl Into<String>,
        function: &'static str,
    ) -> Self {
        let client = Client::new(sessions.config());
        Self { client, table: table.into(), audit: audit.into(), function, now: sessions.clock() }
    }
}
