//! The desired state: the manifest where it lies, and the accounts of the organizations that it names.

use std::collections::BTreeSet;

use aws::{Document, Location, Pace, Sessions};
use reaction::Error;
use reaction::settings::{Variables, malformed, missing};
use sharing::{Allowed, Desired, Kind, Manifest, organizations_of};

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
    document: Document,
    allowed: Option<Allowed>,
    organizations: Organizations,
}

impl Source {
    /// The desired state of these settings; nothing is read yet.
    #[must_use]
    pub fn new(sessions: &Sessions, settings: Settings) -> Self {
        let config = sessions.config();
        Self {
            document: Document::new(config, settings.manifest),
            allowed: settings.allowed,
            organizations: Organizations {
                client: aws_sdk_organizations::Client::new(config),
                pace: Pace::documented(),
            },
        }
    }

    /// Opens the connection that [`Source::read`] will use.
    pub async fn open_connection(&self) {
        self.document.open_connection().await;
    }

    /// Where the manifest lies.
    #[must_use]
    pub fn location(&self) -> &Location {
        self.document.location()
    }

    /// The desired state, ready for things of these kinds.
    ///
    /// # Errors
    /// What reading the manifest's text, or asking Organizations, met.
    pub async fn read(&self, kinds: &[Kind]) -> Result<Desired, Error> {
        let text = self.document.read().await?;
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
        let membership = self.organizations.membership(&named).await?;
        Ok(Desired { manifest, allowed: self.allowed.clone(), membership })
    }
}
