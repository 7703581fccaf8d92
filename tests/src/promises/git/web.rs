//! By https: the token and where it goes, what the forge's answers mean, and connections that break.

use std::time::Duration;

use expect_test::expect;
use git::{Access, Bounds, Patience, Remote};

use super::tree::assert_same;
use super::{fetch, noise, small, told};
use crate::world::git::forge::{Forge, Mischief, TOKEN, USER, basic};
use crate::world::git::{Folder, file};

#[tokio::test]
async fn each_request_has_the_token_and_asks_for_the_second_version() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let folder = Folder::make();
    drop(fetch(&forge.remote(&repository), &Forge::access(), folder.path()).await.unwrap());
    let asked = forge.asked();
    let lines: Vec<_> = asked.iter().map(|it| it.line.as_str()).collect();
    let upload = "POST /templates.git/git-upload-pack";
    assert_eq!(lines, ["GET /templates.git/info/refs", upload, upload]);
    for it in asked {
        assert_eq!(it.authorization, Some(basic(USER, TOKEN)));
        assert_eq!(it.protocol.as_deref(), Some("version=2"));
    }
    // What is kept is up to date: the references are read, and nothing more.
    drop(fetch(&forge.remote(&repository), &Forge::access(), folder.path()).await.unwrap());
    assert_eq!(forge.asked().len(), 2);
}

/// Neither greeting nor question is repeated; where nothing is new, nothing more is asked.
#[tokio::test]
async fn a_fetch_goes_on_with_the_conversation_that_told_the_branches() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let (remote, folder) = (forge.remote(&repository), Folder::make());
    let fetch_on = async || {
        let told = git::heads(&remote, &Forge::access()).await.unwrap();
        told.fetch("main", folder.path(), &Bounds::default()).await
    };
    assert_same(&fetch_on().await.unwrap(), &repository, &repository.line(&["rev-parse", "main"]));
    let lines = || forge.asked().into_iter().map(|it| it.line).collect::<Vec<_>>();
    let (hello, upload) = ("GET /templates.git/info/refs", "POST /templates.git/git-upload-pack");
    assert_eq!(lines(), [hello, upload, upload]);
    drop(fetch_on().await.unwrap());
    assert_eq!(lines(), [hello, upload]);
    let commit = repository.commit("main", &[file("network.yaml", "Resources: {A: 1}\n")]);
    // A server that hangs up meanwhile is greeted once more.
    forge.misbehave(Mischief::Cut(0));
    assert!(fetch_on().await.is_err_and(|it| !it.is_refused()));
    assert_eq!(lines(), [hello, upload, upload, hello, upload, upload]);
    forge.misbehave(None);
    assert_same(&fetch_on().await.unwrap(), &repository, &commit);
}

#[tokio::test]
async fn a_public_repository_needs_no_token() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    forge.publish();
    let folder = Folder::make();
    let checkout = fetch(&forge.remote(&repository), &Access::Open, folder.path()).await.unwrap();
    assert_same(&checkout, &repository, &repository.line(&["rev-parse", "main"]));
    assert!(forge.asked().iter().all(|it| it.authorization.is_none()));
}

