//! Git LFS: pointers as its specification has them, and contents only from where they may come.

use expect_test::expect;
use git::lfs::{Pointer, fetch, pointer};
use git::{Access, Error, Remote};
use serde_json::json;

use super::{small, told};
use crate::world::git::Folder;
use crate::world::git::forge::{Forge, Mischief, TOKEN, USER, basic};

const LARGEST: u64 = 1_000_000;

async fn load(remote: &Remote, hosts: &[&str], pointer: &Pointer) -> Result<Vec<u8>, Error> {
    let hosts: Vec<_> = hosts.iter().map(|it| (*it).to_owned()).collect();
    let folder = Folder::make();
    let content = fetch(remote, &Forge::access(), &hosts, pointer, LARGEST, folder.path()).await?;
    Ok(content.into_bytes().unwrap())
}

#[test]
fn a_pointer_is_what_the_specification_calls_one() {
    let oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    // The example of the specification.
    let example = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n");
    assert_eq!(pointer(example.as_bytes()), Some(Pointer { oid: oid.into(), size: 12_345 }));
    for other in [
        String::new(),
        example.trim_end().to_owned(),
        format!("{example}\n"),
        format!("{example}x 1\n"),
        example.replace("version", "Version"),
        example.replace("spec/v1", "spec/v2"),
        example.replace("sha256:4", "sha256:G"),
        example.replace("sha256:4", "sha256:"),
        example.replace("sha256", "md5"),
        example.replace("size 12345", "size -1"),
        example.replace("size 12345", "size "),
        example.replace("size 12345", "size 99999999999999999999999"),
        example.replace('\n', "\r\n"),
        example.replace("oid", "ext-0-foo sha256:00\noid"),
        format!("size 12345\noid sha256:{oid}\nversion https://git-lfs.github.com/spec/v1\n"),
        format!("{example}{}", "#".repeat(2000)),
    ] {
        assert_eq!(pointer(other.as_bytes()), None, "{other}");
    }
    assert_eq!(pointer(b"version https://git-lfs.github.com/spec/v1\n\xff"), None);
}

#[tokio::test]
async fn a_large_file_comes_from_the_forge_with_its_size_and_its_hash() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let content = b"large".repeat(50_000);
    let found = pointer(forge.store(&content).as_bytes()).unwrap();
    let remote = forge.remote(&repository);
    assert_eq!(load(&remote, &[], &found).await.unwrap(), content);
    let asked = forge.asked();
    let lines: Vec<_> = asked.iter().map(|it| it.line.clone()).collect();
    assert_eq!(lines, ["POST /templates.git/info/lfs/objects/batch".to_owned(), format!("GET /stored/{}", found.oid)]);
    assert!(asked.iter().all(|it| it.authorization == Some(basic(USER, TOKEN))));
    let hide = [(forge.base.as_str(), "https://forge"), (&found.oid, "OID")];
    for spoiled in [&content[1..], &[&content[1..], b"x"].concat(), &[&content[..], b"x"].concat()] {
        forge.spoil(&found.oid, spoiled);
        let error = told(load(&remote, &[], &found).await, &hide);
        assert!(error.starts_with("failed: reading the large file OID of https://forge/templates.git: "), "{error}");
    }
    let over = Pointer { size: LARGEST + 1, ..found.clone() };
    expect!["refused: reading the large file OID of https://forge/templates.git: it has 1000001 bytes, and 1000000 are the bound; raise it"]
        .assert_eq(&told(load(&remote, &[], &over).await, &hide));
    let missing = Pointer { oid: "0".repeat(64), size: 1 };
    let hide = [(forge.base.as_str(), "https://forge"), (&missing.oid, "OID")];
    expect!["refused: reading the large file OID of https://forge/templates.git: the forge says 404 `Object does not exist`; push the file by `git lfs push --all`"]
        .assert_eq(&told(load(&remote, &[], &missing).await, &hide));
}

#[tokio::test]
async fn storage_elsewhere_is_used_only_where_it_is_configured_and_never_gets_the_token() {
    let repository = small();
    let (forge, storage) = (Forge::start(&repository).await, Forge::start(&repository).await);
    let found = pointer(forge.store(b"content").as_bytes()).unwrap();
    storage.store_as(&forge);
    // The same name, so that one certificate is enough; another port is another server.
    forge.store_at(&storage.base);
    let authorities = format!("{}{}", forge.authority, storage.authority);
    let remote = forge.remote(&repository).trusting(authorities.as_bytes()).unwrap();
    let hide = [(forge.base.as_str(), "https://forge"), (&found.oid, "OID")];
    expect!["refused: reading the large file OID of https://forge/templates.git: the forge sends us to localhost; add that host to `lfs` where it is the forge's storage"]
        .assert_eq(&told(load(&remote, &["other.example"], &found).await, &hide));
    assert_eq!(storage.asked(), []);
    assert_eq!(load(&remote, &["localhost"], &found).await.unwrap(), b"content");
    let asked = storage.asked();
    assert_eq!((asked.len(), &asked[0].authorization), (1, &None));
    storage.misbehave(Mischief::Status(302, Some(("location", format!("{}/stored/{}", forge.base, found.oid)))));
    let error = told(load(&remote, &["localhost"], &found).await, &hide);
    assert!(error.starts_with("refused: ") && error.contains("no redirect is followed"), "{error}");
}

#[tokio::test]
async fn where_the_forge_sends_us_must_be_https_and_beyond_this_machine() {
    let repository = small();
    let forge = Forge::start(&repository).await;
    let found = pointer(forge.store(b"content").as_bytes()).unwrap();
    let remote = forge.remote(&repository);
    for (href, says) in [
        ("http://storage.example/x", "the forge sends us to storage.example without https"),
        ("ftp://storage.example/x", "the forge sends us to storage.example without https"),
        ("http://169.254.169.254/latest", "the forge sends us to 169.254.169.254 without https"),
        ("/relative", "something that is not an address"),
        ("https://evil.example/x", "the forge sends us to evil.example; add that host"),
    ] {
        let download = json!({"download": {"href": href}});
        forge.misbehave(Mischief::Batch(json!({"objects": [{"oid": found.oid, "size": 7, "actions": download}]})));
        let hosts = ["storage.example", "169.254.169.254"];
        let error = told(load(&remote, &hosts, &found).await, &[]);
        assert!(error.starts_with("refused: ") && error.contains(says), "{href}: {error}");
    }
    for answer in [json!({}), json!({"objects": []}), json!({"objects": [{"oid": found.oid}]}), json!("x")] {
        forge.misbehave(Mischief::Batch(answer.clone()));
        let error = told(load(&remote, &[], &found).await, &[]);
        assert!(error.contains("batch API") && !error.contains(TOKEN), "{answer}: {error}");
    }
    let ssh: Remote = "git@forge.example:x.git".parse().unwrap();
    let error = fetch(&ssh, &Access::Open, &[], &found, LARGEST, &std::env::temp_dir()).await.unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("by https"), "{error}");
}
