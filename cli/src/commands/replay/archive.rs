//! A replay of an archive: EventBridge sends the events of a while to the bus once more, and only to the rules of our functions.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws::{Answer, Sessions, all_by_token};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::operation::describe_archive::DescribeArchiveOutput;
use aws_sdk_eventbridge::types::{ReplayDestination, ReplayState, Rule};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as TimeFormat;
use place::{Arn, plain, shortened};
use reaction::{Doing, Error};
use serde::Serialize;
use suite::FUNCTIONS;
use trail::is_enabled;

use crate::failure::Failure;
use crate::output::{self, Format};
use crate::progress::{Progress, say};

/// How long an event may take from the bus into the archive: so long AWS advises to wait.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>
const ARCHIVING: Duration = Duration::from_mins(10);

const DAY: Duration = Duration::from_hours(24);

/// The pauses between two looks at a replay, each twice the one before.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The while whose events are replayed.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) from: SystemTime,
    pub(super) to: SystemTime,
}

impl Window {
    /// Refuses a while that is none, or has not passed.
    pub(super) fn check(self, now: SystemTime) -> Result<(), Failure> {
        match self {
            Self { from, to } if from >= to => Err(Failure::usage("--from has to be before --to")),
            Self { to, .. } if to > now => {
                Err(Failure::usage(format!("--to has not come yet: now it is {}", shown(now))))
            }
            _ => Ok(()),
        }
    }

    /// When everything of it is archived, where that time is still to come.
    fn archived_at(self, now: SystemTime) -> Option<SystemTime> {
        Some(self.to + ARCHIVING).filter(|it| *it > now)
    }
}

fn shown(time: SystemTime) -> String {
    let time = DateTime::from(time);
    DateTime::from_secs(time.secs()).fmt(TimeFormat::DateTime).unwrap_or_default()
}

/// A rule that gets replayed events.
#[derive(Serialize)]
struct Receiver {
    rule: String,
    #[serde(skip)]
    arn: String,
    functions: Vec<&'static str>,
    /// Other targets of the rule, which get the events too.
    others: Vec<String>,
}

/// An archive, and what would get its events.
pub(super) struct Archive {
    client: Client,
    now: SystemTime,
    window: Window,
    arn: String,
    bus: String,
    receivers: Vec<Receiver>,
    notes: Vec<String>,
    not_archived: Option<SystemTime>,
}

impl Archive {
    /// Looks at an archive, and at the rules of its bus.
    pub(super) async fn look(
        sessions: &Sessions,
        name: &str,
        window: Window,
        function: Option<&str>,
    ) -> Result<Self, Failure> {
        let client = Client::new(sessions.config());
        if let Some(name) = function.filter(|name| FUNCTIONS.iter().all(|it| it.name != *name)) {
            return Err(Failure::usage(format!("there is no function `{}`", shortened(name, 60))));
        }
        sessions.ask_home().await.map_err(Failure::service)?;
        let asked = client.describe_archive().archive_name(name).send().await.or_absent();
        let found =
            asked.doing(|| format!("looking for the archive {}", shortened(name, 60))).map_err(Failure::service)?;
        let found = found.ok_or_else(|| {
            let name = shortened(name, 60);
            Failure::usage(format!(
                "there is no archive {name} in this account and Region; `aws events list-archives` lists them"
            ))
        })?;
        let bus = found.event_source_arn().unwrap_or_default().to_owned();
        let named = Arn::parse(&bus).and_then(|it| it.resource.strip_prefix("event-bus/")).unwrap_or(&bus);
        let receivers = receivers(&client, sessions, named, function).await.map_err(Failure::service)?;
        if receivers.is_empty() {
            let of = function.unwrap_or("a function of Signalbox");
            return Err(Failure::usage(format!(
                "no enabled rule of {bus} hands events to {of}; nothing would be replayed"
            )));
        }
        let now = sessions.now();
        let (notes, not_archived) = (notes(&found, window, now), window.archived_at(now));
        let arn = found.archive_arn().unwrap_or_default().to_owned();
        Ok(Self { client, now, window, arn, bus, receivers, notes, not_archived })
    }

    /// Shows what would be replayed.
    pub(super) fn plan(self, name: Option<&str>, output: Format) -> Result<(), Failure> {
        let name = name.map_or_else(|| format!("signalbox-{}", shown(self.now).replace(':', "")), String::from);
        output::print(output, &Shown::of(self, name, None))?;
        Err(Failure::differences())
    }

