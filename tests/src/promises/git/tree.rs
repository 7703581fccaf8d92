//! What a commit lists and contains, against `git ls-tree` and `git cat-file`.

use std::sync::Arc;

use expect_test::expect;
use git::{Bounds, Checkout, Entry, Mode};

use super::{fetch, small, told};
use crate::world::git::forge::Forge;
use crate::world::git::{File, Folder, Repository, file, run_git, with_mode};

/// Names and contents that a mirror may stumble over.
fn awkward() -> Vec<File> {
    [names(), contents()].concat()
}

fn names() -> Vec<File> {
    let long = format!("{}/{}", "d".repeat(200), "e".repeat(200));
    let long = format!("{long}/{}", [long.as_str(); 2].join("/")) + &"f".repeat(100);
    assert!(long.len() > 1100);
    vec![
        file("with space/and  two .yaml", "a"),
        file("line\nbreak\ttab\\\"quote.txt", "b"),
        file(b"not-utf8-\xff\xfe.bin", b"\x00\xff\x00"),
        file("Case.yaml", "upper"),
        file("case.yaml", "lower"),
        file("CASE.yaml", "all upper"),
        file("\u{e9}.txt", "composed"),
        file("e\u{301}.txt", "decomposed"),
        file("a.b/x", "1"),
        file("a/x", "2"),
        file("a0/x", "3"),
        file("a-", "4"),
        file(long, "deep"),
    ]
}

fn contents() -> Vec<File> {
    vec![
        file("empty", ""),
        file(
            ".gitattributes",
            "*.subst export-subst\nhidden export-ignore\n*.crlf text eol=crlf\n*.utf16 working-tree-encoding=UTF-16\n",
        ),
        file("commit.subst", "$Format:%H$\n"),
        file("hidden", "export-ignore hides it from archives"),
        file("lines.crlf", "one\ntwo\n"),
        file("crlf.txt", "one\r\ntwo\r\n"),
        file("text.utf16", "text"),
        file("ident.txt", "$Id$\n"),
        with_mode("100755", "run.sh", "#!/bin/sh\n"),
        with_mode("120000", "link", "run.sh"),
        with_mode("120000", "outside", "../../etc/passwd"),
        with_mode("160000", "module", "0123456789abcdef0123456789abcdef01234567"),
        file(".gitmodules", "[submodule \"module\"]\n\tpath = module\n\turl = https://forge.example/x.git\n"),
        file(
            "pointer.zip",
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n",
        ),
        file("twice", "upper"),
    ]
}

/// What was fetched lists and contains what `git` says of the commit.
pub(super) fn assert_same(checkout: &Checkout, repository: &Repository, commit: &str) {
    assert_eq!(checkout.commit().to_string(), commit);
    let entries = checkout.entries().unwrap();
    assert_eq!(entries, repository.entries(commit));
    for Entry { path, blob, mode, size } in entries.iter().filter(|it| it.mode != Mode::Submodule) {
        let content = checkout.read(blob).unwrap();
        let shown = String::from_utf8_lossy(path);
        assert_eq!(content, repository.content(blob), "{shown} ({mode:?})");
        assert_eq!(*size, Some(content.len() as u64), "{shown}");
    }
}

#[tokio::test]
async fn everything_is_byte_for_byte_what_git_says() {
    let repository = Repository::make("templates");
    let commit = repository.commit("main", &awkward());
    let forge = Forge::start(&repository).await;
    let folder = Folder::make();
    let checkout = fetch(&forge.remote(&repository), &Forge::access(), folder.path()).await.unwrap();
    assert_same(&checkout, &repository, &commit);
    assert_eq!(checkout.entries().unwrap().len(), awkward().len());
}

#[tokio::test]
async fn the_kept_folder_is_a_repository_that_git_reads() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let folder = Folder::make();
    let checkout = fetch(&forge.remote(&repository), &Forge::access(), folder.path()).await.unwrap();
    let listed = run_git(folder.path(), &["ls-tree", "-r", "-l", "HEAD"], b"");
    assert_eq!(listed, repository.git(&["ls-tree", "-r", "-l", "main"], b""));
    run_git(folder.path(), &["fsck", "--strict"], b"");
    drop(checkout);
}

