//! Settings from the environment: where they come from, and what is said of a mistake.

use std::fmt::Display;

use crate::Error;

/// Where settings come from: the value of a variable by its name, `None` where it is unset or empty.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The error of a variable that must be set and is not.
#[must_use]
pub fn missing(variable: &str, meaning: &str) -> Error {
    Error::refused(format!("the environment variable {variable} is not set: set it to {meaning}"))
}

/// The error of a variable whose value cannot be read.
#[must_use]
pub fn malformed(variable: &str, mistake: impl Display) -> Error {
    Error::refused(format!("the environment variable {variable}: {mistake}"))
}
