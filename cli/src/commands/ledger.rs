//! `signalbox ledger`: which occurrences the functions work on and have dealt with, and how one is given out again.

mod view;

use aws::Sessions;
use clap::{Args, Subcommand};
use ledger::{Record, Records, State};
use place::shortened;
use reaction::Error;
use terminal::time;
use view::{Done, Line, List, Row, Whole};

use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::given::Given;
use crate::output::{self, Format};

const LIST_HELP: &str = "\
Examples:
  signalbox ledger list --function share-ami
  signalbox ledger list --about ami-0123456789abcdef0 --output json | jq '.records[] | select(.state == \"lapsed\")'";

const SHOW_HELP: &str = "\
Example:
  signalbox ledger show share-ami#111122223333/eu-west-1/ami-0123456789abcdef0/available/req-1";

const RELEASE_HELP: &str = "\
Example:
  signalbox ledger release share-ami#111122223333/eu-west-1/ami-0123456789abcdef0/available/req-1";

const FORGET_HELP: &str = "\
Example:
  signalbox ledger forget share-ami#111122223333/eu-west-1/ami-0123456789abcdef0/available/req-1";

const TAKEN_OVER: &str = "another run has it by now; look at it again";

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// List occurrences, and where each stands
    ///
    /// STATE is working, while a run has the occurrence; lapsed, where that run has died; released, where it gave the
    /// occurrence back; done; refused, which a later delivery may
    /// claim; or expired, which counts as absent. Reads the whole table.
    #[command(after_help = LIST_HELP)]
    List {
        /// Only of this function
        #[arg(long, value_name = "NAME")]
        function: Option<String>,
        /// Only those whose key has this text, such as an image's id
        #[arg(long, value_name = "TEXT")]
        about: Option<String>,
        /// How many, at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
        most: u32,
        #[command(flatten)]
        table: Table,
    },
    /// Show one occurrence with the report that was kept
    ///
    /// No event says which rule of EventBridge delivered it: named is each rule that hands such events to the function now. A call by hand
    /// comes by none.
    #[command(after_help = SHOW_HELP)]
    Show {
        /// The function, `#` and the key, as the list has it
        id: String,
        #[command(flatten)]
        table: Table,
    },
    /// Give back an occurrence whose run has died, so that a delivery may claim it at once
    ///
    /// A claim whose lease still stands may be of a run that is at work: it is given back only with --force and the claim's owner, as
    /// `signalbox ledger show` tells it. Two runs at one occurrence do the same work, and no harm.
    #[command(after_help = RELEASE_HELP)]
    Release {
        /// The function, `#` and the key, as the list has it
        id: String,
        /// Also where the lease stands, if this is the owner
        #[arg(long, value_name = "OWNER")]
        force: Option<String>,
        #[command(flatten)]
        table: Table,
    },
    /// Forget occurrences that are done or refused, so that the same events are worked on again
    #[command(after_help = FORGET_HELP)]
    Forget {
        /// The function, `#` and the key, as the list has them
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        table: Table,
    },
}

/// Where the ledger is.
#[derive(Debug, Args)]
pub(crate) struct Table {
    /// The DynamoDB table that keeps the ledger
    #[arg(long, env = "SIGNALBOX_LEDGER_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-ledger")]
    ledger_table: String,
}

/// Does what was asked.
pub(super) async fn ledger(
    aws: &AwsOptions,
    asked: &LedgerCommand,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    given.note_read("SIGNALBOX_LEDGER_TABLE");
    let sessions = connect(aws).await?;
    let open = |table: &Table| Ledger { records: Records::new(&sessions, &table.ledger_table), sessions: &sessions };
    match asked {
        LedgerCommand::List { function, about, most, table } => {
            open(table).list(function.as_deref(), about.as_deref(), *most, output).await
        }
        LedgerCommand::Show { id, table } => open(table).show(id, output).await,
        LedgerCommand::Release { id, force, table } => open(table).release(id, force.as_deref(), output).await,
        LedgerCommand::Forget { ids, table } => open(table).forget(ids, output).await,
    }
}

struct Ledger<'a> {
    records: Records,
    sessions: &'a Sessions,
}

