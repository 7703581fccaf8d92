//! The content of an object: in memory where it is small, and else in a file that goes with it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::corrupt;
use super::inflate::At;

/// How many bytes a content in memory has at most.
const IN_MEMORY: u64 = 2 * 1024 * 1024;

/// How many bytes of a file are read at a time.
const PIECE: usize = 64 * 1024;

/// What stays free on the disk beside a file.
const SPARE: u64 = 8 * 1024 * 1024;

static FILES: AtomicU64 = AtomicU64::new(0);

/// The content of a file of a commit.
#[derive(Debug)]
pub enum Content {
    /// A small one.
    InMemory(Vec<u8>),
    /// A large one.
    OnDisk(Spooled),
}

/// A content in a file of its own, which is removed with it.
pub struct Spooled {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Spooled {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // What cannot be removed goes when the folder is opened again.
        _ = fs::remove_file(&self.path);
    }
}

impl fmt::Debug for Spooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spooled({}, {} bytes)", self.path.display(), self.length)
    }
}

impl Content {
    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::InMemory(bytes) => bytes.len() as u64,
            Self::OnDisk(spooled) => spooled.length,
        }
    }

    /// Hands all of it on, piece by piece.
    pub fn each(&self, mut to: impl FnMut(&[u8])) -> io::Result<()> {
        match self {
            Self::InMemory(bytes) => to(bytes),
            Self::OnDisk(Spooled { file, .. }) => {
                let mut at = At::new(file, 0, PIECE);
                loop {
                    let piece = at.fill_buf()?;
                    if piece.is_empty() {
                        break;
                    }
                    to(piece);
                    let length = piece.len();
                    at.consume(length);
                }
            }
        }
        Ok(())
    }

    /// All of it in memory.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Self::InMemory(bytes) => Ok(bytes),
            Self::OnDisk(Spooled { ref path, .. }) => fs::read(path),
        }
    }

    /// Copies a part of it.
    pub(super) fn copy(&self, offset: u64, length: u64, to: &mut Sink) -> io::Result<()> {
        let end = offset.checked_add(length).filter(|end| *end <= self.size());
        let end = end.ok_or_else(|| corrupt("a difference copies from beyond the other object"))?;
        match self {
            Self::InMemory(bytes) => {
                let part = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                to.add(&bytes[part(offset)..part(end)])
            }
            Self::OnDisk(Spooled { file, .. }) => {
                let mut piece = vec![0; PIECE.min(usize::try_from(length).unwrap_or(PIECE))];
                let mut at = offset;
                while at < end {
                    let most = piece.len().min(usize::try_from(end - at).unwrap_or(usize::MAX));
                    file.read_exact_at(&mut piece[..most], at)?;
                    to.add(&piece[..most])?;
                    at += most as u64;
                }
                Ok(())
            }
        }
    }
}

/// Where large contents are put.
#[derive(Clone, Debug)]
pub(crate) struct Spool(PathBuf);

impl Spool {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.into())
    }

    /// What takes a content of this size. The size is another's word, so that memory is taken only as the content comes.
    pub(crate) fn sink(&self, size: u64) -> io::Result<Sink> {
        if size <= IN_MEMORY {
            return Ok(Sink { target: Target::Memory(Vec::new()), left: size, size });
        }
        fs::create_dir_all(&self.0)?;
        let found = rustix::fs::statvfs(&self.0)?;
        if found.f_bavail.saturating_mul(found.f_frsize) < size.saturating_add(SPARE) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let path = self.0.join(FILES.fetch_add(1, Ordering::Relaxed).to_string());
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        let spooled = Spooled { file: file.try_clone()?, path, length: size };
        Ok(Sink { target: Target::Disk(BufWriter::with_capacity(PIECE, file), spooled), left: size, size })
    }
}

/// Takes a content of a size that is known before.
pub(crate) struct Sink {
    target: Target,
    left: u64,
    size: u64,
}

enum Target {
    Memory(Vec<u8>),
    Disk(BufWriter<File>, Spooled),
}

impl Sink {
    pub(crate) fn add(&mut self, piece: &[u8]) -> io::Result<()> {
        let left = self.left.checked_sub(piece.len() as u64);
        self.left = left.ok_or_else(|| corrupt("a content has more bytes than were told"))?;
        match &mut self.target {
            Target::Memory(bytes) => {
                if bytes.capacity() == 0 {
                    bytes.reserve_exact(usize::try_from(self.size).unwrap_or_default());
                }
                bytes.extend_from_slice(piece);
                Ok(())
            }
            Target::Disk(file, _) => file.write_all(piece),
        }
    }

    pub(crate) fn end(self) -> io::Result<Content> {
        if self.left > 0 {
            return Err(corrupt("a content has fewer bytes than were told"));
        }
        match self.target {
            Target::Memory(bytes) => Ok(Content::InMemory(bytes)),
            Target::Disk(mut file, spooled) => {
                file.flush()?;
                Ok(Content::OnDisk(spooled))
            }
        }
    }
}
