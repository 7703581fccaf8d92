//! Packs on the disk: where an object lies, how large it is, and its content. Nothing of a pack is held in memory but what is asked
//! for, and of a large content not even that.

mod cache;
mod content;
mod delta;
mod index;
mod inflate;
mod receive;
mod resolve;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;

use gix_hash::{Kind as Hash, ObjectId};
use gix_object::Kind;
use gix_pack::data::entry::Header;
use gix_pack::{data, index as names};

use cache::Decoded;
pub(crate) use content::Spool;
pub use content::{Content, Spooled};
use inflate::{At, Inflating, State};
pub(crate) use receive::{Most, receive};
pub(crate) use resolve::resolve;

/// How long a chain of differences may be: git makes none that is longer.
const DEEPEST: usize = 4095;

/// How many bytes of a pack are read at a time where only a header is asked for.
const HEADER: usize = 512;

/// How many bytes of a pack are read at a time.
const PIECE: usize = 16 * 1024;

/// What is wrong with a pack.
fn corrupt(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// What computes the id of an object of this kind and size from its content. It finds out collisions that were made on purpose.
fn hasher(kind: Kind, size: u64) -> gix_hash::Hasher {
    let mut hash = gix_hash::hasher(Hash::Sha1);
    hash.update(&gix_object::encode::loose_header(kind, size));
    hash
}

/// Some packs, the oldest first. Each may hold differences from objects of older ones, and never of later ones: a content may have come
/// as the difference from its successor, after a branch went back.
pub(crate) struct Packs(Vec<Pack>);

struct Pack {
    file: File,
    names: Names,
}

/// How the objects of a pack are found.
enum Names {
    /// By its index.
    Index(Box<names::File>),
    /// Of a pack that is being received, as far as the ids of its objects are known.
    Known(HashMap<ObjectId, u64>),
}

/// Where an object begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pack: usize,
    offset: u64,
}

impl Place {
    /// At this offset of the pack of this number.
    #[cfg(test)]
    pub(crate) fn new(pack: usize, offset: u64) -> Self {
        Self { pack, offset }
    }
}

/// An object as it lies in a pack: whole, or as the difference from another one.
struct Entry {
    place: Place,
    header: Header,
    /// Where its compressed bytes begin.
    begin: u64,
    /// How many bytes it has when it is inflated.
    size: u64,
}

/// What a thread needs to read objects.
#[derive(Default)]
pub(crate) struct Reader {
    cache: Decoded,
    state: State,
    /// How many bytes were made so far.
    made: u64,
}

impl Packs {
    /// Opens packs by the paths of their data, the oldest first.
    pub(crate) fn open<'a>(paths: impl IntoIterator<Item = &'a Path>) -> io::Result<Self> {
        let open = |path: &Path| {
            let names = names::File::at(path.with_extension("idx"), Hash::Sha1).map_err(io::Error::other)?;
            Ok(Pack { file: File::open(path)?, names: Names::Index(Box::new(names)) })
        };
        Ok(Self(paths.into_iter().map(open).collect::<io::Result<_>>()?))
    }

    /// Where an object is.
    pub(crate) fn find(&self, id: &ObjectId) -> Option<Place> {
        self.find_up_to(self.0.len(), id)
    }

    fn find_up_to(&self, packs: usize, id: &ObjectId) -> Option<Place> {
        (0..packs).find_map(|pack| self.find_in(pack, id))
    }

    fn find_in(&self, pack: usize, id: &ObjectId) -> Option<Place> {
        let offset = match &self.0[pack].names {
            Names::Index(names) => names.lookup(id).map(|it| names.pack_offset_at_index(it)),
            Names::Known(known) => known.get(id).copied(),
        };
        Some(Place { pack, offset: offset? })
    }

    /// How many bytes an object has.
    pub(crate) fn size(&self, place: Place, reader: &mut Reader) -> io::Result<u64> {
        let entry = self.entry(place)?;
        if !entry.header.is_delta() {
            return Ok(entry.size);
        }
        let mut inflating = Inflating::new(self.at(place.pack, entry.begin, HEADER), &mut reader.state, entry.size);
        delta::sizes(&mut inflating).map(|(_, size)| size)
    }

    /// The content of an object.
    pub(crate) fn content(&self, place: Place, reader: &mut Reader, spool: &Spool) -> io::Result<(Kind, Content)> {
        let (mut at, mut deltas) = (place, Vec::new());
        let (kind, mut content) = loop {
            if let Some((kind, content)) = reader.cache.get(at) {
                break (kind, Content::InMemory(content));
            }
            let entry = self.entry(at)?;
            if let Some(kind) = entry.header.as_kind() {
                let content = self.whole(&entry, reader, spool)?;
                if !deltas.is_empty() {
                    reader.cache.put(at, kind, &content);
                }
                break (kind, content);
            }
            if deltas.len() == DEEPEST {
                return Err(corrupt("a chain of differences is too long"));
            }
            at = self.base(&entry)?;
            deltas.push(entry);
        };
        for entry in deltas.iter().rev() {
            let from = self.at(entry.place.pack, entry.begin, PIECE);
            let mut inflating = Inflating::new(from, &mut reader.state, entry.size);
            content = delta::apply(&content, &mut inflating, |size| {
                reader.made = reader.made.saturating_add(size);
                spool.sink(size)
            })?;
            reader.cache.put(entry.place, kind, &content);
        }
        Ok((kind, content))
    }

    fn whole(&self, entry: &Entry, reader: &mut Reader, spool: &Spool) -> io::Result<Content> {
        let mut sink = spool.sink(entry.size)?;
        reader.made = reader.made.saturating_add(entry.size);
        let from = self.at(entry.place.pack, entry.begin, PIECE);
        Inflating::new(from, &mut reader.state, entry.size).each(|piece| sink.add(piece))?;
        sink.end()
    }

    /// Where the object is from which an entry differs.
    fn base(&self, entry: &Entry) -> io::Result<Place> {
        let Place { pack, offset } = entry.place;
        let found = match entry.header {
            Header::OfsDelta { base_distance } => {
                Header::verified_base_pack_offset(offset, base_distance).map(|offset| Place { pack, offset })
            }
            Header::RefDelta { base_id } => self.find_up_to(pack + 1, &base_id),
            _ => None,
        };
        found.ok_or_else(|| corrupt("the object is missing from which another one differs"))
    }

    fn entry(&self, place: Place) -> io::Result<Entry> {
        let mut from = self.at(place.pack, place.offset, HEADER);
        let read = data::Entry::from_read(&mut from, place.offset, Hash::Sha1.len_in_bytes())?;
        Ok(Entry { place, header: read.header, begin: read.data_offset, size: read.decompressed_size })
    }

    fn at(&self, pack: usize, offset: u64, piece: usize) -> At<'_> {
        At::new(&self.0[pack].file, offset, piece)
    }
}
