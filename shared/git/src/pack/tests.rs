//! Packs that real `git` makes, against what real `git` says of them.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gix_hash::ObjectId;

use super::{Content, Most, Packs, Reader, Spool, receive, resolve};

mod hostile;

static FOLDERS: AtomicUsize = AtomicUsize::new(0);
const MOST: Most = Most { objects: 1000, bytes: 1 << 30 };

/// A repository with three large files that differ little, and a hundred small ones.
struct Repository(PathBuf);

impl Drop for Repository {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

impl Repository {
    fn make() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("signalbox-pack-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        let made = Self(path);
        made.git(&["init", "--quiet", "--bare", "."], b"");
        let mut stream = Vec::new();
        for (number, content) in large().iter().chain(&small()).enumerate() {
            write!(stream, "blob\nmark :{}\ndata {}\n", number + 1, content.len()).unwrap();
            stream.extend_from_slice(content);
        }
        stream.extend_from_slice(b"\ncommit refs/heads/main\ncommitter A <a@example.com> 1 +0000\ndata 1\nx\n");
        for number in 1..=103 {
            writeln!(stream, "M 100644 :{number} f{number}").unwrap();
        }
        made.git(&["fast-import", "--quiet"], &stream);
        made
    }

    fn git(&self, words: &[&str], input: &[u8]) -> Vec<u8> {
        let mut command = Command::new("git");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir(&self.0).args(words);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut to, input) = (child.stdin.take().unwrap(), input.to_owned());
        let writer = std::thread::spawn(move || to.write_all(&input));
        let done = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(done.status.success(), "git {words:?}");
        done.stdout
    }

    /// A pack of objects, with what else `git pack-objects` is told.
    fn pack(&self, words: &[&str], ids: &[&str]) -> Vec<u8> {
        let words = [&["pack-objects", "--quiet", "--stdout", "--window=200"], words].concat();
        self.git(&words, ids.join("\n").as_bytes())
    }

    /// The ids of all objects, and how many bytes each has.
    fn objects(&self) -> Vec<(String, u64)> {
        let told = self.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objectsize)"], b"");
        let told = String::from_utf8(told).unwrap();
        told.lines()
            .map(|it| it.split_once(' ').unwrap())
            .map(|(id, size)| (id.into(), size.parse().unwrap()))
            .collect()
    }
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

/// Contents that do not stay in memory, which `git` stores as differences.
fn large() -> Vec<Vec<u8>> {
    let content = noise(1, 3_000_000);
    let [mut second, mut third] = [content.clone(), content.clone()];
    second[1_000_000] ^= 1;
    third.splice(2_000_000..2_000_000, *b"inserted");
    vec![content, second, third]
}

fn small() -> Vec<Vec<u8>> {
    (0..100).map(|it| format!("Number: {it}\n{}", "Line: the same\n".repeat(50 + it)).into_bytes()).collect()
}

/// Takes a pack into the folder, where `kept` are had already: the path of its data.
fn take(pack: &[u8], folder: &Path, kept: &[&Path]) -> std::io::Result<PathBuf> {
    let (path, going_on) = (folder.join(format!("{}.pack", kept.len())), AtomicBool::new(false));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    let mut received = receive(&mut &*pack, file.try_clone()?, MOST, &going_on)?;
    let kept = Packs::open(kept.iter().copied())?;
    resolve(&mut received, file, kept, &Spool::new(&folder.join("spool")), MOST, &going_on)?;
    received.write_index(&path.with_extension("idx"))?;
    Ok(path)
}

/// The content of an object in these packs is the repository's, and so is its size.
fn assert_same(repository: &Repository, paths: &[&Path], id: &str, size: u64) {
    let (packs, mut reader) = (Packs::open(paths.iter().copied()).unwrap(), Reader::default());
    let place = packs.find(&ObjectId::from_hex(id.as_bytes()).unwrap()).unwrap();
    assert_eq!(packs.size(place, &mut reader).unwrap(), size);
    let (kind, content) = packs.content(place, &mut reader, &Spool::new(&repository.0.join("spool"))).unwrap();
    assert_eq!(matches!(content, Content::OnDisk(_)), size > 2 * 1024 * 1024);
    let expected = repository.git(&["cat-file", &kind.to_string(), id], b"");
    assert!(content.into_bytes().unwrap() == expected, "{id}");
}

