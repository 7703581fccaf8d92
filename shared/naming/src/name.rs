//! Names of DNS: as people and Route 53 write them, and as they are compared.
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>

use std::fmt;
use std::str::FromStr;

use place::shortened;
use serde::{Deserialize, Serialize};

/// The longest name in characters, without the dot at its end (RFC 1035, 2.3.4).
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// What the name of the record begins with that says whose a name is.
const MARK: &str = "_signalbox.";

/// The friendly name of a cluster, `host.domain`: small letters, digits, hyphens and underscores, no
/// dot at its end; no part begins with an underscore.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is no friendly name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` {problem}; it has to be host.domain, such as etl.example.com", shown = shortened(.text, 80))]
pub struct NoName {
    text: String,
    problem: String,
}

impl Name {
    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is this domain, or lies in it.
    #[must_use]
    pub fn is_within(&self, domain: &str) -> bool {
        self.0.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The name of the record that says whose this name is.
    #[must_use]
    pub fn mark(&self) -> String {
        format!("{MARK}{}", self.0)
    }

    /// The name that a record of this (normalised) name speaks of, if it is one that says whose a name is.
    #[must_use]
    pub fn of_mark(record: &str) -> Option<Self> {
        record.strip_prefix(MARK)?.parse().ok()
    }

    /// The domains above it, from the nearest one to `domain`, which it lies in.
    pub fn parents<'a>(&'a self, domain: &'a str) -> impl Iterator<Item = &'a str> {
        let above = self.0.match_indices('.').map(|(at, _)| &self.0[at + 1..]);
        above.take_while(move |parent| parent.len() >= domain.len())
    }
}

impl FromStr for Name {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        let name = normalised(text.trim());
        match problem_of(&name) {
            Some(problem) => Err(NoName { text: text.into(), problem }),
            None => Ok(Self(name)),
        }
    }
}

fn problem_of(name: &str) -> Option<String> {
    if !name.is_ascii() || has_foreign_octets(name) {
        return Some("is an internationalised name, which is no host's: write the form that begins with `xn--`".into());
    }
    if name.split('.').any(|label| label == "*") {
        return Some("is a wildcard, and a cluster has one name".into());
    }
    if name.len() + MARK.len() > LONGEST {
        let most = LONGEST - MARK.len();
        return Some(format!(
            "has {} characters, and {most} are the most: `{MARK}` is put in front of it to say whose it is",
            name.len()
        ));
    }
    if name.is_empty() {
        return Some("is empty".into());
    }
    if !name.contains('.') {
        return Some("has no domain".into());
    }
    name.split('.').find_map(problem_of_label)
}

pub(crate) fn problem_of_label(label: &str) -> Option<String> {
    if label.is_empty() {
        return Some("has an empty part between its dots".into());
    }
    if label.starts_with('_') {
        let label = shortened(label, LONGEST_LABEL);
        return Some(format!(
            "has the part `{label}`: what begins with an underscore is a service's or a tool's (RFC 8552), no host's"
        ));
    }
    if label.len() > LONGEST_LABEL {
        return Some(format!("has a part of {} characters, and {LONGEST_LABEL} are the most", label.len()));
    }
    if label.starts_with('-') || label.ends_with('-') {
        let label = shortened(label, LONGEST_LABEL);
        return Some(format!("has the part `{label}`, which begins or ends with a hyphen"));
    }
    let is_of_hosts = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '_';
    let strange = shortened(&label.chars().find(|it| !is_of_hosts(*it))?.to_string(), 1);
    Some(format!("has a `{strange}`, and only letters, digits, hyphens and underscores may be in it"))
}

/// Whether an octet beyond ASCII stands in it as Route 53 escapes it.
fn has_foreign_octets(name: &str) -> bool {
    name.split('\\').skip(1).any(|rest| rest.starts_with(['2', '3']))
}

/// A name in the form in which names are compared: small letters, no dot at the end, and no escape (`\052`) of a character
/// that can stand for itself.
#[must_use]
pub fn normalised(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let escape = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match escape {
            // A dot within a label is no dot between two of them.
            Some(octet) if octet.is_ascii_graphic() && octet != b'.' && octet != b'\\' => plain.push(octet.into()),
            Some(_) => plain.push_str(&rest[at..at + 4]),
            None => plain.push('\\'),
        }
        rest = &rest[if escape.is_some() { at + 4 } else { at + 1 }..];
    }
    plain.push_str(rest);
    plain.make_ascii_lowercase();
    plain.strip_suffix('.').map(String::from).unwrap_or(plain)
}

impl TryFrom<String> for Name {
    type Error = NoName;

    fn try_from(text: String) -> Result<Self, NoName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
