//! What was made last, by its place in a pack. Git stores most files as differences from others, in chains of up to fifty;
//! without this, each file of a chain would be made from its beginning.

use std::collections::{HashMap, VecDeque};

use gix_object::Kind;

use super::{Content, Place};

/// How many bytes are kept. Each thread that reads has so many.
const MOST: usize = 2 * 1024 * 1024;

/// A larger object would leave no room for others.
const LARGEST: usize = MOST / 16;

/// What was made last: the oldest goes first.
#[derive(Default)]
pub(crate) struct Decoded {
    objects: HashMap<Place, (Vec<u8>, Kind)>,
    order: VecDeque<Place>,
    bytes: usize,
}

impl Decoded {
    /// Keeps a content, where it is a small one.
    pub(crate) fn put(&mut self, at: Place, kind: Kind, content: &Content) {
        let Content::InMemory(content) = content else { return };
        if content.len() > LARGEST || self.objects.contains_key(&at) {
            return;
        }
        self.bytes += content.len();
        self.order.push_back(at);
        self.objects.insert(at, (content.clone(), kind));
        while self.bytes > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.objects.remove(&oldest).map_or(0, |(content, ..)| content.len());
        }
    }

    /// The content that was made of what is at this place.
    pub(crate) fn get(&self, at: Place) -> Option<(Kind, Vec<u8>)> {
        self.objects.get(&at).map(|(content, kind)| (*kind, content.clone()))
    }
}

#[cfg(test)]
mod tests {
    use gix_object::Kind;

    use super::super::{Content, Place};
    use super::{Decoded, LARGEST, MOST};

    #[test]
    fn what_was_kept_comes_back_and_the_oldest_goes_first() {
        let mut cache = Decoded::default();
        let content = |length| Content::InMemory(vec![0; length]);
        cache.put(Place::new(1, 2), Kind::Tree, &Content::InMemory(b"content".into()));
        assert_eq!(cache.get(Place::new(1, 2)), Some((Kind::Tree, b"content".into())));
        assert_eq!(cache.get(Place::new(2, 2)), None);
        for offset in 0..40 {
            cache.put(Place::new(3, offset), Kind::Blob, &content(LARGEST));
            cache.put(Place::new(3, offset), Kind::Blob, &content(LARGEST));
        }
        assert!(cache.bytes <= MOST && cache.objects.len() == cache.order.len());
        assert_eq!((cache.get(Place::new(1, 2)), cache.get(Place::new(3, 0))), (None, None));
        assert!(cache.get(Place::new(3, 39)).is_some());
        cache.put(Place::new(4, 0), Kind::Blob, &content(LARGEST + 1));
        assert_eq!(cache.get(Place::new(4, 0)), None);
    }
}
