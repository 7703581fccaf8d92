//! What may work without anybody having it. It is remembered of a secret, and told at every step and sweep until somebody
//! has looked.

use std::fmt;
use std::str::FromStr;

use place::Malformed;

use crate::request::SecretArn;
use crate::versions::VersionId;

/// Something that the operator has to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Open {
    /// Since when, in seconds since the epoch.
    pub since: u64,
    /// What it is.
    pub what: What,
    /// The version that it was for.
    pub version: VersionId,
    /// The run that began it, where two may have begun the same; of what was left, what it is.
    pub run: String,
}

/// What there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A credential that was made and not kept.
    Made,
    /// A password that the server took, of a version that was given up.
    Held,
    /// A credential that was to be revoked, and whose version is gone.
    Gone,
    /// A credential that was to be revoked, and that Signalbox did not make.
    Foreign,
    /// Something beside a credential that was set, which could not be done.
    Left,
}

impl What {
    const ALL: [Self; 5] = [Self::Made, Self::Held, Self::Gone, Self::Foreign, Self::Left];

    fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Held => "held",
            Self::Gone => "gone",
            Self::Foreign => "foreign",
            Self::Left => "left",
        }
    }
}

impl Open {
    /// What somebody should look at, and how.
    #[must_use]
    pub fn told(&self, secret: &SecretArn, now: u64) -> String {
        let (Self { version, .. }, ago) = (self, now.saturating_sub(self.since));
        match self.what {
            What::Made => format!(
                "a credential may have been made {ago} s ago for version {version} of {secret}, by a run that did not say how it \
                 ended: if it was made, it works, and nobody here knows it; look for it at the server"
            ),
            What::Held => format!(
                "the server may have the password of version {version} of {secret}, which was given up after setSecret had begun \
                 {ago} s ago: if AWSCURRENT does not get in, set its password at the server; the version can be read by its id"
            ),
            What::Gone => format!(
                "version {version} of {secret} was gone before its credential was revoked, which was due {ago} s ago: that \
                 may work, and nobody here knows it; look for it at the server"
            ),
            What::Foreign => format!(
                "the credential of version {version} of {secret}, which was to be revoked {ago} s ago, is none that Signalbox made, so \
                 Signalbox leaves it: if nothing uses it any more, revoke it at the server"
            ),
            What::Left => {
                format!("{ago} s ago, when the password of version {version} of {secret} was set, {}", self.run)
            }
        }
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}@{}@{}", self.what.as_str(), self.version, self.since, self.run)
    }
}

impl FromStr for Open {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new(text, "`WHAT@VERSION@SECONDS@RUN`");
        let [what, version, since, run] = text.splitn(4, '@').collect::<Vec<_>>()[..] else { return Err(malformed()) };
        let what = What::ALL.into_iter().find(|it| it.as_str() == what).ok_or_else(malformed)?;
        Ok(Self { since: since.parse().map_err(|_| malformed())?, what, version: version.parse()?, run: run.into() })
    }
}
