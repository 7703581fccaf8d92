//! What was decoded last, by its place in a pack. Git stores most files as differences from others, in chains of up to fifty;
//! without this, each file of a chain would be made from its beginning.

use std::collections::{HashMap, VecDeque};

use gix_object::Kind;
use gix_pack::cache::DecodeEntry;

/// How many bytes are kept. Each thread that reads has so many.
const MOST: usize = 2 * 1024 * 1024;

/// A larger object would leave no room for others.
const LARGEST: usize = MOST / 16;

/// What was decoded last: the oldest goes first.
#[derive(Default)]
pub(crate) struct Decoded {
    objects: HashMap<(u32, u64), (Vec<u8>, Kind, usize)>,
    order: VecDeque<(u32, u64)>,
    bytes: usize,
}

impl DecodeEntry for Decoded {
    fn put(&mut self, pack: u32, offset: u64, content: &[u8], kind: Kind, compressed: usize) {
        let at = (pack, offset);
        if content.len() > LARGEST || self.objects.contains_key(&at) {
            return;
        }
        self.bytes += content.len();
        self.order.push_back(at);
        self.objects.insert(at, (content.to_vec(), kind, compressed));
        while self.bytes > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.objects.remove(&oldest).map_or(0, |(content, ..)| content.len());
        }
    }

    fn get(&mut self, pack: u32, offset: u64, into: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let (content, kind, compressed) = self.objects.get(&(pack, offset))?;
        into.clear();
        into.extend_from_slice(content);
        Some((*kind, *compressed))
    }
}

#[cfg(test)]
mod tests {
    use gix_object::Kind;
    use gix_pack::cache::DecodeEntry;

    use super::{Decoded, LARGEST, MOST};

    #[test]
    fn what_was_kept_comes_back_and_the_oldest_goes_first() {
        let (mut cache, mut out) = (Decoded::default(), b"before".to_vec());
        cache.put(1, 2, b"content", Kind::Tree, 5);
        assert_eq!(cache.get(1, 2, &mut out), Some((Kind::Tree, 5)));
        assert_eq!((out.as_slice(), cache.get(2, 2, &mut vec![])), (&b"content"[..], None));
        let large = vec![0; LARGEST];
        for offset in 0..40 {
            cache.put(3, offset, &large, Kind::Blob, 9);
            cache.put(3, offset, &large, Kind::Blob, 9);
        }
        assert!(cache.bytes <= MOST && cache.objects.len() == cache.order.len());
        assert_eq!((cache.get(1, 2, &mut out), cache.get(3, 0, &mut out)), (None, None));
        assert_eq!(cache.get(3, 39, &mut out), Some((Kind::Blob, 9)));
        cache.put(4, 0, &vec![0; LARGEST + 1], Kind::Blob, 9);
        assert_eq!(cache.get(4, 0, &mut out), None);
    }
}
