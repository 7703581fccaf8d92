//! Copies of commits, the pointer to them, and how many stay.

use expect_test::expect;

use super::*;
use crate::{Keys, phase};

fn prefix(of: u8) -> String {
    Keys(&name()).copy("main", &commit(of), 1)
}

fn pointer(of: u8) -> Stored<Pointer> {
    let it = Pointer {
        repository: name(),
        branch: "main".into(),
        commit: commit(of),
        prefix: prefix(of),
        files: 1,
        former: Vec::new(),
        expired: Vec::new(),
    };
    Stored { it, etag: "pointer".into() }
}

/// A pointer beside which these copies stay, and those are being deleted.
fn pointer_with(of: u8, former: &[u8], expired: &[u8]) -> Stored<Pointer> {
    let prefixes = |of: &[u8]| of.iter().map(|it| prefix(*it)).collect();
    let Stored { it, etag } = pointer(of);
    Stored { it: Pointer { former: prefixes(former), expired: prefixes(expired), ..it }, etag }
}

fn lists(of: &[(u8, &[&str])]) -> Lists {
    let list = |digit: u8, paths: &[&str]| CopyManifest {
        format: FORMAT,
        repository: name(),
        branch: "main".into(),
        commit: commit(digit),
        paths: paths.iter().map(|it| (*it).to_owned()).collect(),
    };
    let stored = |digit: u8, paths| Stored { it: list(digit, paths), etag: format!("list-{digit}") };
    of.iter().map(|(digit, paths)| (prefix(*digit), stored(*digit, paths))).collect()
}

fn nothing() -> (BTreeMap<String, u64>, Lists) {
    (BTreeMap::new(), Lists::new())
}

/// The steps in words, with short names for commits.
fn told(plan: &Plan<Step>) -> String {
    let text = plan.to_string().replace(".signalbox/acme/templates/", "");
    (1..10_u8).fold(text, |text, digit| text.replace(commit(digit).as_str(), &format!("#{digit}")))
}

#[test]
fn a_copy_is_whole_before_the_pointer_moves_to_it() {
    let (head, (present, manifests)) = (head(2, &[("a", 1), ("b", 2)]), nothing());
    let plan = copied(&head, Some(&pointer(1)), &present, &manifests);
    expect![[r#"
        note in main/#2.json that the copy has 2 files
        write 2 objects (3 bytes) below main/#2/: a, b
        move the pointer main/pointer.json: commit #2
    "#]]
    .assert_eq(&told(&plan));
    let Step::Point { replaces, pointer, .. } = &steps(plan)[2] else { panic!("the pointer") };
    assert_eq!((replaces.as_deref(), pointer.files), (Some("pointer"), 2));
    assert_eq!((&pointer.former, &pointer.expired), (&vec![prefix(1)], &vec![]));
}

#[test]
fn a_first_pointer_is_made_where_there_is_none() {
    let (present, manifests) = nothing();
    let plan = copied(&head(1, &[("a", 1)]), None, &present, &manifests);
    let Step::Point { replaces, .. } = &steps(plan)[2] else { panic!("the pointer") };
    assert_eq!(*replaces, None);
}

#[test]
fn what_a_broken_run_left_of_a_copy_is_not_written_again_and_stays_listed() {
    let present = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 1)]);
    let manifests = lists(&[(2, &["a", "b", "of-other-settings"])]);
    let plan = copied(&head(2, &[("a", 1), ("b", 2), ("c", 3)]), Some(&pointer(1)), &present, &manifests);
    let steps = steps(plan);
    let [Step::List { manifest, replaces, .. }, Step::Copy { uploads, .. }, Step::Point { .. }] = &steps[..] else {
        panic!("{steps:?}")
    };
    let paths: Vec<_> = uploads.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["b", "c"], "one has another size");
    assert_eq!(manifest.paths.iter().collect::<Vec<_>>(), ["a", "b", "c", "of-other-settings"]);
    assert_eq!(replaces.as_deref(), Some("list-2"));
}

#[test]
fn the_pointer_is_moved_back_to_a_copy_that_is_there() {
    let present = BTreeMap::from([("a".to_owned(), 1)]);
    let before = pointer_with(2, &[1], &[]);
    let plan = copied(&head(1, &[("a", 1)]), Some(&before), &present, &lists(&[(1, &["a"])]));
    let steps = steps(plan);
    let [Step::Point { pointer, .. }] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((&pointer.prefix, &pointer.former), (&prefix(1), &vec![prefix(2)]));
}

