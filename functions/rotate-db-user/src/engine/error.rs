//! Why a database did not do what it was asked, in words that hold no secret.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// Why a database did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It refuses user and password.
    Credential,
    /// Its rules for passwords refuse this one.
    Policy,
    /// An account would log in by less than it does, or keep a password beside the new one.
    Weaker,
    /// The user or the database is not there.
    Missing,
    /// It does not answer in time, or takes no connection at the moment.
    Unreachable,
    /// Its certificate is not one to trust, or it has no TLS.
    Untrusted,
    /// Something that says nothing about the password: what, and what to do about it.
    Hindered(&'static str),
    /// Something else; the message says what.
    Other,
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Self::Credential => "it refuses user and password",
            Self::Weaker => {
                "nothing was changed, since a rotation keeps what an account logs in by; give it one plugin with a password"
            }
            Self::Policy => "its rules for passwords refuse this one; see the lengths and exclusions in our settings",
            Self::Missing => "the user or the database is not there",
            Self::Unreachable => "it does not answer; see its address, its security group and its load",
            Self::Untrusted => "there is no TLS that we may trust; see SIGNALBOX_CA_BUNDLE and the host in the secret",
            Self::Hindered(words) => words,
            Self::Other => "it does not do it",
        }
    }
}

/// What a database did not do, and why.
#[derive(Debug)]
pub struct Error {
    /// Why.
    pub why: Why,
    doing: String,
    /// What the server or the driver said, where that can hold no secret.
    said: String,
}

impl Error {
    /// With what the server or the driver said.
    pub(crate) fn new(why: Why, said: impl fmt::Display) -> Self {
        // A server's text is one from outside, and some are long.
        Self { why, doing: String::new(), said: place::shortened(&said.to_string(), 300) }
    }

    /// With what was being done to what.
    pub(crate) fn doing(mut self, doing: impl fmt::Display) -> Self {
        self.doing = doing.to_string();
        self
    }

    /// With what to do about it beside.
    pub(crate) fn advising(mut self, advice: impl fmt::Display) -> Self {
        self.said = format!("{}; {advice}", self.said);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { why, doing, said } = self;
        write!(f, "{doing}: {} ({said})", why.words())
    }
}

impl StdError for Error {}

impl From<Error> for reaction::Error {
    fn from(error: Error) -> Self {
        match error.why {
            Why::Credential | Why::Policy | Why::Weaker | Why::Missing => Self::refused(error),
            Why::Unreachable | Why::Untrusted | Why::Hindered(_) | Why::Other => Self::failed(error),
        }
    }
}

/// An error and what caused it, outermost first. `io::Error` hides what it was made of from `source`.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// Whether TLS is what went wrong.
pub(crate) fn is_about_trust(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|it| it.is::<rustls::Error>() || it.is::<rustls::pki_types::InvalidDnsNameError>())
}
