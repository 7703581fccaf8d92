//! A commit that is whole in the kept repository: what its tree lists, and the content of its files, as git has them: no
//! filter, no `export-subst`, no conversion of line ends.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use gix_hash::{Kind, ObjectId};
use gix_object::{CommitRefIter, TreeRefIter};
use mirror::{BlobId, CommitId, Entry, Mode};
use reaction::Error;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use crate::bounds::Bounds;
use crate::pack::{Content, Packs, Reader, Spool};
use crate::store::Store;
use crate::watch::chain;

/// The most bytes that all paths of a commit may have together: a small tree can name itself a billion times.
const MOST_PATH_BYTES: usize = 64 * 1024 * 1024;

/// How many folders a path may have: S3's keys have room for half as many.
const DEEPEST: usize = 1000;

/// A commit that was fetched. Several threads may read at the same time; no other run uses the folder until this is dropped.
pub struct Checkout {
    commit: ObjectId,
    store: Store,
    objects: Packs,
    spool: Spool,
    /// What no thread uses now to read: making one costs more than a small file.
    idle: Mutex<Vec<Reader>>,
    bounds: Bounds,
}

impl Checkout {
    pub(crate) fn open(store: Store, commit: ObjectId, bounds: &Bounds) -> Result<Self, Error> {
        let spool = store.spool();
        let objects = store.objects().map_err(|error| damaged(&store, commit, &error.to_string()))?;
        let checkout = Self { commit, store, objects, spool, idle: Mutex::default(), bounds: bounds.clone() };
        checkout.root()?;
        Ok(checkout)
    }

    /// The commit.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        // An object's id is always one.
        self.commit.to_string().parse().unwrap_or_else(|_| unreachable!("an id has 40 digits"))
    }

    /// A folder for large contents, which goes when what is kept is opened again.
    #[must_use]
    pub fn spool_folder(&self) -> PathBuf {
        self.store.spool_folder()
    }

    /// What the commit's tree lists, in the order of its paths, as `git ls-tree -r -l` does.
    ///
    /// # Errors
    /// `Refused`, where the tree has more paths than the bounds allow, or names that git itself does not allow. `Failed`,
    /// where what is kept is damaged: the next fetch begins anew.
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        let root = self.root()?;
        self.with_reader(|reader| {
            let mut walk = Walk { checkout: self, reader, entries: Vec::new(), trees: 0, bytes: 0 };
            walk.tree(root, &[], 0)?;
            Ok(walk.entries)
        })
    }

    /// The content of a file, in memory.
    ///
    /// # Errors
    /// As of [`Checkout::open_blob`].
    pub fn read(&self, blob: &BlobId) -> Result<Vec<u8>, Error> {
        self.open_blob(blob)?.into_bytes().map_err(|error| self.unread(&error))
    }

    /// The content of a file: a small one in memory, a large one in a file of its own beside what is kept.
    ///
    /// # Errors
    /// `Refused`, where it is larger than the bounds allow. `Failed`, where the disk has too little room for it, or what is kept is
    /// damaged: the next fetch begins anew.
    pub fn open_blob(&self, blob: &BlobId) -> Result<Content, Error> {
        let id = ObjectId::from_bytes_or_panic(blob.as_bytes());
        self.with_reader(|reader| {
            match self.size(&id, reader)? {
                Some(size) if size <= self.bounds.largest => {}
                Some(size) => return Err(self.too_large(blob, &format!("it has {size} bytes"))),
                None => return Err(self.too_large(blob, "the forge left it out")),
            }
            let content = self.content(&id, reader)?;
            if id_of("blob", &content).map_err(|error| self.unread(&error))? != *blob.as_bytes() {
                return Err(self.damaged(&format!("the content of {blob} is another one")));
            }
            Ok(content)
        })
    }

    fn too_large(&self, blob: &BlobId, why: &str) -> Error {
        let most = self.bounds.largest;
        Error::refused(format!("reading the content {blob}: {why}, and {most} are the bound; raise it"))
    }

    fn root(&self) -> Result<ObjectId, Error> {
        self.with_reader(|reader| {
            let commit = self.object(&self.commit, reader)?;
            CommitRefIter::from_bytes(&commit, Kind::Sha1).tree_id().map_err(|error| self.damaged(&chain(&error)))
        })
    }

    /// A commit or a tree.
    fn object(&self, id: &ObjectId, reader: &mut Reader) -> Result<Vec<u8>, Error> {
        let most = (self.bounds.paths as u64).saturating_mul(300);
        if self.size(id, reader)?.is_some_and(|size| size > most) {
            return Err(Error::refused(format!(
                "listing {}: a folder has more than {} paths, which is the bound",
                self.commit, self.bounds.paths
            )));
        }
        self.content(id, reader)?.into_bytes().map_err(|error| self.unread(&error))
    }

    fn content(&self, id: &ObjectId, reader: &mut Reader) -> Result<Content, Error> {
        let place = self.objects.find(id).ok_or_else(|| self.damaged(&format!("{id} is missing")))?;
        let content = self.objects.content(place, reader, &self.spool);
        content.map(|(_, content)| content).map_err(|error| self.unread(&error))
    }

    /// An object's size by its header. One that the forge left out has none.
    fn size(&self, id: &ObjectId, reader: &mut Reader) -> Result<Option<u64>, Error> {
        let place = self.objects.find(id);
        place.map(|place| self.objects.size(place, reader)).transpose().map_err(|error| self.unread(&error))
    }

    fn with_reader<T>(&self, work: impl FnOnce(&mut Reader) -> Result<T, Error>) -> Result<T, Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reader = idle().pop().unwrap_or_default();
        let done = work(&mut reader);
        idle().push(reader);
        done
    }

    fn unread(&self, error: &std::io::Error) -> Error {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Error::failed(format!(
                "reading {}: the disk has too little room for a large file of it; give the function more ephemeral storage",
                self.commit
            ));
        }
        self.damaged(&chain(error))
    }

    fn damaged(&self, what: &str) -> Error {
        damaged(&self.store, self.commit, what)
    }
}