    /// Starts the replay and watches it to its end; one of this name that was started before is watched.
    pub(super) async fn replay(self, name: &str, output: Format) -> Result<(), Failure> {
        if let Some(time) = self.not_archived {
            return Err(Failure::service(format!(
                "not archived yet: EventBridge may take ten minutes to archive an event, so that some until --to may be missing; \
                 replay after {}, or give an earlier --to",
                shown(time)
            )));
        }
        let started = self.state(name).await.map_err(Failure::service)?;
        if started.is_none() {
            self.start(name).await.map_err(Failure::service)?;
        }
        let progress = Progress::start();
        progress.next(format!("replay {name} runs by itself; `aws events cancel-replay --replay-name {name}` ends it"));
        let ended = self.watch(name).await.map_err(Failure::service)?;
        drop(progress);
        let is_complete = ended == ReplayState::Completed;
        output::print(output, &Shown::of(self, name.to_owned(), Some(ended.to_string())))?;
        if !is_complete {
            return Err(Failure::service(format!(
                "the replay {name} ended as {ended}; replay the rest by another name"
            )));
        }
        say("what came of each event is in the log of its function; `signalbox ledger list` shows the occurrences");
        Ok(())
    }

    async fn start(&self, name: &str) -> Result<(), Error> {
        let rules = self.receivers.iter().map(|it| it.arn.clone()).collect();
        let destination = ReplayDestination::builder().arn(&self.bus).set_filter_arns(Some(rules)).build();
        let start = self.client.start_replay().replay_name(name).event_source_arn(&self.arn);
        let start =
            start.event_start_time(DateTime::from(self.window.from)).event_end_time(DateTime::from(self.window.to));
        let started = start.destination(destination.map_err(Error::failed)?).send().await;
        started.or_error().map(drop).doing(|| format!("starting the replay {name}"))
    }

    /// How the replay of this name stands.
    ///
    /// # Errors
    /// `Refused` where that name is of another replay.
    async fn state(&self, name: &str) -> Result<Option<ReplayState>, Error> {
        let asked = self.client.describe_replay().replay_name(name).send().await.or_absent();
        let Some(found) = asked.doing(|| format!("looking for the replay {name}"))? else { return Ok(None) };
        let is_same =
            |one: Option<&DateTime>, other: SystemTime| one.map(DateTime::secs) == Some(DateTime::from(other).secs());
        let is_ours = found.event_source_arn() == Some(&self.arn)
            && is_same(found.event_start_time(), self.window.from)
            && is_same(found.event_end_time(), self.window.to);
        if !is_ours {
            return Err(Error::refused(format!(
                "the replay {name} was of another archive or time, and a name is free again after 90 days; give another --name"
            )));
        }
        Ok(Some(found.state.unwrap_or(ReplayState::Starting)))
    }

