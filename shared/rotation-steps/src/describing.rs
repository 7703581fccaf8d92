//! How a function that rotates describes itself and is opened.

use std::sync::Arc;

use aws::Sessions;
use function::{Function, Setting, Trigger, Unset};
use reaction::Error;
use reaction::settings::{Variables, any_text, malformed};
use rotation::SecretArn;

use crate::bindings;
use crate::credential::Credential;
use crate::records::{Records, TABLE};
use crate::rotating::Rotating;

/// The variable that names the secrets of a function: their ARNs with commas between them.
pub const SECRETS: &str = "SIGNALBOX_SECRETS";

/// The settings of every function that rotates.
pub const SETTINGS: &[Setting] = &[
    TABLE,
    Setting {
        variable: SECRETS,
        meaning: "the ARNs of the secrets that a sweep looks at, separated by commas",
        unset: Unset::Means("a sweep looks at none"),
        check: |variables| secrets_in(variables).map(drop),
    },
    bindings::SETTING,
];

/// The certificates of the servers that a function speaks to, where the system does not know who signed them.
pub const CA_BUNDLE: Setting = Setting {
    variable: "SIGNALBOX_CA_BUNDLE",
    meaning: "a file of PEM with the certificates that the server may show",
    unset: Unset::Means("those that the system trusts"),
    check: any_text,
};

/// Reads [`SECRETS`].
///
/// # Errors
/// `Refused`, naming the variable, where one is no ARN of a secret.
pub fn secrets_in(variables: Variables) -> Result<Vec<SecretArn>, Error> {
    let text = variables(SECRETS).unwrap_or_default();
    let arns = text.split(',').map(str::trim).filter(|arn| !arn.is_empty()).map(str::parse);
    arns.collect::<Result<_, _>>().map_err(|error| malformed(SECRETS, error))
}

impl<C: Credential> Function for Rotating<C> {
    const PURPOSE: &'static str = C::PURPOSE;
    const HEARS: &'static [Trigger] = &[Trigger::Step, Trigger::Schedule];
    const SETTINGS: &'static [&'static [Setting]] = C::SETTINGS;

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let records = Records::read(variables, &sessions, C::NAME)?;
        let (swept, credential) = (secrets_in(variables)?, C::open(&sessions, variables)?);
        Ok(Self::new(sessions, records, credential).sweeping(swept))
    }

    async fn warm(&self) {
        self.open_connection().await;
    }
}
