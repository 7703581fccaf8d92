//! What the branches point to now, and the conversation in which the server said so.

use std::collections::BTreeMap;
use std::fmt;

use mirror::{CommitId, RefName};
use reaction::Error;

use crate::access::Access;
use crate::remote::Remote;
use crate::session::{Session, open};
use crate::watch::{Ending, Watch};

/// A conversation in which the server has told its branches. One of them can be fetched in it, without another connection, greeting and
/// question. Where it is dropped, it ends.
pub struct Conversation {
    pub(crate) remote: Remote,
    pub(crate) access: Access,
    pub(crate) session: Session,
    pub(crate) heads: BTreeMap<RefName, CommitId>,
    pub(crate) ending: Ending,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("heads", &self.heads).finish_non_exhaustive()
    }
}

impl Conversation {
    /// What the branches of a repository point to now. A branch whose name is not text is left out, since none such can be configured.
    #[must_use]
    pub fn heads(&self) -> &BTreeMap<RefName, CommitId> {
        &self.heads
    }

    /// Begins one, and asks for the references below this prefix.
    pub(crate) async fn begin(remote: &Remote, access: &Access, prefix: &str) -> Result<Self, Error> {
        let watch = Watch::over(&remote.to_string(), &remote.patience);
        let ending = watch.ending();
        let opened = open(remote, access, &watch).await?;
        let (remote, access, prefix) = (remote.clone(), access.clone(), prefix.to_owned());
        let read = tokio::task::spawn_blocking(move || {
            let mut session = Session::start(&remote, &access, opened, &watch)?;
            let heads = session.references(&prefix)?;
            Ok(Self { remote, access, session, heads, ending })
        });
        read.await.map_err(|error| Error::failed(format!("reading the references: {error}")))?
    }
}

/// What the branches of a repository point to now.
///
/// # Errors
/// `Refused`, where an operator must change something, such as a key that was revoked. `Failed`, where it may work later.
pub async fn heads(remote: &Remote, access: &Access) -> Result<Conversation, Error> {
    Conversation::begin(remote, access, "refs/heads/").await
}
