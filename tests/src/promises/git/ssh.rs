//! By SSH: deploy keys of every kind, pinned host keys, and what is refused.

use std::time::Duration;

use expect_test::expect;
use git::{Access, Bounds, DeployKey, HostKey, Patience, Remote};

use super::tree::assert_same;
use super::{fetch, small, told};
use crate::world::git::sshd::{Sshd, access, keygen};
use crate::world::git::{Folder, Repository, file};

#[tokio::test]
async fn every_kind_of_key_is_taken_on_both_sides() {
    let repository = small();
    let commit = repository.line(&["rev-parse", "main"]);
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let (host, user) = (keygen(kind, ""), keygen(kind, ""));
        let server = Sshd::start(&[&host], &[&user]).await;
        let (remote, folder) = (server.remote(&repository), Folder::make());
        let checkout =
            fetch(&remote, &access(&user, &[&host]), folder.path()).await.unwrap_or_else(|it| panic!("{kind}: {it}"));
        assert_same(&checkout, &repository, &commit);
        assert_eq!(git::heads(&remote, &access(&user, &[&host])).await.unwrap().heads().len(), 1);
    }
}

#[tokio::test]
async fn a_fetch_needs_no_other_connection_than_that_which_told_the_branches() {
    let repository = small();
    let (host, user) = (keygen("ed25519", ""), keygen("ed25519", ""));
    for settings in [None, Some("")] {
        let server = match settings {
            None => Sshd::start(&[&host], &[&user]).await,
            Some(of_the_old_protocol) => Sshd::start_with(&[&host], &[&user], of_the_old_protocol).await,
        };
        let (remote, access, folder) = (server.remote(&repository), access(&user, &[&host]), Folder::make());
        let told = git::heads(&remote, &access).await.unwrap();
        let fetched = told.fetch("main", folder.path(), &Bounds::default()).await;
        assert_same(&fetched.unwrap(), &repository, &repository.line(&["rev-parse", "main"]));
        assert_eq!(server.connections(), 1, "{settings:?}");
    }
}

#[tokio::test]
async fn a_server_of_the_old_protocol_is_read_too() {
    let repository = small();
    let (host, user) = (keygen("ed25519", ""), keygen("ed25519", ""));
    // It does not take GIT_PROTOCOL.
    let server = Sshd::start_with(&[&host], &[&user], "").await;
    let (remote, access, folder) = (server.remote(&repository), access(&user, &[&host]), Folder::make());
    let first = fetch(&remote, &access, folder.path()).await.unwrap();
    assert_same(&first, &repository, &repository.line(&["rev-parse", "main"]));
    drop(first);
    let commit = repository.commit("main", &[file("network.yaml", "Resources: {A: 1}\n")]);
    assert_same(&fetch(&remote, &access, folder.path()).await.unwrap(), &repository, &commit);
}

#[tokio::test]
async fn a_server_with_several_keys_shows_the_pinned_one() {
    let repository = small();
    let (pinned, other, user) = (keygen("rsa", ""), keygen("ed25519", ""), keygen("ed25519", ""));
    let server = Sshd::start(&[&other, &pinned], &[&user]).await;
    let folder = Folder::make();
    fetch(&server.remote(&repository), &access(&user, &[&pinned]), folder.path()).await.unwrap();
}

