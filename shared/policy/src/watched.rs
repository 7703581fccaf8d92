//! The actions that ways to more rights are made of, numbered: what a statement names of them is found once, and most policies open
//! no way because nothing names one action of it.

use std::ops::Range;
use std::sync::LazyLock;

use crate::document::Statement;
use crate::pattern::{fits, is_every_action};
use crate::ways::{OF_ADMINISTRATORS, PASS_ROLE, WAYS, Way};

/// Actions that undo what conditions narrow: those that set tags, and those that write policies.
pub(crate) const UNDOING: [&str; 12] = [
    "iam:TagUser",
    "iam:TagRole",
    "iam:TagPolicy",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "ec2:CreateTags",
    "lambda:TagResource",
    "sagemaker:AddTags",
    "cloudformation:TagResource",
    "apprunner:TagResource",
    "ecs:TagResource",
    "glue:TagResource",
];

/// Some of the watched actions, by their numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Named([u64; 4]);

impl Named {
    pub(crate) fn has(self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == [0; 4]
    }

    pub(crate) fn has_all(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| own & other == other)
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(std::array::from_fn(|it| self.0[it] | other.0[it]))
    }

    fn add(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }
}

/// The actions in order, and the ways with the actions that each needs.
pub(crate) struct Watched {
    actions: Vec<&'static str>,
    services: Vec<(&'static str, Range<usize>)>,
    pub(crate) ways: Vec<(&'static Way, Named)>,
}

pub(crate) static WATCHED: LazyLock<Watched> = LazyLock::new(Watched::new);

impl Watched {
    fn new() -> Self {
        let ways = || WAYS.iter().copied().flatten();
        let needed = ways().flat_map(|it| it.needs).map(|it| it.action);
        let mut actions: Vec<_> =
            needed.chain([PASS_ROLE.action]).chain(UNDOING).chain(OF_ADMINISTRATORS.map(|it| it.1)).collect();
        actions.sort_unstable();
        actions.dedup();
        let mut services: Vec<(&str, Range<usize>)> = Vec::new();
        for (number, action) in actions.iter().enumerate() {
            let service = action.split(':').next().unwrap_or_default();
            match services.last_mut() {
                Some((last, range)) if *last == service => range.end = number + 1,
                _ => services.push((service, number..number + 1)),
            }
        }
        // As actions `a-b:` come before `a:`, as services behind.
        services.sort_unstable_by_key(|it| it.0);
        let mut watched = Self { actions, services, ways: Vec::new() };
        watched.ways = ways().map(|it| (it, watched.needed(it))).collect();
        watched
    }

    fn needed(&self, way: &Way) -> Named {
        let passed = (!way.service.is_empty()).then_some(&PASS_ROLE);
        let mut named = Named::default();
        passed.into_iter().chain(way.needs).filter_map(|it| self.number(it.action)).for_each(|it| named.add(it));
        named
    }

    /// The number of an action as AWS writes it.
    pub(crate) fn number(&self, action: &str) -> Option<usize> {
        self.actions.binary_search(&action).ok()
    }

    /// What a statement is about.
    pub(crate) fn named_by(&self, statement: &Statement<'_>) -> Named {
        let mut named = Named::default();
        for text in &statement.actions {
            // As in `Statement::names_action`: every action in doubtful notation is one for what allows only.
            let is_every = statement.is_allow && !statement.excepts_actions && is_every_action(text.value);
            let fitting = self.candidates(text.value).filter(|it| is_every || fits(text.value, self.actions[*it]));
            fitting.for_each(|it| named.add(it));
        }
        if statement.excepts_actions && !statement.actions.is_empty() {
            let mut rest = Named::default();
            (0..self.actions.len()).filter(|it| !named.has(*it)).for_each(|it| rest.add(it));
            return rest;
        }
        named
    }

    /// The actions that the pattern may fit: those of its service, where it names one.
    fn candidates(&self, pattern: &str) -> Range<usize> {
        let Some((service, _)) = pattern.split_once(':').filter(|it| !it.0.contains(['*', '?'])) else {
            return if pattern.contains(['*', '?']) { 0..self.actions.len() } else { 0..0 };
        };
        let order = |it: &(&str, Range<usize>)| it.0.bytes().cmp(service.bytes().map(|it| it.to_ascii_lowercase()));
        self.services.binary_search_by(order).map_or(0..0, |it| self.services[it].1.clone())
    }
}
