//! The decision, one case a test: facts in, plan out.

use reaction::{Plan, Reaction};

use crate::{Facts, Put, Subject, TrialFunction};

fn event(state: &str, id: &str) -> serde_json::Value {
    serde_json::json!({
        "version": "0", "id": "e", "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2",
        "account": "111122223333", "time": "2026-11-02T05:30:41Z", "region": "eu-west-1", "resources": [],
        "detail": {"instance-id": id, "state": state},
    })
}

fn parse(state: &str, id: &str) -> Result<Option<Subject>, reaction::Error> {
    TrialFunction::parse(serde_json::from_value(event(state, id)).unwrap())
}

fn plan(value: Option<&str>) -> Plan<Put> {
    let subject = parse("stopped", "i-0123456789abcdef0").unwrap().unwrap();
    TrialFunction::plan(&subject, &Facts { name: "/s/i-0123456789abcdef0".into(), value: value.map(String::from) })
        .unwrap()
}

#[test]
fn an_instance_that_was_stopped_is_written_down() {
    for before in [None, Some("2025-01-01T00:00:00+00:00")] {
        let Plan::Change { steps, .. } = plan(before) else { panic!("{before:?}") };
        assert_eq!(steps[0].to_string(), "put 2026-11-02T05:30:41+00:00 into /s/i-0123456789abcdef0");
    }
}

#[test]
fn a_later_time_stays() {
    assert!(matches!(plan(Some("2026-11-02T05:30:41+00:00")), Plan::Change { steps, .. } if steps.is_empty()));
    assert!(matches!(plan(Some("2027-01-01T00:00:00+00:00")), Plan::Ignore(_)));
}

#[test]
fn another_state_is_none_of_its_business_and_a_strange_id_is_refused() {
    assert_eq!(parse("running", "i-0123456789abcdef0").unwrap(), None);
    assert!(parse("stopped", "../secret").unwrap_err().to_string().contains("instance-id"));
}