    async fn watch(&self, name: &str) -> Result<ReplayState, Error> {
        let mut pause = SHORTEST_PAUSE;
        loop {
            match self.state(name).await? {
                Some(ReplayState::Starting | ReplayState::Running | ReplayState::Cancelling) | None => {}
                Some(ended) => return Ok(ended),
            }
            wait(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "EventBridge does not say when a replay is over")]
async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// What the archive may lack of the window.
fn notes(found: &DescribeArchiveOutput, window: Window, now: SystemTime) -> Vec<String> {
    let mut notes = Vec::new();
    let made = found.creation_time().and_then(|it| SystemTime::try_from(*it).ok());
    if let Some(made) = made.filter(|it| window.from < *it) {
        notes.push(format!("the archive was made at {}, and has nothing of before", shown(made)));
    }
    let days = found.retention_days().and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0);
    if let Some(days) = days
        && let Some(kept) = now.checked_sub(DAY * days)
        && window.from < kept
    {
        notes.push(format!("the archive keeps {days} days: what came before {} may be gone", shown(kept)));
    }
    if let Some(state) = found.state().filter(|it| it.as_str() != "ENABLED") {
        notes.push(format!("the archive is {state}, and what comes now is not archived"));
    }
    notes
}

/// The enabled rules of a bus that hand events to our functions, or to one of them.
async fn receivers(
    client: &Client,
    sessions: &Sessions,
    bus: &str,
    function: Option<&str>,
) -> Result<Vec<Receiver>, Error> {
    let (account, region) = (sessions.home()?.account.clone(), sessions.region()?);
    let is_ours = |name: &str| function.is_none_or(|it| it == name);
    let mut receivers = Vec::new();
    for rule in rules(client, bus).await? {
        let (Some(name), Some(arn)) = (rule.name(), rule.arn()) else { continue };
        let (mut functions, mut others) = (Vec::new(), Vec::new());
        for target in targets(client, bus, name).await? {
            let parts = Arn::parse(&target).filter(|it| it.account == account.as_str() && it.region == region.as_str());
            let named = parts.filter(|it| it.service == "lambda").and_then(|it| it.resource.strip_prefix("function:"));
            let known = FUNCTIONS.iter().find(|it| Some(it.name) == named.and_then(|name| name.split(':').next()));
            // A function that reads a queue has its rule by its own name.
            let by_queue = FUNCTIONS.iter().find(|it| it.name == name && parts.is_some_and(|it| it.service == "sqs"));
            match known.or(by_queue) {
                Some(known) => functions.push(known.name),
                None => others.push(target),
            }
        }
        if functions.iter().any(|it| is_ours(it)) {
            receivers.push(Receiver { rule: name.into(), arn: arn.into(), functions, others });
        }
    }
    receivers.sort_by(|one, other| one.rule.cmp(&other.rule));
    Ok(receivers)
}

/// The enabled rules of a bus with a pattern.
async fn rules(client: &Client, bus: &str) -> Result<Vec<Rule>, Error> {
    let rules = all_by_token(async |token| {
        let answer = client.list_rules().event_bus_name(bus).set_next_token(token).send().await.or_error()?;
        Ok((answer.rules, answer.next_token))
    });
    let rules = rules.await.doing(|| format!("listing the rules of {bus}"))?;
    Ok(rules.into_iter().filter(|it| it.event_pattern().is_some() && is_enabled(it.state())).collect())
}

async fn targets(client: &Client, bus: &str, rule: &str) -> Result<Vec<String>, Error> {
    let targets = all_by_token(async |token| {
        let ask = client.list_targets_by_rule().event_bus_name(bus).rule(rule).set_next_token(token);
        let answer = ask.send().await.or_error()?;
        Ok((answer.targets, answer.next_token))
    });
    let targets = targets.await.doing(|| format!("listing the targets of rule {rule}"))?;
    Ok(targets.into_iter().map(|it| it.arn).collect())
}

/// A replay, planned or ended.
#[derive(Serialize)]
struct Shown {
    name: String,
    archive: String,
    bus: String,
    from: String,
    to: String,
    rules: Vec<Receiver>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

impl Shown {
    fn of(archive: Archive, name: String, state: Option<String>) -> Self {
        let Archive { window, arn, bus, receivers, mut notes, not_archived, .. } = archive;
        notes.extend(
            not_archived
                .map(|time| format!("not archived yet: some events until --to may be missing until {}", shown(time))),
        );
        Self { name, archive: arn, bus, from: shown(window.from), to: shown(window.to), rules: receivers, state, notes }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, archive, bus, from, to, rules, state, notes } = self;
        writeln!(f, "replay {name} of {archive}, from {from} to {to}, to {bus}")?;
        for Receiver { rule, functions, others, .. } in rules {
            writeln!(f, "~ rule {} -> {}", plain(rule), functions.join(", "))?;
            for other in others {
                writeln!(f, "  and to {}, which gets them too", plain(other))?;
            }
        }
        for note in notes {
            writeln!(f, "note: {}", plain(note))?;
        }
        match state {
            Some(state) => write!(f, "{}", plain(state)),
            None => write!(f, "to carry it out: the same with --name {name} --apply"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::{ARCHIVING, Window};

    #[test]
    fn what_is_younger_than_ten_minutes_is_not_archived_yet() {
        let now = UNIX_EPOCH + Duration::from_hours(500_000);
        let until = |ago: Duration| Window { from: UNIX_EPOCH, to: now - ago };
        assert_eq!(until(ARCHIVING).archived_at(now), None);
        assert_eq!(until(Duration::from_mins(9)).archived_at(now), Some(now + Duration::from_mins(1)));
        assert!(until(Duration::ZERO).check(now).is_ok());
        let of = |from: SystemTime, to: SystemTime| Window { from, to }.check(now).is_err();
        assert!(of(UNIX_EPOCH, now + Duration::from_secs(1)) && of(now, now));
    }
}
