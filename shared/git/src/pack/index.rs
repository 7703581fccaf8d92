//! Writes the index of a pack, as git does. <https://git-scm.com/docs/pack-format#_version_2_pack_idx_files_support_the_following>

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::receive::Received;

const BEGIN: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];

/// Offsets from here on stand in a table of their own.
const FAR: u64 = 0x8000_0000;

impl Received {
    /// Writes the index, once the ids of all objects are known.
    pub(crate) fn write_index(mut self, path: &Path) -> io::Result<()> {
        self.objects.sort_unstable_by_key(|it| it.id);
        let mut index =
            Hashed { to: BufWriter::new(File::create(path)?), hash: Context::new(&SHA1_FOR_LEGACY_USE_ONLY) };
        index.add(&BEGIN)?;
        let mut counted = [0_u32; 256];
        self.objects.iter().for_each(|it| counted[usize::from(it.id.as_slice()[0])] += 1);
        let mut sum = 0;
        for number in counted {
            sum += number;
            index.add(&sum.to_be_bytes())?;
        }
        for object in &self.objects {
            index.add(object.id.as_slice())?;
        }
        for object in &self.objects {
            index.add(&object.crc.to_be_bytes())?;
        }
        let mut far = Vec::new();
        for object in &self.objects {
            let near = u32::try_from(object.offset).ok().filter(|it| u64::from(*it) < FAR);
            let written = near.unwrap_or_else(|| {
                far.push(object.offset);
                // The number of its place in the other table, with the highest bit.
                u32::try_from(FAR + far.len() as u64 - 1).unwrap_or(u32::MAX)
            });
            index.add(&written.to_be_bytes())?;
        }
        for offset in far {
            index.add(&offset.to_be_bytes())?;
        }
        index.add(&self.hash)?;
        let Hashed { mut to, hash } = index;
        to.write_all(hash.finish().as_ref())?;
        to.flush()
    }
}

struct Hashed {
    to: BufWriter<File>,
    hash: Context,
}

impl Hashed {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.to.write_all(bytes)
    }
}
