//! The way back, target by target.

use super::{ALIAS, record_of, target};
use crate::Request;
use crate::known::Known;
use crate::record::{Kind, Phase, Record};
use crate::seen::{Alias, Update, Version};
use crate::way_back::{Found, back, of_target};

fn alias(version: &str, second: Option<&str>) -> Alias {
    Alias { version: version.into(), second: second.map(|it| (it.into(), 0.1)), revision: "r".into() }
}

fn found(alias: Option<Alias>, is_there: bool) -> Found {
    let version = is_there.then(|| Version { sha256: "old".into(), state: Update::Successful });
    Found { alias, version, ..Found::default() }
}

/// Deployments brought the alias from 1 to 2 and from 2 to 3.
fn known() -> Known {
    Known::of(&[record_of("second", "2", "3"), record_of("first", "1", "2")])
}

#[test]
fn an_alias_that_a_later_deployment_moved_goes_back_past_both() {
    let it = of_target(&known(), &target(ALIAS), "1".into(), &found(Some(alias("3", None)), true), 7);
    assert_eq!((it.before.as_str(), it.after.as_deref(), it.phase), ("3", Some("1"), Phase::Waiting));
}

#[test]
fn a_shift_that_was_broken_off_goes_back_from_its_new_version() {
    let it = of_target(&known(), &target(ALIAS), "2".into(), &found(Some(alias("2", Some("3"))), true), 7);
    assert_eq!((it.before.as_str(), it.after.as_deref(), it.phase), ("3", Some("2"), Phase::Waiting));
}

#[test]
fn what_another_hand_moved_and_what_has_no_way_back_is_left_alone() {
    let reason = |alias: Option<Alias>, is_there| {
        let it = of_target(&known(), &target(ALIAS), "1".into(), &found(alias, is_there), 7);
        assert_eq!(it.phase, Phase::LeftAlone);
        it.reason.unwrap_or_default()
    };
    let stranger = reason(Some(alias("9", None)), true);
    assert_eq!(stranger, "another hand moved the alias to version 9, which no record names");
    assert_eq!(reason(Some(alias("3", Some("9"))), true), stranger);
    assert_eq!(reason(Some(alias("3", None)), false), "version 1 is not there any more");
    assert_eq!(reason(None, true), "the alias live is not there any more");
    let between = reason(Some(alias("2", Some("3"))), true);
    assert_eq!(between, "the alias is between versions 2 and 3; roll back the deployment that shifted it first");
}

#[test]
fn an_alias_that_is_back_already_stays() {
    let it = of_target(&known(), &target(ALIAS), "1".into(), &found(Some(alias("1", None)), true), 7);
    assert_eq!((it.phase, it.after), (Phase::Unchanged, None));
}

#[test]
fn the_way_back_is_one_wave_that_brings_no_code() {
    let record = record_of("first", "1", "2");
    let request = Request { deployment: "back".into(), who: "an operator".into(), source: "first".into() };
    let found = vec![(target(ALIAS), Ok(found(Some(alias("2", None)), true)))];
    let it = back(&record, &Known::of(std::slice::from_ref(&record)), found, request, 2_000).record;
    assert_eq!((it.kind, it.waves), (Kind::Rollback("first".into()), vec![vec![target(ALIAS)]]));
    assert!(it.goods.values().all(|goods| !goods.has_code()));
    let of_target = &it.targets[&target(ALIAS)];
    assert_eq!((of_target.before.as_str(), of_target.after.as_deref()), ("2", Some("1")));
}

/// What had the code already is taken back with the deployments after it; what this one never touched is not looked at.
#[test]
fn targets_that_the_deployment_left_as_they_were_are_no_part_of_the_way_back() {
    let mut record = record_of("first", "1", "2");
    let touched = |record: &Record| record.touched().count();
    assert_eq!(touched(&record), 1);
    for (phase, expected) in
        [(Phase::Unchanged, 1), (Phase::Failed, 1), (Phase::RolledBack, 1), (Phase::Waiting, 0), (Phase::LeftAlone, 0)]
    {
        record.targets.values_mut().for_each(|it| it.phase = phase);
        assert_eq!(touched(&record), expected, "{phase}");
    }
}
