//! Bitbucket Cloud, which tells of several references at once.
//! <https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/#Push>

use reaction::Error;
use serde::Deserialize;

use super::{News, Repository, fields, other, pushed};

#[derive(Deserialize)]
struct Body {
    push: Push,
    repository: Named,
}

#[derive(Deserialize)]
struct Push {
    changes: Vec<Change>,
}

/// `new` is null where the reference was deleted, `old` where it was made.
#[derive(Deserialize)]
struct Change {
    new: Option<Reference>,
    old: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    target: Target,
}

#[derive(Deserialize)]
struct Target {
    hash: String,
}

#[derive(Deserialize)]
struct Named {
    uuid: String,
    full_name: String,
}

pub(super) fn read(event: &str, body: &str) -> Result<News, Error> {
    if event != "repo:push" {
        return Ok(other(event, "the webhook need not send it"));
    }
    let Body { push, repository } = fields(body)?;
    let references = push.changes.into_iter().filter_map(|Change { new, old }| {
        let commit = new.as_ref().map(|it| it.target.hash.clone());
        let Reference { kind, name, .. } = new.or(old)?;
        let kind = if kind == "branch" { "heads" } else { "tags" };
        Some((format!("refs/{kind}/{name}"), commit))
    });
    pushed(Repository { id: repository.uuid, name: repository.full_name }, references)
}
