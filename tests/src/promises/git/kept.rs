//! The repository that is kept between two fetches: it makes the next one small, and is trusted only as far as it is whole.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use git::{Bounds, Entry};

use super::tree::assert_same;
use super::{fetch, noise, small, told};
use crate::world::git::forge::Forge;
use crate::world::git::{Folder, Repository, file, with_mode};

fn packs(folder: &Path) -> Vec<PathBuf> {
    let of = fs::read_dir(folder.join("objects/pack")).unwrap().map(|it| it.unwrap().path());
    let mut packs: Vec<_> = of.filter(|it| it.extension().is_some_and(|it| it == "pack")).collect();
    packs.sort();
    packs
}

#[tokio::test]
async fn the_next_fetch_brings_only_what_is_new() {
    let repository = Repository::make("templates");
    let big = file("big.bin", noise(1, 900_000));
    repository.commit("main", &[big.clone(), file("a.yaml", "1")]);
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    drop(fetch(&remote, &access, folder.path()).await.unwrap());
    let first = packs(folder.path());
    let commit = repository.commit("main", &[big, file("a.yaml", "2")]);
    assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, &commit);
    let second: Vec<_> = packs(folder.path()).into_iter().filter(|it| !first.contains(it)).collect();
    assert_eq!(second.len(), 1);
    let length = fs::metadata(&second[0]).unwrap().len();
    assert!(length < 10_000, "{length} bytes for one line");
}

#[tokio::test]
async fn forced_pushes_and_pushes_back_and_forth_end_at_the_head() {
    let repository = Repository::make("templates");
    let first = repository.commit("main", &[file("a", "1"), file("b", noise(2, 5000))]);
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    drop(fetch(&remote, &access, folder.path()).await.unwrap());
    let second = repository.commit("main", &[file("a", "2"), with_mode("100755", "b", noise(2, 5001))]);
    assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, &second);
    let other = repository.replace("main", &[file("c", noise(3, 5000))]);
    assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, &other);
    for commit in [&first, &second, &first, &other] {
        repository.git(&["update-ref", "refs/heads/main", commit], b"");
        assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, commit);
    }
    // What nothing leads to any more is gone at the forge, and kept here.
    let last = repository.replace("main", &[file("d", "4")]);
    repository.git(&["reflog", "expire", "--expire=now", "--all"], b"");
    repository.git(&["gc", "--quiet", "--prune=now"], b"");
    assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, &last);
}

#[tokio::test]
async fn many_pushes_do_not_fill_the_disk() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    let mut most = 0;
    for number in 0..40 {
        let commit = repository.commit("main", &[file("a", number.to_string()), file("b", noise(4, 2000))]);
        let checkout = fetch(&remote, &access, folder.path()).await.unwrap();
        assert_eq!(checkout.commit().to_string(), commit);
        most = most.max(packs(folder.path()).len());
    }
    assert!((8..=16).contains(&most), "{most} packs");
    assert_same(
        &fetch(&remote, &access, folder.path()).await.unwrap(),
        &repository,
        &repository.line(&["rev-parse", "main"]),
    );
}

/// Makes a kept folder other than it was left.
type Spoil = fn(&Path);