#[tokio::test]
async fn branches_tags_and_orphans_are_told_apart() {
    let repository = small();
    let first = repository.line(&["rev-parse", "main"]);
    let second = repository.commit("main", &[file("x", "2")]);
    let orphan = repository.commit("pages", &[file("index.html", "<p>")]);
    repository.git(&["-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "1", "v1", "main"], b"");
    repository.git(&["-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "-m", "2", "main", "v1"], b"");
    repository.git(&["update-ref", "refs/heads/feature/x", &first], b"");
    let forge = Forge::start(&repository).await;
    let (remote, access) = (forge.remote(&repository), Forge::access());
    let conversation = git::heads(&remote, &access).await.unwrap();
    let heads: Vec<_> = conversation.heads().iter().map(|(name, commit)| (name.as_str(), commit.as_str())).collect();
    let expected = [("refs/heads/feature/x", &first), ("refs/heads/main", &second), ("refs/heads/pages", &orphan)];
    assert_eq!(heads, expected.map(|(name, commit)| (name, commit.as_str())));
    for (branch, commit) in [("main", &second), ("pages", &orphan), ("feature/x", &first)] {
        let folder = Folder::make();
        let checkout = git::fetch(&remote, &access, branch, folder.path(), &Bounds::default()).await.unwrap();
        assert_same(&checkout, &repository, commit);
    }
    let folder = Folder::make();
    let hide = [(forge.base.as_str(), "https://forge")];
    for (branch, says) in [
        ("v1", expect!["refused: reading https://forge/templates.git: it has no branch `v1`; check the branch's name"]),
        (
            "feature",
            expect![
                "refused: reading https://forge/templates.git: it has no branch `feature`; check the branch's name"
            ],
        ),
        (
            "a b",
            expect!["refused: `refs/heads/a b` is not a reference of git; write it in full, such as refs/heads/main"],
        ),
    ] {
        let missing = git::fetch(&remote, &access, branch, folder.path(), &Bounds::default()).await;
        says.assert_eq(&told(missing, &hide));
    }
}

#[tokio::test]
async fn an_empty_tree_lists_nothing_and_an_empty_repository_has_no_branch() {
    let repository = Repository::make("templates");
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    assert_eq!(git::heads(&remote, &access).await.unwrap().heads().len(), 0);
    let says =
        expect!["refused: reading https://forge/templates.git: it has no branch `main`; check the branch's name"];
    says.assert_eq(&told(fetch(&remote, &access, folder.path()).await, &[(&forge.base, "https://forge")]));
    let commit = repository.commit("main", &[]);
    let checkout = fetch(&remote, &access, folder.path()).await.unwrap();
    assert_eq!((checkout.entries().unwrap(), checkout.commit().to_string()), (vec![], commit));
}

#[tokio::test]
async fn a_repository_of_sha256_is_refused() {
    let repository = Repository::make_sha256("templates");
    repository.commit("main", &[file("x", "1")]);
    let forge = Forge::start(&repository).await;
    let (remote, access, folder) = (forge.remote(&repository), Forge::access(), Folder::make());
    let hide = [(forge.base.as_str(), "https://forge")];
    let says = expect![
        "refused: reading https://forge/templates.git: it is a repository of sha256, and Signalbox reads those of SHA-1 only; convert it, or mirror another"
    ];
    says.assert_eq(&told(fetch(&remote, &access, folder.path()).await, &hide));
    says.assert_eq(&told(git::heads(&remote, &access).await, &hide));
}

#[tokio::test]
async fn many_threads_read_at_once() {
    let files: Vec<_> =
        (0..400).map(|it| file(format!("{}/{it}.yaml", it % 7), format!("Number: {it}\n").repeat(40))).collect();
    let repository = Repository::make("templates");
    let commit = repository.commit("main", &files);
    repository.git(&["gc", "--quiet"], b"");
    let forge = Forge::start(&repository).await;
    let folder = Folder::make();
    let checkout = Arc::new(fetch(&forge.remote(&repository), &Forge::access(), folder.path()).await.unwrap());
    let entries = checkout.entries().unwrap();
    assert_eq!(entries, repository.entries(&commit));
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (checkout, entries) = (Arc::clone(&checkout), entries.clone());
            std::thread::spawn(move || {
                entries.iter().map(|it| checkout.read(&it.blob).unwrap().len() as u64).sum::<u64>()
            })
        })
        .collect();
    let expected: u64 = files.iter().map(|it| it.content.len() as u64).sum();
    assert!(readers.into_iter().all(|it| it.join().unwrap() == expected));
}
