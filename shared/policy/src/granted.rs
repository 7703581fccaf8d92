//! What all statements together allow, less what they deny without condition.

use crate::document::{Statement, Text};
use crate::pattern::{fits, is_every_action, is_every_resource, is_stars};
use crate::reach::{in_partition_of, is_about_all, may_be_the_same, reaches_all};
use crate::watched::{Named, WATCHED};
use crate::ways::Need;

/// How many pairs of things are compared at most. No policy that IAM takes has more, and one that has is not worth the time: what it
/// denies is not believed, and its things may be the same.
const PAIRS: usize = 20_000;

/// The statements, each with the watched actions that it is about.
pub(crate) struct Rights<'a> {
    held: Vec<(&'a Statement<'a>, Named)>,
    /// What one of those that allow is about.
    pub(crate) allowed: Named,
    /// Whether there are few enough things to compare each with each.
    pub(crate) is_comparable: bool,
}

impl Statement<'_> {
    /// The text by which the statement is about this action, if it is.
    pub(crate) fn names_action(&self, action: &str) -> Option<Text<'_>> {
        // What an exception does not fit for sure is not excepted, and what a deny does not fit is not denied.
        let is_every = |it: &str| self.is_allow && !self.excepts_actions && is_every_action(it);
        let named = self.actions.iter().find(|it| is_every(it.value) || fits(it.value, action));
        if self.excepts_actions { self.actions.first().copied().filter(|_| named.is_none()) } else { named.copied() }
    }

    /// Whether it is about every thing.
    pub(crate) fn is_on_everything(&self) -> bool {
        self.excepts_resources || self.resources.iter().any(|it| is_every_resource(it.value))
    }

    /// Whether a deny is about every thing, in the one way that leaves no doubt: no other may be taken for all that an allow is about.
    pub(crate) fn denies_every_thing(&self) -> bool {
        !self.excepts_resources && self.resources.iter().any(|it| is_stars(it.value))
    }

    /// Whether a deny takes back what an allow reaches of these things by its pattern `own`.
    fn denies(&self, own: &str, arn: &str) -> bool {
        if self.excepts_resources {
            return !self.resources.iter().any(|it| reaches_all(it.value, arn));
        }
        let arn = in_partition_of(own, arn);
        self.resources.iter().any(|it| is_about_all(it.value, &arn) || is_about_all(it.value, own))
    }

    /// Whether a deny leaves nothing that fits.
    pub(crate) fn denies_each(&self, own: &str) -> bool {
        if self.excepts_resources {
            return !self.resources.iter().any(|it| may_be_the_same(it.value, own));
        }
        self.resources.iter().any(|it| is_about_all(it.value, own))
    }
}

impl<'a> Rights<'a> {
    pub(crate) fn of(statements: &[&'a Statement<'a>]) -> Self {
        let held: Vec<_> = statements.iter().map(|it| (*it, WATCHED.named_by(it))).collect();
        let allowed = held.iter().filter(|it| it.0.is_allow).fold(Named::default(), |all, it| all.with(it.1));
        let things = |is_allow: bool| {
            let named = held.iter().filter(|it| it.0.is_allow == is_allow && !it.1.is_empty());
            named.map(|it| it.0.resources.len()).sum::<usize>()
        };
        let (allows, denies) = (things(true), things(false));
        let is_comparable = allows.saturating_mul(denies.max(allows / 100)) <= PAIRS;
        Self { held, allowed, is_comparable }
    }

    /// Where what is needed is allowed, with a role passed to this service if one is passed.
    pub(crate) fn granted(&self, need: &Need, service: &str) -> Option<Text<'a>> {
        match need.on {
            [] => self.granted_on(need.action, None, service),
            things => {
                let each = things.iter().map(|arn| self.granted_on(need.action, Some(arn), service));
                each.collect::<Option<Vec<_>>>()?.first().copied()
            }
        }
    }

    /// The same on one sort of things, or on anything at all.
    pub(crate) fn granted_on(&self, action: &str, on: Option<&str>, service: &str) -> Option<Text<'a>> {
        let allows = self.naming(action).filter(|it| it.is_allow && it.may_pass_to(service));
        let mut left = allows.filter(|it| {
            on.is_none_or(|arn| !self.is_narrowed(it, action, arn)) && self.is_left(it, action, on, service)
        });
        left.find_map(|it| it.names_action(action))
    }

    /// The statements that are about the action.
    pub(crate) fn naming(&self, action: &str) -> impl Iterator<Item = &'a Statement<'a>> {
        let number = WATCHED.number(action);
        self.held.iter().filter(move |it| number.is_some_and(|number| it.1.has(number))).map(|it| it.0)
    }

    /// Whether a statement allows it on all these things, and no deny takes that back.
    fn is_left(&self, allow: &Statement<'_>, action: &str, on: Option<&str>, service: &str) -> bool {
        let is_known = |it: &Statement<'_>| self.is_comparable || it.denies_every_thing();
        let denies = || self.naming(action).filter(|it| !it.is_allow && is_known(it) && it.surely_denies(service));
        match on {
            Some(arn) if allow.excepts_resources => {
                !allow.resources.iter().any(|it| is_about_all(it.value, arn)) && !denies().any(|it| it.denies("*", arn))
            }
            Some(arn) => allow
                .resources
                .iter()
                .any(|own| reaches_all(own.value, arn) && !denies().any(|it| it.denies(own.value, arn))),
            None => !denies().any(|it| is_taken_back(allow, action, it)),
        }
    }
}

/// Whether a deny leaves nothing of what is allowed.
fn is_taken_back(allow: &Statement<'_>, action: &str, deny: &Statement<'_>) -> bool {
    let denies_each = |own: &str| {
        if !is_every_resource(own) {
            return deny.denies_each(own);
        }
        // Every thing that the action is about; one that is about none asks for `*`.
        let mut types = crate::actions::types_of(action).peekable();
        types.peek().is_some() && types.all(|it| deny.denies_each(it))
    };
    let is_on_all = allow.excepts_resources || allow.resources.is_empty();
    deny.denies_every_thing()
        || if is_on_all { denies_each("*") } else { allow.resources.iter().all(|own| denies_each(own.value)) }
}
