//! How much one run may take away without being forced: the arithmetic and its two settings, once. What is counted, and what the
//! refusal says, each function knows.

use crate::Error;
use crate::settings::{Setting, Unset, Variables};

/// Fewer things than this have no percentage.
const FEW: usize = 10;

/// How many removals a refusal lists.
const LISTED: usize = 100;

/// How many shares or names one sweep may take away.
const REMOVALS: Setting = Setting {
    variable: "SIGNALBOX_MAX_REMOVALS",
    meaning: "how many shares, or names, one sweep may take away without being forced",
    unset: Unset::Is("25"),
    check: |variables| number(&REMOVALS, variables).map(drop),
};

/// Which part of the shares or names one sweep may take away.
const PERCENT: Setting = Setting {
    variable: "SIGNALBOX_MAX_REMOVED_PERCENT",
    meaning: "the percentage of the shares, or names, that one sweep may take away without being forced, where there are ten or more",
    unset: Unset::Is("30"),
    check: |variables| percent(&PERCENT, variables).map(drop),
};

/// The settings of every sweep that takes away: [`Limits::read`].
pub const SETTINGS: &[Setting] = &[REMOVALS, PERCENT];

/// How much one run may take away without being forced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many things: `SIGNALBOX_MAX_REMOVALS`, 25 by default.
    pub removals: usize,
    /// How many of a hundred, where there are at least ten: `SIGNALBOX_MAX_REMOVED_PERCENT`, 30 by default.
    pub percent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { removals: 25, percent: 30 }
    }
}

/// Which limit a run goes beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// More things would go than may.
    Number,
    /// More of a hundred would go than may.
    Percent,
}

impl Limits {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self { removals: number(&REMOVALS, variables)?, percent: percent(&PERCENT, variables)? })
    }

    /// Which limit is exceeded where so many things go in all, and of `all` that the desired state knows `known` go.
    #[must_use]
    pub fn excess(self, going: usize, known: usize, all: usize) -> Option<Excess> {
        if going > self.removals {
            return Some(Excess::Number);
        }
        (all >= FEW && known * 100 > all * self.percent).then_some(Excess::Percent)
    }
}

/// The percentage that a setting is, or is by default.
///
/// # Errors
/// `Refused`, naming the variable where it is not a whole number from 0 to 100.
pub fn percent(setting: &Setting, variables: Variables) -> Result<usize, Error> {
    match number(setting, variables)? {
        percent @ 0..=100 => Ok(percent),
        percent => Err(setting.malformed(format!("`{percent}` is more than 100"))),
    }
}

/// The whole number that a setting is, or is by default.
///
/// # Errors
/// `Refused`, naming the variable where it is not one.
pub fn number(setting: &Setting, variables: Variables) -> Result<usize, Error> {
    let text = setting.required(variables)?;
    text.parse().map_err(|_| setting.malformed(format!("`{text}` is not a whole number")))
}

/// The first hundred items, and how many more there are: a refusal has to fit into a log line.
pub fn listed<T>(items: impl ExactSizeIterator<Item = T>) -> (Vec<T>, usize) {
    let more = items.len().saturating_sub(LISTED);
    (items.take(LISTED).collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_bounded_always_and_a_percentage_where_there_are_ten() {
        let limits = Limits::default();
        assert_eq!((limits.excess(25, 25, 100), limits.excess(26, 26, 100)), (None, Some(Excess::Number)));
        assert_eq!((limits.excess(3, 3, 10), limits.excess(4, 4, 10)), (None, Some(Excess::Percent)));
        assert_eq!(limits.excess(9, 9, 9), None, "of few things each is many percent");
        assert_eq!(limits.excess(20, 3, 10), None, "only what the desired state knows has a percentage");
    }

    #[test]
    fn limits_that_are_not_set_are_the_defaults_and_a_mistake_names_the_variable() {
        assert_eq!(Limits::read(&|_| None).unwrap(), Limits::default());
        let read = |name: &'static str, value: &str| {
            Limits::read(&|asked: &str| (asked == name).then(|| value.to_owned())).map_err(|error| error.to_string())
        };
        assert_eq!(read("SIGNALBOX_MAX_REMOVALS", "0"), Ok(Limits { removals: 0, percent: 30 }));
        assert_eq!(read("SIGNALBOX_MAX_REMOVED_PERCENT", "100"), Ok(Limits { removals: 25, percent: 100 }));
        let many = read("SIGNALBOX_MAX_REMOVALS", "many").unwrap_err();
        assert_eq!(many, "the environment variable SIGNALBOX_MAX_REMOVALS: `many` is not a whole number");
        let more = read("SIGNALBOX_MAX_REMOVED_PERCENT", "101").unwrap_err();
        assert_eq!(more, "the environment variable SIGNALBOX_MAX_REMOVED_PERCENT: `101` is more than 100");
    }

    #[test]
    fn a_hundred_are_listed_and_the_others_are_counted() {
        assert_eq!(listed([1, 2].into_iter()), (vec![1, 2], 0));
        let (first, more) = listed(vec![0; 250].into_iter());
        assert_eq!((first.len(), more), (100, 150));
    }
}
