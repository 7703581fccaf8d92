//! What was read of what a message asks for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use git::Checkout;
use mirror::{CopyManifest, Head, Journal, Manifest, Pointer, Push, RepositoryName, Rules, Stored, Turn};
use reaction::interlock::Limits;

/// What was read.
#[derive(Debug)]
pub enum Facts {
    /// The repository is mirrored, and not this reference of it.
    Elsewhere(String),
    /// Of one repository.
    Repository(Box<OfRepository>),
    /// A message for each repository that is to be asked for its branches.
    Dispatch(Vec<Push>),
}

/// A repository as it is at its forge, and in the bucket.
#[derive(Debug)]
pub struct OfRepository {
    /// Its name.
    pub name: RepositoryName,
    /// The branch that owns the layout.
    pub branch: String,
    /// What decides what a file becomes.
    pub rules: Rules,
    /// The layout; `None` where it is as the branch's head is.
    pub layout: Option<OfLayout>,
    /// The copies that are not those of their branches' heads.
    pub copies: Vec<OfCopy>,
    /// The former copies whose deletion was broken off, of branches whose pointers are right: by branch, what they consist of.
    pub overdue: BTreeMap<String, BTreeMap<String, Stored<CopyManifest>>>,
    /// The configured branches that the forge does not have.
    pub absent: Vec<String>,
    /// Whether a pointer says which copy is the head's.
    pub has_pointer: bool,
    /// How much one commit may delete without being forced.
    pub limits: Limits,
}

/// What the layout is compared with.
#[derive(Debug)]
pub struct OfLayout {
    /// The branch's head.
    pub head: Arc<Head>,
    /// The manifest that there is.
    pub manifest: Option<Stored<Manifest>>,
    /// The journal of a run that was broken off.
    pub journal: Option<Stored<Journal>>,
}

/// What a copy is compared with.
#[derive(Debug)]
pub struct OfCopy {
    /// The branch.
    pub branch: String,
    /// Its head.
    pub head: Arc<Head>,
    /// The pointer that there is.
    pub pointer: Option<Stored<Pointer>>,
    /// Where the head's copy lies, and which copies stay and go.
    pub turn: Turn,
    /// What is there of the head's copy, by path: the bytes of each object.
    pub present: BTreeMap<String, u64>,
    /// What copies consist of, by their prefixes: of those that go, and of the head's where something of it is there.
    pub manifests: BTreeMap<String, Stored<CopyManifest>>,
}

/// A branch's head with what its contents are read from.
#[derive(Clone)]
pub(crate) struct Fetched {
    pub(crate) head: Arc<Head>,
    pub(crate) checkout: Arc<Checkout>,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetched({})", self.head.commit)
    }
}
