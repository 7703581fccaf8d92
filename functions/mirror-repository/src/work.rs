//! What a run has at hand between reading and writing: the commits, and the ETags of what it has written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use git::Checkout;
use mirror::{Content, Journal, RepositoryName, Stored, Upload};
use reaction::Error;

use crate::facts::Fetched;
use crate::forge::Forge;

/// The bytes of a file that is read at once; to read a larger one would keep others from being sent.
const AT_HAND: u64 = 256 * 1024;

/// What a run has at hand.
#[derive(Debug)]
pub(crate) struct Work {
    /// The repository that the run is about.
    pub(crate) name: RepositoryName,
    forge: Forge,
    fetched: BTreeMap<String, Fetched>,
    written: Mutex<BTreeMap<String, String>>,
    journal: Mutex<Option<Stored<Journal>>>,
    /// The ETags of the pointers as this run has read or written them, by branch.
    pointers: Mutex<BTreeMap<String, String>>,
}

impl Work {
    pub(crate) fn new(
        name: RepositoryName,
        forge: Forge,
        fetched: BTreeMap<String, Fetched>,
        journal: Option<Stored<Journal>>,
        pointers: BTreeMap<String, String>,
    ) -> Self {
        Self {
            name,
            forge,
            fetched,
            written: Mutex::default(),
            journal: Mutex::new(journal),
            pointers: Mutex::new(pointers),
        }
    }

    /// The commit of a branch.
    pub(crate) fn checkout(&self, branch: &str) -> Result<&Arc<Checkout>, Error> {
        let fetched = self.fetched.get(branch).map(|it| &it.checkout);
        fetched.ok_or_else(|| Error::failed(format!("branch {branch} was not fetched by this run")))
    }

    /// What an object is to hold.
    pub(crate) async fn content(&self, checkout: &Arc<Checkout>, upload: &Upload) -> Result<git::Content, Error> {
        match &upload.content {
            Content::Blob(blob) if upload.size <= AT_HAND => checkout.open_blob(blob),
            Content::Blob(blob) => {
                let (checkout, blob) = (checkout.clone(), *blob);
                let opened = tokio::task::spawn_blocking(move || checkout.open_blob(&blob)).await;
                opened.map_err(Error::failed)?
            }
            Content::Lfs(pointer) => self.forge.fetch_lfs(pointer, &checkout.spool_folder()).await,
        }
    }

    /// Keeps the ETag of an object of the layout.
    pub(crate) fn wrote(&self, path: &str, etag: String) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), etag);
    }

    /// The ETags of the objects of the layout that this run has written, by path.
    pub(crate) fn written(&self) -> BTreeMap<String, String> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the ETag of the pointer that this run has written.
    pub(crate) fn pointed(&self, branch: &str, etag: String) {
        self.pointers.lock().unwrap_or_else(PoisonError::into_inner).insert(branch.to_owned(), etag);
    }

    /// The ETag of the pointer, as this run has read or written it.
    pub(crate) fn pointer(&self, branch: &str) -> Option<String> {
        self.pointers.lock().unwrap_or_else(PoisonError::into_inner).get(branch).cloned()
    }

    /// Keeps the journal that this run has written.
    pub(crate) fn opened(&self, journal: Stored<Journal>) {
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = Some(journal);
    }

    /// The journal, as this run has written or read it.
    pub(crate) fn journal(&self) -> Option<Stored<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
