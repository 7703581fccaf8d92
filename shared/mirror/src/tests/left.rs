//! Everything of a commit is mirrored or reported by its path.

use expect_test::expect;

use super::*;

#[test]
fn what_s3_does_not_have_is_reported_by_path_and_the_rest_is_mirrored() {
    let long = vec![b'x'; 1024 - "acme/templates/".len() + 1];
    let entries = vec![
        entry(b"link", Mode::Symlink, 1),
        entry(b"vendor", Mode::Submodule, 2),
        entry(b"caf\xe9", Mode::File, 3),
        entry(b"a/../b", Mode::File, 4),
        entry(b"bell\x07", Mode::File, 5),
        entry(&long, Mode::File, 6),
        entry(b"large", Mode::File, 101),
        entry("größe.yaml".as_bytes(), Mode::File, 7),
        entry(&long[1..], Mode::Executable, 8),
    ];
    let head = Head { entries, ..head(1, &[]) };
    let plan = planned(&head, None, None, None).unwrap();
    let text = plan.to_string().replace(std::str::from_utf8(&long).unwrap(), "LONG");
    let text = text.replace(std::str::from_utf8(&long[1..]).unwrap(), "FITS");
    expect![[r#"
        note in the journal that 2 paths change
        write 2 objects (15 bytes): größe.yaml, FITS
        write the manifest: commit 1111111111111111111111111111111111111111, 2 files
        delete the journal
        warning: a/../b: the path has an empty part, `.` or `..`, which clients of S3 read as another folder; rename the file (key)
        warning: bell\x07: the path has the character U+0007, which S3's XML cannot carry; rename the file (key)
        warning: caf\xe9: the path is not UTF-8, which S3 requires of keys; rename the file (key)
        warning: large: 101 bytes, and the configuration takes files of 100 at most; raise `largest` and the function's ephemeral storage, or keep the file elsewhere (large)
        warning: link: a symbolic link, which S3 does not have; it is not mirrored; commit the file itself, or let readers use the path that it leads to (symlink)
        warning: vendor: a submodule at commit 0202020202020202020202020202020202020202, whose files are another repository's; mirror that repository too (submodule)
        warning: LONG: the key would have 1025 bytes, and S3 takes 1024; rename the file (key)
    "#]].assert_eq(&text);
}

#[test]
fn a_file_that_becomes_a_link_or_grows_too_large_leaves_the_bucket() {
    let entries = vec![entry(b"a", Mode::Symlink, 1), entry(b"b", Mode::File, 101), entry(b"c", Mode::File, 3)];
    let head = Head { entries, ..head(2, &[]) };
    let plan = planned(&head, Some(&manifest(1, &[("a", 1), ("b", 2), ("c", 3)])), None, None).unwrap();
    let deleted = steps(plan).into_iter().find_map(|it| match it {
        Step::Delete(paths) => Some(paths),
        _ => None,
    });
    assert_eq!(deleted.unwrap(), ["a", "b"], "what is there would be the content of another commit");
}

#[test]
fn a_pointer_of_lfs_is_mirrored_as_it_is_and_reported_or_stands_for_its_file() {
    let mut of_lfs = head(1, &[("video.mp4", 9)]);
    of_lfs.pointers.insert(blob(9), lfs(9));
    let without = planned(&of_lfs, None, None, None).unwrap();
    expect![[r#"
        note in the journal that 1 path change
        write 1 object (9 bytes): video.mp4
        write the manifest: commit 1111111111111111111111111111111111111111, 1 file
        delete the journal
        warning: video.mp4: a pointer of Git LFS; its file is not fetched, and the pointer itself is mirrored; name the host of its files in `lfs` (lfs-pointer)
    "#]].assert_eq(&without.to_string());
    let (name, rules) = (name(), Rules { lfs: true, ..rules() });
    let of = |manifest| Layout {
        name: &name,
        branch: "main",
        head: &of_lfs,
        rules: rules.clone(),
        manifest,
        journal: None,
        limits: limits(),
        force: None,
    };
    let with = plan_layout(&of(None)).unwrap();
    expect![[r#"
        note in the journal that 1 path change
        write 1 object (79 bytes): video.mp4
        write the manifest: commit 1111111111111111111111111111111111111111, 1 file
        delete the journal
    "#]]
    .assert_eq(&with.to_string());
    let pointer_was_mirrored = manifest(1, &[("video.mp4", 9)]);
    let again = steps(plan_layout(&of(Some(&pointer_was_mirrored))).unwrap());
    assert!(again.iter().any(|it| matches!(it, Step::Upload { .. })), "the same blob is another object now");
}

#[test]
fn a_file_of_lfs_that_is_too_large_is_reported_by_its_own_size() {
    let mut of_lfs = head(1, &[("video.mp4", 9)]);
    of_lfs.pointers.insert(blob(9), LfsPointer { size: 101, ..lfs(9) });
    let name = name();
    let rules = Rules { lfs: true, ..rules() };
    let layout = Layout {
        name: &name,
        branch: "main",
        head: &of_lfs,
        rules,
        manifest: None,
        journal: None,
        limits: limits(),
        force: None,
    };
    let text = plan_layout(&layout).unwrap().to_string();
    assert!(text.contains("warning: video.mp4: 101 bytes, and the configuration takes files of 100 at most"), "{text}");
}

#[test]
fn a_hundred_are_named_and_the_others_are_counted() {
    let entries = (0..130).map(|it| entry(format!("link-{it:03}").as_bytes(), Mode::Symlink, 1)).collect();
    let plan = planned(&Head { entries, ..head(1, &[]) }, None, None, None).unwrap();
    let Plan::Change { findings, notes, counts, .. } = plan else { panic!("a change") };
    assert_eq!((findings.len(), counts["layout"]["symlink"]), (100, 130));
    assert_eq!(notes, ["30 more paths are not mirrored as git has them; the manifest lists them all"]);
}