/// What is kept is not what it should be: it is trusted no longer.
fn damaged(store: &Store, commit: ObjectId, what: &str) -> Error {
    store.distrust();
    let folder = store.folder().display();
    Error::failed(format!(
        "reading {commit}: what is kept in {folder} is damaged: {what}; the next run fetches it anew"
    ))
}

/// The way through a commit's trees.
struct Walk<'a> {
    checkout: &'a Checkout,
    reader: &'a mut Reader,
    entries: Vec<Entry>,
    trees: usize,
    bytes: usize,
}

impl Walk<'_> {
    fn tree(&mut self, id: ObjectId, above: &[u8], depth: usize) -> Result<(), Error> {
        self.trees += 1;
        if self.trees > self.checkout.bounds.paths || depth > DEEPEST {
            return Err(self.too_many());
        }
        let content = self.checkout.object(&id, self.reader)?;
        for entry in TreeRefIter::from_bytes(&content, Kind::Sha1) {
            let entry = entry.map_err(|error| self.checkout.damaged(&chain(&error)))?;
            let path = self.path(above, entry.filename)?;
            let mode = match entry.mode.kind() {
                gix_object::tree::EntryKind::Tree => {
                    self.tree(entry.oid.to_owned(), &path, depth + 1)?;
                    continue;
                }
                gix_object::tree::EntryKind::Blob => Mode::File,
                gix_object::tree::EntryKind::BlobExecutable => Mode::Executable,
                gix_object::tree::EntryKind::Link => Mode::Symlink,
                gix_object::tree::EntryKind::Commit => Mode::Submodule,
            };
            self.add(path, mode, entry.oid.to_owned())?;
        }
        Ok(())
    }

    /// The path of a name, which is one that git allows.
    fn path(&self, above: &[u8], name: &[u8]) -> Result<Vec<u8>, Error> {
        if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
            let shown = place::shortened(&String::from_utf8_lossy(name), 80);
            return Err(Error::refused(format!(
                "listing {}: a tree has the name `{shown}`, which git does not allow; check the repository by `git fsck`",
                self.checkout.commit
            )));
        }
        let between: &[u8] = if above.is_empty() { b"" } else { b"/" };
        Ok([above, between, name].concat())
    }

    fn add(&mut self, path: Vec<u8>, mode: Mode, id: ObjectId) -> Result<(), Error> {
        self.bytes += path.len();
        if self.entries.len() == self.checkout.bounds.paths || self.bytes > MOST_PATH_BYTES {
            return Err(self.too_many());
        }
        if self.entries.last().is_some_and(|last| last.path >= path) {
            return Err(Error::refused(format!(
                "listing {}: `{}` is there twice or not in its place; check the repository by `git fsck`",
                self.checkout.commit,
                place::shortened(&String::from_utf8_lossy(&path), 80)
            )));
        }
        let size = if mode == Mode::Submodule { None } else { self.checkout.size(&id, self.reader)? };
        let mut bytes = [0; 20];
        bytes.copy_from_slice(id.as_slice());
        self.entries.push(Entry { path, mode, blob: BlobId::from_bytes(bytes), size });
        Ok(())
    }

    fn too_many(&self) -> Error {
        let most = self.checkout.bounds.paths;
        Error::refused(format!(
            "listing {}: it has more than {most} paths, which is the bound, or folders that go on without end",
            self.checkout.commit
        ))
    }
}

/// The id of an object, as git computes it.
fn id_of(kind: &str, content: &Content) -> std::io::Result<[u8; 20]> {
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(format!("{kind} {}\0", content.size()).as_bytes());
    content.each(|piece| hash.update(piece))?;
    let mut id = [0; 20];
    id.copy_from_slice(hash.finish().as_ref());
    Ok(id)
}
