//! How much at the same time, how long, and how many failures.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use place::Malformed;

/// What bounds a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// How much is in flight at the same time: accounts that are entered, and operations.
    pub concurrency: usize,
    /// How many accounts are entered at the same time. AWS documents no rate of `AssumeRole`.
    pub entering: usize,
    /// In how many accounts something may fail before nothing more is begun; without, everything is.
    pub tolerance: Option<Tolerance>,
    /// How long one account may take, from entering it.
    pub per_account: Option<Duration>,
    /// How long all of it may take.
    pub in_all: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { concurrency: 20, entering: 20, tolerance: None, per_account: None, in_all: None }
    }
}

/// In how many accounts something may fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// So many.
    Count(usize),
    /// This part of the accounts, in percent.
    Percent(f64),
}

impl Tolerance {
    /// Whether so many failed accounts, of so many, are more than that.
    #[must_use]
    pub fn is_exceeded(self, failed: usize, accounts: usize) -> bool {
        match self {
            Self::Count(most) => failed > most,
            #[expect(clippy::cast_precision_loss, reason = "numbers of accounts are small")]
            Self::Percent(most) => failed as f64 * 100.0 > most * accounts as f64,
        }
    }
}

impl FromStr for Tolerance {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new(text, "a number of accounts, such as 3, or a part of them, such as 10%");
        match text.strip_suffix('%') {
            None => text.parse().map(Self::Count).map_err(|_| malformed()),
            Some(percent) => {
                let percent = percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
                percent.map(Self::Percent).ok_or_else(malformed)
            }
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(most) => write!(f, "{most}"),
            Self::Percent(most) => write!(f, "{most} %"),
        }
    }
}
