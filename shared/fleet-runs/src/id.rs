//! The names of runs, and of series of runs. They are parts of the names of objects, so that no slash may be in them.

use std::fmt;
use std::str::FromStr;

use place::Malformed;
use serde::{Deserialize, Serialize};

/// The name of a run, which is the folder of all that it leaves and the name of its first execution; or that of a series of runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// Step Functions takes names of 80 characters, and an execution that goes on with a run has a longer one than the first.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
const LONGEST: usize = 64;

impl RunId {
    /// What a name looks like, for error messages.
    pub const EXPECTED: &'static str =
        "a name of 1 to 64 letters, digits, `_` or `-` but not `--`, such as inventory-2026-11-29";

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the execution that is the run's first attempt, or a later one. The first has the run's own name, so that
    /// Step Functions takes a request that is sent twice for one.
    #[must_use]
    pub fn execution(&self, attempt: u32) -> String {
        if attempt <= 1 { self.0.clone() } else { format!("{}--{attempt}", self.0) }
    }
}

impl FromStr for RunId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        // What comes after `--` says which attempt an execution is.
        let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_taken) && !text.contains("--");
        if is_name { Ok(Self(text.into())) } else { Err(Malformed::new(text, Self::EXPECTED)) }
    }
}

impl TryFrom<String> for RunId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(name: RunId) -> Self {
        name.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