#[test]
fn nothing_is_done_where_the_pointer_is_right() {
    let (present, manifests) = nothing();
    let before = pointer_with(1, &[2, 3, 4, 5], &[6]);
    assert_eq!(steps(copied(&head(1, &[("a", 1)]), Some(&before), &present, &manifests)), []);
}

#[test]
fn the_oldest_copies_go_after_the_pointer_by_what_their_manifests_list() {
    let before = pointer_with(4, &[3, 2, 1], &[]);
    let (present, manifests) = (BTreeMap::new(), lists(&[(1, &["a", "b"]), (2, &["c"])]));
    let plan = copied(&head(5, &[("a", 1)]), Some(&before), &present, &manifests);
    expect![[r#"
        note in main/#5.json that the copy has 1 file
        write 1 object (1 bytes) below main/#5/: a
        move the pointer main/pointer.json: commit #5
        delete 1 object of the former copy main/#2/: c
        delete 2 objects of the former copy main/#1/: a, b
        delete main/#2.json
        delete main/#1.json
    "#]]
    .assert_eq(&told(&plan));
    let steps = steps(plan);
    assert!(steps.is_sorted_by_key(phase));
    let Some(Step::Point { pointer, .. }) = steps.iter().find(|it| matches!(it, Step::Point { .. })) else {
        panic!("the pointer")
    };
    assert_eq!((&pointer.former, &pointer.expired), (&vec![prefix(4), prefix(3)], &vec![prefix(2), prefix(1)]));
}

#[test]
fn a_deletion_that_was_broken_off_is_ended_and_one_that_was_done_is_forgotten() {
    let before = pointer_with(4, &[3], &[2, 1]);
    let (present, manifests) = (BTreeMap::new(), lists(&[(1, &["a"])]));
    let plan = copied(&head(5, &[]), Some(&before), &present, &manifests);
    let steps = steps(plan);
    let expired = steps.iter().find_map(|it| match it {
        Step::Point { pointer, .. } => Some(pointer.expired.clone()),
        _ => None,
    });
    assert_eq!(expired, Some(vec![prefix(1)]));
    let deleted = steps.iter().filter(|it| matches!(it, Step::Expire { .. } | Step::Forget { .. })).count();
    assert_eq!(deleted, 2, "{steps:?}");
}

#[test]
fn a_commit_whose_copy_is_being_deleted_is_copied_elsewhere() {
    let before = pointer_with(4, &[3, 2], &[1]);
    let Turn { prefix: fresh, former, expired } = turn(&commit(1), Some(&before));
    assert_eq!(fresh, prefix(1).replace("1/", "1-2/"));
    assert_eq!((former, expired), (vec![prefix(4), prefix(3)], vec![prefix(1), prefix(2)]));
    assert_eq!(Keys(&name()).copied("main", &fresh), Some(commit(1)));
}

#[test]
fn a_copy_that_no_manifest_lists_stays_and_is_told() {
    let before = pointer_with(4, &[3, 2], &[]);
    let plan = copied(&head(5, &[]), Some(&before), &BTreeMap::new(), &Lists::new());
    let text = told(&plan);
    assert!(text.contains("note: the former copy main/#2/ stays: nothing lists its objects"), "{text}");
    assert!(!text.contains("delete 1") && !text.contains("delete main"), "{text}");
}

#[test]
fn what_another_writer_put_into_the_pointer_leads_to_no_deletion_elsewhere() {
    let mut before = pointer_with(4, &[3, 2], &[]);
    let strange = [
        "acme/templates/".to_owned(),
        String::new(),
        "/".into(),
        ".signalbox/acme/templates/main/".into(),
        prefix(1).replace("main", "other"),
        prefix(1).replace("acme", "umbrella"),
        format!("{}x/", prefix(1)),
        prefix(1).replace("1/", "1-0/"),
        prefix(1).replace("1/", "1-+2/"),
        prefix(1).trim_end_matches('/').to_owned(),
    ];
    before.it.former.extend(strange.clone());
    before.it.expired.extend(strange);
    let turn = turn(&commit(5), Some(&before));
    assert_eq!((turn.former, turn.expired), (vec![prefix(4), prefix(3)], vec![prefix(2)]));
}

#[test]
fn a_path_that_fits_the_layout_alone_is_reported_of_the_copy() {
    let fits = vec![b'x'; 1000];
    let head = Head { entries: vec![entry(&fits, Mode::File, 1)], ..head(1, &[]) };
    assert!(!planned(&head, None, None, None).unwrap().to_string().contains("warning"), "the layout has it");
    let (present, manifests) = nothing();
    let text = copied(&head, None, &present, &manifests).to_string();
    assert!(text.contains("the key would have 1072 bytes, and S3 takes 1024"), "{text}");
}
