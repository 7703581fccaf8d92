//! What records know of aliases.

use super::{ALIAS, record_of, target};
use crate::known::Known;
use crate::record::{Phase, Record, Status};

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
fn one_that_has_not_ended_says_so() {
    let mut record = record_of("first", "1", "2");
    let is_over = |record: &Record| Known::of(std::slice::from_ref(record)).left_at().all(|(_, it)| it.is_over);
    assert!(is_over(&record));
    record.status = Status::RollingBack;
    assert!(!is_over(&record));
}

/// A rollback brings no code, so that what it moved to has the code of the delivery that made it.
#[test]
fn the_code_of_a_version_is_that_of_the_delivery_that_made_it() {
    let (first, mut back) = (record_of("first", "1", "2"), record_of("back", "2", "1").without_code());
    back.started = first.started + 1;
    let known = Known::of(&[first, back]);
    let code = |version| known.code(&target(ALIAS), version).map(String::as_str);
    assert_eq!((code("1"), code("2")), (None, Some("new")));
    assert_eq!(known.latest(&target(ALIAS)), Some(&["new".to_owned()].into()));
}

/// An update that failed may have given `$LATEST` its code or not.
#[test]
fn the_code_of_latest_is_that_of_the_last_delivery_or_of_one_after_it_that_failed() {
    let mut records = [record_of("first", "1", "2"), record_of("second", "2", "3"), record_of("third", "3", "4")];
    for (at, (record, code)) in records.iter_mut().zip(["a", "b", "c"]).enumerate() {
        record.started += at as u64;
        record.goods.values_mut().for_each(|it| it.sha256 = Some(code.into()));
    }
    let latest = |records: &[Record]| Known::of(records).latest(&target(ALIAS)).cloned().unwrap_or_default();
    assert_eq!(latest(&records), ["c".to_owned()].into());
    for it in records[2].targets.values_mut() {
        (it.phase, it.after, it.times) = (Phase::Failed, None, vec![(Phase::Updating, 1)]);
    }
    assert_eq!(latest(&records), ["b".to_owned(), "c".to_owned()].into());
    records[2].targets.values_mut().for_each(|it| it.times.clear());
    assert_eq!(latest(&records), ["b".to_owned()].into(), "it failed before the update");
}
