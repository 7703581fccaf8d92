//! What the bodies of forges say. Only the fields that are needed are read, each once: a field that comes twice, which two readers could
//! read differently, is refused. Nothing is taken of URLs, owners and names of senders.

mod bitbucket;
mod data_center;
mod github;
mod gitlab;

use std::collections::BTreeMap;

use mirror::{CommitId, Forge, RefName};
use place::shortened;
use reaction::Error;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// What happened, as a forge tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// References of a repository were pushed, by force or not: which commit a branch has is asked of the forge again.
    Pushed {
        /// The repository, as the forge knows it.
        repository: Repository,
        /// The branches, each once.
        branches: Vec<Change>,
        /// How many tags and other references were pushed beside them.
        others: usize,
    },
    /// Something that no mirror is about, such as a ping.
    Other(String),
}

/// A repository as a forge names it in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The id, which stays when the repository is renamed.
    pub id: String,
    /// The full name of the moment.
    pub name: String,
}

/// A branch that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The branch's reference.
    pub reference: RefName,
    /// The commit after the push; none where the branch was deleted.
    pub commit: Option<CommitId>,
}

/// Reads the body of an event that the forge calls so.
pub(crate) fn read(forge: Forge, event: &str, body: &str) -> Result<News, Error> {
    match forge {
        Forge::Github => github::read(event, body, "the push says it, too"),
        // Their pushes do not tell of deleted branches.
        Forge::Gitea | Forge::Forgejo if event == "delete" => github::read_deleted(body),
        Forge::Gitea | Forge::Forgejo => github::read(event, body, "a push says it, too"),
        Forge::Gitlab => gitlab::read(body),
        Forge::Bitbucket => bitbucket::read(event, body),
        Forge::BitbucketDataCenter => data_center::read(event, body),
    }
}

/// An event that no mirror is about.
fn other(event: &str, why: &str) -> News {
    let event = if event.is_empty() { "without a name".into() } else { format!("`{}`", shortened(event, 80)) };
    News::Other(format!("an event {event}, which is not a push: {why}"))
}

/// Reads fields of JSON. The error names the place, and nothing of what is there.
fn fields<T: DeserializeOwned>(body: &str) -> Result<T, Error> {
    serde_json::from_str(body).map_err(|error| {
        let what = match error.classify() {
            Category::Io | Category::Eof => "it ends too early",
            Category::Syntax => "it is not JSON, or is nested too deeply",
            Category::Data => "a field is missing, of another type, or there twice",
        };
        let place = format!("line {}, column {}", error.line(), error.column());
        Error::refused(format!(
            "the body is not what the forge sends: {what}, at {place}; see that the path is configured for the forge that sends to it"
        ))
    })
}

/// References as a forge tells them, in full and with the commit in hexadecimal digits.
fn pushed(
    repository: Repository,
    references: impl IntoIterator<Item = (String, Option<String>)>,
) -> Result<News, Error> {
    let (mut branches, mut others) = (BTreeMap::new(), 0);
    for (reference, commit) in references {
        let reference: RefName = reference.parse().map_err(Error::refused)?;
        if reference.branch().is_none() {
            others += 1;
            continue;
        }
        // Zeros mean that there is no commit any more.
        let commit = commit.filter(|it| it.bytes().any(|it| it != b'0'));
        let commit = commit.map(|it| it.parse::<CommitId>()).transpose().map_err(Error::refused)?;
        branches.insert(reference, commit);
    }
    let branches = branches.into_iter().map(|(reference, commit)| Change { reference, commit }).collect();
    Ok(News::Pushed { repository, branches, others })
}