#[test]
fn the_index_is_the_one_that_git_writes_and_every_content_is_gits() {
    let repository = Repository::make();
    let objects = repository.objects();
    assert_eq!(objects.len(), 105);
    let ids: Vec<_> = objects.iter().map(|(id, _)| id.as_str()).collect();
    for (number, words) in [&["--delta-base-offset"][..], &[]].into_iter().enumerate() {
        let pack = repository.pack(words, &ids);
        assert!(pack.len() < 3_500_000, "git stored differences: {} bytes", pack.len());
        let folder = repository.0.join(format!("taken-{number}"));
        fs::create_dir(&folder).unwrap();
        let path = take(&pack, &folder, &[]).unwrap();
        assert!(fs::read(&path).unwrap() == pack, "the pack is kept as it came");
        let path = path.to_str().unwrap();
        repository.git(&["index-pack", "-o", "gits.idx", path], b"");
        let ours = fs::read(Path::new(path).with_extension("idx")).unwrap();
        assert!(ours == fs::read(repository.0.join("gits.idx")).unwrap(), "{words:?}");
        repository.git(&["verify-pack", path], b"");
        for (id, size) in &objects {
            assert_same(&repository, &[Path::new(path)], id, *size);
        }
    }
    assert_eq!(fs::read_dir(repository.0.join("spool")).unwrap().count(), 0, "what was put on the disk is gone");
}

#[test]
fn a_difference_from_what_is_kept_is_resolved_and_one_from_nothing_is_not() {
    let repository = Repository::make();
    let id = |content: &[u8]| {
        let id = repository.git(&["hash-object", "--stdin"], content);
        String::from_utf8(id).unwrap().trim().to_owned()
    };
    let [first, second, _] = &large()[..] else { panic!("three") };
    let (first, second) = (id(first), id(second));
    let kept = repository.pack(&[], &[&first]);
    // A commit with the first alone is had; one with the second is wanted.
    let commit = |id: &str, above: &[&str]| {
        let tree = repository.git(&["mktree"], format!("100644 blob {id}\tf\n").as_bytes());
        let tree = String::from_utf8(tree).unwrap();
        let words = ["-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", "-m", "x", tree.trim()];
        String::from_utf8(repository.git(&[&words, above].concat(), b"")).unwrap().trim().to_owned()
    };
    let had = commit(&first, &[]);
    let wanted = commit(&second, &["-p", &had]);
    let thin = repository.pack(&["--thin", "--revs", "--delta-base-offset"], &[&wanted, &format!("^{had}")]);
    assert!(thin.len() < 10_000, "a difference was sent: {} bytes", thin.len());
    let folder = repository.0.join("taken");
    fs::create_dir(&folder).unwrap();
    let kept = take(&kept, &folder, &[]).unwrap();
    let path = take(&thin, &folder, &[&kept]).unwrap();
    assert_same(&repository, &[&kept, &path], &second, 3_000_000);
    fs::remove_file(&path).unwrap();
    fs::remove_file(&kept).unwrap();
    let error = take(&thin, &folder, &[]).unwrap_err().to_string();
    assert!(error.contains("is missing from which another one differs"), "{error}");
}

#[test]
fn a_pack_that_was_altered_or_is_larger_than_it_may_be_is_not_taken() {
    let repository = Repository::make();
    let objects = repository.objects();
    let ids: Vec<_> = objects.iter().map(|(id, _)| id.as_str()).collect();
    let pack = repository.pack(&["--delta-base-offset"], &ids);
    let going_on = AtomicBool::new(false);
    let taken = |pack: &[u8], most: Most| {
        let file = File::create(repository.0.join("taken")).unwrap();
        receive(&mut &*pack, file, most, &going_on).map(drop).map_err(|error| error.kind())
    };
    assert_eq!(taken(&pack, MOST), Ok(()));
    for at in [0, 8, 12, 14, 20, pack.len() / 2, pack.len() - 21, pack.len() - 1] {
        let mut altered = pack.clone();
        altered[at] ^= 0x40;
        assert!(taken(&altered, MOST).is_err(), "byte {at}");
        assert!(taken(&pack[..at], MOST).is_err(), "cut at {at}");
    }
    assert_eq!(taken(&pack, Most { objects: 104, ..MOST }), Err(std::io::ErrorKind::FileTooLarge));
    assert_eq!(taken(&pack, Most { bytes: 2_999_999, ..MOST }), Err(std::io::ErrorKind::FileTooLarge));
}
