//! What a message asks for: the copy of one repository, or messages for those that are behind.

use std::fmt;

use events::{Detail, Envelope, Origin};
use mirror::{CommitId, RefName, RepositoryName};
use place::shortened;
use reaction::{Doing, Error, Key};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What a message asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The copy of a repository, as its branches are now.
    Mirror(Asked),
    /// A message for each repository that is behind.
    Sweep,
    /// A message for what is mirrored of this repository in `CodeCommit`, by its ARN without the partition's name.
    CodeCommit(String),
}

/// The copy of a repository. Of a push, only the repository and the reference count: which commit it has is asked again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Asked {
    /// The repository.
    pub repository: RepositoryName,
    /// The reference that was pushed; all that are mirrored where none is named.
    #[serde(rename = "ref", default)]
    pub reference: Option<RefName>,
    /// The commit for which an operator admits that more is deleted than a share.
    #[serde(default)]
    pub force: Option<CommitId>,
}

/// What the schedule's rule sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    sweep: String,
}

/// The detail of an event of `CodeCommit`.
/// <https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html>
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryStateChange {
    repository_name: String,
}

impl Detail for RepositoryStateChange {
    const SOURCE: &'static str = "aws.codecommit";
    const DETAIL_TYPE: &'static str = "CodeCommit Repository State Change";
}

/// Reads a message; `None` where it is an event of another kind.
pub(crate) fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
    let value: Value = serde_json::from_str(event.get()).map_err(Error::refused)?;
    let unlike = |error: serde_json::Error| {
        let why = shortened(&error.to_string(), 120);
        Error::refused(format!(
            "the message is not like {{\"repository\": \"acme/templates\", \"ref\": \"refs/heads/main\"}} or {{\"sweep\": \"all\"}}: {why}"
        ))
    };
    if value.get("sweep").is_some() {
        let Sweep { sweep } = serde_json::from_value(value).map_err(unlike)?;
        return match sweep.as_str() {
            "all" => Ok(Some(Subject::Sweep)),
            other => {
                let other = shortened(other, 80);
                Err(Error::refused(format!(
                    "a sweep is of `all` repositories, not of `{other}`: name a repository without `sweep`"
                )))
            }
        };
    }
    if value.get("detail-type").is_some() {
        let envelope: Envelope = serde_json::from_value(value).map_err(unlike)?;
        return of_codecommit(&envelope);
    }
    serde_json::from_value(value).map(|asked| Some(Subject::Mirror(asked))).map_err(unlike)
}

fn of_codecommit(envelope: &Envelope) -> Result<Option<Subject>, Error> {
    let Some(RepositoryStateChange { repository_name }) = RepositoryStateChange::of(envelope)? else { return Ok(None) };
    let Origin { account, region, .. } = Origin::of(envelope).doing(|| "an event of CodeCommit")?;
    Ok(Some(Subject::CodeCommit(format!("codecommit:{region}:{account}:{repository_name}"))))
}

/// The occurrence. A copy of a repository is one however many pushes ask for it: the claim keeps a second run from it, and one that comes
/// later looks at the branch anew.
pub(crate) fn key(subject: &Subject) -> Key {
    match subject {
        Subject::Mirror(asked) => Key::new(["mirror", asked.repository.as_str()]),
        Subject::Sweep => Key::new(["sweep"]),
        Subject::CodeCommit(place) => Key::new(["dispatch", place]),
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mirror(asked) => asked.repository.fmt(f),
            Self::Sweep => f.write_str("all repositories"),
            Self::CodeCommit(place) => f.write_str(place),
        }
    }
}
