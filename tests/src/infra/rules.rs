//! Which events a rule matches, as EventBridge says, and what becomes of those that it cannot hand over.

use std::collections::BTreeSet;

use aws_sdk_eventbridge::Client as EventBridge;
use serde_json::{Value, json};

use super::template::{Parameters, Template};
use crate::scene::read_sample;
use crate::tidy::folders;
use crate::world::World;

/// Where a manifest may lie: a rule may depend on this parameter.
const MANIFESTS: [&str; 2] = ["s3://manifests-111122223333/share.json", "ssm:/share"];

/// Samples that no rule hands over, and that a function has to ignore if somebody sends them by hand.
const STRAYS: [&str; 1] = ["events/emr-dns/an-event-came-of-another-kind.json"];

/// A rule of a function and its pattern.
struct Rule {
    function: String,
    pattern: String,
}

impl Rule {
    fn all() -> Vec<Self> {
        let of = |template: &Template, manifest: &str| {
            let parameters = Parameters::from([("Manifest", json!(manifest))]);
            Some(Self { pattern: template.event_pattern(&parameters)?, function: template.name.clone() })
        };
        Template::all().iter().flat_map(|template| MANIFESTS.map(|manifest| of(template, manifest))).flatten().collect()
    }

    async fn matches(&self, events: &EventBridge, event: &str) -> bool {
        let test = events.test_event_pattern().event_pattern(&self.pattern).event(event).send().await;
        test.unwrap_or_else(|error| panic!("{} and {event}: {error:?}", self.pattern)).result()
    }
}

/// The sample events: whose each is, its file's name, and its text.
fn samples() -> Vec<(String, String, String)> {
    let mut samples = Vec::new();
    for function in folders("events") {
        let files = std::fs::read_dir(local_aws::workspace().join("events").join(&function)).unwrap();
        for path in files.map(|file| file.unwrap().path()) {
            let text = std::fs::read_to_string(&path).unwrap();
            samples.push((function.clone(), path.display().to_string(), text));
        }
    }
    samples
}

async fn event_bridge() -> EventBridge {
    EventBridge::new(World::new().await.sessions.config())
}

#[tokio::test]
async fn a_rule_matches_the_samples_of_its_function_and_of_no_other() {
    let events = event_bridge().await;
    let rules = Rule::all();
    assert!(!rules.is_empty(), "templates have rules");
    for (function, name, event) in samples() {
        // What a schedule or a person sends comes by no rule.
        let is_event = event.contains("\"detail-type\"");
        let mut heard = BTreeSet::new();
        for rule in rules.iter().filter(|_| is_event) {
            if rule.matches(&events, &event).await {
                heard.insert(rule.function.as_str());
            }
        }
        let is_stray = STRAYS.iter().any(|stray| name.ends_with(stray));
        let expected = (is_event && !is_stray).then_some(function.as_str());
        assert_eq!(heard, expected.into_iter().collect(), "{name}");
    }
}

/// Asserts that the function's rule matches its sample, and not where a field of it says this.
async fn assert_matches_nothing_else(function: &str, sample: &str, others: &[(&str, &str)]) {
    let events = event_bridge().await;
    let rule = Rule::all().into_iter().find(|rule| rule.function == function).expect("the function has a rule");
    let event: Value = serde_json::from_str(&read_sample(function, sample)).unwrap();
    assert!(rule.matches(&events, &event.to_string()).await);
    for (field, value) in others {
        let mut other = event.clone();
        other[field] = json!(value);
        assert!(!rule.matches(&events, &other.to_string()).await, "{function}: {field} {value}");
    }
}

#[tokio::test]
async fn a_rule_matches_nothing_else_that_aws_says_or_somebody_makes_up() {
    let of_ec2 = [
        ("detail-type", "EBS Volume Notification"),
        ("detail-type", "EC2 Instance State-change Notification"),
        ("detail-type", "AWS API Call via CloudTrail"),
        ("source", "custom.aws.ec2"),
        ("source", "aws.ec2.custom"),
    ];
    let snapshots = [("detail-type", "EBS Snapshot Notification")];
    assert_matches_nothing_else("share-ami", "an-image-became-available", &[&of_ec2[..], &snapshots].concat()).await;
    let images = [("detail-type", "EC2 AMI State Change")];
    assert_matches_nothing_else("share-ebs-snapshot", "a-snapshot-was-created", &[&of_ec2[..], &images].concat()).await;
    let of_rds = [
        ("detail-type", "RDS DB Instance Event"),
        ("detail-type", "RDS DB Cluster Event"),
        ("detail-type", "AWS API Call via CloudTrail"),
        ("source", "custom.aws.rds"),
        ("source", "aws.ec2"),
    ];
    assert_matches_nothing_else("share-rds-snapshot", "a-snapshot-was-created", &of_rds).await;
    let of_emr = [
        ("detail-type", "EMR Step Status Change"),
        ("detail-type", "EMR Instance Group State Change"),
        ("detail-type", "EMR Instance Fleet State Change"),
        ("detail-type", "EMR Auto Scaling Policy State Change"),
        ("detail-type", "AWS API Call via CloudTrail"),
        ("source", "custom.aws.emr"),
        ("source", "aws.emr-serverless"),
    ];
    assert_matches_nothing_else("emr-dns", "a-cluster-is-running", &of_emr).await;
}

#[test]
fn what_a_rule_cannot_hand_over_is_tried_again_and_then_kept() {
    for template in Template::all() {
        for (id, rule) in template.resources("AWS::Events::Rule") {
            let targets = rule["Targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "{}: {id} has a target", template.name);
            for target in targets {
                assert!(target["RetryPolicy"]["MaximumRetryAttempts"].is_u64(), "{}: {target}", template.name);
                assert!(target["DeadLetterConfig"]["Arn"].is_object(), "{}: {target}", template.name);
            }
        }
    }
}