#[tokio::test]
async fn a_server_with_another_key_is_refused_with_both_fingerprints_before_it_learns_anything() {
    let repository = small();
    let (real, pinned, user) = (keygen("ed25519", ""), keygen("ed25519", ""), keygen("ed25519", ""));
    let server = Sshd::start(&[&real], &[&user]).await;
    let (remote, folder) = (server.remote(&repository), Folder::make());
    let print = |pair: &crate::world::git::sshd::Pair| pair.public.parse::<HostKey>().unwrap().fingerprint();
    let (at, found, expected) = (remote.to_string(), print(&real), print(&pinned));
    let hide = [(at.as_str(), "AT"), (found.as_str(), "FOUND"), (expected.as_str(), "PINNED")];
    let says = expect![
        "refused: connecting to AT: the server has the key FOUND, and pinned is PINNED; another server may stand between: compare with what the forge publishes, and pin the new key if it is there"
    ];
    says.assert_eq(&told(fetch(&remote, &access(&user, &[&pinned]), folder.path()).await, &hide));
    // Of another kind: the two find no key to talk about.
    let other = keygen("rsa", "");
    let print = print(&other);
    let error =
        told(fetch(&remote, &access(&user, &[&other]), folder.path()).await, &[(&at, "AT"), (&print, "PINNED")]);
    expect!["refused: connecting to AT: the server has no key of the pinned kinds, or too old a cipher (Key); pinned is PINNED: compare with what the forge publishes"].assert_eq(&error);
    let none = Access::Ssh { key: user.key(), host_keys: vec![] };
    let error = told(fetch(&remote, &none, folder.path()).await, &[(&at, "AT")]);
    expect!["refused: connecting to AT: no host key is pinned; write those that the forge publishes"].assert_eq(&error);
    assert_eq!(server.connections(), 2, "without a pinned key it is not asked");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_what_is_kept_stays() {
    let repository = small();
    let (host, user, other) = (keygen("ed25519", ""), keygen("ed25519", ""), keygen("ed25519", ""));
    let server = Sshd::start(&[&host], &[&user]).await;
    let (remote, access, folder) = (server.remote(&repository), access(&user, &[&host]), Folder::make());
    drop(fetch(&remote, &access, folder.path()).await.unwrap());
    server.let_in(&[&other]);
    let (at, print) = (remote.to_string(), user.key().fingerprint());
    let says = expect![
        "refused: logging in at AT: the server did not take the deploy key KEY; it was revoked or never added: add its public half to the repository, for reading only"
    ];
    says.assert_eq(&told(fetch(&remote, &access, folder.path()).await, &[(&at, "AT"), (&print, "KEY")]));
    server.let_in(&[&other, &user]);
    drop(fetch(&remote, &access, folder.path()).await.unwrap());
}

#[tokio::test]
async fn a_path_that_is_not_a_repository_is_refused_with_what_the_server_says() {
    let repository = small();
    let (host, user) = (keygen("ed25519", ""), keygen("ed25519", ""));
    let server = Sshd::start(&[&host], &[&user]).await;
    let missing: Remote = format!("{}x", server.remote(&repository)).parse().unwrap();
    let at = missing.to_string();
    let path = format!("{}x", repository.path().display());
    let says = expect![
        "refused: reading AT: the server says `fatal: 'PATH' does not appear to be a git repository`; check the path, and that the deploy key belongs to this repository"
    ];
    let folder = Folder::make();
    says.assert_eq(&told(
        fetch(&missing, &access(&user, &[&host]), folder.path()).await,
        &[(&at, "AT"), (&path, "PATH")],
    ));
}

#[tokio::test]
async fn a_path_with_quotes_is_one_word_for_the_server() {
    let repository = Repository::make("it's;$(id)#");
    let commit = repository.commit("main", &[file("x", "1")]);
    let (host, user) = (keygen("ed25519", ""), keygen("ed25519", ""));
    let server = Sshd::start(&[&host], &[&user]).await;
    let folder = Folder::make();
    let checkout = fetch(&server.remote(&repository), &access(&user, &[&host]), folder.path()).await.unwrap();
    assert_same(&checkout, &repository, &commit);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let patience = Patience { connect: Duration::from_millis(50), silence: Duration::from_millis(50) };
    let remote: Remote = format!("ssh://git@127.0.0.1:{port}/x.git").parse().unwrap();
    let (host, user) = (keygen("ed25519", ""), keygen("ed25519", ""));
    let error = told(
        git::heads(&remote.clone().patient(patience.clone()), &access(&user, &[&host])).await,
        &[(&remote.to_string(), "AT")],
    );
    assert!(error.starts_with("failed: connecting to AT: "), "{error}");
    drop(silent);
    let error = told(
        git::heads(&remote.clone().patient(patience), &access(&user, &[&host])).await,
        &[(&remote.to_string(), "AT")],
    );
    assert!(error.starts_with("failed: connecting to AT: "), "{error}");
}

#[test]
fn keys_are_read_or_refused_and_never_printed() {
    let plain = keygen("ed25519", "");
    let bare = plain.private.trim().to_owned();
    let key = DeployKey::parse(&bare.clone().into()).unwrap();
    assert_eq!(format!("{key:?}"), format!("DeployKey({})", key.fingerprint()));
    let shown = format!("{:?}", access(&plain, &[&plain]));
    let secret = bare.lines().nth(1).unwrap();
    assert!(!shown.contains(secret) && shown.contains("DeployKey(SHA256:"), "{shown}");
    let locked = keygen("ed25519", "a passphrase");
    expect!["refused: reading the deploy key: it has a passphrase; make one by `ssh-keygen -t ed25519 -N '' -f deploy_key`, and take the whole file"]
        .assert_eq(&told(DeployKey::parse(&locked.private.into()), &[]));
    for wrong in ["", "s3cret words", &plain.public] {
        let error = told(DeployKey::parse(&wrong.to_owned().into()), &[]);
        assert!(error.starts_with("refused: reading the deploy key: it is not a private key"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn host_keys_are_read_as_forges_publish_them() {
    let pair = keygen("ed25519", "");
    let key: HostKey = pair.public.parse().unwrap();
    for text in [format!("github.com {}", pair.public), format!("[forge.example]:2222,10.0.0.1 {}", pair.public)] {
        assert_eq!(text.parse::<HostKey>().unwrap(), key, "{text}");
    }
    for text in ["", "ssh-ed25519", "ssh-ed25519 !!", "SHA256:abc"] {
        assert!(text.parse::<HostKey>().unwrap_err().is_refused(), "{text}");
    }
}
