//! The bare repository that is kept in a folder between two fetches, so that the next one is small. Another run may have been
//! killed while it wrote, so the folder is trusted only as far as a record says, which is written last.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use gix_hash::ObjectId;
use reaction::Error;
use serde::{Deserialize, Serialize};

use crate::pack::{Most, Packs, Spool, receive, resolve};

const LOCK: &str = "lock";
const RECORD: &str = "record.json";
const SHALLOW: &str = "shallow";
const PACKS: &str = "objects/pack";
const SPOOL: &str = "spool";

/// Each fetch adds a pack. After so many a new start is cheaper than to look into all of them.
const MOST_PACKS: usize = 16;

/// What git itself needs to read the folder, for an operator who looks into it.
const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";

/// A kept repository, which no other run uses at the same time.
pub(crate) struct Store {
    folder: PathBuf,
    record: Option<Record>,
    _lock: Lock,
}

/// Says that this run uses the folder. The system ends it when the function is killed.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // A program that is just being started holds the file too, so that closing it would not be enough.
        _ = self.0.unlock();
    }
}

/// What is trusted.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Record {
    /// The repository's address.
    remote: String,
    /// The size of the largest file that was asked for.
    largest: u64,
    /// The commit that is whole.
    commit: String,
    /// The files of the packs, with their lengths.
    packs: BTreeMap<String, u64>,
}

