//! What the branches point to now.

use std::collections::BTreeMap;

use mirror::{CommitId, RefName};
use reaction::Error;

use crate::access::Access;
use crate::remote::Remote;
use crate::session::{Session, open};
use crate::watch::Watch;

/// What the branches of a repository point to now. A branch whose name is not text is left out, since none such can be
/// configured.
///
/// # Errors
/// `Refused`, where an operator must change something, such as a key that was revoked. `Failed`, where it may work later.
pub async fn heads(remote: &Remote, access: &Access) -> Result<BTreeMap<RefName, CommitId>, Error> {
    let watch = Watch::over(&remote.to_string(), &remote.patience);
    let _ending = watch.ending();
    let opened = open(remote, access, &watch).await?;
    let (remote, access) = (remote.clone(), access.clone());
    let read = tokio::task::spawn_blocking(move || {
        Session::start(&remote, &access, opened, &watch)?.references("refs/heads/")
    });
    read.await.map_err(|error| Error::failed(format!("reading the references: {error}")))?
}
