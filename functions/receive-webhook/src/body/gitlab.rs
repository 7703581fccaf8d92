//! GitLab, whose kind of event is believed by the body, which is signed. The header is not.
//! <https://docs.gitlab.com/user/project/integrations/webhook_events/>

use reaction::Error;
use serde::Deserialize;

use super::{News, Repository, fields, other, pushed};

#[derive(Deserialize)]
struct Kind {
    object_kind: Option<String>,
}

#[derive(Deserialize)]
struct Push {
    #[serde(rename = "ref")]
    reference: String,
    after: String,
    project: Project,
}

#[derive(Deserialize)]
struct Project {
    id: u64,
    path_with_namespace: String,
}

pub(super) fn read(body: &str) -> Result<News, Error> {
    let Kind { object_kind } = fields(body)?;
    let kind = object_kind.unwrap_or_default();
    if kind != "push" && kind != "tag_push" {
        return Ok(other(&kind, "the webhook need not send it"));
    }
    let Push { reference, after, project } = fields(body)?;
    let repository = Repository { id: project.id.to_string(), name: project.path_with_namespace };
    pushed(repository, [(reference, Some(after))])
}
