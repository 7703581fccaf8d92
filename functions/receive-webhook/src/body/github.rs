//! GitHub, and Gitea and Forgejo, whose bodies have the same fields.
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads#push> <https://docs.gitea.com/usage/webhooks>

use reaction::Error;
use serde::Deserialize;

use super::{News, Repository, fields, other, pushed};

#[derive(Deserialize)]
struct Push {
    #[serde(rename = "ref")]
    reference: String,
    after: String,
    repository: Named,
}

#[derive(Deserialize)]
struct Deleted {
    #[serde(rename = "ref")]
    reference: String,
    ref_type: String,
    repository: Named,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    full_name: String,
}

impl From<Named> for Repository {
    fn from(named: Named) -> Self {
        Self { id: named.id.to_string(), name: named.full_name }
    }
}

pub(super) fn read(event: &str, body: &str, of_branches: &str) -> Result<News, Error> {
    let why = match event {
        "push" => {
            let Push { reference, after, repository } = fields(body)?;
            return pushed(repository.into(), [(reference, Some(after))]);
        }
        "ping" => "the forge tries whether it is heard",
        "create" | "delete" => of_branches,
        _ => "the webhook need not send it",
    };
    Ok(other(event, why))
}

/// Gitea and Forgejo tell of a deleted branch by its short name.
pub(super) fn read_deleted(body: &str) -> Result<News, Error> {
    let Deleted { reference, ref_type, repository } = fields(body)?;
    let kind = if ref_type == "branch" { "heads" } else { "tags" };
    pushed(repository.into(), [(format!("refs/{kind}/{reference}"), None)])
}
