//! `metadata.json`: what a policy shall be called, where it shall lie, and how it shall be tagged.

use std::collections::BTreeMap;
use std::fmt;

use policy::Kind;
use reaction::{Finding, Severity, byte_order_mark};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use crate::settings::{Settings, is_of_name, is_of_tag, is_path, is_reserved};

/// The file's name.
pub(crate) const FILE: &str = "metadata.json";

/// The tags that a policy may ask for: 50, less Signalbox's own.
const TAGS: usize = 49;

/// What is asked for, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The policy's name.
    pub name: String,
    /// What it is for; IAM never changes it.
    pub description: String,
    /// Its path, below that of the settings.
    pub path: String,
    /// Its tags, without Signalbox's own.
    pub tags: BTreeMap<String, String>,
    /// What it is attached to.
    pub kind: Kind,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Written {
    policy_name: String,
    policy_description: String,
    path: Option<String>,
    #[serde(default)]
    tags: Tags,
    r#type: Option<String>,
}

/// Tags, of which each key stands once.
#[derive(Default)]
struct Tags(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Tags;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of keys and values, such as {\"team\": \"payments\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tags, A::Error> {
                let mut tags = BTreeMap::new();
                while let Some((key, value)) = entries.next_entry::<String, String>()? {
                    if tags.insert(key.clone(), value).is_some() {
                        return Err(A::Error::custom(format!(
                            "the tag `{}` is there twice",
                            place::shortened(&key, 80)
                        )));
                    }
                }
                Ok(Tags(tags))
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

impl Metadata {
    /// Reads the file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub(crate) fn read(text: &str, settings: &Settings) -> Result<Self, Vec<Finding>> {
        if let Some(mark) = byte_order_mark(text) {
            return Err(vec![wrong(":1:1", "byte-order-mark", mark, "remove it")]);
        }
        let written: Written = serde_json::from_str(text).map_err(|error| {
            let place = format!(":{}:{}", error.line(), error.column().max(1));
            let message = format!("it cannot be read: {}", place::shortened(&error.to_string(), 300));
            let remedy = "write {\"PolicyName\": \"..\", \"PolicyDescription\": \"..\"}, and Path, Tags and Type where they are wanted";
            vec![wrong(&place, "metadata", &message, remedy)]
        })?;
        let Written { policy_name: name, policy_description: description, path, tags: Tags(tags), r#type } = written;
        let path = path.unwrap_or_else(|| settings.path.clone());
        let mut found = Vec::new();
        found.extend(of_name(&name));
        found.extend(of_description(&description));
        found.extend(of_path(&path, &settings.path));
        found.extend(of_tags(&tags, settings));
        let kind = kind_of(r#type.as_deref().unwrap_or("identity"));
        match kind {
            Some(kind) if found.is_empty() => Ok(Self { name, description, path, tags, kind }),
            Some(_) => Err(found),
            None => {
                let message = "this is not a type of policies";
                found.push(wrong(":/Type", "metadata", message, "write identity, resource, trust, scp or rcp"));
                Err(found)
            }
        }
    }
}

/// An error at a place of the file.
fn wrong(place: &str, rule: &str, message: &str, remedy: &str) -> Finding {
    let (path, severity) = (format!("{FILE}{place}"), Severity::Error);
    Finding { path, severity, rule: rule.into(), message: message.into(), remedy: remedy.into() }
}

fn kind_of(text: &str) -> Option<Kind> {
    let all = [Kind::Identity, Kind::Resource, Kind::Trust, Kind::Scp, Kind::Rcp];
    all.into_iter().find(|kind| kind.to_string() == text)
}

fn of_name(name: &str) -> Option<Finding> {
    let is_right = (1..=128).contains(&name.len()) && name.chars().all(is_of_name);
    let message = "IAM takes 1 to 128 letters, digits and _+=,.@- as the name of a policy";
    (!is_right).then(|| wrong(":/PolicyName", "metadata", message, "choose such a name"))
}

fn of_description(text: &str) -> Option<Finding> {
    let is_taken = |it: char| matches!(it, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    let is_right = text.chars().count() <= 1_000 && text.chars().all(is_taken);
    let message = "IAM takes a description of at most 1,000 characters, up to U+00FF";
    (!is_right)
        .then(|| wrong(":/PolicyDescription", "metadata", message, "shorten it, and write it with these characters"))
}

fn of_path(path: &str, required: &str) -> Option<Finding> {
    if !is_path(path) {
        let message =
            "this is not a path: it begins and ends with a slash, and has letters, digits and _+=,.@- between slashes";
        return Some(wrong(":/Path", "metadata", message, &format!("write {required}, or a path below it")));
    }
    let remedy = format!("write {required}, or a path below it, or leave Path out");
    (!path.starts_with(required)).then(|| wrong(":/Path", "path", "policies are made below another path", &remedy))
}

fn of_tags(tags: &BTreeMap<String, String>, settings: &Settings) -> Vec<Finding> {
    let too_many = (tags.len() > TAGS).then(|| {
        wrong(
            ":/Tags",
            "metadata",
            &format!("a policy may ask for {TAGS} tags, and there are {}", tags.len()),
            "leave some out",
        )
    });
    let of_one = |(key, value): (&String, &String)| {
        let place = format!(":/Tags/{}", place::shortened(&key.replace('~', "~0").replace('/', "~1"), 128));
        if is_reserved(key) {
            let message = "tags that begin with aws: or signalbox: are not for requests";
            return Some(wrong(&place, "tag", message, "leave it out"));
        }
        if !settings.tags.contains(key) {
            let allowed: Vec<_> = settings.tags.iter().map(String::as_str).collect();
            let allowed = if allowed.is_empty() { "no tag".into() } else { allowed.join(", ") };
            let remedy = format!("allowed is {allowed}; leave it out, or have its key added to SIGNALBOX_POLICY_TAGS");
            return Some(wrong(&place, "tag", "a policy may not ask for this tag", &remedy));
        }
        let message = "IAM takes at most 256 letters, digits, spaces and _.:/=+-@ as the value of a tag";
        (!is_of_tag(value, 256)).then(|| wrong(&place, "metadata", message, "write such a value"))
    };
    too_many.into_iter().chain(tags.iter().filter_map(of_one)).collect()
}
