//! What a scan means, case by case.

use std::collections::BTreeSet;

use aws_sdk_ssm::types::{PatchComplianceData, PatchComplianceDataState};
use aws_smithy_types::DateTime;

use crate::scan::problem;
use crate::{
    Aim, Counts, DAY, Head, Instance, Limits, Managed, Scan, Status, Summary, Survey, Why, Window, of_account,
    of_instance, sparkline, status,
};

const NOW: u64 = 1_795_000_000;
const LIMITS: Limits = Limits { scan_days: 7, reboot_days: 3 };

fn scan(age: u64, counts: Counts) -> Scan {
    Scan {
        instance: "i-0123456789abcdef0".parse().unwrap(),
        at: NOW - age,
        operation: "Scan".into(),
        baseline: "pb-0123456789abcdef0".into(),
        group: None,
        snapshot: None,
        counts,
        without_reboot: None,
        problems: Some(BTreeSet::new()),
    }
}

fn instance(scan: Option<Scan>) -> Instance {
    Instance {
        id: "i-0123456789abcdef0".parse().unwrap(),
        name: None,
        group: Some("Linux Servers".into()),
        is_running: true,
        launched: Some(NOW - 30 * DAY),
        managed: Some(Managed { since: Some(NOW - 30 * DAY), platform: "Amazon Linux 2023".into(), is_online: true }),
        scan,
    }
}

fn texts(instance: &Instance, head: &Head) -> Vec<String> {
    of_instance(instance, head, NOW, &LIMITS).unwrap().into_iter().collect()
}

#[test]
fn what_is_not_known_is_never_compliant() {
    let clean = |age| instance(Some(scan(age, Counts::default())));
    assert_eq!(status(&clean(0), NOW, &LIMITS), Status::Compliant);
    assert_eq!(status(&clean(7 * DAY), NOW, &LIMITS), Status::Compliant);
    assert_eq!(status(&clean(8 * DAY), NOW, &LIMITS), Status::Unknown(Why::Old(8)));
    assert_eq!(status(&instance(None), NOW, &LIMITS), Status::Unknown(Why::NeverScanned));
    let foreign = Instance { managed: None, ..clean(0) };
    assert_eq!(status(&foreign, NOW, &LIMITS), Status::Unknown(Why::NotManaged));
}

#[test]
fn each_kind_of_patch_that_is_not_in_effect_is_non_compliant() {
    let one = |set: fn(&mut Counts)| {
        let mut counts = Counts::default();
        set(&mut counts);
        status(&instance(Some(scan(0, counts))), NOW, &LIMITS)
    };
    let kinds: [fn(&mut Counts); 7] = [
        |it| it.missing = 1,
        |it| it.failed = 1,
        |it| it.pending_reboot = 1,
        |it| it.rejected = 1,
        |it| it.critical = 1,
        |it| it.security = 1,
        |it| it.other = 1,
    ];
    assert!(kinds.into_iter().all(|it| one(it) == Status::NonCompliant));
    assert_eq!(one(|it| it.installed = 9), Status::Compliant);
}

#[test]
fn an_instance_that_runs_is_to_be_managed_and_scanned_in_time() {
    let running = instance(Some(scan(8 * DAY, Counts::default())));
    assert_eq!(texts(&running, &Head::default()), ["it was not scanned for more than 7 days"]);
    let stopped = Instance { is_running: false, ..running.clone() };
    assert_eq!(texts(&stopped, &Head::default()), [] as [String; 0], "it cannot be scanned");
    assert_eq!(texts(&instance(None), &Head::default()), ["it was never scanned in more than 7 days"]);
    let new = Managed { since: Some(NOW - DAY), ..Managed::default() };
    assert_eq!(texts(&Instance { managed: Some(new), ..instance(None) }, &Head::default()), [] as [String; 0]);
    let foreign = Instance { managed: None, scan: None, ..running };
    assert_eq!(texts(&foreign, &Head::default()), ["it runs and is not managed"]);
    let young = Instance { launched: Some(NOW - 60), ..foreign };
    assert_eq!(texts(&young, &Head::default()), [] as [String; 0], "its agent may still begin");
}

#[test]
fn a_reboot_is_waited_for_from_when_it_was_first_seen() {
    let waits = scan(0, Counts { pending_reboot: 2, ..Counts::default() });
    assert_eq!(texts(&instance(Some(waits.clone())), &Head::default()), [] as [String; 0]);
    let head = Head { pending_since: Some(NOW - 4 * DAY), ..Head::default() };
    assert_eq!(texts(&instance(Some(waits.clone())), &head), ["it waits for a reboot for more than 3 days"]);
    let told = Scan { without_reboot: Some(NOW - 5 * DAY), ..waits };
    assert_eq!(texts(&instance(Some(told.clone())), &Head::default()), ["it waits for a reboot for more than 3 days"]);
    assert_eq!(Head::default().after(&told).pending_since, Some(NOW - 5 * DAY));
    let again = Scan { without_reboot: Some(NOW - DAY), ..told };
    assert_eq!(
        texts(&instance(Some(again)), &head),
        ["it waits for a reboot for more than 3 days"],
        "the first one counts"
    );
    assert_eq!(head.after(&scan(0, Counts::default())).pending_since, None, "it has rebooted");
}

