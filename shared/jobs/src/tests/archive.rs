//! Archives as committers write them, and as they should not.

use std::io::{Cursor, Write as _};

use expect_test::expect;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{Archive, Bounds};

const BOUNDS: Bounds = Bounds { entries: 5, bytes: 1_000 };

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn refusal(bytes: &[u8], file: &str) -> String {
    let error = Archive::open(bytes, BOUNDS).and_then(|mut it| it.file(file)).unwrap_err();
    assert!(error.is_refused(), "{error}");
    error.to_string()
}

#[test]
fn a_file_is_found_in_whatever_folder_it_is() {
    let bytes = zip(&[("folder/policy.json", b"{}"), ("folder/not-policy.json", b"[]")]);
    let mut archive = Archive::open(&bytes, BOUNDS).unwrap();
    assert_eq!(archive.file("policy.json").unwrap(), b"{}");
    assert_eq!(archive.names().collect::<Vec<_>>(), ["folder/policy.json", "folder/not-policy.json"]);
}

#[test]
fn what_leads_out_or_is_ambiguous_is_refused_by_its_name() {
    let mut link = ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("policy.json", "elsewhere", SimpleFileOptions::default()).unwrap();
    let link = link.finish().unwrap().into_inner();
    let said = [
        refusal(b"not a zip", "policy.json"),
        refusal(&zip(&[("../policy.json", b"{}")]), "policy.json"),
        refusal(&zip(&[("/policy.json", b"{}")]), "policy.json"),
        refusal(&zip(&[("a\\policy.json", b"{}")]), "policy.json"),
        refusal(&zip(&[("a/policy.json", b"{}"), ("b/policy.json", b"{}")]), "policy.json"),
        refusal(&zip(&[("policy.json", b"{}"), ("Policy.json", b"{}")]), "policy.json"),
        refusal(&zip(&[("other.json", b"{}")]), "policy.json"),
        refusal(&zip(&[("1", b""), ("2", b""), ("3", b""), ("4", b""), ("5", b""), ("6", b"")]), "1"),
        refusal(&link, "policy.json"),
    ];
    expect![[r#"
        the artifact's archive: it is not a zip (invalid Zip archive: Could not find EOCD)
        the artifact's archive: `../policy.json` is not a path inside of it; name entries as folder/file
        the artifact's archive: `/policy.json` is not a path inside of it; name entries as folder/file
        the artifact's archive: `a\policy.json` is not a path inside of it; name entries as folder/file
        the artifact's archive: it has several policy.json (a/policy.json, b/policy.json); leave one
        the artifact's archive: `Policy.json` is there twice, where letters' case does not count
        the artifact's archive: it has no policy.json; put that file into it
        the artifact's archive: it has 6 entries, and may have 5
        the artifact's archive: `policy.json` is a link; pack the file itself"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn what_unpacks_to_more_than_the_bounds_is_refused_and_the_bound_itself_is_not() {
    let zeros = vec![0; 1_001];
    let said = refusal(&zip(&[("policy.json", &zeros)]), "policy.json");
    assert_eq!(said, "the artifact's archive: policy.json has more than 1000 bytes when it is unpacked");
    let bytes = zip(&[("policy.json", &zeros[1..])]);
    assert_eq!(Archive::open(&bytes, BOUNDS).unwrap().file("policy.json").unwrap().len(), 1_000);
}

#[test]
fn a_truncated_archive_is_refused() {
    let whole = zip(&[("policy.json", b"{\"Version\": \"2012-10-17\"}")]);
    for end in 0..whole.len() {
        let said = refusal(&whole[..end], "policy.json");
        assert!(said.starts_with("the artifact's archive: "), "{end}: {said}");
    }
}
