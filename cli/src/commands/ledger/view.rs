//! What the commands about the ledger print. Keys have names of things in them, which are any writer's.

use std::fmt;

use ledger::{Record, State};
use place::plain;
use reaction::Report;
use serde::Serialize;
use terminal::time;
use trail::CameBy;

use crate::output;

/// One occurrence of the list.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) id: String,
    state: String,
    outcome: Option<String>,
    /// When the lease lapses or lapsed, where a run has claimed it.
    lease_until: Option<String>,
    expires: String,
}

impl Row {
    pub(super) fn of(id: String, state: State, record: &Record) -> Self {
        let is_claimed = matches!(state, State::Working | State::Lapsed);
        let lease = record.in_progress_expiration.filter(|_| is_claimed).map(|ms| time(ms / 1_000));
        Self {
            id,
            state: state.to_string(),
            outcome: record.outcome.clone(),
            lease_until: lease,
            expires: time(record.expiration),
        }
    }
}

/// Occurrences.
#[derive(Serialize)]
pub(super) struct List {
    pub(super) records: Vec<Row>,
    pub(super) has_more: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unreadable: Vec<String>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.records.is_empty() {
            f.write_str("there is no such record")?;
        } else {
            let mut table = output::table(["STATE", "OUTCOME", "LEASE UNTIL", "EXPIRES", "OCCURRENCE"]);
            for Row { id, state, outcome, lease_until, expires } in &self.records {
                let or_none = |text: &Option<String>| plain(text.as_deref().unwrap_or("-"));
                table.add_row([state.clone(), or_none(outcome), or_none(lease_until), expires.clone(), plain(id)]);
            }
            f.write_str(&table.trim_fmt())?;
        }
        for id in &self.unreadable {
            write!(f, "\nnot a record: {}", plain(id))?;
        }
        if self.has_more {
            write!(f, "\nthere are more; --most shows them")?;
        }
        Ok(())
    }
}

/// One occurrence with its report.
#[derive(Serialize)]
pub(super) struct Whole {
    #[serde(flatten)]
    row: Row,
    owner: Option<String>,
    by: CameBy,
    report: Option<Report>,
}

impl Whole {
    pub(super) fn of(id: &str, state: State, by: CameBy, record: Record) -> Self {
        let report = record.data.as_deref().and_then(|it| serde_json::from_str(it).ok());
        Self { row: Row::of(id.to_owned(), state, &record), owner: record.owner, by, report }
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, owner, by, report } = self;
        write!(f, "{}\nstate: {}", plain(&row.id), row.state)?;
        if let Some(lease) = &row.lease_until {
            write!(f, ", lease until {lease}")?;
        }
        write!(f, "\nowner: {}\nexpires: {}\nrule: {by}", plain(owner.as_deref().unwrap_or("-")), row.expires)?;
        match report {
            Some(report) => write!(f, "\n{report}"),
            None => Ok(()),
        }
    }
}

/// What became of one occurrence.
#[derive(Serialize)]
pub(super) struct Line {
    id: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Line {
    pub(super) fn done(id: &str, outcome: &'static str) -> Self {
        Self { id: id.to_owned(), outcome, error: None }
    }

    pub(super) fn kept(id: &str, why: String) -> Self {
        Self { id: id.to_owned(), outcome: "kept", error: Some(why) }
    }
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Done(pub(super) Vec<Line>);

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.iter().map(|Line { id, outcome, error }| match error {
            Some(error) => format!("! {}: {}", plain(id), plain(error)),
            None => format!("{outcome}: {}", plain(id)),
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}
