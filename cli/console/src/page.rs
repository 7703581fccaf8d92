//! What a page is made of. The templates escape every text, and [`plain`] takes out what would turn or hide the text beside it:
//! names, tags and messages come from AWS, where anyone may have written them.

use std::fmt::Display;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use place::plain;
use terminal::time;

use crate::Console;
use crate::chart::Chart;
use crate::query::address;

/// How many rows a page has at most.
pub(crate) const ROWS: usize = 50;

/// The pages, by path and title.
const PAGES: [(&str, &str); 10] = [
    ("/", "Events"),
    ("/shares", "Shares"),
    ("/audit", "Audit"),
    ("/policies", "Policies"),
    ("/names", "Names"),
    ("/secrets", "Secrets"),
    ("/patches", "Patches"),
    ("/deployments", "Deployments"),
    ("/repositories", "Repositories"),
    ("/fleet", "Fleet runs"),
];

/// What surrounds each page.
pub(crate) struct Shell {
    pub(crate) title: String,
    /// The path in the menu that the page belongs to.
    pub(crate) current: &'static str,
    /// The account and Region, or nothing where no account may be told.
    pub(crate) place: String,
    pub(crate) is_local: bool,
}

impl Shell {
    pub(crate) fn of(console: &Console, current: &'static str, title: impl Into<String>) -> Self {
        let account = console.sessions.home().map(|it| it.account.to_string()).unwrap_or_default();
        let region = console.sessions.region().map(|it| it.to_string()).unwrap_or_default();
        Self {
            title: title.into(),
            current,
            place: format!("{account} / {region}"),
            is_local: console.sender.is_some(),
        }
    }

    /// That of a page for someone who was not let in.
    pub(crate) fn bare(title: &str) -> Self {
        Self { title: title.into(), current: "", place: String::new(), is_local: false }
    }

    pub(crate) fn pages(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let known = PAGES.into_iter().filter(|_| !self.place.is_empty());
        known.chain(self.is_local.then_some(("/send", "Send an event")))
    }
}

/// What stands in a table.
pub(crate) enum Cell {
    Text(String),
    Code(String),
    Link {
        to: String,
        text: String,
    },
    /// A word that says how something stands, and its colour.
    Word(String, Tone),
    Time(String),
    Chart(Chart),
    /// That a row and a column belong together.
    Mark,
    Nothing,
}

/// How good something is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Busy,
    Calm,
}

impl Tone {
    /// The class, and the sign that says the same without colour.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Busy => "busy",
            Self::Calm => "calm",
        }
    }

    /// That of a word that Signalbox or AWS says.
    pub(crate) fn of(word: &str) -> Self {
        match word.to_lowercase().as_str() {
            "applied" | "done" | "succeeded" | "compliant" | "current" | "rotated" | "outcome" | "none" => Self::Good,
            "refused" | "failed" | "lapsed" | "non-compliant" | "stopped" | "timed_out" | "aborted" | "overdue"
            | "error" | "dangling" | "stale" | "missing" | "broken-off" | "left alone" => Self::Bad,
            "working" | "running" | "rolling back" | "behind" | "waiting" | "warning" | "unknown" | "pending"
            | "intent" => Self::Busy,
            _ => Self::Calm,
        }
    }
}

impl Cell {
    pub(crate) fn text(text: impl Display) -> Self {
        Self::Text(plain(&text.to_string()))
    }

    pub(crate) fn code(text: impl Display) -> Self {
        Self::Code(plain(&text.to_string()))
    }

    pub(crate) fn word(text: impl Display) -> Self {
        let text = plain(&text.to_string());
        let tone = Tone::of(&text);
        Self::Word(text, tone)
    }

    pub(crate) fn link(to: String, text: impl Display) -> Self {
        Self::Link { to, text: plain(&text.to_string()) }
    }

    /// A time in seconds since the epoch.
    pub(crate) fn time(seconds: u64) -> Self {
        Self::Time(time(seconds))
    }

    /// A text, or nothing.
    pub(crate) fn of<T: Display>(it: Option<T>) -> Self {
        it.map_or(Self::Nothing, Self::text)
    }

    /// A text, or nothing where it is empty.
    pub(crate) fn filled(text: &str) -> Self {
        Self::of(Some(text).filter(|it| !it.is_empty()))
    }

