//! Where a repository is: by SSH as `user@host:path` or `ssh://user@host:port/path`, or by https. Plain http is for
//! loopback only.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use place::shortened;
use reaction::Error;
use reqwest::Url;

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// At a server of SSH.
    Ssh(SshAddress),
    /// At a web server.
    Web(WebAddress),
}

/// Where a repository is at a server of SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshAddress {
    /// The user, `git` at most forges.
    pub user: String,
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The path of the repository there.
    pub path: String,
}

/// The address of a repository on the web, without a slash at its end, a query or a user.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress(Url);

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.chars().any(|it| it.is_control() || it.is_whitespace()) {
            return Err(malformed(text, "it has a space or a control character"));
        }
        match text.split_once("://") {
            Some(("ssh", rest)) => parse_ssh_url(text, rest).map(Self::Ssh),
            Some(("https" | "http", _)) => WebAddress::parse(text).map(Self::Web),
            Some((scheme, _)) => Err(malformed(text, &format!("`{}` is not a scheme for it", shortened(scheme, 20)))),
            None => parse_scp(text).map(Self::Ssh),
        }
    }
}

fn malformed(text: &str, problem: &str) -> Error {
    // What stands before an @, and in a query, may be a secret.
    let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    let shown = shown.split(['?', '#']).next().unwrap_or_default();
    let forms = "write https://host/owner/repo.git, git@host:owner/repo.git or ssh://git@host:port/owner/repo.git";
    Error::refused(format!("reading the repository's address `{}`: {problem}; {forms}", shortened(shown, 120)))
}

/// `user@host:path`.
fn parse_scp(text: &str) -> Result<SshAddress, Error> {
    let (user, rest) = text.split_once('@').ok_or_else(|| malformed(text, "it has no user and no scheme"))?;
    let bracketed = rest.strip_prefix('[').and_then(|it| it.split_once("]:"));
    let (host, path) =
        bracketed.or_else(|| rest.split_once(':')).ok_or_else(|| malformed(text, "no colon ends its host"))?;
    ssh_address(text, user, host, 22, path)
}

/// What follows `ssh://`: `user@host:port/path`, of which user and port may be missing.
fn parse_ssh_url(text: &str, rest: &str) -> Result<SshAddress, Error> {
    let (authority, path) = rest.split_once('/').ok_or_else(|| malformed(text, "it has no path"))?;
    let (user, server) = authority.rsplit_once('@').unwrap_or(("git", authority));
    let bracketed = server.strip_prefix('[').and_then(|it| it.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Ok(22), str::parse).map_err(|_| malformed(text, "its port is not a number up to 65535"))?;
    // As git does: the path is absolute, unless it begins with a user's home.
    let path = if path.starts_with('~') { path.to_owned() } else { format!("/{path}") };
    ssh_address(text, user, host, port, &path)
}

fn ssh_address(text: &str, user: &str, host: &str, port: u16, path: &str) -> Result<SshAddress, Error> {
    if user.contains(':') {
        return Err(malformed(text, "a password is in it: SSH is for deploy keys"));
    }
    let is_name = |it: &str| {
        !it.is_empty() && !it.starts_with('-') && it.chars().all(|it| it.is_ascii_alphanumeric() || ".-_:".contains(it))
    };
    if !is_name(user) {
        return Err(malformed(text, "its user is not a name"));
    }
    if !is_name(host) || port == 0 {
        return Err(malformed(text, "its host is not a name or an address"));
    }
    if path.trim_matches('/').is_empty() || path.starts_with('-') {
        return Err(malformed(text, "its path names no repository"));
    }
    Ok(SshAddress { user: user.into(), host: host.into(), port, path: path.into() })
}

impl WebAddress {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut url = Url::parse(text).map_err(|error| malformed(text, &error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(malformed(text, "a user or a password is in it: they belong into the token's secret"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(malformed(text, "it has a `?` or a `#`"));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(malformed(text, "plain http is for loopback only: use https"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        if path.is_empty() {
            return Err(malformed(text, "it has no path"));
        }
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address itself.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Whether the other address has the same scheme, host and port, so that it may get the same token.
    #[must_use]
    pub fn is_of_origin(&self, other: &Url) -> bool {
        self.0.origin() == other.origin()
    }

    /// Whether the server is on this machine, as in a test.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }
}

/// Whether an address is on this machine by its name.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let v6 = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|it: Ipv4Addr| it.is_loopback())
        || v6.parse().is_ok_and(|it: Ipv6Addr| it.is_loopback())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssh(at) => at.fmt(f),
            Self::Web(at) => at.fmt(f),
        }
    }
}

impl fmt::Display for SshAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, host, port, path } = self;
        let slash = if path.starts_with('/') { "" } else { "/" };
        match (host.contains(':'), port) {
            (false, 22) => write!(f, "{user}@{host}:{path}"),
            (false, _) => write!(f, "ssh://{user}@{host}:{port}{slash}{path}"),
            (true, _) => write!(f, "ssh://{user}@[{host}]:{port}{slash}{path}"),
        }
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
