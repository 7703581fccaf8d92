//! The function's own settings.

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

use crate::hook::Hooks;

const HOOKS: Setting = Setting {
    variable: "SIGNALBOX_HOOKS",
    meaning: "the paths that forges send to, in JSON: of each its forge, its secret and its repositories",
    unset: Unset::Means("none: every request is answered 401"),
    check: |variables| hooks(variables).map(drop),
};

const QUEUE: Setting = Setting {
    variable: "SIGNALBOX_QUEUE",
    meaning: "the URL of the FIFO queue that takes what was pushed",
    unset: Unset::Refused,
    check: |variables| queue(variables).map(drop),
};

/// The settings that this function alone has.
pub(crate) const SETTINGS: &[Setting] = &[HOOKS, QUEUE];

/// Which requests are taken, and where what they say goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who may send to which path.
    pub hooks: Hooks,
    /// The URL of the queue.
    pub queue: String,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed, and the place in it.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self { hooks: hooks(variables)?, queue: queue(variables)? })
    }
}

fn hooks(variables: Variables) -> Result<Hooks, Error> {
    let Some(text) = HOOKS.value(variables) else { return Ok(Hooks::default()) };
    text.parse().map_err(|mistake: String| HOOKS.malformed(mistake))
}

fn queue(variables: Variables) -> Result<String, Error> {
    let url = QUEUE.required(variables)?;
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    if is_url && url.strip_suffix(".fifo").is_some() && url.chars().all(|it| it.is_ascii_graphic()) {
        return Ok(url);
    }
    let shown = place::shortened(&url, 80);
    Err(QUEUE.malformed(format!(
        "`{shown}` is not the URL of a FIFO queue, such as https://sqs.eu-west-1.amazonaws.com/111122223333/mirror-repository.fifo"
    )))
}
