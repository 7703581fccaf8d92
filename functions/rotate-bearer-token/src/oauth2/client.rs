//! The one HTTP client: TLS by rustls with ring, always verified; no redirect followed, nothing sent twice, nothing waited for
//! without end.

use std::sync::OnceLock;
use std::time::Duration;

use reaction::Error;
use reqwest::Certificate;
use reqwest::redirect::Policy;
use rotation_steps::CA_BUNDLE;

use crate::settings::Settings;

/// What the server is asked with; made once. The system's certificates are read for the first request, since they are many and
/// half of the steps ask nothing; those of `SIGNALBOX_CA_BUNDLE` in init, so that a mistake shows before a step is begun.
pub struct Client {
    http: OnceLock<reqwest::Client>,
    pub(super) settings: Settings,
    pub(super) limits: Limits,
}

/// How long is waited for an answer, and how much of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the connection.
    pub connect: Duration,
    /// For the whole request, its answer read.
    pub whole: Duration,
    /// Of an answer, in bytes.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), whole: Duration::from_secs(10), answer: 1024 * 1024 }
    }
}

impl Client {
    /// A client with the limits that a function has.
    ///
    /// # Errors
    /// `Refused`, where the certificates to trust cannot be read.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::with_limits(settings, Limits::default())
    }

    /// A client with other limits.
    ///
    /// # Errors
    /// `Refused`, where the certificates to trust cannot be read.
    pub fn with_limits(settings: Settings, limits: Limits) -> Result<Self, Error> {
        let client = Self { http: OnceLock::new(), settings, limits };
        if client.settings.ca_bundle.is_some() {
            client.http()?;
        }
        Ok(client)
    }

    /// The client itself.
    pub(super) fn http(&self) -> Result<&reqwest::Client, Error> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let made = self.make()?;
        Ok(self.http.get_or_init(|| made))
    }

    fn make(&self) -> Result<reqwest::Client, Error> {
        let Self { settings, limits, .. } = self;
        // Where somebody installed one before, it is this one: no other is compiled in.
        _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.whole)
            // A sandbox sleeps between two events, and its connections do not live that long.
            .pool_idle_timeout(Duration::from_secs(5))
            // Credentials go where they were told to go, and a token is asked for once.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .user_agent(concat!("signalbox/", env!("CARGO_PKG_VERSION")));
        let builder = match roots(settings)? {
            Some(certificates) => builder.tls_certs_only(certificates),
            None => builder,
        };
        builder.build().map_err(|error| {
            Error::refused(format!("making the HTTP client: {}; check the certificates to trust", last_cause(&error)))
        })
    }
}

fn roots(settings: &Settings) -> Result<Option<Vec<Certificate>>, Error> {
    let Some(path) = &settings.ca_bundle else { return Ok(None) };
    let shown = path.display();
    let wrong = |mistake: &dyn std::fmt::Display| CA_BUNDLE.malformed(format!("{shown}: {mistake}"));
    let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(Some(certificates)),
        _ => Err(wrong(&"no PEM certificate in it")),
    }
}

/// What lies at the bottom of an error, where what was sent is not quoted.
pub(super) fn last_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    place::shortened(&cause.to_string(), 200)
}
