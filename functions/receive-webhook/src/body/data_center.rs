//! Bitbucket Data Center, whose body has nothing of Bitbucket Cloud's but the header of its signature.
//! <https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html>

use reaction::Error;
use serde::Deserialize;

use super::{News, Repository, fields, other, pushed};

#[derive(Deserialize)]
struct Body {
    changes: Vec<Change>,
    repository: Named,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    #[serde(rename = "ref")]
    reference: Reference,
    to_hash: String,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    slug: String,
    project: Project,
}

#[derive(Deserialize)]
struct Project {
    key: String,
}

pub(super) fn read(event: &str, body: &str) -> Result<News, Error> {
    if event != "repo:refs_changed" {
        let is_ping = event == "diagnostics:ping";
        return Ok(other(
            event,
            if is_ping { "the forge tries whether it is heard" } else { "the webhook need not send it" },
        ));
    }
    let Body { changes, repository: Named { id, slug, project } } = fields(body)?;
    let references = changes.into_iter().map(|it| (it.reference.id, Some(it.to_hash)));
    pushed(Repository { id: id.to_string(), name: format!("{}/{slug}", project.key) }, references)
}
