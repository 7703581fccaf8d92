//! A credential that Signalbox made, as it is remembered: only such a one is revoked. A writer of a secret can put another
//! client's credential into it, and would otherwise have it revoked by a power that the writer does not have.

use rotation::VersionId;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// A credential that Signalbox made for a version, whether or not it became the version's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minted {
    /// The version.
    pub version: VersionId,
    /// What tells the value from any other: a SHA-256 of the version's id and the value. Empty in records that were written before
    /// there was one; those were written only after Signalbox had put the value, and a version is written once.
    pub digest: String,
    /// The run that made it; empty where that does not matter.
    pub run: String,
    /// When the server lets it end, in seconds since the epoch, where it said so.
    pub ends: Option<u64>,
}

impl Minted {
    /// The credential in this value, which Signalbox made for this version.
    #[must_use]
    pub fn new(version: &VersionId, value: &SecretString, run: &str, ends: Option<u64>) -> Self {
        Self { version: version.clone(), digest: digest(version, value), run: run.into(), ends }
    }

    /// Whether it is what a version has.
    #[must_use]
    pub fn is_of(&self, version: &VersionId, value: &SecretString) -> bool {
        self.version == *version && (self.digest.is_empty() || self.digest == digest(version, value))
    }

    /// Reads what [`Minted::text`] wrote.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '@');
        let version = parts.next()?.parse().ok()?;
        let [digest, run, ends] = [(); 3].map(|()| parts.next().unwrap_or_default());
        Some(Self { version, digest: digest.into(), run: run.into(), ends: ends.parse().ok() })
    }

    pub(crate) fn text(&self) -> String {
        let Self { version, digest, run, ends } = self;
        let ends = ends.map(|it| it.to_string()).unwrap_or_default();
        if digest.is_empty() { version.to_string() } else { format!("{version}@{digest}@{run}@{ends}") }
    }
}

/// Of the whole value: no reader of the table finds a token by it, and with the id before it, one value has another digest in each version.
fn digest(version: &VersionId, value: &SecretString) -> String {
    let mut hash = Sha256::new();
    hash.update(version.as_str());
    hash.update("\n");
    hash.update(value.expose_secret());
    place::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::Minted;

    const VERSION: &str = "11111111-1111-4111-8111-111111111111";

    #[test]
    fn what_was_made_is_known_by_its_version_and_its_value_and_reads_as_it_was_written() {
        let (version, value) = (VERSION.parse().unwrap(), "{\"access_token\": \"t0ken\"}".into());
        let minted = Minted::new(&version, &value, "run", Some(7));
        assert!(minted.is_of(&version, &value) && !minted.is_of(&version, &"another".into()));
        assert!(!minted.is_of(&VERSION.replace('1', "2").parse().unwrap(), &value));
        assert_eq!(Minted::read(&minted.text()), Some(minted.clone()));
        let endless = Minted { ends: None, ..minted };
        assert_eq!(Minted::read(&endless.text()), Some(endless));
    }

    #[test]
    fn a_record_of_before_speaks_of_its_version() {
        let before = Minted::read(VERSION).unwrap();
        assert!(before.is_of(&before.version, &"any".into()));
        assert_eq!(before.text(), VERSION);
        assert_eq!(Minted::read("no version"), None);
    }
}
