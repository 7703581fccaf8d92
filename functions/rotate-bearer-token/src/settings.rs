//! What the function is told by its environment.

use std::path::PathBuf;
use std::time::Duration;

use reaction::Error;
use reaction::settings::{Variables, malformed, missing};

use crate::endpoint::Endpoint;

/// The variable of the address that makes tokens.
pub const TOKEN_URL: &str = "OAUTH2_TOKEN_URL";
/// The variable of the address that revokes them.
pub const REVOKE_URL: &str = "OAUTH2_REVOKE_URL";
/// The variable of the address that takes them.
pub const VERIFY_URL: &str = "OAUTH2_VERIFY_URL";
/// The variable that names a file of certificates.
pub const CA_BUNDLE: &str = "SIGNALBOX_CA_BUNDLE";

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What makes tokens: `OAUTH2_TOKEN_URL`.
    pub token: Endpoint,
    /// What revokes them. Without it, a token lives until the server lets it end.
    pub revocation: Option<Revocation>,
    /// What proves that a token works.
    pub verification: Verification,
    /// How the client proves who it is: `OAUTH2_CLIENT_AUTH`, `basic` by default.
    pub client_auth: ClientAuth,
    /// What the token is to be good for: `OAUTH2_SCOPE`. Unset: what the server gives by itself.
    pub scope: Option<String>,
    /// Whom the token is for: `OAUTH2_AUDIENCE`, where the server wants it.
    pub audience: Option<String>,
    /// How many tokens the server knows at a time: `OAUTH2_STYLE`, `overlap` by default.
    pub style: Style,
    /// How long an old token lives beside the new one: `SIGNALBOX_OVERLAP` in minutes, an hour by default.
    pub overlap: Duration,
    /// A file of PEM certificates to trust instead of the system's: `SIGNALBOX_CA_BUNDLE`.
    pub ca_bundle: Option<PathBuf>,
}

/// How tokens are revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Where: `OAUTH2_REVOKE_URL`.
    pub endpoint: Endpoint,
    /// The field of the form that has the token: `OAUTH2_REVOKE_FIELD`, `token` by default (RFC 7009), or `access_token`.
    pub field: &'static str,
}

/// How a token is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// What is read with it: `OAUTH2_VERIFY_URL`.
    pub endpoint: Endpoint,
    /// A key that the JSON answer must have: `OAUTH2_VERIFY_KEY`. Unset: that the server takes the token is enough.
    pub key: Option<String>,
}

/// How the client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the header: `basic`.
    Basic,
    /// As `client_id` and `client_secret` in the form: `body`.
    Body,
}

/// How many tokens the server knows at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One, which it gives again until it is revoked: `single`.
    Single,
    /// Each lives until it is revoked or ends: `overlap`.
    Overlap,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        let revocation = revocation(variables)?;
        Ok(Self {
            token: endpoint(variables, TOKEN_URL, "the address of the server that makes tokens")?,
            style: style(variables, revocation.is_some())?,
            revocation,
            verification: Verification {
                endpoint: endpoint(variables, VERIFY_URL, "an address that answers only to those who have a token")?,
                key: variables("OAUTH2_VERIFY_KEY"),
            },
            client_auth: client_auth(variables)?,
            scope: variables("OAUTH2_SCOPE"),
            audience: variables("OAUTH2_AUDIENCE"),
            overlap: overlap(variables)?,
            ca_bundle: variables(CA_BUNDLE).map(PathBuf::from),
        })
    }
}

fn endpoint(variables: Variables, name: &str, meaning: &str) -> Result<Endpoint, Error> {
    Endpoint::read(name, &variables(name).ok_or_else(|| missing(name, meaning))?)
}

fn revocation(variables: Variables) -> Result<Option<Revocation>, Error> {
    const NAME: &str = "OAUTH2_REVOKE_FIELD";
    let field = match variables(NAME).as_deref() {
        None | Some("token") => "token",
        Some("access_token") => "access_token",
        Some(other) => return Err(malformed(NAME, format!("`{other}` is neither `token` nor `access_token`"))),
    };
    let Some(text) = variables(REVOKE_URL) else { return Ok(None) };
    Ok(Some(Revocation { endpoint: Endpoint::read(REVOKE_URL, &text)?, field }))
}

fn client_auth(variables: Variables) -> Result<ClientAuth, Error> {
    const NAME: &str = "OAUTH2_CLIENT_AUTH";
    match variables(NAME).as_deref() {
        None | Some("basic") => Ok(ClientAuth::Basic),
        Some("body") => Ok(ClientAuth::Body),
        Some(other) => Err(malformed(NAME, format!("`{other}` is neither `basic` nor `body`"))),
    }
}

fn style(variables: Variables, can_revoke: bool) -> Result<Style, Error> {
    const NAME: &str = "OAUTH2_STYLE";
    match variables(NAME).as_deref() {
        None | Some("overlap") => Ok(Style::Overlap),
        Some("single") if can_revoke => Ok(Style::Single),
        Some("single") => Err(missing(
            REVOKE_URL,
            "the address that revokes tokens: a server of OAUTH2_STYLE `single` makes a new one only after that",
        )),
        Some(other) => Err(malformed(NAME, format!("`{other}` is neither `single` nor `overlap`"))),
    }
}

fn overlap(variables: Variables) -> Result<Duration, Error> {
    const NAME: &str = "SIGNALBOX_OVERLAP";
    let Some(text) = variables(NAME) else { return Ok(Duration::from_hours(1)) };
    let minutes: u32 =
        text.parse().map_err(|_| malformed(NAME, format!("`{text}` is not a whole number of minutes")))?;
    Ok(Duration::from_secs(60 * u64::from(minutes)))
}
