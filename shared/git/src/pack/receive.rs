//! Takes a pack as a server sends it: it goes to the disk as it comes, and the id of each object that is whole is computed
//! meanwhile. Nothing of an object is held, however large it is.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use gix_hash::{Kind as Hash, ObjectId};
use gix_pack::data;
use gix_pack::data::entry::Header;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::inflate::{Inflating, State, read_buffered};
use super::{corrupt, hasher};

/// What a pack may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    /// So many objects.
    pub(crate) objects: usize,
    /// So many bytes when it is inflated, and when contents are made of differences.
    pub(crate) bytes: u64,
}

/// A pack has more than it may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pack has more objects, or more bytes when it is inflated, than it may")
    }
}

impl std::error::Error for TooLarge {}

impl From<TooLarge> for io::Error {
    fn from(error: TooLarge) -> Self {
        Self::new(io::ErrorKind::FileTooLarge, error)
    }
}

/// A pack that is on the disk.
pub(crate) struct Received {
    /// Its objects, in their order.
    pub(super) objects: Vec<Object>,
    /// Its name: the hash that it ends with.
    pub(crate) hash: [u8; 20],
}

/// An object of it.
pub(super) struct Object {
    pub(super) offset: u64,
    /// Of its bytes in the pack.
    pub(super) crc: u32,
    /// Null until it is known.
    pub(super) id: ObjectId,
    pub(super) base: Base,
}

/// What an object is a difference from.
#[derive(Clone, Copy)]
pub(super) enum Base {
    /// Nothing: it is whole.
    None,
    /// The object at this place of the pack.
    At(u64),
    /// This object.
    Named(ObjectId),
}

impl Received {
    /// Whether nothing was sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

/// Takes a pack.
pub(crate) fn receive(from: &mut dyn BufRead, to: File, most: Most, is_over: &AtomicBool) -> io::Result<Received> {
    let mut pack = Passing::new(from, to);
    let mut header = [0; data::header::SIZE];
    pack.read_exact(&mut header)?;
    let (_, number) = data::header::decode(&header).map_err(io::Error::other)?;
    let mut left = most.bytes;
    let (mut objects, mut state) = (Vec::new(), State::default());
    for _ in 0..number {
        if is_over.load(Ordering::Relaxed) {
            return Err(io::Error::other("the caller waits no longer"));
        }
        if objects.len() == most.objects {
            return Err(TooLarge.into());
        }
        objects.push(object(&mut pack, &mut state, &mut left)?);
    }
    let mut computed = [0; 20];
    computed.copy_from_slice(pack.hash.clone().finish().as_ref());
    let mut hash = [0; 20];
    pack.read_exact(&mut hash)?;
    pack.end()?;
    if hash != computed {
        return Err(corrupt("the pack is not what the hash at its end says"));
    }
    Ok(Received { objects, hash })
}

fn object(pack: &mut Passing<'_>, state: &mut State, left: &mut u64) -> io::Result<Object> {
    let offset = pack.offset;
    pack.crc = crc32fast::Hasher::new();
    let entry = data::Entry::from_read(pack, offset, Hash::Sha1.len_in_bytes())?;
    let size = entry.decompressed_size;
    *left = left.checked_sub(size).ok_or(TooLarge)?;
    let inflating = Inflating::new(&mut *pack, state, size);
    let (id, base) = match entry.header {
        Header::OfsDelta { base_distance } => {
            inflating.each(|_| Ok(()))?;
            let base = Header::verified_base_pack_offset(offset, base_distance);
            (ObjectId::null(Hash::Sha1), Base::At(base.ok_or_else(|| corrupt("a difference is one from no object"))?))
        }
        Header::RefDelta { base_id } => {
            inflating.each(|_| Ok(()))?;
            (ObjectId::null(Hash::Sha1), Base::Named(base_id))
        }
        whole => {
            let kind = whole.as_kind().ok_or_else(|| corrupt("an object is of no kind"))?;
            let mut hash = hasher(kind, size);
            inflating.each(|piece| {
                hash.update(piece);
                Ok(())
            })?;
            (hash.try_finalize().map_err(io::Error::other)?, Base::None)
        }
    };
    Ok(Object { offset, crc: pack.crc.clone().finalize(), id, base })
}

/// Passes on to the disk what is read.
struct Passing<'a> {
    from: &'a mut dyn BufRead,
    to: BufWriter<File>,
    hash: Context,
    crc: crc32fast::Hasher,
    offset: u64,
    failed: Option<io::Error>,
}

impl<'a> Passing<'a> {
    fn new(from: &'a mut dyn BufRead, to: File) -> Self {
        let hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        let to = BufWriter::with_capacity(64 * 1024, to);
        Self { from, to, hash, crc: crc32fast::Hasher::new(), offset: 0, failed: None }
    }

    fn pass(&mut self, amount: usize) -> io::Result<()> {
        // What was read and not consumed is still there.
        let bytes = &self.from.fill_buf()?[..amount];
        self.hash.update(bytes);
        self.crc.update(bytes);
        self.to.write_all(bytes)?;
        self.offset += amount as u64;
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)?;
        self.to.flush()
    }
}

impl BufRead for Passing<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.from.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        if amount > 0 && self.failed.is_none() {
            self.failed = self.pass(amount).err();
            self.from.consume(amount);
        }
    }
}

impl Read for Passing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}
