//! What is heard: events, payloads, settings.

use aws::Rates;
use expect_test::{Expect, expect};
use naming_sweep::Due;
use reaction::Reaction;
use reaction::interlock::Limits;
use serde_json::{Value, json};

use crate::{EmrDns, Settings, Subject};

fn event() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/emr-dns/a-cluster-is-running.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn heard(event: &Value) -> Result<Option<Subject>, String> {
    let event = serde_json::from_str(&event.to_string()).unwrap();
    EmrDns::parse(event).map_err(|error| error.to_string())
}

fn key_of(event: &Value) -> String {
    EmrDns::key(&heard(event).unwrap().unwrap()).to_string()
}

#[test]
fn an_occurrence_is_named_by_cluster_state_and_time_and_not_by_the_id_of_the_event() {
    let event = event();
    let key = key_of(&event);
    expect!["111122223333/eu-west-1/j-1YONHTCP3YZKC/RUNNING/2026-11-02T05:30:41+00:00"].assert_eq(&key);
    let with = |pointer: &str, value: Value| {
        let mut event = event.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        key_of(&event)
    };
    assert_eq!(with("/id", json!("another")), key, "it was forwarded from another region");
    assert_ne!(with("/time", json!("2026-11-02T05:30:42Z")), key);
    assert_ne!(with("/detail/state", json!("WAITING")), key);
    assert_ne!(with("/detail/clusterId", json!("j-2")), key);
    let mut replayed = event.clone();
    replayed["replay-name"] = json!("again");
    assert_ne!(key_of(&replayed), key);
}

#[test]
fn what_is_not_ours_is_none_of_our_business() {
    let mut other = event();
    other["detail-type"] = json!("EMR Step Status Change");
    assert_eq!(heard(&other), Ok(None));
    let mut other = event();
    other["source"] = json!("com.example");
    assert_eq!(heard(&other), Ok(None));
}

#[test]
fn a_detail_needs_nothing_but_the_cluster_and_its_state() {
    let mut event = event();
    event["detail"] = json!({"clusterId": "j-1YONHTCP3YZKC", "state": "RESIZING", "new": [1]});
    assert!(key_of(&event).contains("/UNKNOWN/"));
}

fn refused(event: &Value, expected: &Expect) {
    expected.assert_eq(&heard(event).unwrap_err());
}

#[test]
fn poison_is_refused() {
    let with = |pointer: &str, value: Value| {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    refused(
        &with("/detail", json!("text")),
        &expect![[
            r#"the detail of this `EMR Cluster State Change` event: invalid type: string "text", expected struct ClusterStateChange"#
        ]],
    );
    refused(
        &with("/detail", json!({"state": "RUNNING"})),
        &expect!["the detail of this `EMR Cluster State Change` event: missing field `clusterId`"],
    );
    refused(
        &with("/detail/clusterId", json!("j-1/../2")),
        &expect![[
            r#"the detail of this `EMR Cluster State Change` event: `j-1/../2` is not the id of an EMR cluster, such as "j-1YONHTCP3YZKC""#
        ]],
    );
    refused(
        &with("/account", json!("me")),
        &expect![[r#"the event's account: `me` is not an account id of 12 digits, such as "111122223333""#]],
    );
    refused(
        &with("/region", json!("eu-wset-1")),
        &expect![[r#"the event's region: `eu-wset-1` is not an AWS region, such as "eu-west-1""#]],
    );
    refused(&json!([]), &expect!["invalid type: sequence, expected struct EventBridgeEvent"]);
}

#[test]
fn a_sweep_may_be_forced_by_names() {
    let sweep = |force: Value| heard(&json!({"signalbox": "sweep", "force": force}));
    assert_eq!(sweep(json!(null)), Ok(Some(Subject::Sweep(Due::default()))));
    let force = ["etl.example.com".parse().unwrap()].into();
    assert_eq!(sweep(json!(["ETL.example.com."])), Ok(Some(Subject::Sweep(Due { force }))));
    expect![[r#"
        the payload is not like {"signalbox": "sweep", "force": null}, where `force` may be a list of names: invalid type: boolean `true`, expected a sequence
        the payload is not like {"signalbox": "sweep", "force": null}, where `force` may be a list of names: `*` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
        the payload is not like {"signalbox": "sweep", "force": null}, where `force` may be a list of names
        the payload is not like {"signalbox": "sweep", "force": null}, where `force` may be a list of names: unknown field `forced`, expected `signalbox` or `force`"#]].assert_eq(
        &[
            sweep(json!(true)).unwrap_err(),
            sweep(json!(["*"])).unwrap_err(),
            heard(&json!({"signalbox": "weep"})).unwrap_err(),
            heard(&json!({"signalbox": "sweep", "forced": null})).unwrap_err(),
        ]
        .join("\n"),
    );
}

#[test]
fn settings_are_those_of_names_the_limits_and_the_pace() {
    let read = |name: &'static str, value: &'static str| {
        Settings::read(&|asked| (asked == name).then(|| value.to_owned())).map_err(|error| error.to_string())
    };
    let defaults = Settings { naming: super::settings(), limits: Limits::default(), rates: Rates::Documented };
    assert_eq!(read("NONE", ""), Ok(defaults.clone()));
    assert_eq!(read("SIGNALBOX_RATES", "unlimited"), Ok(Settings { rates: Rates::Unlimited, ..defaults.clone() }));
    let limits = Limits { removals: 2, ..Limits::default() };
    assert_eq!(read("SIGNALBOX_MAX_REMOVALS", "2"), Ok(Settings { limits, ..defaults }));
    expect![[r#"
        the environment variable SIGNALBOX_DNS_TTL: `0` is not a number of seconds from 1 to 604800
        the environment variable SIGNALBOX_RATES: `fast` is neither `documented` nor `unlimited`"#]]
    .assert_eq(
        &[("SIGNALBOX_DNS_TTL", "0"), ("SIGNALBOX_RATES", "fast")]
            .map(|(name, value)| read(name, value).unwrap_err())
            .join("\n"),
    );
}