#[tokio::test]
async fn what_the_forge_answers_says_what_to_do() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let (remote, folder) = (forge.remote(&repository), Folder::make());
    let hide = [(forge.base.as_str(), "https://forge")];
    let wrong = Access::Token { user: USER.into(), token: "expired".into() };
    expect!["refused: reading https://forge/templates.git: the server did not take the token; it has expired, was revoked, or goes with another user name: make a new one (HTTP 401)"]
        .assert_eq(&told(fetch(&remote, &wrong, folder.path()).await, &hide));
    expect!["refused: reading https://forge/templates.git: the repository is not public; configure a token or a deploy key that may read it (HTTP 401)"]
        .assert_eq(&told(fetch(&remote, &Access::Open, folder.path()).await, &hide));
    for (code, header, kind) in [
        (403, None, "refused"),
        (403, Some(("retry-after", "60".to_owned())), "failed"),
        (404, None, "refused"),
        (429, None, "failed"),
        (500, None, "failed"),
        (503, None, "failed"),
    ] {
        forge.misbehave(Mischief::Status(code, header));
        let error = told(fetch(&remote, &Forge::access(), folder.path()).await, &hide);
        assert!(error.starts_with(kind) && error.contains(&format!("(HTTP {code})")), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_goes_nowhere_else() {
    let repository = small();
    let (forge, other) = (Forge::start(&repository).await, Forge::start(&repository).await);
    let to = format!("{}/templates.git/info/refs?service=git-upload-pack", other.base);
    for code in [301, 302, 307, 308] {
        forge.misbehave(Mischief::Status(code, Some(("location", to.clone()))));
        let folder = Folder::make();
        let error = told(
            fetch(&forge.remote(&repository), &Forge::access(), folder.path()).await,
            &[(&forge.base, "https://forge")],
        );
        assert!(error.starts_with("refused: reading https://forge/templates.git: the server redirects to https://localhost/templates.git: write that address"), "{error}");
    }
    assert_eq!(other.asked(), []);
}

#[tokio::test]
async fn a_server_with_a_foreign_certificate_learns_nothing() {
    let repository = small();
    let (forge, other) = (Forge::start(&repository).await, Forge::start(&repository).await);
    let folder = Folder::make();
    let foreign = forge.remote(&repository).trusting(other.authority.as_bytes()).unwrap();
    let error = told(fetch(&foreign, &Forge::access(), folder.path()).await, &[(&forge.base, "https://forge")]);
    assert!(
        error.starts_with("failed: reading https://forge/templates.git: ") && error.contains("certificate"),
        "{error}"
    );
    assert_eq!(forge.asked(), []);
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_nothing_that_is_trusted() {
    let repository = small();
    repository.commit("main", &[file("noise.bin", noise(1, 1_200_000))]);
    let forge = Forge::start(&repository).await;
    // Of a server that is slow and not silent, only who has little patience says that it sent nothing.
    let hasty = Patience { silence: Duration::from_millis(300), ..Patience::default() };
    let [remote, hasty] = [Patience::default(), hasty]
        .map(|it| forge.remote(&repository).patient(it).trusting(forge.authority.as_bytes()).unwrap());
    let (access, folder) = (Forge::access(), Folder::make());
    let hide = [(forge.base.as_str(), "https://forge")];
    for at in [100, 70_000, 500_000] {
        forge.misbehave(Mischief::Cut(at));
        let error = told(fetch(&remote, &access, folder.path()).await, &hide);
        assert!(error.starts_with("failed: reading https://forge/templates.git: "), "{error}");
    }
    forge.misbehave(Mischief::Hang(70_000));
    expect!["failed: reading from https://forge/templates.git: the server sent nothing for 0 s; check that it is up"]
        .assert_eq(&told(fetch(&hasty, &access, folder.path()).await, &hide));
    forge.misbehave(None);
    let checkout = fetch(&remote, &access, folder.path()).await.unwrap();
    assert_same(&checkout, &repository, &repository.line(&["rev-parse", "main"]));
}

#[test]
fn addresses_are_read_as_git_reads_them_and_plain_http_is_for_loopback() {
    for (text, shown) in [
        ("git@github.com:acme/templates.git", "git@github.com:acme/templates.git"),
        ("ssh://git@forge.example:2222/acme/x.git", "ssh://git@forge.example:2222/acme/x.git"),
        ("ssh://forge.example/~jane/x.git", "git@forge.example:~jane/x.git"),
        ("git@[2001:db8::1]:acme/x.git", "ssh://git@[2001:db8::1]:22/acme/x.git"),
        ("https://github.com/acme/templates.git/", "https://github.com/acme/templates.git"),
        ("https://gitlab.example:8443/a/b/c/d.git", "https://gitlab.example:8443/a/b/c/d.git"),
        ("http://localhost:3000/x.git", "http://localhost:3000/x.git"),
        ("http://127.0.0.1/x.git", "http://127.0.0.1/x.git"),
    ] {
        assert_eq!(text.parse::<Remote>().unwrap().to_string(), shown, "{text}");
    }
    for (text, why) in [
        ("http://forge.example/x.git", "plain http is for loopback only"),
        ("https://jane:s3cret@forge.example/x.git", "a user or a password is in it"),
        ("https://forge.example/x.git?token=s3cret", "it has a `?` or a `#`"),
        ("https://forge.example", "it has no path"),
        ("ssh://git:s3cret@forge.example/x.git", "a password is in it"),
        ("git@-oProxyCommand=id:x.git", "its host is not a name"),
        ("git@forge.example:--upload-pack=id", "its path names no repository"),
        ("git@forge.example:", "its path names no repository"),
        ("ftp://forge.example/x.git", "`ftp` is not a scheme for it"),
        ("file:///etc", "`file` is not a scheme for it"),
        ("/srv/x.git", "it has no user and no scheme"),
        ("git@forge.example:a b", "a space or a control character"),
    ] {
        let error = text.parse::<Remote>().unwrap_err();
        assert!(error.is_refused() && error.to_string().contains(why), "{text}: {error}");
        let shown = error.to_string();
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test]
async fn access_that_does_not_fit_the_address_is_refused() {
    let web: Remote = "https://forge.example/x.git".parse().unwrap();
    let ssh: Remote = "git@forge.example:x.git".parse().unwrap();
    let pair = crate::world::git::sshd::keygen("ed25519", "");
    let key = crate::world::git::sshd::access(&pair, &[&pair]);
    assert!(git::heads(&web, &key).await.unwrap_err().is_refused());
    assert!(git::heads(&ssh, &Access::Open).await.unwrap_err().is_refused());
}
