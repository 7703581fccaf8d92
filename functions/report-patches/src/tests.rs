//! The decision: what is recorded, and what is told once.

use std::collections::{BTreeMap, BTreeSet};

use patching::{Counts, DAY, Day, Head, Instance, InstanceId, Limits, Managed, Place, Scan, Summary, Survey};
use reaction::Plan;
use serde_json::Value;

use crate::plan::plan;
use crate::{Cause, Facts, Looked, Step};

const NOW: u64 = 1_795_000_000;

fn id(number: usize) -> InstanceId {
    format!("i-{number:017x}").parse().unwrap()
}

fn instance(number: usize, problems: &[&str]) -> Instance {
    let problems: BTreeSet<_> = problems.iter().map(|it| (*it).to_owned()).collect();
    let missing = u32::try_from(problems.len()).unwrap();
    let scan = Scan {
        instance: id(number),
        at: NOW - 60,
        operation: "Scan".into(),
        baseline: "pb-0123456789abcdef0".into(),
        group: None,
        snapshot: None,
        counts: Counts { missing, ..Counts::default() },
        without_reboot: None,
        problems: Some(problems),
    };
    Instance {
        id: id(number),
        name: None,
        group: None,
        is_running: true,
        launched: Some(NOW - DAY),
        managed: Some(Managed { since: Some(NOW - DAY), platform: "Amazon Linux 2023".into(), is_online: true }),
        scan: Some(scan),
    }
}

