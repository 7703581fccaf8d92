//! Fetches the commit that a branch points to now into the kept repository. What goes wrong with what was kept is tried once
//! more from an empty folder.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use gix_hash::ObjectId;
use mirror::{CommitId, RefName};
use reaction::Error;

use crate::access::Access;
use crate::bounds::Bounds;
use crate::checkout::Checkout;
use crate::heads::Conversation;
use crate::remote::Remote;
use crate::session::{Asked, Session};
use crate::store::Store;
use crate::watch::{TooMuch, Watch, chain};

/// What stays free on the disk beside a pack: its index, and what the function itself writes.
const SPARE: u64 = 16 * 1024 * 1024;

/// Why there is no checkout.
enum Missed {
    /// This is why.
    Finally(Error),
    /// What was kept does not go on; an empty folder may.
    WithKept(Error),
    /// The server sent nothing of the pack: it may have hung up since it told its branches.
    Unanswered,
}

impl From<Error> for Missed {
    fn from(error: Error) -> Self {
        Self::Finally(error)
    }
}

/// Fetches the commit that `branch` points to now, without its history, into the folder, which belongs to this repository.
/// What is kept there from the last fetch is not sent again.
///
/// # Errors
/// `Refused`, where an operator must change something: the access, the branch, the bounds. `Failed`, where it may work later.
pub async fn fetch(
    remote: &Remote,
    access: &Access,
    branch: &str,
    into: &Path,
    bounds: &Bounds,
) -> Result<Checkout, Error> {
    let name = RefName::of_branch(branch).map_err(Error::refused)?;
    go_on(Conversation::begin(remote, access, name.as_str()).await?, false, &name, into, bounds).await
}

impl Conversation {
    /// Goes on with this conversation, and otherwise as [`fetch`]. Where the server has hung up meanwhile, another one begins.
    ///
    /// # Errors
    /// As of [`fetch`].
    pub async fn fetch(self, branch: &str, into: &Path, bounds: &Bounds) -> Result<Checkout, Error> {
        let name = RefName::of_branch(branch).map_err(Error::refused)?;
        go_on(self, true, &name, into, bounds).await
    }
}

/// Fetches in a conversation, which has begun some time ago or just now.
async fn go_on(
    mut conversation: Conversation,
    mut has_begun: bool,
    name: &RefName,
    into: &Path,
    bounds: &Bounds,
) -> Result<Checkout, Error> {
    let mut is_anew = false;
    loop {
        let Conversation { remote, access, session, heads, ending: _ending } = conversation;
        let (watch, address, bounds) = (session.watch().clone(), remote.to_string(), bounds.clone());
        let commit = head(name, &address, &heads)?;
        let (run, into) = (Run { address, commit, bounds, watch, has_begun, is_anew }, into.to_owned());
        let done = tokio::task::spawn_blocking(move || run.run(session, &into)).await;
        match done.map_err(|error| Error::failed(format!("reading {remote}: {error}")))? {
            Ok(checkout) => return Ok(checkout),
            Err(Missed::Unanswered) => {}
            Err(Missed::WithKept(_)) if !is_anew => is_anew = true,
            Err(Missed::Finally(error) | Missed::WithKept(error)) => return Err(error),
        }
        conversation = Conversation::begin(&remote, &access, name.as_str()).await?;
        has_begun = false;
    }
}

/// The commit that the branch points to.
fn head(name: &RefName, remote: &str, heads: &BTreeMap<RefName, CommitId>) -> Result<ObjectId, Error> {
    let head = heads.get(name).ok_or_else(|| {
        let branch = name.branch().unwrap_or(name.as_str());
        Error::refused(format!("reading {remote}: it has no branch `{branch}`; check the branch's name"))
    })?;
    ObjectId::from_hex(head.as_str().as_bytes())
        .map_err(|error| Error::failed(format!("reading {remote}: `{name}` points to no commit: {error}")))
}

/// One attempt.
struct Run {
    address: String,
    commit: ObjectId,
    bounds: Bounds,
    watch: Watch,
    /// Whether the server told its branches some time ago.
    has_begun: bool,
    is_anew: bool,
}

impl Run {
    fn run(self, mut session: Session, into: &Path) -> Result<Checkout, Missed> {
        let (address, commit) = (&self.address, self.commit);
        let mut store = Store::open(into, address, self.bounds.largest)?;
        if self.is_anew || (store.is_full() && store.commit() != Some(commit)) {
            store.empty()?;
        }
        if store.commit() != Some(commit) {
            self.receive(&mut session, &mut store)?;
            store.settle(address, self.bounds.largest, commit)?;
        }
        Ok(Checkout::open(store, commit, &self.bounds)?)
    }

    /// Takes the pack, within what the disk and the bounds allow.
    fn receive(&self, session: &mut Session, store: &mut Store) -> Result<(), Missed> {
        let mut room = store.free()?.saturating_sub(SPARE);
        if room < SPARE && store.commit().is_some() {
            store.empty()?;
            room = store.free()?.saturating_sub(SPARE);
        }
        if room < SPARE {
            return Err(self.no_room().into());
        }
        let (had, commit, largest) = (store.commit(), self.commit, self.bounds.largest);
        let allowed = room.min(self.bounds.sent);
        self.watch.allow(allowed);
        let taken = session.pack(Asked { commit, had, largest }, store.shallow_file(), |pack| {
            let received = store.receive(pack, self.bounds.of_pack(), self.watch.is_over());
            received.map_err(gix_error::Error::from_error)
        });
        taken.map(drop).map_err(|error| {
            if self.has_begun && self.watch.left() == allowed {
                return Missed::Unanswered;
            }
            // What the server or the connection did is not the fault of what was kept.
            if let Some(fault) = self.watch.fault() {
                return Missed::Finally(fault);
            }
            let error = self.not_taken(&error, room);
            if had.is_some() { Missed::WithKept(error) } else { Missed::Finally(error) }
        })
    }

    fn not_taken(&self, error: &gix_error::Error, room: u64) -> Error {
        let sent = self.bounds.sent;
        let remote = &self.address;
        let is = |kind| {
            error.iter_errors().any(|it| it.downcast_ref::<std::io::Error>().is_some_and(|it| it.kind() == kind))
        };
        if error.downcast_any_ref::<TooMuch>().is_some() || self.watch.left() == 0 {
            return if sent <= room {
                Error::refused(format!(
                    "reading {remote}: the server sends more than {sent} bytes for one commit, which is the bound; \
                     raise it, or take large files out of the branch"
                ))
            } else {
                self.no_room()
            };
        }
        if is(ErrorKind::StorageFull) {
            return self.no_room();
        }
        if is(ErrorKind::FileTooLarge) {
            return Error::refused(format!(
                "reading {remote}: what the server sends is more than a commit has: {}; look for files that are made to be huge",
                chain(error)
            ));
        }
        Error::failed(format!("reading {remote}: the pack is not as git makes it: {}; try again", chain(error)))
    }

    fn no_room(&self) -> Error {
        let remote = &self.address;
        Error::failed(format!(
            "reading {remote}: the disk has too little room for it; give the function more ephemeral storage"
        ))
    }
}
