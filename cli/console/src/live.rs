//! Rows of events as they come, as server-sent events.
//!
//! The ledger is the memory: a page says by `Last-Event-ID` until which second it knows the events, and gets those from then on. What
//! may come twice replaces its own row. So a page that lost its connection loses no event, for as long as the ledger keeps them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use ledger::{Record, Records, State as Standing};
use reaction::Error;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::page::{Cell, Problem, Row, Shell, html};
use crate::pages::events::{HEADS, beginning, row};
use crate::query::Query;

/// Seconds that a record may be changed after its time, since that is of its claim: a run takes 15 minutes at most.
const OVERLAP: u64 = 16 * 60;

/// Seconds by which the clocks of functions may differ.
const CLOCKS: u64 = 5;

/// How many events are handed over at a time; the next reading goes on after them.
const BATCH: usize = 1_000;

/// How often the ledger is read while there is news.
const PAUSE: Duration = Duration::from_secs(1);

/// After how many pauses without news it is read more slowly, and how many pauses a reading then takes.
const QUIET: (u32, u32) = (60, 5);

/// What a page knows already.
#[derive(Default)]
struct Tail {
    /// Of each record the second of its time, and what it was like, both by the hash of its id.
    known: HashMap<u64, (u64, u64)>,
    /// The second from which on a page wants events.
    from: u64,
    /// The newest second that was handed over.
    reached: u64,
    /// The news of one reading, the oldest first.
    news: BTreeMap<(u64, String), Record>,
    has_left: bool,
}

fn hash_of(it: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

fn likeness(record: &Record) -> u64 {
    let is_done = record.status == ledger::Status::Completed;
    hash_of((is_done, record.expiration, record.in_progress_expiration, &record.outcome))
}

impl Tail {
    fn from(second: u64) -> Self {
        let from = second.saturating_sub(CLOCKS);
        Self { from, reached: from, ..Self::default() }
    }

    /// The second from which on the ledger is read.
    fn since(&self) -> u64 {
        self.reached.saturating_sub(OVERLAP)
    }

    /// Takes a record of a reading; keeps it if it is news, and of too many the oldest.
    fn take(&mut self, id: String, record: Record) {
        let (name, seen) = (hash_of(&id), (record.written(), likeness(&record)));
        if self.known.get(&name) == Some(&seen) {
            return;
        }
        // What was given back keeps the time of its claim.
        let is_wanted = seen.0 >= self.from || record.in_progress_expiration == Some(0);
        if !is_wanted && !self.known.contains_key(&name) {
            self.known.insert(name, seen);
            return;
        }
        self.news.insert((seen.0, id), record);
        if self.news.len() > BATCH {
            self.has_left = true;
            self.news.pop_last();
        }
    }

    /// Ends a reading: its news. Whether there are more that it has left is `has_left`.
    fn handed_over(&mut self) -> Vec<(String, Record)> {
        let news = std::mem::take(&mut self.news);
        for ((written, id), record) in &news {
            self.known.insert(hash_of(id), (*written, likeness(record)));
            self.reached = self.reached.max(*written);
        }
        let since = self.since();
        self.known.retain(|_, (written, _)| *written >= since);
        news.into_iter().map(|((_, id), record)| (id, record)).collect()
    }
}

/// Whether the ledger is read after so many pauses without news.
fn is_due(quiet: u32) -> bool {
    quiet <= QUIET.0 || quiet.is_multiple_of(QUIET.1)
}

/// One page's stream.
struct Stream {
    app: Arc<App>,
    of: (String, String),
    tail: Tail,
    waiting: VecDeque<Event>,
    ticks: Interval,
    /// How many pauses there was no news.
    quiet: u32,
    _permit: OwnedSemaphorePermit,
}

#[derive(Template)]
#[template(path = "row.html")]
struct Fragment {
    row: Row,
    heads: Vec<String>,
}

impl Stream {
    /// The next event; waits for it.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some((Ok(event), self));
            }
            if !std::mem::take(&mut self.tail.has_left) {
                self.wait().await;
            }
            if let Err(error) = self.read().await {
                let text = place::plain(&error.to_string());
                self.waiting.push_back(Event::default().event("trouble").data(text));
            }
        }
    }

    /// Waits for the next reading.
    async fn wait(&mut self) {
        loop {
            self.ticks.tick().await;
            self.quiet = self.quiet.saturating_add(1);
            if is_due(self.quiet) {
                return;
            }
        }
    }

    async fn read(&mut self) -> Result<(), Error> {
        let console = &self.app.console;
        let records = Records::new(&console.sessions, &console.tables.ledger);
        let (since, tail) = (self.tail.since(), &mut self.tail);
        records.each_since(since, (&self.of.0, &self.of.1), |id, record| tail.take(id, record)).await?;
        for (id, record) in self.tail.handed_over() {
            if record.state(console.sessions.now()) == Standing::Expired {
                continue;
            }
            let heads = HEADS.map(String::from).to_vec();
            let text = Fragment { row: row(console, &id, &record), heads }.render().map_err(Error::failed)?;
            // Its own second, since the connection may break before the next row.
            let second = record.written().to_string();
            self.quiet = 0;
            self.waiting.push_back(Event::default().event("row").id(second).data(text.trim_end()));
        }
        Ok(())
    }
}

/// The stream of the events that a search finds.
pub(crate) async fn stream(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Response {
    let query = Query::of(&uri);
    let Ok(permit) = app.live.clone().try_acquire_owned() else {
        let shell = Shell::of(&app.console, "/", "Too many live pages");
        let (what, remedy) = ("As many pages are live as may be.".into(), "Close one of them.".into());
        return html(StatusCode::SERVICE_UNAVAILABLE, &Problem { shell, what, remedy });
    };
    let last = headers.get("last-event-id").and_then(|it| it.to_str().ok()).unwrap_or(query.text("since"));
    let second = last.parse().unwrap_or_else(|_| app.console.sessions.seconds());
    let of = (beginning(query.text("function")), query.text("about").to_owned());
    let mut ticks = interval(PAUSE);
    // A reading that takes long is followed by a pause all the same.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stream =
        Stream { app, of, tail: Tail::from(second), waiting: VecDeque::new(), ticks, quiet: 0, _permit: permit };
    Sse::new(stream::unfold(stream, Stream::next)).keep_alive(KeepAlive::default()).into_response()
}

#[cfg(test)]
mod tests {
    use super::is_due;

    #[test]
    fn a_minute_without_news_makes_readings_rare_and_never_ends_them() {
        let of = |pauses: std::ops::RangeInclusive<u32>| pauses.filter(|it| is_due(*it)).count();
        assert_eq!((of(1..=60), of(61..=120), of(3_601..=3_660)), (60, 12, 12));
        assert!(is_due(u32::MAX), "where counting ends");
    }
}
