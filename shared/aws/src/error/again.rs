//! Whether asking AWS again may help.

use std::error::Error as StdError;
use std::fmt;

use reaction::Error;

use super::DeniedByOrganization;

/// Whether asking AWS again may help, for those who have to decide it for many accounts at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Again {
    /// No: an operator has to change something first, such as a permission.
    #[default]
    No,
    /// Yes, after a pause: AWS was asked too often.
    AfterAPause,
    /// Perhaps: nothing says that it would not.
    Perhaps,
}

/// What AWS answered, where that says whether asking again may help.
#[derive(Debug)]
struct Answered {
    again: Again,
    text: String,
}

impl Again {
    /// What an error says about it.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Refused(_) => Self::No,
            Error::Failed(_) if DeniedByOrganization::is_in(error) => Self::No,
            Error::Failed(cause) => cause.downcast_ref::<Answered>().map_or(Self::Perhaps, |it| it.again),
        }
    }

    /// A failure that says so.
    pub(super) fn in_error(self, text: String) -> Error {
        Error::Failed(Answered { again: self, text }.into())
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Answered {}
