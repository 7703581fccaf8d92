//! The ids of the objects that came as differences. A server sends some as differences from objects that are kept already.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use gix_hash::ObjectId;

use super::content::Spool;
use super::receive::{Base, Most, Object, Received, TooLarge};
use super::{Names, Pack, Packs, Place, Reader, corrupt, hasher};

/// Which objects wait for another one, by their numbers.
struct Waiting {
    at: HashMap<u64, Vec<usize>>,
    named: HashMap<ObjectId, Vec<usize>>,
}

impl Waiting {
    fn on(objects: &[Object]) -> Self {
        let mut waiting = Self { at: HashMap::new(), named: HashMap::new() };
        for (number, object) in objects.iter().enumerate() {
            match object.base {
                Base::None => {}
                Base::At(offset) => waiting.at.entry(offset).or_default().push(number),
                Base::Named(id) => waiting.named.entry(id).or_default().push(number),
            }
        }
        waiting
    }

    /// Those that waited for this object, which is known now.
    fn for_it(&mut self, object: &Object) -> Vec<usize> {
        let mut ready = self.at.remove(&object.offset).unwrap_or_default();
        ready.extend(self.named.remove(&object.id).unwrap_or_default());
        ready
    }

    /// Those that wait for objects that are kept.
    fn for_kept(&mut self, packs: &Packs) -> Vec<usize> {
        self.named.extract_if(|id, _| packs.find(id).is_some()).flat_map(|(_, numbers)| numbers).collect()
    }

    fn is_empty(&self) -> bool {
        self.at.is_empty() && self.named.is_empty()
    }
}

/// Computes the ids of the objects that are differences, of a pack that was received into this file.
pub(crate) fn resolve(
    received: &mut Received,
    file: File,
    mut packs: Packs,
    spool: &Spool,
    most: Most,
    is_over: &AtomicBool,
) -> io::Result<()> {
    let objects = &mut received.objects;
    let mut waiting = Waiting::on(objects);
    if waiting.is_empty() {
        return Ok(());
    }
    let mut ready = waiting.for_kept(&packs);
    let known = objects.iter().filter(|it| waiting.named.contains_key(&it.id));
    let known = known.map(|it| (it.id, it.offset)).collect();
    let pack = packs.0.len();
    packs.0.push(Pack { file, names: Names::Known(known) });
    let whole = objects.iter().filter(|it| matches!(it.base, Base::None));
    ready.extend(whole.flat_map(|it| waiting.for_it(it)));
    let mut reader = Reader::default();
    while let Some(number) = ready.pop() {
        if is_over.load(Ordering::Relaxed) {
            return Err(io::Error::other("the caller waits no longer"));
        }
        let object = &mut objects[number];
        object.id = id(&packs, Place { pack, offset: object.offset }, &mut reader, spool)?;
        if reader.made > most.bytes {
            return Err(TooLarge.into());
        }
        if let Names::Known(known) = &mut packs.0[pack].names {
            known.insert(object.id, object.offset);
        }
        // The last comes first, so that what was made last is at hand for what differs from it.
        ready.extend(waiting.for_it(object));
    }
    if waiting.is_empty() { Ok(()) } else { Err(corrupt("the object is missing from which another one differs")) }
}

fn id(packs: &Packs, place: Place, reader: &mut Reader, spool: &Spool) -> io::Result<ObjectId> {
    let (kind, content) = packs.content(place, reader, spool)?;
    let mut hash = hasher(kind, content.size());
    content.each(|piece| hash.update(piece))?;
    hash.try_finalize().map_err(io::Error::other)
}