impl Store {
    /// Opens the folder, and empties it where it is not what this repository left.
    pub(crate) fn open(folder: &Path, remote: &str, largest: u64) -> Result<Self, Error> {
        let failed = |error: io::Error| not_written(folder, &error);
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = File::create(folder.join(LOCK)).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                Error::failed(format!("using {}: another run uses it; try again", folder.display()))
            }
            TryLockError::Error(error) => failed(error),
        })?;
        let mut store = Self { folder: folder.into(), record: None, _lock: Lock(lock) };
        // What a run left that was killed.
        remove(&folder.join(SPOOL)).map_err(failed)?;
        match store.trusted(remote, largest) {
            Some(record) => store.record = Some(record),
            None => store.empty()?,
        }
        Ok(store)
    }

    /// The record, where the folder has what it says and nothing else.
    fn trusted(&self, remote: &str, largest: u64) -> Option<Record> {
        let record: Record = serde_json::from_slice(&fs::read(self.folder.join(RECORD)).ok()?).ok()?;
        let is_this = record.remote == remote && record.largest == largest && record.packs.len() < 2 * MOST_PACKS;
        let known = [LOCK, RECORD, SHALLOW, "HEAD", "config", "objects", "refs"];
        let only = |folder: &Path, known: &[&str]| {
            names(folder).is_ok_and(|it| it.iter().all(|it| known.contains(&it.as_str())))
        };
        let is_clean = only(&self.folder, &known)
            && only(&self.folder.join("objects"), &["pack"])
            && only(&self.folder.join("refs"), &[]);
        (is_this && is_clean && self.packs().ok()? == record.packs).then_some(record)
    }

    fn packs(&self) -> io::Result<BTreeMap<String, u64>> {
        let folder = self.folder.join(PACKS);
        names(&folder)?
            .into_iter()
            .map(|name| Ok((name.clone(), fs::symlink_metadata(folder.join(name))?.len())))
            .collect()
    }

    /// Begins anew.
    pub(crate) fn empty(&mut self) -> Result<(), Error> {
        self.record = None;
        let failed = |error: io::Error| not_written(&self.folder, &error);
        // The record goes first: a run that is killed here leaves nothing that is trusted.
        remove(&self.folder.join(RECORD)).map_err(failed)?;
        for name in names(&self.folder).map_err(failed)?.iter().filter(|it| *it != LOCK) {
            remove(&self.folder.join(name)).map_err(failed)?;
        }
        fs::create_dir_all(self.folder.join(PACKS)).map_err(failed)?;
        fs::create_dir_all(self.folder.join("refs")).map_err(failed)?;
        fs::write(self.folder.join("config"), CONFIG).map_err(failed)
    }

    /// The commit that is whole here.
    pub(crate) fn commit(&self) -> Option<ObjectId> {
        ObjectId::from_hex(self.record.as_ref()?.commit.as_bytes()).ok()
    }

    /// Trusts what is here from now on.
    pub(crate) fn settle(&mut self, remote: &str, largest: u64, commit: ObjectId) -> Result<(), Error> {
        let failed = |error: io::Error| not_written(&self.folder, &error);
        for name in self.packs().map_err(failed)?.keys().filter(|it| !is_of_pack(it)) {
            remove(&self.folder.join(PACKS).join(name)).map_err(failed)?;
        }
        fs::write(self.folder.join("HEAD"), format!("{commit}\n")).map_err(failed)?;
        let packs = self.packs().map_err(failed)?;
        let record = Record { remote: remote.into(), largest, commit: commit.to_string(), packs };
        let text = serde_json::to_vec(&record).map_err(|error| failed(error.into()))?;
        let (written, settled) = (self.folder.join("record.new"), self.folder.join(RECORD));
        fs::write(&written, text).and_then(|()| fs::rename(&written, &settled)).map_err(failed)?;
        self.record = Some(record);
        Ok(())
    }

    /// Trusts nothing here any more, since something was not as it should be.
    pub(crate) fn distrust(&self) {
        // What cannot be removed is found out by the next run.
        _ = remove(&self.folder.join(RECORD));
    }

    /// How many bytes are free on the disk.
    pub(crate) fn free(&self) -> Result<u64, Error> {
        let found = rustix::fs::statvfs(&self.folder).map_err(|error| not_written(&self.folder, &error.into()))?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// Whether a new start is due.
    pub(crate) fn is_full(&self) -> bool {
        self.record.as_ref().is_some_and(|it| it.packs.len() >= 2 * MOST_PACKS - 2)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn shallow_file(&self) -> PathBuf {
        self.folder.join(SHALLOW)
    }

    pub(crate) fn spool_folder(&self) -> PathBuf {
        self.folder.join(SPOOL)
    }

    /// Where large contents are put.
    pub(crate) fn spool(&self) -> Spool {
        Spool::new(&self.spool_folder())
    }

    /// The packs that are trusted, the oldest first.
    pub(crate) fn objects(&self) -> io::Result<Packs> {
        let files = self.record.iter().flat_map(|it| it.packs.keys()).map(|it| self.folder.join(PACKS).join(it));
        let paths: Vec<_> = files.filter(|it| it.extension().is_some_and(|it| it == "pack")).collect();
        Packs::open(paths.iter().map(PathBuf::as_path))
    }

    /// Takes a pack, which may have differences from what is trusted.
    pub(crate) fn receive(&self, pack: &mut dyn BufRead, most: Most, is_over: &AtomicBool) -> io::Result<()> {
        let folder = self.folder.join(PACKS);
        let path = folder.join("receiving");
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        let mut received = receive(pack, file.try_clone()?, most, is_over)?;
        if received.is_empty() {
            return fs::remove_file(&path);
        }
        resolve(&mut received, file, self.objects()?, &self.spool(), most, is_over)?;
        // By their names the oldest comes first.
        let number = self.record.iter().flat_map(|it| it.packs.keys()).count();
        let name = format!("pack-{number:04}-{}", ObjectId::Sha1(received.hash));
        fs::rename(&path, folder.join(format!("{name}.pack")))?;
        received.write_index(&folder.join(format!("{name}.idx")))
    }
}

fn is_of_pack(name: &str) -> bool {
    let extension = Path::new(name).extension();
    name.starts_with("pack-") && extension.is_some_and(|it| it == "pack" || it == "idx")
}

/// The names in a folder. One that is not text is none that we made, and shows as it can be shown.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?.map(|it| Ok(it?.file_name().to_string_lossy().into_owned())).collect()
}

/// Removes a file or a folder, which may be missing. A link goes, and not what it leads to.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn not_written(folder: &Path, error: &io::Error) -> Error {
    let shown = folder.display();
    if error.kind() == io::ErrorKind::StorageFull {
        return Error::failed(format!("using {shown}: the disk is full; give the function more ephemeral storage"));
    }
    Error::failed(format!("using {shown}: {error}; check that it can be written"))
}
