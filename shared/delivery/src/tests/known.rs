//! What records know of aliases.

use super::{ALIAS, record_of, target};
use crate::known::Known;
use crate::record::{Phase, Status};

fn left(known: &Known) -> Vec<(String, Vec<String>)> {
    known.left_at().map(|(_, it)| (it.deployment.clone(), it.versions.iter().cloned().collect())).collect()
}

#[test]
fn the_newest_record_says_where_an_alias_was_left_in_whatever_order_they_are_read() {
    let (mut second, first) = (record_of("second", "2", "3"), record_of("first", "1", "2"));
    second.started = first.started + 1;
    let expected = vec![("second".to_owned(), vec!["3".to_owned()])];
    assert_eq!(left(&Known::of(&[second.clone(), first.clone()])), expected);
    assert_eq!(left(&Known::of(&[first, second])), expected);
}

#[test]
fn a_deployment_that_failed_on_the_way_may_have_left_it_at_either_version() {
    let mut record = record_of("first", "1", "2");
    record.targets.values_mut().for_each(|it| it.phase = Phase::Failed);
    assert_eq!(left(&Known::of(&[record])), [("first".to_owned(), vec!["1".to_owned(), "2".to_owned()])]);
}

#[test]
fn one_that_left_it_alone_says_nothing_of_it_but_knows_its_versions() {
    let mut record = record_of("first", "1", "2");
    record.targets.values_mut().for_each(|it| it.phase = Phase::LeftAlone);
    let known = Known::of(&[record]);
    assert!(left(&known).is_empty());
    assert!(known.has(&target(ALIAS), "1") && !known.has(&target(ALIAS), "9"));
}

#[test]
fn one_that_has_not_ended_is_under_way() {
    let mut record = record_of("first", "1", "2");
    assert_eq!(Known::of(&[record.clone()]).under_way(), None);
    record.status = Status::RollingBack;
    assert_eq!(Known::of(&[record]).under_way(), Some("first"));
}
