//! Actions that together raise the rights of their holder, over all statements, less unconditional denies.

use std::collections::BTreeMap;

use crate::document::{Statement, Text};
use crate::finding::{At, Found};
use crate::granted::Rights;
use crate::reach::may_be_the_same;
use crate::watched::WATCHED;
use crate::ways::{Need, PASS_ROLE, Way};

/// How many ways are named at one place; the rest is counted.
const NAMED: usize = 4;

/// Services that run with a role what they are given.
const RUNNING: [&str; 7] = [
    "cloudformation.amazonaws.com",
    "codebuild.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "sagemaker.amazonaws.com",
];

/// What a place of the policy opens.
#[derive(Default)]
struct Opened {
    is_certain: bool,
    ways: Vec<String>,
}

pub(super) fn find(rights: &Rights<'_>, found: &mut Vec<Found>) {
    let mut places: BTreeMap<At, Opened> = BTreeMap::new();
    let mut alone: Vec<&str> = Vec::new();
    for (way, _) in WATCHED.ways.iter().filter(|it| rights.allowed.has_all(it.1)) {
        // What one action does already needs no second one.
        if way.service.is_empty() && way.needs.len() > 1 && way.needs.iter().any(|it| alone.contains(&it.action)) {
            continue;
        }
        let Some(at) = is_open(way, rights) else { continue };
        if let [only] = way.needs {
            alone.push(only.action);
        }
        let place = places.entry(at.at).or_default();
        place.is_certain |= way.is_certain;
        place.ways.push(told(way));
    }
    found.extend(places.into_iter().map(|(at, opened)| opened.found(at)));
}

/// Where the way is open.
fn is_open<'a>(way: &Way, rights: &Rights<'a>) -> Option<Text<'a>> {
    let passed = (!way.service.is_empty()).then_some(&PASS_ROLE);
    let all = || {
        passed.into_iter().chain(way.needs).map(|need| rights.granted(need, way.service)).collect::<Option<Vec<_>>>()
    };
    all()
        .and_then(|it| it.first().copied())
        .or_else(|| way.on_the_same.then(|| on_the_same(way.needs, rights)).flatten())
}

/// Where both actions are allowed on things that may be the same, and not only on the caller's own user.
fn on_the_same<'a>(needs: &[Need], rights: &Rights<'a>) -> Option<Text<'a>> {
    let [one, other] = needs else { return None };
    let of = |need: &Need| {
        // What the role may do is the holder's to write, so that any service will do that runs what it is given.
        let is_passed = need.action == PASS_ROLE.action;
        let passes = |it: &Statement<'_>| RUNNING.iter().any(|service| it.may_pass_to(service));
        if !is_passed {
            rights.granted_on(need.action, None, "")?;
        }
        let arn = need.on.first().copied().unwrap_or("*");
        let allows = rights.naming(need.action).filter(|it| it.is_allow && !it.excepts_resources);
        let allows = allows.filter(
            |it| if is_passed { passes(it) } else { it.may_pass_to("") } && !rights.is_narrowed(it, need.action, arn),
        );
        Some(allows.filter_map(|it| Some((it.names_action(need.action)?, &it.resources))).collect::<Vec<_>>())
    };
    let (ones, others) = (of(one)?, of(other)?);
    let is_own = |it: &str| it.to_ascii_lowercase().contains("${aws:username}");
    let sort = |need: &Need| need.on.first().copied().unwrap_or("*");
    // A group is neither a user nor a role, and what both actions are about has to be of their sort.
    let is_of_sort = |a: &str, b: &str| may_be_the_same(a, sort(one)) && may_be_the_same(b, sort(other));
    let may_be = |a: &str, b: &str| {
        !is_own(a) && !is_own(b) && (!rights.is_comparable || is_of_sort(a, b) && may_be_the_same(a, b))
    };
    ones.iter()
        .find(|(_, a)| others.iter().any(|(_, b)| a.iter().any(|a| b.iter().any(|b| may_be(a.value, b.value)))))
        .map(|it| it.0)
}

fn told(way: &Way) -> String {
    let passed = (!way.service.is_empty()).then_some(PASS_ROLE.action);
    let actions: Vec<_> = passed.into_iter().chain(way.needs.iter().map(|it| it.action)).collect();
    format!("{} ({})", actions.join(" + "), way.id)
}

impl Opened {
    fn found(self, at: At) -> Found {
        let more = self.ways.len().saturating_sub(NAMED);
        let named = self.ways.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(", and {more} more ways") } else { String::new() };
        if self.is_certain {
            let message = format!("its holder can gain the rights of others: {named}{more}");
            return Found::error(
                at,
                "escalation",
                message,
                "name the roles, users or policies that it is about, or add a condition on them",
            );
        }
        let message = format!("its holder gains the rights of what it reaches: {named}{more}");
        Found::warning(at, "escalation", message, "name the things that it is about")
    }
}
