//! Whether a version is good.

use super::settings;
use crate::{Alarms, Count, Counts, Quiet, Verdict, judge};

fn count(invocations: f64, errors: f64) -> Count {
    Count { invocations, errors }
}

fn red(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn an_alarm_that_went_red_decides_and_one_that_was_red_before_does_not() {
    let alarms = Alarms { red: red(&["errors"]), ..Alarms::default() };
    assert_eq!(judge(&alarms, &red(&[]), None, &settings()), Verdict::Bad("alarm errors went red".into()));
    assert_eq!(judge(&alarms, &red(&["errors"]), None, &settings()), Verdict::Good);
    let absent = Alarms { absent: red(&["errors"]), ..Alarms::default() };
    assert!(matches!(judge(&absent, &red(&["errors"]), None, &settings()), Verdict::Bad(_)));
}

#[test]
fn the_new_version_is_compared_with_the_old_one() {
    let verdict = |new, old| judge(&Alarms::default(), &red(&[]), Some(&Counts { new, old }), &settings());
    assert_eq!(verdict(count(1_000.0, 50.0), count(9_000.0, 450.0)), Verdict::Good, "both fail as often");
    assert_eq!(verdict(count(1_000.0, 59.0), count(9_000.0, 450.0)), Verdict::Good, "within the margin");
    let Verdict::Bad(why) = verdict(count(1_000.0, 70.0), count(9_000.0, 450.0)) else { panic!("two points more") };
    assert_eq!(why, "the new version fails 7.00 % of 1000 invocations, and the old one 5.00 % of 9000");
    assert!(matches!(verdict(count(100.0, 2.0), count(0.0, 0.0)), Verdict::Bad(_)), "the old one was not called");
}

#[test]
fn too_little_traffic_is_a_verdict_of_its_own_and_the_settings_say_what_follows() {
    let counts = Counts { new: count(99.0, 99.0), old: count(10_000.0, 0.0) };
    let verdict = judge(&Alarms::default(), &red(&[]), Some(&counts), &settings());
    assert!(matches!(&verdict, Verdict::NotEnoughTraffic(why) if why.contains("invoked 99 times, and 100 prove")));
    assert_eq!((verdict.failure(Quiet::GoOn), verdict.failure(Quiet::Fail).is_some()), (None, true));
}
