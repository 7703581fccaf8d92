//! The events that the ledger has, the newest first, and one of them with its report.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use ledger::{Found, Record, Records, State as Standing};
use place::plain;
use reaction::{Finding, Report};
use trail::CameBy;

use super::trace::Trace;
use crate::Console;
use crate::app::App;
use crate::page::{Cell, Field, List, Notice, Problem, ROWS, Row, Shell, Table, Tone, html};
use crate::query::{Query, address};

pub(crate) const HEADS: [&str; 4] = ["When (UTC)", "State", "Function", "About"];

/// What to do where there is no ledger.
pub(crate) const REMEDY: &str =
    "Deploy infra/ledger.yaml, name its table by --ledger-table, or choose another account or Region.";

/// The list.
pub(crate) async fn list(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let (console, query) = (&app.console, Query::of(&uri));
    let (function, about) = (query.text("function"), query.text("about"));
    let lead = "What the functions work on and have dealt with, as the ledger knows it.";
    let mut page = List::new(Shell::of(console, "/", "Events"), lead, "signalbox ledger list");
    page.search = vec![
        Field { name: "function", label: "Function", value: function.into(), hint: "share-ami" },
        Field { name: "about", label: "About", value: about.into(), hint: "an id, an account" },
    ];
    let before = cursor(query.text("before"));
    let (here, now) = ([("function", function), ("about", about)], console.sessions.seconds());
    let mut table = Table::new("", &HEADS, "The ledger has no such event.");
    let records = Records::new(&console.sessions, &console.tables.ledger);
    match records.newest((&beginning(function), about), before.as_ref(), ROWS).await {
        Ok(Found { records: found, has_more, .. }) => {
            let last = found.last().map(|(id, record)| format!("{} {id}", record.written())).unwrap_or_default();
            page.next = if has_more {
                address("/", here.into_iter().chain([("before", last.as_str())]))
            } else {
                String::new()
            };
            table = table.with(found.iter().map(|(id, record)| row(console, id, record)));
            if before.is_none() {
                let since = now.to_string();
                page.live = address("/live", here.into_iter().chain([("since", since.as_str())]));
            } else {
                page.first = address("/", here);
            }
        }
        Err(error) => page.notices.push(Notice::unread(error, REMEDY)),
    }
    page.tables.push(table);
    page.answer()
}

/// What the ids of a function's records begin with.
pub(crate) fn beginning(function: &str) -> String {
    if function.is_empty() { String::new() } else { format!("{function}#") }
}

/// Where a page of the list ends: the time and the id of its last record.
fn cursor(text: &str) -> Option<(u64, String)> {
    let (time, id) = text.split_once(' ')?;
    Some((time.parse().ok()?, id.to_owned()))
}

/// The row of a record. Its id is the same whatever becomes of the record.
pub(crate) fn row(console: &Console, id: &str, record: &Record) -> Row {
    let (function, about) = id.split_once('#').unwrap_or(("", id));
    let state = record.state(console.sessions.now()).to_string();
    let word = record.outcome.clone().filter(|_| state != "expired").unwrap_or(state);
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    Row {
        id: format!("e{:016x}", hasher.finish()),
        cells: vec![
            Cell::time(record.written()),
            Cell::word(word),
            Cell::text(function),
            Cell::link(address("/event", [("id", id)]), about),
        ],
    }
}

#[derive(Template)]
#[template(path = "event.html")]
struct Event {
    shell: Shell,
    facts: Vec<(String, Cell)>,
    notices: Vec<Notice>,
    report: Option<Report>,
    json: String,
    command: String,
    tables: Vec<Table>,
    trace: Option<Trace>,
}

/// One event.
pub(crate) async fn one(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let (console, query) = (&app.console, Query::of(&uri));
    let id = query.text("id");
    let shell = Shell::of(console, "/", "Event");
    let found = Records::new(&console.sessions, &console.tables.ledger).get(id).await;
    let (what, remedy) = match found {
        Ok(Some(record)) => {
            let mut event = Event::of(console, shell, id, &record);
            event.tell_rule(trail::came_by(&console.sessions, id).await);
            let correlation = event.report.as_ref().and_then(|it| it.correlation_id.clone());
            match correlation {
                Some(of) if query.text("trace") == "1" => event.trace = Some(Trace::read(console, &of, &record).await),
                Some(of) => event.offer_trace(id, &of),
                None => {}
            }
            return html(StatusCode::OK, &event);
        }
        Ok(None) => (
            "The ledger has no record of this event.".into(),
            "It was given back, is older than 15 days, or never was. The list has those that there are.",
        ),
        Err(error) => (plain(&error.to_string()), REMEDY),
    };
    html(StatusCode::NOT_FOUND, &Problem { shell, what, remedy: remedy.into() })
}

