//! What the function is told by its environment.

use std::path::PathBuf;
use std::time::Duration;

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables, any_text, missing};
use rotation_steps::CA_BUNDLE;

use crate::endpoint::Endpoint;

/// The variable of the address that makes tokens.
pub const TOKEN_URL: &str = "OAUTH2_TOKEN_URL";
/// The variable of the address that revokes them.
pub const REVOKE_URL: &str = "OAUTH2_REVOKE_URL";
/// The variable of the address that takes them.
pub const VERIFY_URL: &str = "OAUTH2_VERIFY_URL";

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
            token: endpoint(&TOKEN, variables)?,
            style: style(variables, revocation.is_some())?,
            revocation,
            verification: Verification { endpoint: endpoint(&VERIFY, variables)?, key: VERIFY_KEY.value(variables) },
            client_auth: client_auth(variables)?,
            scope: SCOPE.value(variables),
            audience: AUDIENCE.value(variables),
            overlap: overlap(variables)?,
            ca_bundle: CA_BUNDLE.value(variables).map(PathBuf::from),
        })
    }
}

const TOKEN: Setting = Setting {
    variable: TOKEN_URL,
    meaning: "the address of the server that makes tokens",
    unset: Unset::Refused,
    check: |variables| endpoint(&TOKEN, variables).map(drop),
};
const REVOKE: Setting = Setting {
    variable: REVOKE_URL,
    meaning: "the address that revokes tokens",
    unset: Unset::Means("none: a former token lives until the server lets it end"),
    check: |variables| revocation(variables).map(drop),
};
const REVOKE_FIELD: Setting = Setting {
    variable: "OAUTH2_REVOKE_FIELD",
    meaning: "the field of the form that has the token to revoke: `token` (RFC 7009) or `access_token`",
    unset: Unset::Is("token"),
    check: |variables| revoke_field(variables).map(drop),
};
const VERIFY: Setting = Setting {
    variable: VERIFY_URL,
    meaning: "an address that answers only to those who have a token",
    unset: Unset::Refused,
    check: |variables| endpoint(&VERIFY, variables).map(drop),
};
const VERIFY_KEY: Setting = Setting {
    variable: "OAUTH2_VERIFY_KEY",
    meaning: "a key that the JSON answer of that address has",
    unset: Unset::Means("none: an answer with a status of success is enough"),
    check: any_text,
};
const CLIENT_AUTH: Setting = Setting {
    variable: "OAUTH2_CLIENT_AUTH",
    meaning: "how the client proves who it is: `basic`, in the header, or `body`, in the form",
    unset: Unset::Is("basic"),
    check: |variables| client_auth(variables).map(drop),
};
const SCOPE: Setting = Setting {
    variable: "OAUTH2_SCOPE",
    meaning: "the scope of the token",
    unset: Unset::Means("what the server gives by itself"),
    check: any_text,
};
const AUDIENCE: Setting = Setting {
    variable: "OAUTH2_AUDIENCE",
    meaning: "the audience of the token, where the server wants it",
    unset: Unset::Means("none"),
    check: any_text,
};
const STYLE: Setting = Setting {
    variable: "OAUTH2_STYLE",
    meaning: "how many tokens the server knows at a time: `single`, or `overlap`, each until it is revoked or ends",
    unset: Unset::Is("overlap"),
    check: |variables| style(variables, true).map(drop),
};
const OVERLAP: Setting = Setting {
    variable: "SIGNALBOX_OVERLAP",
    meaning: "the minutes that a former token lives beside the new one",
    unset: Unset::Is("60"),
    check: |variables| overlap(variables).map(drop),
};
/// The settings of the function beside those of every function that rotates.
pub(crate) const SETTINGS: &[Setting] =
    &[TOKEN, REVOKE, REVOKE_FIELD, VERIFY, VERIFY_KEY, CLIENT_AUTH, SCOPE, AUDIENCE, STYLE, OVERLAP, CA_BUNDLE];

fn endpoint(setting: &Setting, variables: Variables) -> Result<Endpoint, Error> {
    Endpoint::read(setting.variable, &setting.required(variables)?)
}

fn revocation(variables: Variables) -> Result<Option<Revocation>, Error> {
    let field = revoke_field(variables)?;
    let Some(text) = REVOKE.value(variables) else { return Ok(None) };
    Ok(Some(Revocation { endpoint: Endpoint::read(REVOKE_URL, &text)?, field }))
}

fn revoke_field(variables: Variables) -> Result<&'static str, Error> {
    match REVOKE_FIELD.required(variables)?.as_str() {
        "token" => Ok("token"),
        "access_token" => Ok("access_token"),
        other => Err(REVOKE_FIELD.malformed(format!("`{other}` is neither `token` nor `access_token`"))),
    }
}

fn client_auth(variables: Variables) -> Result<ClientAuth, Error> {
    match CLIENT_AUTH.required(variables)?.as_str() {
        "basic" => Ok(ClientAuth::Basic),
        "body" => Ok(ClientAuth::Body),
        other => Err(CLIENT_AUTH.malformed(format!("`{other}` is neither `basic` nor `body`"))),
    }
}

fn style(variables: Variables, can_revoke: bool) -> Result<Style, Error> {
    match STYLE.required(variables)?.as_str() {
        "overlap" => Ok(Style::Overlap),
        "single" if can_revoke => Ok(Style::Single),
        "single" => Err(missing(
            REVOKE_URL,
            "the address that revokes tokens: a server of OAUTH2_STYLE `single` makes a new one only after that",
        )),
        other => Err(STYLE.malformed(format!("`{other}` is neither `single` nor `overlap`"))),
    }
}

fn overlap(variables: Variables) -> Result<Duration, Error> {
    let text = OVERLAP.required(variables)?;
    let minutes: u32 =
        text.parse().map_err(|_| OVERLAP.malformed(format!("`{text}` is not a whole number of minutes")))?;
    Ok(Duration::from_secs(60 * u64::from(minutes)))
}
