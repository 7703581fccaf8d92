//! The desired state: the manifest where it lies, and the accounts of the organizations that it names.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use aws::{Document, Location, SdkConfig, Sessions};
use reaction::Error;
use reaction::settings::{Variables, malformed, missing};
use sharing::{Allowed, Desired, Kind, Manifest, Membership, organizations_of};

use crate::Organizations;

/// What a function that shares is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the share manifest lies: `SIGNALBOX_MANIFEST`.
    pub manifest: Location,
    /// Whom a manifest may name: `SIGNALBOX_ALLOWED_ACCOUNTS`; everybody where unset.
    pub allowed: Option<Allowed>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        const MANIFEST: &str = "SIGNALBOX_MANIFEST";
        const ALLOWED: &str = "SIGNALBOX_ALLOWED_ACCOUNTS";
        let manifest = variables(MANIFEST)
            .ok_or_else(|| missing(MANIFEST, "where the share manifest lies: `s3://bucket/key` or `ssm:/name`"))?;
        let allowed = variables(ALLOWED).map(|ids| ids.parse()).transpose();
        Ok(Self {
            manifest: manifest.parse().map_err(|mistake| malformed(MANIFEST, mistake))?,
            allowed: allowed.map_err(|mistake: reaction::Malformed| malformed(ALLOWED, mistake))?,
        })
    }
}

/// Reads the desired state, anew each time that it is needed.
#[derive(Debug)]
pub struct Source {
    text: Text,
    allowed: Option<Allowed>,
    config: SdkConfig,
    /// Made when it is first asked: most manifests name accounts only.
    organizations: OnceLock<Organizations>,
}

/// Where the manifest's text comes from.
#[derive(Debug)]
enum Text {
    Document(Document),
    Given(Arc<str>),
}

impl Source {
    /// The desired state of a manifest whose text is at hand, as on a desk.
    #[must_use]
    pub fn of_text(sessions: &Sessions, text: &str, allowed: Option<Allowed>) -> Self {
        let config = sessions.config().clone();
        Self { text: Text::Given(text.into()), allowed, config, organizations: OnceLock::new() }
    }

    /// The desired state of these settings; nothing is read yet.
    #[must_use]
    pub fn new(sessions: &Sessions, settings: Settings) -> Self {
        Self {
            text: Text::Document(Document::new(sessions.config(), settings.manifest)),
            allowed: settings.allowed,
            config: sessions.config().clone(),
            organizations: OnceLock::new(),
        }
    }

    /// Opens the connection that [`Source::read`] will use.
    pub async fn open_connection(&self) {
        if let Text::Document(document) = &self.text {
            document.open_connection().await;
        }
    }

    /// Where the manifest lies, if not on a desk.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        match &self.text {
            Text::Document(document) => Some(document.location()),
            Text::Given(_) => None,
        }
    }

    /// The desired state, ready for things of these kinds.
    ///
    /// # Errors
    /// What reading the manifest's text, or asking Organizations, met.
    pub async fn read(&self, kinds: &[Kind]) -> Result<Desired, Error> {
        let text = match &self.text {
            Text::Document(document) => document.read().await?,
            Text::Given(text) => text.clone(),
        };
        self.complete(Manifest::parse(&text), kinds).await
    }

    /// The desired state of a manifest that came by another way.
    ///
    /// # Errors
    /// What asking Organizations met.
    pub async fn complete(
        &self,
        manifest: Result<Manifest, sharing::Mistake>,
        kinds: &[Kind],
    ) -> Result<Desired, Error> {
        let named = manifest.as_ref().map(|manifest| organizations_of(manifest, self.allowed.as_ref(), kinds));
        let named = named.unwrap_or_else(|_| BTreeSet::new());
        let membership = if named.is_empty() {
            Membership::default()
        } else {
            self.organizations.get_or_init(|| Organizations::new(&self.config)).membership(&named).await?
        };
        Ok(Desired { manifest, allowed: self.allowed.clone(), membership })
    }
}
