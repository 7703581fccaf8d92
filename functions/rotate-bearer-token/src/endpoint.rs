//! An address of the OAuth2 server: encrypted, or on this machine. It is shown without what may be confidential in it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use reaction::Error;
use reaction::settings::malformed;
use reqwest::Url;

/// An address of the OAuth2 server.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads the address that a variable has. A mistake names the variable, and nothing of an address that may have a
    /// password in it.
    ///
    /// # Errors
    /// `Refused`, where it is no address, has a user in it, or is plain HTTP to another machine.
    pub fn read(variable: &str, text: &str) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|error| malformed(variable, format!("no address: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(malformed(
                variable,
                "a user or a password is in the address: they belong into the master secret",
            ));
        }
        let endpoint = Self(url);
        match endpoint.0.scheme() {
            "https" => Ok(endpoint),
            "http" if endpoint.is_here() => Ok(endpoint),
            "http" => {
                Err(malformed(variable, format!("`{endpoint}` is plain HTTP, which is for loopback only: use https")))
            }
            _ => Err(malformed(variable, format!("`{endpoint}` is no address of the web: use https"))),
        }
    }

    /// The whole address.
    pub(crate) fn url(&self) -> Url {
        self.0.clone()
    }

    fn is_here(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let v6 = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse().is_ok_and(|it: Ipv4Addr| it.is_loopback())
            || v6.parse().is_ok_and(|it: Ipv6Addr| it.is_loopback())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