    pub(crate) fn chart(numbers: &[u32]) -> Self {
        Chart::of(numbers).map_or(Self::Nothing, Self::Chart)
    }
}

/// The same as a person reads it, to the second; the heading has the zone.
pub(crate) fn read_out(time: &str) -> String {
    let seconds = time.split('.').next().unwrap_or_default();
    seconds.replace('T', " ").replace('Z', "")
}

/// A row; one that changes while it is looked at has an id.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) cells: Vec<Cell>,
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Self {
        Self { id: String::new(), cells }
    }
}

/// A table with its title.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) heads: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// Whether its columns are accounts: they are narrow, and there may be many.
    pub(crate) is_matrix: bool,
    /// What stands there in place of rows.
    pub(crate) empty: String,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, heads: &[&str], empty: impl Into<String>) -> Self {
        let heads = heads.iter().map(|it| (*it).to_owned()).collect();
        Self { title: title.into(), heads, rows: Vec::new(), is_matrix: false, empty: empty.into() }
    }

    pub(crate) fn with(self, rows: impl IntoIterator<Item = impl Into<Row>>) -> Self {
        Self { rows: rows.into_iter().map(Into::into).collect(), ..self }
    }
}

/// A field of the search.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) hint: &'static str,
}

/// Something that the reader should know before the tables.
pub(crate) struct Notice {
    pub(crate) tone: Tone,
    pub(crate) text: String,
    pub(crate) remedy: String,
}

impl Notice {
    /// What could not be read, and what to do.
    pub(crate) fn unread(error: impl Display, remedy: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, text: plain(&error.to_string()), remedy: remedy.into() }
    }

    pub(crate) fn note(text: impl Display) -> Self {
        Self { tone: Tone::Calm, text: plain(&text.to_string()), remedy: String::new() }
    }
}

/// A page of tables.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct List {
    shell: Shell,
    /// What the page shows, in a sentence.
    pub(crate) lead: String,
    /// The command that prints the same.
    pub(crate) command: String,
    pub(crate) notices: Vec<Notice>,
    pub(crate) search: Vec<Field>,
    /// Where a search leads, and what it takes along.
    pub(crate) action: &'static str,
    pub(crate) kept: Vec<(&'static str, String)>,
    pub(crate) tables: Vec<Table>,
    pub(crate) facts: Vec<(String, Cell)>,
    /// Where the stream of rows is, of a page that changes.
    pub(crate) live: String,
    pub(crate) next: String,
    pub(crate) first: String,
}

impl List {
    pub(crate) fn new(shell: Shell, lead: &str, command: &str) -> Self {
        Self {
            action: shell.current,
            shell,
            lead: lead.into(),
            command: command.into(),
            notices: Vec::new(),
            search: Vec::new(),
            kept: Vec::new(),
            tables: Vec::new(),
            facts: Vec::new(),
            live: String::new(),
            next: String::new(),
            first: String::new(),
        }
    }

    /// Leaves one page of the table's rows, which stand in an order of their own, and links to the next.
    pub(crate) fn paged<T>(&mut self, all: Vec<T>, from: usize, here: &str, query: &[(&str, &str)]) -> Vec<T> {
        let (count, end) = (all.len(), from.saturating_add(ROWS));
        let at = |from: usize| {
            let from = from.to_string();
            address(here, query.iter().copied().chain([("from", from.as_str())]))
        };
        self.next = if end < count { at(end) } else { String::new() };
        self.first = if from > 0 { address(here, query.iter().copied()) } else { String::new() };
        all.into_iter().skip(from).take(ROWS).collect()
    }

    pub(crate) fn answer(&self) -> Response {
        html(StatusCode::OK, self)
    }
}

/// A page that says what is wrong.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct Problem {
    pub(crate) shell: Shell,
    pub(crate) what: String,
    pub(crate) remedy: String,
}

/// The answer with this page.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be written").into_response(),
    }
}

/// The answer where there is no such page.
pub(crate) fn missing(console: &Console) -> Response {
    let shell = Shell::of(console, "", "There is no such page");
    let what = "The console has no page of this address.".to_owned();
    html(StatusCode::NOT_FOUND, &Problem { shell, what, remedy: "The menu has those that there are.".into() })
}
