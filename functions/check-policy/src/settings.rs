//! The function's own settings.

use std::collections::BTreeSet;

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

const CENTRAL_DENY: Setting = Setting {
    variable: "SIGNALBOX_CENTRAL_DENY",
    meaning: "the name of the managed policy whose statements are appended, with its path before it where it has one",
    unset: Unset::Is("central-deny-policy-sandbox"),
    check: |variables| central_deny(variables).map(drop),
};

const PATH: Setting = Setting {
    variable: "SIGNALBOX_POLICY_PATH",
    meaning: "the path below which policies are made",
    unset: Unset::Is("/signalbox/"),
    check: |variables| path(variables).map(drop),
};

const TAGS: Setting = Setting {
    variable: "SIGNALBOX_POLICY_TAGS",
    meaning: "the keys of the tags that a policy may ask for, separated by commas",
    unset: Unset::Means("none"),
    check: |variables| tags(variables).map(drop),
};

/// Also named where the second opinion cannot be had.
pub(crate) const SECOND_OPINION: Setting = Setting {
    variable: "SIGNALBOX_SECOND_OPINION",
    meaning: "whose second opinion a policy needs: none, or access-analyzer for ValidatePolicy of IAM Access Analyzer",
    unset: Unset::Is("none"),
    check: |variables| second_opinion(variables).map(drop),
};

/// The settings that this function alone has.
pub(crate) const SETTINGS: &[Setting] = &[CENTRAL_DENY, PATH, SECOND_OPINION, TAGS];

/// What may be asked for, and what is added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The managed policy of the function's own account whose statements are appended: its name, with its path where it has one.
    pub central_deny: String,
    /// Below which path policies are made: it begins and ends with a slash.
    pub path: String,
    /// The keys of tags that a policy may ask for.
    pub tags: BTreeSet<String>,
    /// Whether IAM Access Analyzer is asked, too.
    pub asks_access_analyzer: bool,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self {
            central_deny: central_deny(variables)?,
            path: path(variables)?,
            tags: tags(variables)?,
            asks_access_analyzer: second_opinion(variables)?,
        })
    }
}

/// Whether IAM takes the letter in a policy's name. A slash is for paths alone; there, too, nothing else is taken, so that no wildcard or
/// policy variable gets into the resource of a session's policy.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
pub(crate) fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter)
}

/// Whether the text is a path with a name in it: it begins and ends with a slash, and no part of it is empty.
pub(crate) fn is_path(text: &str) -> bool {
    let parts = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_of_name);
    text.len() <= 512 && parts.is_some_and(|parts| parts.split('/').all(is_part))
}

fn central_deny(variables: Variables) -> Result<String, Error> {
    let name = CENTRAL_DENY.required(variables)?;
    let is_named = name.len() <= 640 && name.split('/').all(|part| !part.is_empty() && part.chars().all(is_of_name));
    if is_named {
        return Ok(name);
    }
    let shown = place::shortened(&name, 80);
    Err(CENTRAL_DENY
        .malformed(format!("`{shown}` is not the name of a policy, such as central-deny-policy-sandbox (not its ARN)")))
}

fn path(variables: Variables) -> Result<String, Error> {
    let path = PATH.required(variables)?;
    if is_path(&path) {
        return Ok(path);
    }
    let shown = place::shortened(&path, 80);
    Err(PATH.malformed(format!("`{shown}` is not a path, such as /signalbox/: it begins and ends with a slash")))
}

fn tags(variables: Variables) -> Result<BTreeSet<String>, Error> {
    let Some(text) = TAGS.value(variables) else { return Ok(BTreeSet::new()) };
    let keys = text.split(',').map(|key| match key.trim() {
        key if is_reserved(key) => {
            Err(TAGS.malformed(format!("`{key}` is reserved: signalbox: and aws: are not for requests")))
        }
        key if is_of_tag(key, 128) && !key.is_empty() => Ok(key.to_owned()),
        key => Err(TAGS.malformed(format!("`{}` is not the key of a tag", place::shortened(key, 80)))),
    });
    keys.collect()
}

/// Whether there is to be a second opinion. What is not known here is refused: a check that was asked for is not left out.
fn second_opinion(variables: Variables) -> Result<bool, Error> {
    match SECOND_OPINION.required(variables)?.as_str() {
        "none" => Ok(false),
        "access-analyzer" => Ok(true),
        other => {
            Err(SECOND_OPINION
                .malformed(format!("`{}` is neither none nor access-analyzer", place::shortened(other, 80))))
        }
    }
}

/// Whether a key is AWS's or Signalbox's own, in whichever case.
pub(crate) fn is_reserved(key: &str) -> bool {
    let key = key.to_lowercase();
    ["aws:", "signalbox:"].iter().any(|prefix| key.starts_with(prefix))
}

/// Whether IAM takes the text in a tag.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html>
pub(crate) fn is_of_tag(text: &str, longest: usize) -> bool {
    let is_taken = |it: char| it.is_alphanumeric() || it == ' ' || "_.:/=+-@".contains(it);
    text.chars().count() <= longest && text.chars().all(is_taken)
}
