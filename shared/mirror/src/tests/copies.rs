//! Copies of commits, and the pointer to them.

use expect_test::expect;

use super::*;

fn pointer(of: u8) -> Stored<Pointer> {
    let prefix = format!(".signalbox/acme/templates/main/{}/", commit(of));
    let it = Pointer { repository: name(), branch: "main".into(), commit: commit(of), prefix, files: 1 };
    Stored { it, etag: "pointer".into() }
}

#[test]
fn a_copy_is_whole_before_the_pointer_moves_to_it() {
    let head = head(2, &[("a", 1), ("b", 2)]);
    let plan = copied(&head, Some(&pointer(1)), &BTreeMap::new());
    expect![[r#"
        write 2 objects (3 bytes) below .signalbox/acme/templates/main/2222222222222222222222222222222222222222/: a, b
        move the pointer .signalbox/acme/templates/main/pointer.json: commit 2222222222222222222222222222222222222222
    "#]]
    .assert_eq(&plan.to_string());
    let Step::Point { replaces, pointer, .. } = &steps(plan)[1] else { panic!("the pointer") };
    assert_eq!((replaces.as_deref(), pointer.files), (Some("pointer"), 2));
}

#[test]
fn a_first_pointer_is_made_where_there_is_none() {
    let plan = copied(&head(1, &[("a", 1)]), None, &BTreeMap::new());
    let Step::Point { replaces, .. } = &steps(plan)[1] else { panic!("the pointer") };
    assert_eq!(*replaces, None);
}

#[test]
fn what_a_broken_run_left_of_a_copy_is_not_written_again() {
    let present = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 1)]);
    let plan = copied(&head(2, &[("a", 1), ("b", 2)]), Some(&pointer(1)), &present);
    let Step::Copy { uploads, .. } = &steps(plan)[0] else { panic!("a copy") };
    let paths: Vec<_> = uploads.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["b"], "one has another size");
}

#[test]
fn the_pointer_is_moved_back_to_a_copy_that_is_there() {
    let present = BTreeMap::from([("a".to_owned(), 1)]);
    let plan = copied(&head(1, &[("a", 1)]), Some(&pointer(2)), &present);
    assert!(matches!(&steps(plan)[..], [Step::Point { .. }]));
}

#[test]
fn nothing_is_done_where_the_pointer_is_right() {
    assert_eq!(steps(copied(&head(1, &[("a", 1)]), Some(&pointer(1)), &BTreeMap::new())), []);
}

#[test]
fn a_path_that_fits_the_layout_alone_is_reported_of_the_copy() {
    let fits = vec![b'x'; 1000];
    let head = Head { entries: vec![entry(&fits, Mode::File, 1)], ..head(1, &[]) };
    assert!(!planned(&head, None, None, None).unwrap().to_string().contains("warning"), "the layout has it");
    let text = copied(&head, None, &BTreeMap::new()).to_string();
    assert!(text.contains("the key would have 1072 bytes, and S3 takes 1024"), "{text}");
}
