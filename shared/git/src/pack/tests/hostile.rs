//! Packs that no `git` makes, whose checksum is right all the same: each byte of a small pack is altered in turn.

use std::fs;
use std::path::Path;

use gix_hash::{Kind as Hash, ObjectId};

use super::super::{Packs, Reader, Spool};
use super::{Repository, take};

/// The pack with the checksum that it would have if the server had made it so.
fn signed(mut pack: Vec<u8>) -> Vec<u8> {
    let body = pack.len() - 20;
    let mut hash = gix_hash::hasher(Hash::Sha1);
    hash.update(&pack[..body]);
    pack.truncate(body);
    pack.extend_from_slice(hash.try_finalize().unwrap().as_slice());
    pack
}

/// Whether what was taken is what its index says: each object has the content that its id is of.
fn is_true(path: &Path, ids: &[ObjectId], folder: &Path) -> bool {
    let (packs, mut reader) = (Packs::open([path]).unwrap(), Reader::default());
    ids.iter().filter_map(|id| Some((id, packs.find(id)?))).all(|(id, place)| {
        let Ok((kind, content)) = packs.content(place, &mut reader, &Spool::new(&folder.join("spool"))) else {
            return false;
        };
        gix_object::compute_hash(Hash::Sha1, kind, &content.into_bytes().unwrap()).unwrap() == *id
    })
}

#[test]
fn an_altered_pack_with_the_right_checksum_is_refused_or_true_to_its_ids_at_every_byte() {
    let repository = Repository::make();
    let small: Vec<_> = repository.objects().into_iter().filter(|(_, size)| *size < 900).take(8).collect();
    let names: Vec<_> = small.iter().map(|(id, _)| id.as_str()).collect();
    let ids: Vec<_> = names.iter().map(|it| ObjectId::from_hex(it.as_bytes()).unwrap()).collect();
    for (number, words) in [&["--delta-base-offset"][..], &[]].into_iter().enumerate() {
        let pack = repository.pack(words, &names);
        assert_eq!(signed(pack.clone()), pack);
        let (mut refused, mut taken) = (0, 0);
        for at in 0..pack.len() - 20 {
            for change in [0x01, 0x80] {
                let folder = repository.0.join(format!("{number}-{at}-{change}"));
                fs::create_dir(&folder).unwrap();
                let mut altered = pack.clone();
                altered[at] ^= change;
                match take(&signed(altered), &folder, &[]) {
                    Ok(path) => {
                        taken += 1;
                        assert!(is_true(&path, &ids, &folder), "byte {at} with {change:#x}");
                    }
                    Err(_) => refused += 1,
                }
                fs::remove_dir_all(&folder).unwrap();
            }
        }
        assert!(refused > 0 && taken > 0, "{refused} were refused, and {taken} taken");
    }
}
