//! Fetches the commit that a branch points to now into the kept repository. What goes wrong with what was kept is tried once
//! more from an empty folder.

use std::io::ErrorKind;
use std::path::Path;

use gix_hash::ObjectId;
use mirror::RefName;
use reaction::Error;

use crate::access::Access;
use crate::bounds::Bounds;
use crate::checkout::Checkout;
use crate::remote::Remote;
use crate::session::{Asked, Opened, Session, open};
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
    let mut is_anew = false;
    loop {
        let watch = Watch::over(&remote.to_string(), &remote.patience);
        let _ending = watch.ending();
        let opened = open(remote, access, &watch).await?;
        let run = Run {
            remote: remote.clone(),
            access: access.clone(),
            name: name.clone(),
            bounds: bounds.clone(),
            watch,
            is_anew,
        };
        let into = into.to_owned();
        let done = tokio::task::spawn_blocking(move || run.run(opened, &into)).await;
        match done.map_err(|error| Error::failed(format!("reading {remote}: {error}")))? {
            Ok(checkout) => return Ok(checkout),
            Err(Missed::WithKept(_)) if !is_anew => is_anew = true,
            Err(Missed::Finally(error) | Missed::WithKept(error)) => return Err(error),
        }
    }
}

/// One attempt.
struct Run {
    remote: Remote,
    access: Access,
    name: RefName,
    bounds: Bounds,
    watch: Watch,
    is_anew: bool,
}

impl Run {
    fn run(self, opened: Opened, into: &Path) -> Result<Checkout, Missed> {
        let address = self.remote.to_string();
        let mut store = Store::open(into, &address, self.bounds.largest)?;
        let mut session = Session::start(&self.remote, &self.access, opened, &self.watch)?;
        let commit = self.head(&mut session)?;
        if self.is_anew || (store.is_full() && store.commit() != Some(commit)) {
            store.empty()?;
        }
        if store.commit() != Some(commit) {
            self.receive(&mut session, &mut store, commit)?;
            store.settle(&address, self.bounds.largest, commit)?;
        }
        Ok(Checkout::open(store, commit, &self.bounds)?)
    }

    /// The commit that the branch points to now.
    fn head(&self, session: &mut Session) -> Result<ObjectId, Error> {
        let (name, remote) = (self.name.as_str(), &self.remote);
        let heads = session.references(name)?;
        let head = heads.get(&self.name).ok_or_else(|| {
            let branch = self.name.branch().unwrap_or(name);
            Error::refused(format!("reading {remote}: it has no branch `{branch}`; check the branch's name"))
        })?;
        ObjectId::from_hex(head.as_str().as_bytes())
            .map_err(|error| Error::failed(format!("reading {remote}: `{name}` points to no commit: {error}")))
    }

    /// Takes the pack, within what the disk and the bounds allow.
    fn receive(&self, session: &mut Session, store: &mut Store, commit: ObjectId) -> Result<(), Missed> {
        let mut room = store.free()?.saturating_sub(SPARE);
        if room < SPARE && store.commit().is_some() {
            store.empty()?;
            room = store.free()?.saturating_sub(SPARE);
        }
        if room < SPARE {
            return Err(self.no_room().into());
        }
        let had = store.commit();
        self.watch.allow(room.min(self.bounds.sent));
        let largest = self.bounds.largest;
        let taken = session.pack(Asked { commit, had, largest }, store.shallow_file(), |pack| {
            let received = store.receive(pack, self.bounds.of_pack(), self.watch.is_over());
            received.map_err(gix_error::Error::from_error)
        });
        taken.map(drop).map_err(|error| {
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
        let remote = &self.remote;
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
        let remote = &self.remote;
        Error::failed(format!(
            "reading {remote}: the disk has too little room for it; give the function more ephemeral storage"
        ))
    }
}
