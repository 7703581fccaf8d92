//! What changes of the layout.

use expect_test::expect;

use super::*;
use crate::{BATCH, phase};

#[test]
fn a_first_copy_writes_everything_and_then_says_so() {
    let plan = planned(&head(1, &[("a.yaml", 1), ("b/c.yaml", 2)]), None, None, None).unwrap();
    expect![[r#"
        note in the journal that 2 paths change
        write 2 objects (3 bytes): a.yaml, b/c.yaml
        write the manifest: commit 1111111111111111111111111111111111111111, 2 files
        delete the journal
    "#]]
    .assert_eq(&plan.to_string());
}

#[test]
fn what_is_new_or_changed_is_written_before_what_vanished_is_deleted() {
    let before = manifest(1, &[("same", 1), ("changed", 2), ("gone", 3)]);
    let plan = planned(&head(2, &[("same", 1), ("changed", 4), ("new", 5)]), Some(&before), None, None).unwrap();
    expect![[r#"
        note in the journal that 3 paths change
        write 2 objects (9 bytes): changed, new
        delete 1 object: gone
        write the manifest: commit 2222222222222222222222222222222222222222, 3 files
        delete the journal
    "#]]
    .assert_eq(&plan.to_string());
    let Step::Upload { uploads, .. } = &steps(plan)[1] else { panic!("an upload") };
    let replaces: Vec<_> = uploads.iter().map(|it| it.replaces.as_deref()).collect();
    assert_eq!(replaces, [Some("etag-2"), None]);
}

#[test]
fn a_head_that_the_bucket_has_needs_no_step() {
    let plan = planned(&head(1, &[("a", 1)]), Some(&manifest(1, &[("a", 1)])), None, None).unwrap();
    assert_eq!(steps(plan), []);
}

#[test]
fn a_commit_without_a_changed_file_changes_the_manifest_alone() {
    let plan = planned(&head(2, &[("a", 1)]), Some(&manifest(1, &[("a", 1)])), None, None).unwrap();
    let [Step::Record { manifest, replaces }] = &steps(plan)[..] else { panic!("one step") };
    assert_eq!((manifest.commit.clone(), replaces.as_deref()), (commit(2), Some("manifest")));
    assert_eq!(manifest.files["a"].etag, "etag-1", "the object is the one that there was");
}

#[test]
fn a_bit_that_s3_does_not_have_changes_the_manifest_alone() {
    let executable = Head { entries: vec![entry(b"a", Mode::Executable, 1)], ..head(2, &[]) };
    let plan = planned(&executable, Some(&manifest(1, &[("a", 1)])), None, None).unwrap();
    assert!(matches!(&steps(plan)[..], [Step::Record { .. }]));
}

#[test]
fn what_a_broken_run_noted_is_written_again_or_deleted_whatever_the_manifest_says() {
    let before = manifest(1, &[("a", 1), ("b", 2)]);
    let broken = journal(2, &["b", "never-recorded"]);
    let plan = planned(&head(1, &[("a", 1), ("b", 2)]), Some(&before), Some(&broken), None).unwrap();
    expect![[r#"
        note in the journal that 2 paths change, after a run that was broken off
        write 1 object (2 bytes): b
        delete 1 object: never-recorded
        write the manifest: commit 1111111111111111111111111111111111111111, 2 files
        delete the journal
    "#]]
    .assert_eq(&plan.to_string());
    let Step::Upload { uploads, .. } = &steps(plan)[1] else { panic!("an upload") };
    assert_eq!(uploads[0].replaces, None, "nothing says what the object is now");
}

#[test]
fn a_journal_that_outlived_its_run_is_deleted() {
    let plan = planned(&head(1, &[("a", 1)]), Some(&manifest(1, &[("a", 1)])), Some(&journal(1, &[])), None).unwrap();
    assert_eq!(steps(plan), [Step::Close]);
}

#[test]
fn more_than_a_share_is_deleted_for_the_forced_commit_only() {
    let paths = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let files: Vec<File> = paths.into_iter().zip(1..).collect();
    let before = manifest(1, &files);
    let kept = |number: usize, force: Option<CommitId>| {
        planned(&head(2, &files[..number]), Some(&before), None, force.as_ref()).map_err(|error| error.to_string())
    };
    assert!(kept(5, None).is_ok(), "half of them may go");
    expect![[r#"
        mirroring acme/templates: commit 2222222222222222222222222222222222222222 lacks 6 of the 10 files that the bucket has (e, f, g, h, i, j), which is more than 50 of a hundred; nothing was changed; look at the branch, and if that is what it should be, force this commit: signalbox mirror run acme/templates --force 2222222222222222222222222222222222222222"#]]
    .assert_eq(&kept(4, None).unwrap_err());
    assert!(kept(4, Some(commit(1))).is_err(), "another commit was looked at");
    assert!(kept(4, Some(commit(2))).is_ok());
    assert!(kept(0, None).is_err(), "an empty branch");
}

#[test]
fn a_request_deletes_a_thousand_keys_and_a_step_writes_a_thousand_objects_at_most() {
    let entries = (0..2500).map(|it| entry(format!("{it:04}").as_bytes(), Mode::File, 1)).collect();
    let many = Head { entries, ..head(1, &[]) };
    let sizes = |plan: Plan<Step>| {
        let sizes = steps(plan).into_iter().filter_map(|it| match it {
            Step::Upload { uploads, .. } => Some(uploads.len()),
            Step::Delete(paths) => Some(paths.len()),
            _ => None,
        });
        sizes.collect::<Vec<_>>()
    };
    assert_eq!(sizes(planned(&many, None, None, None).unwrap()), [BATCH, BATCH, 500]);
    let paths: Vec<_> = (0..2500).map(|it| format!("{it:04}")).collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    let broken = journal(1, &paths);
    assert_eq!(sizes(planned(&head(2, &[]), None, Some(&broken), None).unwrap()), [BATCH, BATCH, 500]);
}

#[test]
fn steps_stand_in_the_order_of_their_phases() {
    let before = manifest(1, &[("gone", 3), ("changed", 2)]);
    let plan = planned(&head(2, &[("changed", 4)]), Some(&before), None, None).unwrap();
    let phases: Vec<_> = steps(plan).iter().map(phase).collect();
    assert!(phases.is_sorted(), "{phases:?}");
}

#[test]
fn another_setting_of_what_a_file_becomes_looks_at_the_commit_again() {
    let before = manifest(1, &[]).it;
    assert!(before.is_of("main", &commit(1), &rules()));
    assert!(!before.is_of("release", &commit(1), &rules()));
    assert!(!before.is_of("main", &commit(2), &rules()));
    assert!(!before.is_of("main", &commit(1), &Rules { lfs: true, ..rules() }));
    assert!(!before.is_of("main", &commit(1), &Rules { largest: 1, ..rules() }));
}
