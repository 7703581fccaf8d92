//! What an artifact asks for, and what is wrong with it. Pure: bytes in, a verdict out.

use jobs::{Archive, Bounds};
use policy::{Kind, Source, check, list_of_actions};
use reaction::{Error, Finding, Severity};

use crate::facts::{Opinion, Verdict};
use crate::metadata::{self, Metadata};
use crate::settings::Settings;

/// The file of the policy.
pub(crate) const POLICY: &str = "policy.json";

/// An artifact may be a whole repository; a policy has 131,072 characters at most.
const BOUNDS: Bounds = Bounds { entries: 1_000, bytes: 1_000_000 };

/// The statements that are appended to policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denies {
    /// The policy's name and version, as findings show them.
    pub(crate) name: String,
    /// Its document.
    pub(crate) text: String,
}

/// What an artifact holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The text of `policy.json`.
    pub(crate) policy: String,
    /// The text of `metadata.json`.
    pub(crate) metadata: String,
}

impl Sent {
    /// Takes the two files out of an artifact.
    ///
    /// # Errors
    /// `Refused`, naming the place in the archive.
    pub(crate) fn of_artifact(bytes: &[u8]) -> Result<Self, Error> {
        let mut archive = Archive::open(bytes, BOUNDS)?;
        Ok(Self { policy: text(&mut archive, POLICY)?, metadata: text(&mut archive, metadata::FILE)? })
    }
}

fn text(archive: &mut Archive<'_>, name: &str) -> Result<String, Error> {
    String::from_utf8(archive.file(name)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::refused(format!("{name} is not UTF-8: see byte {at}; save it as UTF-8"))
    })
}

/// What is to be made of what was sent.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// What it shall be called, and the document with the denies appended that its type gets; `None` where an error was found.
    pub(crate) right: Option<(Metadata, String)>,
}

/// Judges what was sent, with the denies appended.
pub(crate) fn judge(sent: &Sent, denies: &Denies, settings: &Settings) -> Judged {
    let (metadata, mut findings) = match Metadata::read(&sent.metadata, settings) {
        Ok(metadata) => (Some(metadata), Vec::new()),
        Err(found) => (None, found),
    };
    let kind = metadata.as_ref().map_or(Kind::Identity, |it| it.kind);
    let appended = gets_denies(kind).then_some(denies);
    let more = appended.map(|it| Source { name: &it.name, text: &it.text });
    let verdict = check(&Source { name: POLICY, text: &sent.policy }, more.as_ref(), Some(kind));
    findings.extend(verdict.findings.into_iter().map(Finding::from));
    let told = told(kind, appended, &findings);
    let is_right = findings.iter().all(|it| it.severity != Severity::Error);
    let right = metadata.filter(|_| is_right).and_then(|metadata| {
        let document = match appended {
            Some(denies) => policy::append(&sent.policy, &denies.text).ok()?,
            None => sent.policy.clone(),
        };
        Some((metadata, document))
    });
    Judged { verdict: Verdict { findings, told, second: Opinion::NotNeeded }, right }
}

/// Whether the denies are appended to policies of this type: a statement without a principal can stand in no other.
pub(crate) fn gets_denies(kind: Kind) -> bool {
    matches!(kind, Kind::Identity | Kind::Scp)
}

/// What the policy was judged as and compared with.
fn told(kind: Kind, denies: Option<&Denies>, findings: &[Finding]) -> String {
    let date = list_of_actions().date;
    let appended = denies.map_or_else(|| "nothing".to_owned(), |it| format!("the statements of {}", it.name));
    let found = match findings.len() {
        0 => "nothing was found".to_owned(),
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    };
    let effect = if kind == Kind::Identity { "" } else { "; policies of this type are judged only, and not made" };
    format!("judged as type {kind} with {appended} appended, by AWS's actions of {date}: {found}{effect}")
}
