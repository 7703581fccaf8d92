//! The two kinds of error above any function: what is never tried again, and what is.

use std::fmt;

use anyhow::anyhow;

/// Why something was not done. The message says what was being done to what, and what to do about it.
#[derive(Debug)]
pub enum Error {
    /// Trying again would not help: an operator must change something first.
    Refused(anyhow::Error),
    /// A later attempt may succeed.
    Failed(anyhow::Error),
}

impl Error {
    /// A refusal with this message.
    #[must_use]
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::Refused(anyhow!("{message}"))
    }

    /// A failure with this message.
    #[must_use]
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::Failed(anyhow!("{message}"))
    }

    /// What is not done yet although nothing went wrong, such as a wait for AWS: the caller is told to ask again.
    #[must_use]
    pub fn unfinished(what: impl fmt::Display) -> Self {
        Self::Failed(anyhow::Error::new(Unfinished(what.to_string())))
    }

    /// Whether the work goes on when it is asked for again.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        let (Self::Refused(cause) | Self::Failed(cause)) = self;
        cause.downcast_ref::<Unfinished>().is_some()
    }

    /// Whether trying again would not help.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// The same kind of error, with what was being done in front of its message.
    #[must_use]
    pub fn context(self, doing: impl fmt::Display) -> Self {
        match self {
            Self::Refused(cause) => Self::Refused(cause.context(doing.to_string())),
            Self::Failed(cause) => Self::Failed(cause.context(doing.to_string())),
        }
    }

    /// The error that decides when several happened: a failure, since there is something left to retry.
    #[must_use]
    pub fn worst(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        errors.into_iter().reduce(|worst, error| if worst.is_refused() && !error.is_refused() { error } else { worst })
    }
}

/// What is not done yet.
#[derive(Debug)]
struct Unfinished(String);

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfinished {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(cause) | Self::Failed(cause) => write!(f, "{cause:#}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(cause) | Self::Failed(cause) => cause.source(),
        }
    }
}

/// Says what was being done when an error came up.
pub trait Doing<T> {
    /// Puts `what` in front of the error's message and keeps its kind.
    ///
    /// # Errors
    /// The error that was there.
    fn doing<W: fmt::Display>(self, what: impl FnOnce() -> W) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, Error> {
    fn doing<W: fmt::Display>(self, what: impl FnOnce() -> W) -> Self {
        self.map_err(|error| error.context(what()))
    }
}

/// What is wrong with a text that begins with a byte order mark, if it does. RFC 8259 forbids the mark before JSON, some editors
/// write it, and no editor shows it.
#[must_use]
pub fn byte_order_mark(text: &str) -> Option<&'static str> {
    text.starts_with('\u{feff}').then_some(
        "the text begins with a byte order mark (U+FEFF, the bytes EF BB BF), which JSON must not; save it as UTF-8 without the mark",
    )
}
