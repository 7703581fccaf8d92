//! A delivery: what of an admitted request is handled, and what it says.

use mirror::Forge;
use reaction::{Error, Request};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::body::{self, News};
use crate::proof::{content_of, header};

/// The longest id of a delivery that is taken as it is.
const LONGEST_ID: usize = 128;

/// A request that was admitted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admitted {
    /// The path that it came to.
    pub path: String,
    /// The forge that the path is configured for.
    pub forge: Forge,
    /// What the forge calls the event; empty where no header says it.
    #[serde(default)]
    pub event: String,
    /// The forge's id of the delivery.
    pub delivery: String,
    /// The JSON that was sent.
    pub body: String,
}

/// What an admitted request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The path that it came to.
    pub path: String,
    /// The forge that the path is configured for.
    pub forge: Forge,
    /// The forge's id of the delivery.
    pub id: String,
    /// What happened.
    pub news: News,
}

impl Admitted {
    /// What is handled of a request by this forge.
    ///
    /// # Errors
    /// `Refused` where its body is not text.
    pub(crate) fn of(forge: Forge, request: &Request) -> Result<Self, Error> {
        let (event, ids): (_, &[_]) = match forge {
            Forge::Github => ("x-github-event", &["x-github-delivery"]),
            Forge::Gitlab => ("x-gitlab-event", &["webhook-id", "idempotency-key"]),
            Forge::Bitbucket => ("x-event-key", &["x-request-uuid"]),
            Forge::BitbucketDataCenter => ("x-event-key", &["x-request-id"]),
            Forge::Gitea => ("x-gitea-event", &["x-gitea-delivery"]),
            Forge::Forgejo => ("x-forgejo-event", &["x-forgejo-delivery"]),
        };
        let content = content_of(request);
        let is_id = |it: &&str| it.len() <= LONGEST_ID && it.bytes().all(|it| it.is_ascii_graphic());
        let id = ids.iter().find_map(|it| header(request, it)).filter(is_id);
        let delivery = id.map_or_else(|| hash_of(&request.body), String::from);
        let body = String::from_utf8(content.into_owned()).map_err(|error| {
            Error::refused(format!("the body is not UTF-8, at byte {}", error.utf8_error().valid_up_to()))
        })?;
        let event = header(request, event).unwrap_or_default().to_owned();
        Ok(Self { path: request.path.clone(), forge, event, delivery, body })
    }
}

impl Delivery {
    /// Reads what an admitted request says.
    ///
    /// # Errors
    /// `Refused` where it is not what the forge sends.
    pub(crate) fn read(Admitted { path, forge, event, delivery, body }: Admitted) -> Result<Self, Error> {
        let news = body::read(forge, &event, &body)?;
        Ok(Self { path, forge, id: delivery, news })
    }
}

/// A name for a delivery that has none: the same body is the same delivery.
fn hash_of(body: &[u8]) -> String {
    format!("sha256:{}", place::hex(&Sha256::digest(body)))
}