impl Ledger<'_> {
    async fn list(
        &self,
        function: Option<&str>,
        about: Option<&str>,
        most: u32,
        output: Format,
    ) -> Result<(), Failure> {
        let beginning = function.map(|it| format!("{it}#")).unwrap_or_default();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let found = self.records.find(&beginning, about.unwrap_or_default(), most).await.map_err(Failure::service)?;
        let now = self.sessions.now();
        let mut records: Vec<_> =
            found.records.into_iter().map(|(id, record)| Row::of(id, record.state(now), &record)).collect();
        records.sort_by(|one, other| one.id.cmp(&other.id));
        output::print(output, &List { records, has_more: found.has_more, unreadable: found.unreadable })
    }

    async fn show(&self, id: &str, output: Format) -> Result<(), Failure> {
        let record = self.found(id).await?;
        let state = record.state(self.sessions.now());
        let by = trail::came_by(self.sessions, id).await;
        output::print(output, &Whole::of(id, state, by, record))
    }

    async fn release(&self, id: &str, force: Option<&str>, output: Format) -> Result<(), Failure> {
        let record = self.found(id).await?;
        match record.state(self.sessions.now()) {
            State::Done | State::Refused | State::Released | State::Expired => {
                return Err(Failure::usage(
                    "no run has this occurrence; to have it worked on again, `signalbox ledger forget` it",
                ));
            }
            State::Working if force != record.owner.as_deref() => return Err(still_at_work(&record, force)),
            State::Working | State::Lapsed => {}
        }
        let line = match self.records.release(id, record.owner.as_deref().unwrap_or_default()).await {
            Ok(true) => Line::done(id, "released"),
            Ok(false) => Line::kept(id, TAKEN_OVER.into()),
            Err(error) => Line::kept(id, error.to_string()),
        };
        let is_bad = line.error.is_some();
        output::print(output, &Done(vec![line]))?;
        if is_bad { Err(Failure::shown_service()) } else { Ok(()) }
    }

    /// Forgets each; one that cannot be forgotten keeps no other from it.
    async fn forget(&self, ids: &[String], output: Format) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for id in ids {
            lines.push(self.forget_one(id).await);
        }
        let is_bad = lines.iter().any(|it| it.error.is_some());
        output::print(output, &Done(lines))?;
        if is_bad { Err(Failure::shown_service()) } else { Ok(()) }
    }

    async fn forget_one(&self, id: &str) -> Line {
        let record = match self.records.get(id).await {
            Ok(Some(record)) => record,
            Ok(None) => return Line::kept(id, absent(id)),
            Err(error) => return Line::kept(id, error.to_string()),
        };
        match record.state(self.sessions.now()) {
            State::Working | State::Lapsed => {
                Line::kept(id, "it is claimed and not dealt with; `signalbox ledger release` gives it back".into())
            }
            State::Done | State::Refused | State::Released | State::Expired => self.delete(id, &record).await,
        }
    }

    async fn delete(&self, id: &str, record: &Record) -> Line {
        match self.records.delete(id, record).await {
            Ok(true) => Line::done(id, "forgotten"),
            Ok(false) => Line::kept(id, TAKEN_OVER.into()),
            Err(error) => Line::kept(id, error.to_string()),
        }
    }

    async fn found(&self, id: &str) -> Result<Record, Failure> {
        let refused = |error: Error| if error.is_refused() { Failure::usage(error) } else { Failure::service(error) };
        self.records.get(id).await.map_err(refused)?.ok_or_else(|| Failure::usage(absent(id)))
    }
}

fn absent(id: &str) -> String {
    let id = shortened(id, 200);
    format!(
        "there is no record {id}: it was given back, is older than 15 days, or never was; `signalbox ledger list` shows which are"
    )
}

/// Why a claim is not given back, with its owner where the operator has not named another one.
fn still_at_work(record: &Record, force: Option<&str>) -> Failure {
    let until = time(record.in_progress_expiration.unwrap_or_default() / 1_000);
    let owner = shortened(record.owner.as_deref().unwrap_or("-"), 80);
    Failure::usage(match force {
        Some(_) => format!("another run has it by now, and its owner is {owner}; look at it again"),
        None => {
            format!("a run may be at work on it until {until}; wait, or, if that run has died, give --force {owner}")
        }
    })
}
