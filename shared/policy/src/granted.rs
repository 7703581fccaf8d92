//! What all statements together allow, less what they deny without condition.

use crate::document::{Statement, Text};
use crate::pattern::{covers, fits, is_every_action, is_every_resource, meet};

/// An action, on each of these things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) action: &'static str,
    /// Things of which all have to be reached, as ARNs with `*` for what varies; none is anything at all.
    pub(crate) on: &'static [&'static str],
}

impl Statement<'_> {
    /// The text by which the statement is about this action, if it is.
    pub(crate) fn names_action(&self, action: &str) -> Option<Text<'_>> {
        let named = self.actions.iter().find(|it| is_every_action(it.value) || fits(it.value, action));
        if self.excepts_actions { self.actions.first().copied().filter(|_| named.is_none()) } else { named.copied() }
    }

    /// Whether it is about every thing.
    pub(crate) fn is_on_everything(&self) -> bool {
        self.excepts_resources || self.resources.iter().any(|it| is_every_resource(it.value))
    }

    /// Whether a deny is about every thing, in the one way that leaves no doubt: no other may be taken for all that an allow is about.
    pub(crate) fn denies_every_thing(&self) -> bool {
        !self.excepts_resources && self.resources.iter().any(|it| it.value == "*")
    }

    /// Whether it reaches everything that the ARN stands for, as far as one account sees.
    fn reaches(&self, arn: &str) -> bool {
        let named = self.resources.iter().any(|it| is_every_resource(it.value) || reaches(it.value, arn));
        named != self.excepts_resources
    }
}

/// Whether the pattern reaches each name of the ARN's; partition, Region and account need only be possible.
fn reaches(pattern: &str, arn: &str) -> bool {
    let (pattern, arn) = (parts(pattern), parts(arn));
    (0..5).all(|part| meet(pattern[part], arn[part])) && covers(&with_runs_as_stars(pattern[5]), arn[5])
}

/// The pattern with `*` for each run of wildcards that has one: a name has a letter at least, so that `role/?*` is every role.
fn with_runs_as_stars(pattern: &str) -> String {
    let is_wild = |it: u8| matches!(it, b'*' | b'?');
    let runs = pattern.as_bytes().chunk_by(|a, b| is_wild(*a) == is_wild(*b));
    let runs = runs.map(|run| if is_wild(run[0]) && run.contains(&b'*') { b"*" } else { run });
    String::from_utf8_lossy(&runs.collect::<Vec<_>>().concat()).into_owned()
}

/// The six parts of an ARN. What a `*` at the end leaves out is `*`.
pub(crate) fn parts(arn: &str) -> [&str; 6] {
    let mut parts = [if arn.ends_with('*') { "*" } else { "" }; 6];
    for (part, text) in parts.iter_mut().zip(arn.splitn(6, ':')) {
        *part = text;
    }
    parts
}

/// Where the statements allow what is needed, with a role passed to this service if one is passed.
pub(crate) fn granted<'a>(statements: &[&'a Statement<'a>], need: &Need, service: &str) -> Option<Text<'a>> {
    let allows = |on: Option<&str>| {
        statements.iter().filter(|it| it.is_allow).find_map(|it| {
            // Few statements name the action, and what they reach is dearer to find out.
            let named = it.names_action(need.action).filter(|_| it.passes_to(service))?;
            let is_wide = on.is_none_or(|arn| it.reaches(arn) && !it.is_narrowed());
            (is_wide && !is_denied(statements, it, need.action, on, service)).then_some(named)
        })
    };
    match need.on {
        [] => allows(None),
        things => things.iter().map(|arn| allows(Some(arn))).collect::<Option<Vec<_>>>()?.first().copied(),
    }
}

/// Whether denies take the whole of it back, those without other conditions than the service that a role is passed to.
fn is_denied(
    statements: &[&Statement<'_>],
    allow: &Statement<'_>,
    action: &str,
    on: Option<&str>,
    service: &str,
) -> bool {
    let denies = statements.iter().filter(|it| !it.is_allow && it.names_action(action).is_some());
    denies.filter(|it| !it.has_other_conditions() && it.passes_to(service)).any(|it| match on {
        Some(arn) => it.denies(arn),
        None if it.excepts_resources => allow.resources.iter().all(|own| it.denies(own.value)),
        None => {
            it.denies_every_thing()
                || (!allow.resources.is_empty() && allow.resources.iter().all(|own| it.denies(own.value)))
        }
    })
}

impl Statement<'_> {
    /// Whether a deny is about everything that the ARN stands for; where it excepts things, whether none of them is meant.
    fn denies(&self, arn: &str) -> bool {
        if self.excepts_resources {
            return self.reaches(arn);
        }
        // Which account the policy will be in is not told, so that a deny in one account takes nothing back that is allowed in every one.
        let is_of_account = |it: &str| covers(parts(it)[4], parts(arn)[4]);
        self.resources.iter().any(|it| it.value == "*" || reaches(it.value, arn) && is_of_account(it.value))
    }
}
