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

/// One environment variable that a function reads: what its documentation and its template are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The variable's name.
    pub variable: &'static str,
    /// What it is set to, as a noun phrase: messages say "set it to", and lists begin with it.
    pub meaning: &'static str,
    /// What holds where it is unset.
    pub unset: Unset,
    /// Reads what the variables say of it, as the function does when it is opened.
    pub check: fn(Variables) -> Result<(), Error>,
}

/// What holds where a variable is unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// The function does not start.
    Refused,
    /// The same as with this value.
    Is(&'static str),
    /// This, which no value says.
    Means(&'static str),
}

impl Setting {
    /// The value, or else the one that stands for it; `None` where it is unset and no value stands for that.
    #[must_use]
    pub fn value(&self, variables: Variables) -> Option<String> {
        variables(self.variable).or(match self.unset {
            Unset::Is(value) => Some(value.to_owned()),
            Unset::Refused | Unset::Means(_) => None,
        })
    }

    /// The value, where there has to be one.
    ///
    /// # Errors
    /// `Refused`, naming the variable and its meaning.
    pub fn required(&self, variables: Variables) -> Result<String, Error> {
        self.value(variables).ok_or_else(|| missing(self.variable, self.meaning))
    }

    /// The error of a value that cannot be read.
    #[must_use]
    pub fn malformed(&self, mistake: impl Display) -> Error {
        malformed(self.variable, mistake)
    }
}

/// The check of a setting that takes any text.
///
/// # Errors
/// None.
pub fn any_text(_: Variables) -> Result<(), Error> {
    Ok(())
}
