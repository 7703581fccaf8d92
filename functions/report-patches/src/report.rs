//! What is sent when something got worse: one event, which a rule hands to the topic, too.

use patching::{Head, InstanceId, Place, Summary, clock, so_many};
use place::{hex, plain, shortened};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::Cause;

/// The source of the event.
pub const SOURCE: &str = "signalbox";

/// The detail-type of the event.
pub const DETAIL_TYPE: &str = "Signalbox Patch Report";

/// How many things a report names. It says how many others there are; the table has all of them.
const NAMED: usize = 100;

/// The characters of one thing, at most.
const LONGEST: usize = 300;

/// Something that got worse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Worse {
    /// The instance; none where it is of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// What is wrong.
    pub what: String,
}

impl Worse {
    /// In words.
    #[must_use]
    pub fn line(&self) -> String {
        let what = shortened(&plain(&self.what), LONGEST);
        self.instance.as_ref().map_or_else(|| what.clone(), |id| format!("{id}: {what}"))
    }
}

/// What got worse in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is the same however often this is planned, until it was noted that it was told.
    pub id: String,
    /// Where.
    pub place: Place,
    /// When it was seen, in seconds since 1970.
    pub at: u64,
    /// Why it was looked at.
    pub cause: Cause,
    /// How it stands.
    pub summary: Summary,
    /// All that got worse.
    pub worse: Vec<Worse>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown<'a> {
    id: &'a str,
    account: &'a str,
    region: &'a str,
    time: String,
    cause: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_execution: Option<&'a str>,
    summary: &'a Summary,
    worse: &'a [Worse],
    more: usize,
    text: String,
}

impl Report {
    /// A report of what got worse, each with the head from before: once that changes, it is another report.
    pub(crate) fn new(place: Place, at: u64, cause: Cause, summary: Summary, worse: Vec<(Worse, &Head)>) -> Self {
        let mut hash = Sha256::new();
        hash.update(place.to_string());
        for (it, head) in &worse {
            hash.update(format!("\n{}\n{}", head.round, it.line()));
        }
        let id = hex(&hash.finalize()[..16]);
        Self { id, place, at, cause, summary, worse: worse.into_iter().map(|(it, _)| it).collect() }
    }

    /// The detail of the event.
    pub(crate) fn detail(&self) -> String {
        let (window, execution) = match &self.cause {
            Cause::Window { window, execution, .. } => (Some(window.as_str()), Some(execution.as_str())),
            Cause::Schedule => (None, None),
        };
        let named = &self.worse[..self.worse.len().min(NAMED)];
        let shown = Shown {
            id: &self.id,
            account: self.place.account.as_str(),
            region: self.place.region.as_str(),
            time: clock(self.at),
            cause: self.cause.to_string(),
            window,
            window_execution: execution,
            summary: &self.summary,
            worse: named,
            more: self.worse.len() - named.len(),
            text: self.text(named),
        };
        serde_json::to_string(&shown).unwrap_or_default()
    }

    /// For people, in one line and without what has to be escaped: EventBridge puts it between quotes.
    fn text(&self, named: &[Worse]) -> String {
        let Summary { instances, compliant, unknown, .. } = self.summary;
        let lines: Vec<_> = named.iter().map(Worse::line).collect();
        let more = match self.worse.len() - named.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let text = format!(
            "{} in {}, {} ({}): {} got worse: {}{more}. Of {}, {compliant} are compliant and {unknown} are unknown.",
            self.place.account,
            self.place.region,
            clock(self.at),
            self.cause,
            so_many(self.worse.len(), "thing"),
            lines.join("; "),
            so_many(usize::try_from(instances).unwrap_or(usize::MAX), "instance"),
        );
        text.replace(['"', '\\'], "'")
    }
}