fn looked(instances: Vec<Instance>) -> Looked {
    let place = Place { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
    Looked {
        place,
        cause: Cause::Schedule,
        survey: Survey { now: NOW, instances, ..Survey::default() },
        heads: BTreeMap::new(),
        of_account: Head::default(),
        last_day: None,
        limits: Limits { scan_days: 7, reboot_days: 3 },
    }
}

fn steps(looked: Looked) -> Vec<Step> {
    match plan(&Facts::Look(Box::new(looked))) {
        Plan::Change { steps, .. } => steps,
        Plan::Ignore(why) => panic!("{why}"),
    }
}

fn head(told: &[&str], round: u64) -> Head {
    Head { at: Some(NOW - 60), told: told.iter().map(|it| (*it).to_owned()).collect(), round, ..Head::default() }
}

fn report(steps: &[Step]) -> Option<&crate::Report> {
    steps.iter().find_map(|it| if let Step::Report(report) = it { Some(report) } else { None })
}

#[test]
fn only_what_was_not_told_is_told() {
    let mut seen = looked(vec![instance(1, &["a is missing (Critical)", "b is missing (Security)"])]);
    seen.heads.insert(id(1), head(&["a is missing (Critical)"], 1));
    let steps = steps(seen);
    let told: Vec<_> = report(&steps).unwrap().worse.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(told, ["b is missing (Security)"]);
    assert!(!steps.iter().any(|it| matches!(it, Step::Record(..))), "its scan is recorded");
}

#[test]
fn a_report_has_the_same_id_until_it_was_noted_and_another_one_when_it_comes_back() {
    let of_round = |round| {
        let mut seen = looked(vec![instance(1, &["a is missing (Critical)"])]);
        seen.heads.insert(id(1), head(&[], round));
        report(&steps(seen)).unwrap().id.clone()
    };
    assert_eq!(of_round(1), of_round(1));
    assert_ne!(of_round(1), of_round(3));
}

#[test]
fn a_report_names_a_hundred_things_and_fits_into_an_event() {
    let long = format!("{} is \"missing\" \\ here\n(Critical)", "x".repeat(2_000));
    let seen = looked((0..5_000).map(|number| instance(number, &[long.as_str()])).collect());
    let steps = steps(seen);
    let records: Vec<_> = steps.iter().filter(|it| matches!(it, Step::Record(..))).collect();
    assert_eq!(records.len(), 100, "fifty scans in each");
    let detail = report(&steps).unwrap().detail();
    let told: Value = serde_json::from_str(&detail).unwrap();
    assert_eq!((told["worse"].as_array().unwrap().len(), &told["more"]), (100, &4_900.into()));
    let text = told["text"].as_str().unwrap();
    assert!(
        text.contains("5000 things got worse") && text.contains("; and 4900 more. Of 5000 instances"),
        "{text:.300}"
    );
    assert!(!text.contains(['"', '\\', '\n']), "EventBridge puts it between quotes as it is");
    assert!(detail.len() < 256_000, "{}", detail.len());
}

#[test]
fn how_it_stands_is_noted_once_a_day_and_when_it_changes_and_never_of_a_part() {
    let has_note = |seen: Looked| steps(seen).iter().any(|it| matches!(it, Step::Note(..)));
    let clean = || looked(vec![instance(1, &[])]);
    let summary = Summary { instances: 1, compliant: 1, ..Summary::default() };
    assert!(has_note(clean()));
    let known = |at| Looked { last_day: Some(Day { at, summary }), ..clean() };
    assert!(!has_note(known(NOW)) && has_note(known(NOW - DAY)));
    let mut part = clean();
    part.survey.incomplete.push("the patches of i-1: AccessDenied".into());
    assert!(!has_note(part));
}

#[test]
fn an_instance_that_was_not_read_is_neither_recorded_nor_told() {
    let mut seen = looked(vec![Instance { scan: None, ..instance(1, &[]) }]);
    seen.survey.instances[0].managed = Some(Managed::default());
    assert!(report(&steps(seen.clone())).is_some(), "it was never scanned");
    seen.survey.unread.insert(id(1));
    assert!(report(&steps(seen)).is_none());
}

#[test]
fn an_end_of_a_window_that_was_told_is_not_told_again_however_late_it_comes() {
    let failed = |told: &[&str]| {
        let cause = Cause::Window { window: "mw-1".into(), execution: "e-1".into(), status: "TIMED_OUT".into() };
        let seen = Looked { cause, of_account: head(told, 1), ..looked(vec![]) };
        report(&steps(seen)).map(|it| it.worse.len())
    };
    assert_eq!(failed(&[]), Some(1));
    assert_eq!(failed(&["execution e-1 of window mw-1 ended as TIMED_OUT"]), None);
}

fn parsed(kind: &str, detail: &str) -> Result<Option<crate::Subject>, reaction::Error> {
    let event = format!(
        r#"{{"version": "0", "id": "1", "source": "aws.ssm", "detail-type": "{kind}", "account": "111122223333",
            "region": "eu-west-1", "time": "2026-11-28T04:06:11Z", "resources": [], "detail": {detail}}}"#
    );
    crate::subject::parse(&serde_json::value::RawValue::from_string(event).unwrap())
}

#[test]
fn other_kinds_of_compliance_and_windows_that_have_not_ended_are_none_of_its_business() {
    let of = |kind: &str| format!(r#"{{"resource-id": "i-0123456789abcdef0", "compliance-type": "{kind}"}}"#);
    let compliance = |detail: &str| parsed("Configuration Compliance State Change", detail);
    assert!(compliance(&of("Patch")).unwrap().is_some());
    assert_eq!(compliance(&of("Association")).unwrap(), None);
    let bad = compliance(r#"{"resource-id": "i-x", "compliance-type": "Patch"}"#).unwrap_err();
    assert!(bad.is_refused() && bad.to_string().contains("the event's resource-id: `i-x` is not"), "{bad}");
    let window = |status: &str| {
        let detail = format!(r#"{{"window-id": "mw-1", "window-execution-id": "e-1", "status": "{status}"}}"#);
        parsed("Maintenance Window Execution State-change Notification", &detail).unwrap().is_some()
    };
    let ended = ["SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED_OVERLAPPING"];
    assert!(ended.into_iter().all(window));
    assert!(!["PENDING", "IN_PROGRESS", "CANCELLING"].into_iter().any(window));
}