#[test]
fn patches_that_were_not_read_say_nothing() {
    let unread = Scan { problems: None, ..scan(0, Counts { missing: 1, ..Counts::default() }) };
    assert_eq!(of_instance(&instance(Some(unread.clone())), &Head::default(), NOW, &LIMITS), None);
    let recorded = Head { at: Some(NOW), problems: ["x is missing (Critical)".to_owned()].into(), ..Head::default() };
    assert_eq!(texts(&instance(Some(unread)), &recorded), ["x is missing (Critical)"]);
}

fn patch(state: &str, severity: &str, classification: &str) -> Option<String> {
    let patch = PatchComplianceData::builder().title("openssl").kb_id("openssl.x86_64").severity(severity);
    let patch = patch.classification(classification).state(PatchComplianceDataState::from(state));
    problem(&patch.installed_time(DateTime::from_secs(0)).build().unwrap())
}

#[test]
fn critical_and_security_patches_are_told_in_both_spellings_of_a_state() {
    let told = |text: &str| Some(text.to_owned());
    for state in ["Missing", "MISSING"] {
        assert_eq!(patch(state, "Critical", "Bugfix"), told("openssl.x86_64 is missing (Critical)"));
        assert_eq!(patch(state, "Low", "SecurityUpdates"), told("openssl.x86_64 is missing (Security)"));
        assert_eq!(patch(state, "Critical", "Security"), told("openssl.x86_64 is missing (Critical, Security)"));
        assert_eq!(patch(state, "Important", "Bugfix"), None);
    }
    assert_eq!(patch("Failed", "Low", "Bugfix"), told("openssl.x86_64 could not be installed (other)"));
    assert_eq!(patch("InstalledPendingReboot", "Critical", "Security"), None);
}

#[test]
fn groups_without_a_baseline_and_windows_in_vain_are_found() {
    let window = |aims: Vec<Aim>| Window { id: "mw-1".into(), name: "install".into(), aims };
    let of_group = |group: &str| Aim::Groups([group.to_owned()].into());
    let told = |windows: Vec<Window>, groups: &[&str]| {
        let groups = groups.iter().map(|it| (*it).to_owned()).collect();
        let survey = Survey { now: NOW, instances: vec![instance(None)], groups, windows, ..Survey::default() };
        of_account(&survey).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(told(vec![window(vec![of_group("Linux Servers")])], &["Linux Servers"]), [] as [String; 0]);
    assert_eq!(
        told(vec![], &["Windows"]),
        ["patch group `Linux Servers` has no baseline: the default baseline decides"]
    );
    assert_eq!(told(vec![window(vec![])], &["Linux Servers"]), ["window install (mw-1) has no target"]);
    let in_vain = vec![window(vec![of_group("Windows"), of_group("Mac")])];
    let expected = "window install (mw-1): its targets match no running instance";
    assert_eq!(told(in_vain, &["Linux Servers"]), [expected]);
    assert_eq!(told(vec![window(vec![of_group("Windows"), Aim::Others])], &["Linux Servers"]), [] as [String; 0]);
}

#[test]
fn a_summary_counts_the_unknown_by_themselves_and_not_their_patches() {
    let counts = Counts { missing: 3, critical: 2, security: 1, failed: 1, pending_reboot: 1, ..Counts::default() };
    let instances = vec![
        instance(Some(scan(0, Counts::default()))),
        instance(Some(scan(0, counts))),
        instance(Some(scan(9 * DAY, counts))),
        instance(None),
    ];
    let survey = Survey { now: NOW, instances, ..Survey::default() };
    let summary = Summary::of(&survey, &LIMITS);
    let expected = Summary {
        instances: 4,
        compliant: 1,
        non_compliant: 1,
        unknown: 2,
        critical: 2,
        security: 1,
        failed: 1,
        pending_reboot: 1,
    };
    assert_eq!((summary, summary.open_percent()), (expected, 75));
}

#[test]
fn a_trend_is_drawn_from_nothing_to_the_highest_number() {
    assert_eq!(sparkline(&[0, 1, 50, 100]), "▁▂▄█");
    assert_eq!((sparkline(&[]), sparkline(&[0, 0])), (String::new(), "▁▁".into()));
}

#[test]
fn the_trend_of_an_instance_keeps_the_newest_numbers() {
    let mut head = Head::default();
    for missing in 0..25 {
        head = head.after(&scan(0, Counts { missing, ..Counts::default() }));
    }
    assert_eq!((head.trend.len(), head.trend.first(), head.trend.last()), (20, Some(&5), Some(&24)));
}