/// What a run may leave that was killed, or a disk that fails.
#[tokio::test]
async fn what_is_not_as_it_was_left_is_fetched_anew() {
    let repository = Repository::make("templates");
    let commit = repository.commit("main", &[file("a", "1"), file("b", noise(5, 90_000))]);
    let forge = Forge::start(&repository).await;
    let (remote, access) = (forge.remote(&repository), Forge::access());
    let spoil: [(&str, Spoil); 9] = [
        ("a half-written pack", |folder| fs::write(folder.join("objects/pack/.tmpAbc"), "PACK").unwrap()),
        ("a lock", |folder| fs::write(folder.join("shallow.lock"), "").unwrap()),
        ("a foreign link", |folder| {
            fs::create_dir(folder.join("objects/info")).unwrap();
            fs::write(folder.join("objects/info/alternates"), "/etc").unwrap();
        }),
        ("a pack that is cut", |folder| {
            let pack = &packs(folder)[0];
            let bytes = fs::read(pack).unwrap();
            fs::write(pack, &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("no index", |folder| fs::remove_file(packs(folder)[0].with_extension("idx")).unwrap()),
        ("no record", |folder| fs::remove_file(folder.join("record.json")).unwrap()),
        ("half a record", |folder| fs::write(folder.join("record.json"), "{\"remote\": \"ht").unwrap()),
        ("a reference", |folder| fs::write(folder.join("refs/x"), "").unwrap()),
        ("a record in the making", |folder| fs::write(folder.join("record.new"), "").unwrap()),
    ];
    for (what, spoil) in spoil {
        let folder = Folder::make();
        drop(fetch(&remote, &access, folder.path()).await.unwrap());
        forge.asked();
        spoil(folder.path());
        let checkout = fetch(&remote, &access, folder.path()).await.unwrap_or_else(|it| panic!("{what}: {it}"));
        assert_same(&checkout, &repository, &commit);
        assert_eq!(forge.asked().len(), 3, "{what}: it was fetched anew");
        assert_eq!(packs(folder.path()).len(), 1, "{what}");
    }
}

#[tokio::test]
async fn damage_that_only_reading_shows_is_reported_and_the_next_fetch_begins_anew() {
    let repository = Repository::make("templates");
    let commit = repository.commit("main", &[file("b", noise(6, 90_000))]);
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    drop(fetch(&remote, &access, folder.path()).await.unwrap());
    let pack = &packs(folder.path())[0];
    let mut bytes = fs::read(pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(pack, bytes).unwrap();
    let checkout = fetch(&remote, &access, folder.path()).await.unwrap();
    let [Entry { blob, .. }] = &checkout.entries().unwrap()[..] else { panic!("one file") };
    let error = told(checkout.read(blob), &[]);
    assert!(error.starts_with("failed: ") && error.contains("is damaged"), "{error}");
    drop(checkout);
    assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, &commit);
}

#[tokio::test]
async fn a_folder_of_another_repository_or_of_other_bounds_is_not_used() {
    let (one, two) = (small(), Repository::make("other"));
    let commit = two.commit("main", &[file("x", "2")]);
    let (first, second) = (Forge::start(&one).await, Forge::start(&two).await);
    let folder = Folder::make();
    drop(fetch(&first.remote(&one), &Forge::access(), folder.path()).await.unwrap());
    assert_same(&fetch(&second.remote(&two), &Forge::access(), folder.path()).await.unwrap(), &two, &commit);
    second.asked();
    let bounds = Bounds { largest: 1000, ..Bounds::default() };
    drop(git::fetch(&second.remote(&two), &Forge::access(), "main", folder.path(), &bounds).await.unwrap());
    assert_eq!(second.asked().len(), 3);
}

#[tokio::test]
async fn a_folder_that_another_run_uses_is_left_alone() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    let checkout = fetch(&remote, &access, folder.path()).await.unwrap();
    let hide = [(folder.path().to_str().unwrap(), "FOLDER")];
    expect!["failed: using FOLDER: another run uses it; try again"]
        .assert_eq(&told(fetch(&remote, &access, folder.path()).await, &hide));
    drop(checkout);
    drop(fetch(&remote, &access, folder.path()).await.unwrap());
}

#[tokio::test]
async fn a_server_that_sends_too_much_is_refused_and_leaves_nothing() {
    let repository = Repository::make("templates");
    repository.commit("main", &[file("b", noise(7, 400_000))]);
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    let hide = [(forge.base.as_str(), "https://forge")];
    let bounds = Bounds { sent: 100_000, ..Bounds::default() };
    expect!["refused: reading https://forge/templates.git: the server sends more than 100000 bytes for one commit, which is the bound; raise it, or take large files out of the branch"]
        .assert_eq(&told(git::fetch(&remote, &access, "main", folder.path(), &bounds).await, &hide));
    assert_eq!(packs(folder.path()).len(), 0);
}

#[tokio::test]
async fn a_file_over_the_bound_is_not_sent_and_has_no_size() {
    let repository = Repository::make("templates");
    let files = [file("at.bin", noise(8, 50_000)), file("over.bin", noise(9, 50_001)), file("small", "1")];
    let commit = repository.commit("main", &files);
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    let bounds = Bounds { largest: 50_000, ..Bounds::default() };
    let checkout = git::fetch(&remote, &access, "main", folder.path(), &bounds).await.unwrap();
    let entries = checkout.entries().unwrap();
    let sizes: Vec<_> = entries.iter().map(|it| it.size).collect();
    assert_eq!(sizes, [Some(50_000), None, Some(1)]);
    assert_eq!(checkout.read(&entries[0].blob).unwrap(), files[0].content);
    let id = entries[1].blob.to_string();
    expect!["refused: reading the content ID: the forge left it out, and 50000 are the bound; raise it"]
        .assert_eq(&told(checkout.read(&entries[1].blob), &[(&id, "ID")]));
    let sent: u64 = packs(folder.path()).iter().map(|it| fs::metadata(it).unwrap().len()).sum();
    assert!(sent < 80_000, "{sent}");
    drop(checkout);
    // A change of the large file, and of what lies beside it, needs nothing of it either.
    let next = repository
        .commit("main", &[file("at.bin", noise(8, 49_999)), file("over.bin", noise(10, 60_000)), file("small", "2")]);
    let checkout = git::fetch(&remote, &access, "main", folder.path(), &bounds).await.unwrap();
    assert_eq!((checkout.commit().to_string(), checkout.entries().unwrap()[1].size), (next, None));
    assert_eq!(checkout.read(&checkout.entries().unwrap()[0].blob).unwrap(), noise(8, 49_999));
    assert_ne!(commit, checkout.commit().to_string());
}

#[tokio::test]
async fn a_server_that_cannot_leave_files_out_sends_them_and_their_sizes_show() {
    let repository = Repository::make("templates");
    repository.git(&["config", "uploadpack.allowFilter", "false"], b"");
    let commit = repository.commit("main", &[file("over.bin", noise(9, 50_001)), file("small", "1")]);
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    let bounds = Bounds { largest: 50_000, ..Bounds::default() };
    let checkout = git::fetch(&remote, &access, "main", folder.path(), &bounds).await.unwrap();
    let entries = checkout.entries().unwrap();
    assert_eq!(entries, repository.entries(&commit));
    let id = entries[0].blob.to_string();
    expect!["refused: reading the content ID: it has 50001 bytes, and 50000 are the bound; raise it"]
        .assert_eq(&told(checkout.read(&entries[0].blob), &[(&id, "ID")]));
    drop(checkout);
    // However small it is when it comes, one that is large is not unfolded in memory, and only so far as a pack may be.
    let commit = repository.commit("main", &[file("bomb.bin", vec![0; 64 * 1024 * 1024])]);
    let checkout = git::fetch(&remote, &access, "main", folder.path(), &bounds).await.unwrap();
    assert_eq!(checkout.entries().unwrap(), repository.entries(&commit));
    drop(checkout);
    let folder = Folder::make();
    let bounds = Bounds { sent: 100_000, ..bounds };
    let hide = [(forge.base.as_str(), "https://forge")];
    expect!["refused: reading https://forge/templates.git: what the server sends is more than a commit has: Failed to consume the pack sent by the remote: the pack has more objects, or more bytes when it is inflated, than it may; look for files that are made to be huge"].assert_eq(&told(git::fetch(&remote, &access, "main", folder.path(), &bounds).await, &hide));
}

#[tokio::test]
async fn a_large_content_lies_in_a_file_that_goes_with_it_and_its_changes_come_as_differences() {
    let repository = Repository::make("templates");
    let mut content = noise(11, 5_000_000);
    repository.commit("main", &[file("large.bin", &content), file("other.bin", &content[1..]), file("small", "1")]);
    repository.git(&["repack", "-a", "-d", "-f", "--quiet"], b"");
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    drop(fetch(&remote, &access, folder.path()).await.unwrap());
    let first = packs(folder.path());
    assert!(fs::metadata(&first[0]).unwrap().len() < 6_000_000, "one of them is a difference");
    content[4_000_000] ^= 1;
    let files = [file("large.bin", &content), file("other.bin", &content[1..]), file("small", "1")];
    let commit = repository.commit("main", &files);
    let checkout = fetch(&remote, &access, folder.path()).await.unwrap();
    let second: Vec<_> = packs(folder.path()).into_iter().filter(|it| !first.contains(it)).collect();
    assert!(fs::metadata(&second[0]).unwrap().len() < 10_000, "what changed is a difference from what is kept");
    assert_same(&checkout, &repository, &commit);
    let git::Content::OnDisk(spooled) = checkout.open_blob(&checkout.entries().unwrap()[0].blob).unwrap() else {
        panic!("a large content")
    };
    let path = spooled.path().to_owned();
    assert!(path.starts_with(checkout.spool_folder()) && fs::read(&path).unwrap() == content);
    drop(spooled);
    assert!(!path.exists());
    drop(checkout);
    // What a run leaves that is killed goes with the next one, and nothing is fetched anew.
    fs::write(&path, "half").unwrap();
    forge.asked();
    assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, &commit);
    assert_eq!((path.exists(), forge.asked().len()), (false, 2));
}