impl Event {
    fn of(console: &Console, shell: Shell, id: &str, record: &Record) -> Self {
        let report = record.data.as_deref().and_then(|it| serde_json::from_str::<Report>(it).ok());
        let (function, about) = id.split_once('#').unwrap_or(("", id));
        let state = record.state(console.sessions.now());
        let mut facts = vec![
            ("Function".to_owned(), Cell::text(function)),
            ("About".to_owned(), Cell::code(about)),
            ("State".to_owned(), Cell::word(state)),
            ("Written".to_owned(), Cell::time(record.written())),
            ("Kept until".to_owned(), Cell::time(record.expiration)),
        ];
        if let Some(outcome) = &record.outcome {
            facts.insert(2, ("Outcome".to_owned(), Cell::word(outcome)));
        }
        if matches!(state, Standing::Working | Standing::Lapsed) {
            let lease = record.in_progress_expiration.map_or(Cell::Nothing, |ms| Cell::time(ms / 1_000));
            facts.push(("Lease until".to_owned(), lease));
        }
        facts.push(("Owner".to_owned(), Cell::of(record.owner.as_deref())));
        // A key names the thing after its account and Region.
        if let Some(thing) = about.split('/').nth(2) {
            facts.push(("Audit".to_owned(), Cell::link(address("/audit", [("text", thing)]), thing)));
        }
        let json = report.as_ref().and_then(|it| serde_json::to_string_pretty(it).ok()).unwrap_or_default();
        let tables = report.as_ref().map(tables).unwrap_or_default();
        let command = format!("signalbox ledger show {}", plain(id));
        Self {
            shell,
            facts,
            notices: notices(report.as_ref()),
            report,
            json: plain_lines(&json),
            command,
            tables,
            trace: None,
        }
    }

    /// Tells by which rule the event can have come, beside the function.
    fn tell_rule(&mut self, by: CameBy) {
        self.facts.insert(1, ("Rule".to_owned(), Cell::text(by)));
    }

    /// Leads to the page with the trace, which is read only then.
    fn offer_trace(&mut self, id: &str, correlation: &str) {
        let with = address("/event", [("id", id), ("trace", "1")]);
        self.facts.push(("Correlation id".to_owned(), Cell::code(correlation)));
        self.facts.push(("Trace".to_owned(), Cell::link(format!("{with}#trace"), "Show the trace")));
    }
}

fn notices(report: Option<&Report>) -> Vec<Notice> {
    let Some(report) = report else {
        return vec![Notice::note("There is no report yet: the event is not dealt with.")];
    };
    let is_bad = Tone::of(&report.outcome.to_string()) == Tone::Bad;
    let reason =
        report.reason.iter().map(|it| Notice { tone: if is_bad { Tone::Bad } else { Tone::Calm }, ..Notice::note(it) });
    reason.chain(report.notes.iter().filter(|it| report.reason.as_ref() != Some(it)).map(Notice::note)).collect()
}

/// The steps, the findings and the counts.
fn tables(report: &Report) -> Vec<Table> {
    let step = |it: &reaction::StepReport| match &it.error {
        Some(error) => vec![Cell::text(&it.step), Cell::word("not done"), Cell::text(error)],
        None => vec![Cell::text(&it.step), Cell::word("done"), Cell::Nothing],
    };
    let steps = Table::new(
        "Plan and steps",
        &["Step", "What became of it", "Why"],
        "The plan has no step: nothing was to be done.",
    );
    let mut tables = vec![steps.with(report.steps.iter().map(step))];
    if !report.findings.is_empty() {
        tables.push(findings(&report.findings));
    }
    let counts = report.counts.iter().flat_map(|(section, counts)| {
        counts.iter().map(move |(what, many)| vec![Cell::text(section), Cell::text(what), Cell::text(many)])
    });
    if !report.counts.is_empty() {
        tables.push(Table::new("Counts", &["Section", "What", "How many"], "").with(counts));
    }
    tables
}

/// The findings of a report.
fn findings(found: &[Finding]) -> Table {
    let row = |it: &Finding| {
        vec![
            Cell::code(&it.path),
            Cell::word(it.severity),
            Cell::text(&it.message),
            Cell::text(&it.remedy),
            Cell::code(&it.rule),
        ]
    };
    let heads = ["Where", "Severity", "What is wrong", "What to do", "Rule"];
    Table::new("Findings", &heads, "Nothing is found.").with(found.iter().map(row))
}

/// Text with its lines, and without what hides or turns it.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}
