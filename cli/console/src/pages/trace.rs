//! What an event led to, as `signalbox trace` tells it: read only where a page is asked for it, since AWS charges for the query.

use askama::Template;
use ledger::Record;
use place::plain;
use trail::{Found, Said};

use crate::Console;
use crate::page::{Cell, Notice, Table};

/// How long CloudWatch Logs is looked back at least, and at most, in hours.
const HOURS: (u64, u64) = (2, 8_760);

const REMEDY: &str = "The console needs the permissions that `signalbox trace` needs: logs:DescribeLogGroups, logs:StartQuery, logs:GetQueryResults and xray:BatchGetTraces.";

/// The lines and the traces of an event.
pub(crate) struct Trace {
    /// The command that prints the same.
    pub(crate) command: String,
    pub(crate) notices: Vec<Notice>,
    pub(crate) tables: Vec<Table>,
    /// The id of each trace, and what stands at its top.
    pub(crate) trees: Vec<(String, Vec<Branch>)>,
}

/// What was done, and below it what it asked for.
#[derive(Template)]
#[template(path = "branch.html")]
pub(crate) struct Branch {
    parts: Vec<String>,
    is_bad: bool,
    below: Vec<Branch>,
}

impl From<trace::Branch> for Branch {
    fn from(it: trace::Branch) -> Self {
        let parts = it.text.split("  ").map(String::from).collect();
        Self { parts, is_bad: it.is_bad, below: it.below.into_iter().map(Self::from).collect() }
    }
}

impl Trace {
    /// Reads what this id led to, from before the record's time on.
    pub(crate) async fn read(console: &Console, id: &str, record: &Record) -> Self {
        let passed = console.sessions.seconds().saturating_sub(record.written());
        let hours = (passed / 3_600 + HOURS.0).min(HOURS.1);
        let mut trace = Self {
            command: format!("signalbox trace {} --hours {hours}", plain(id)),
            notices: Vec::new(),
            tables: Vec::new(),
            trees: Vec::new(),
        };
        let found = match trail::id(id) {
            Ok(id) => trail::find(&console.sessions, &id, u32::try_from(hours).unwrap_or(u32::MAX)).await,
            Err(why) => Err(reaction::Error::refused(why)),
        };
        match found {
            Ok(found) => trace.show(&found),
            Err(error) => trace.notices.push(Notice::unread(error, REMEDY)),
        }
        trace
    }

    fn show(&mut self, found: &Found) {
        if found.is_empty() {
            self.notices.push(Notice::note("Nothing is known of it: CloudWatch Logs takes a minute, and keeps lines as long as the log group says."));
            return;
        }
        self.notices.extend(found.missing().iter().map(Notice::note));
        let heads = ["When (UTC)", "Function", "What it wrote"];
        self.tables.push(Table::new("What the functions wrote", &heads, "Nothing.").with(found.said().map(said)));
        let trees = found.tree().traces().into_iter();
        self.trees = trees.map(|(id, tops)| (id, tops.into_iter().map(Branch::from).collect())).collect();
    }
}

fn said(it: Said) -> Vec<Cell> {
    let step = |(step, error): &(String, Option<String>)| match error {
        Some(error) => format!("; {step}, not done: {error}"),
        None => format!("; {step}"),
    };
    let steps: String = it.steps.iter().map(step).collect();
    vec![Cell::Time(it.at), Cell::text(it.function), Cell::text(format!("{}{steps}", it.what))]
}
