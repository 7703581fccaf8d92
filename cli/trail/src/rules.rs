//! By which rule of EventBridge an occurrence came. No event says which rule delivered it, and the ledger keeps nothing of an event that a
//! pattern could be held against: so these are the rules that hand such events to the function now.

use std::fmt;

use aws::{Answer, Sessions, all_by_token};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::RuleState;
use function::Trigger;
use place::plain;
use reaction::{Doing, Error};
use serde::Serialize;
use suite::FUNCTIONS;

/// The key of a sweep, which a schedule starts and no event.
const SWEEP: &str = "sweep";

/// The bus that AWS's own services put their events on, and schedules are on.
const DEFAULT: &str = "default";

/// What can have handed an occurrence to its function.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CameBy {
    /// These rules, by name, each with its bus where that is not the default one. A call by hand comes by none of them.
    Rules(Vec<String>),
    /// Something other than EventBridge.
    Otherwise(&'static str),
    /// It could not be read, for this reason.
    Unread(String),
}

impl fmt::Display for CameBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules(names) if names.is_empty() => f.write_str("none: no enabled rule hands such events to it"),
            Self::Rules(names) => f.write_str(&plain(&names.join(" or "))),
            Self::Otherwise(what) => write!(f, "none: {what}"),
            Self::Unread(why) => write!(
                f,
                "not known: {}; it needs events:ListEventBuses, events:ListRuleNamesByTarget and events:DescribeRule",
                plain(why)
            ),
        }
    }
}

/// By which rules the occurrence of this id, a function's name, `#` and the key, can have come.
///
/// Asks EventBridge for the enabled rules of this account and Region whose target is the function: for a sweep those with a schedule, else
/// those with a pattern.
pub async fn came_by(sessions: &Sessions, id: &str) -> CameBy {
    let (function, key) = id.split_once('#').unwrap_or((id, ""));
    let is_sweep = key == SWEEP;
    if let Some(what) = otherwise(function, is_sweep) {
        return CameBy::Otherwise(what);
    }
    match rules(sessions, function, is_sweep).await {
        Ok(names) => CameBy::Rules(names),
        Err(error) => CameBy::Unread(error.to_string()),
    }
}

/// What invokes a function that no rule has as its target.
fn otherwise(function: &str, is_sweep: bool) -> Option<&'static str> {
    let hears = FUNCTIONS.iter().find(|it| it.name == function)?.hears;
    hears.iter().find_map(|it| match it {
        Trigger::Queue => Some("a message of the function's queue"),
        Trigger::Job => Some("a job of a pipeline"),
        Trigger::Webhook => Some("a request to the function's URL"),
        Trigger::Workflow => Some("the fleet's workflow"),
        Trigger::Step if !is_sweep => Some("a step of a rotation, from Secrets Manager"),
        Trigger::Step | Trigger::Event { .. } | Trigger::Schedule => None,
    })
}

async fn rules(sessions: &Sessions, function: &str, is_sweep: bool) -> Result<Vec<String>, Error> {
    if sessions.home().is_err() {
        sessions.ask_home().await?;
    }
    let (client, home) = (Client::new(sessions.config()), sessions.home()?);
    let target = format!("arn:{}:lambda:{}:{}:function:{function}", home.partition, sessions.region()?, home.account);
    let mut names = Vec::new();
    for bus in buses(&client).await? {
        for name in of_target(&client, &bus, &target).await? {
            if is_due(&client, &bus, &name, is_sweep).await? {
                names.push(if bus == DEFAULT { name } else { format!("{name} on the bus {bus}") });
            }
        }
    }
    names.sort();
    Ok(names)
}

async fn buses(client: &Client) -> Result<Vec<String>, Error> {
    let buses = all_by_token(async |token| {
        let answer = client.list_event_buses().set_next_token(token).send().await.or_error()?;
        Ok((answer.event_buses, answer.next_token))
    });
    let buses = buses.await.doing(|| "listing the event buses")?;
    Ok(buses.into_iter().filter_map(|it| it.name).collect())
}

/// The rules of a bus that have this target.
async fn of_target(client: &Client, bus: &str, target: &str) -> Result<Vec<String>, Error> {
    let names = all_by_token(async |token| {
        let ask = client.list_rule_names_by_target().target_arn(target).event_bus_name(bus).set_next_token(token);
        let answer = ask.send().await.or_error()?;
        Ok((answer.rule_names, answer.next_token))
    });
    names.await.doing(|| format!("listing the rules of {target} on the bus {bus}"))
}

/// Whether a rule is enabled, and starts sweeps, or hands over events.
async fn is_due(client: &Client, bus: &str, name: &str, is_sweep: bool) -> Result<bool, Error> {
    let asked = client.describe_rule().name(name).event_bus_name(bus).send().await.or_absent();
    // One that was deleted since it was listed hands over nothing.
    let Some(rule) = asked.doing(|| format!("looking at the rule {name}"))? else { return Ok(false) };
    let is_schedule = rule.schedule_expression().is_some_and(|it| !it.is_empty());
    Ok(is_schedule == is_sweep && is_enabled(rule.state()))
}

/// Whether a rule in this state hands over what it is for.
#[must_use]
pub fn is_enabled(state: Option<&RuleState>) -> bool {
    matches!(state, Some(RuleState::Enabled | RuleState::EnabledWithAllCloudtrailManagementEvents))
}

#[cfg(test)]
mod tests {
    use super::{CameBy, otherwise};

    #[test]
    fn what_no_rule_hands_over_is_told_without_a_call() {
        for (function, is_sweep, expected) in [
            ("share-ami", false, None),
            ("reconcile-shares", true, None),
            ("rotate-db-user", true, None),
            ("rotate-db-user", false, Some("a step of a rotation, from Secrets Manager")),
            ("mirror-repository", true, Some("a message of the function's queue")),
            ("check-policy", false, Some("a job of a pipeline")),
            ("receive-webhook", false, Some("a request to the function's URL")),
            ("write-fleet", false, Some("the fleet's workflow")),
            ("no-such-function", false, None),
        ] {
            assert_eq!(otherwise(function, is_sweep), expected, "{function}");
        }
    }

    #[test]
    fn each_rule_that_it_may_be_is_named_and_nothing_in_a_name_hides_text() {
        let of = |names: &[&str]| CameBy::Rules(names.iter().map(|it| (*it).to_owned()).collect()).to_string();
        assert_eq!(of(&["share-ami"]), "share-ami");
        assert_eq!(of(&["a\u{1b}[2J", "b on the bus c"]), "a [2J or b on the bus c");
        assert_eq!(of(&[]), "none: no enabled rule hands such events to it");
        let unread = CameBy::Unread("listing the event buses: denied".into()).to_string();
        assert!(unread.starts_with("not known: listing the event buses: denied; it needs events:"), "{unread}");
    }
}
