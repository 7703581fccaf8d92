//! The desired state: the manifest where it lies, and the accounts of the organizations that it names.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use aws::{Document, Location, Sessions};
use organization::Organizations;
use place::AccountId;
use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};
use sharing::{Allowed, Desired, Kind, Manifest, Membership, organizations_of};

use crate::membership;

const MANIFEST: Setting = Setting {
    variable: "SIGNALBOX_MANIFEST",
    meaning: "where the share manifest lies: `s3://bucket/key` or `ssm:/name`",
    unset: Unset::Refused,
    check: |variables| manifest(variables).map(drop),
};
const OWNER: Setting = Setting {
    variable: "SIGNALBOX_MANIFEST_ACCOUNT",
    meaning: "the account that owns the buckets of the manifest and of stored plans",
    unset: Unset::Means("the account of the function"),
    check: |variables| owner(variables).map(drop),
};
const ALLOWED: Setting = Setting {
    variable: "SIGNALBOX_ALLOWED_ACCOUNTS",
    meaning: "the accounts that the manifest may name: ids of accounts, organizations (`o-..`) and organizational units (`ou-..`), \
        separated by commas, or the word `everybody`",
    unset: Unset::Refused,
    check: |variables| ALLOWED.required(variables).and_then(|_| allowed(variables)).map(drop),
};

/// The settings of everything that shares: [`Settings::read`].
pub const SETTINGS: &[Setting] = &[MANIFEST, OWNER, ALLOWED];

/// What a function that shares is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the share manifest lies: `SIGNALBOX_MANIFEST`.
    pub manifest: Location,
    /// The account that owns the buckets of the manifest and of stored plans: `SIGNALBOX_MANIFEST_ACCOUNT`; our own where unset.
    pub owner: Option<AccountId>,
    /// What a manifest may name: `SIGNALBOX_ALLOWED_ACCOUNTS`. [`Settings::read`] refuses settings without it.
    pub allowed: Option<Allowed>,
}

impl Settings {
    /// Reads the settings of a deployed function. What a manifest may name has to be said: a variable that was forgotten must not
    /// mean everybody.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        let settings = Self::of_command_line(variables)?;
        ALLOWED.required(variables)?;
        Ok(settings)
    }

    /// Reads the settings of an operator, who need not say what the manifest may name in order to plan: the command line says so
    /// in its report, and refuses to act.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn of_command_line(variables: Variables) -> Result<Self, Error> {
        Ok(Self { manifest: manifest(variables)?, owner: owner(variables)?, allowed: allowed(variables)? })
    }
}

fn manifest(variables: Variables) -> Result<Location, Error> {
    MANIFEST.required(variables)?.parse().map_err(|mistake| MANIFEST.malformed(mistake))
}

fn owner(variables: Variables) -> Result<Option<AccountId>, Error> {
    let owner = OWNER.value(variables).map(|id| id.parse()).transpose();
    owner.map_err(|mistake: place::Malformed| OWNER.malformed(mistake))
}

fn allowed(variables: Variables) -> Result<Option<Allowed>, Error> {
    let allowed = ALLOWED.value(variables).map(|ids| ids.parse()).transpose();
    allowed.map_err(|mistake: place::Malformed| ALLOWED.malformed(mistake))
}

/// Reads the desired state, anew each time that it is needed.
#[derive(Debug)]
pub struct Source {
    text: Text,
    owner: Option<AccountId>,
    allowed: Option<Allowed>,
    sessions: Arc<Sessions>,
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
    /// The desired state of a manifest whose text is at hand, as on the command line.
    #[must_use]
    pub fn of_text(sessions: &Arc<Sessions>, text: &str, allowed: Option<Allowed>) -> Self {
        let (text, sessions) = (Text::Given(text.into()), sessions.clone());
        Self { text, owner: None, allowed, sessions, organizations: OnceLock::new() }
    }

    /// The desired state of these settings; nothing is read yet.
    #[must_use]
    pub fn new(sessions: &Arc<Sessions>, settings: Settings) -> Self {
        Self {
            text: Text::Document(Document::new(sessions.config(), settings.manifest)),
            owner: settings.owner,
            allowed: settings.allowed,
            sessions: sessions.clone(),
            organizations: OnceLock::new(),
        }
    }

    /// Opens the connection that [`Source::read`] will use.
    pub async fn open_connection(&self) {
        if let Text::Document(document) = &self.text {
            document.open_connection().await;
        }
    }

    /// Where the manifest lies, if not on the command line.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        match &self.text {
            Text::Document(document) => Some(document.location()),
            Text::Given(_) => None,
        }
    }

    /// What every report repeats: that nothing bounds the accounts that the manifest may name.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.allowed.iter().filter_map(Allowed::note).collect()
    }

    /// The account that has to own the buckets of the manifest and of stored plans.
    ///
    /// # Errors
    /// `Failed` where the settings name none, before it is known whose credentials ours are.
    pub fn bucket_owner(&self) -> Result<&AccountId, Error> {
        self.owner.as_ref().map_or_else(|| self.sessions.home().map(|home| &home.account), Ok)
    }

    /// The desired state, ready for things of these kinds.
    ///
    /// # Errors
    /// What reading the manifest's text, or asking Organizations, met.
    pub async fn read(&self, kinds: &[Kind]) -> Result<Desired, Error> {
        self.complete(self.manifest().await?, kinds).await
    }

    /// The manifest, without the members of the organizations that it names; or what is wrong with it.
    ///
    /// # Errors
    /// What reading its text met.
    pub async fn manifest(&self) -> Result<Result<Manifest, sharing::Mistake>, Error> {
        let text = match &self.text {
            Text::Document(document) => document.read(self.bucket_owner()?).await?,
            Text::Given(text) => text.clone(),
        };
        Ok(Manifest::parse(&text))
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
            let organizations = self.organizations.get_or_init(|| Organizations::new(self.sessions.config()));
            membership(organizations, &named).await?
        };
        Ok(Desired { manifest, allowed: self.allowed.clone(), membership })
    }
}
