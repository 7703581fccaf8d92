//! Which events a rule matches, as EventBridge says, and what becomes of those that it cannot hand over.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eventbridge::Client as EventBridge;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::rotation::ROTATING;
use super::template::{Parameters, Template};
use crate::tidy::folders;
use crate::world::World;
use crate::world::scene::read_sample;

/// Where a manifest may lie: a rule may depend on this parameter.
const MANIFESTS: [&str; 2] = ["s3://manifests-111122223333/share.json", "ssm:/share"];

/// Samples that no rule hands over, and that a function has to ignore if they are sent by hand.
const STRAYS: [&str; 2] =
    ["events/emr-dns/an-event-came-of-another-kind.json", "events/react-org-change/an-account-could-not-be-moved.json"];

/// A rule of a function and its pattern.
pub struct Rule {
    /// The function.
    pub function: String,
    /// Its logical id.
    pub id: String,
    pattern: String,
}

impl Rule {
    /// Every rule of a function; those that depend on a manifest, with each of [`MANIFESTS`], and those on secrets with the samples' own.
    pub fn all() -> Vec<Self> {
        Template::all().iter().filter(|it| !it.is_of_an_organization()).flat_map(Self::of).collect()
    }

    fn of(template: &Template) -> Vec<Self> {
        let secrets: Vec<_> = ROTATING.iter().filter(|(name, _)| *name == template.name).map(|(_, arn)| arn).collect();
        let mut rules = BTreeMap::new();
        for manifest in MANIFESTS {
            let parameters = Parameters::from([("Manifest", json!(manifest)), ("SecretArns", json!(secrets))]);
            let patterns = template.event_patterns(&parameters).into_iter();
            rules.extend(patterns.map(|(id, pattern)| (pattern, id.to_owned())));
        }
        rules.into_iter().map(|(pattern, id)| Self { function: template.name.clone(), id, pattern }).collect()
    }

    /// Whether EventBridge would hand this event over.
    pub async fn matches(&self, events: &EventBridge, event: &str) -> bool {
        matches(events, &self.pattern, event).await
    }
}

/// Whether an event matches a pattern.
pub async fn matches(events: &EventBridge, pattern: &str, event: &str) -> bool {
    let test = events.test_event_pattern().event_pattern(pattern).event(event).send().await;
    test.unwrap_or_else(|error| panic!("{pattern} and {event}: {error:?}")).result()
}

/// A rule that forwards to the bus of the hub.
pub struct Forwarding {
    /// The template.
    pub template: String,
    /// Its logical id there.
    pub id: String,
    /// The function, as the rule's description names it.
    pub function: String,
}

/// Every rule that forwards to the bus.
pub fn forwarding() -> Vec<Forwarding> {
    let mut found = Vec::new();
    for template in Template::all().into_iter().filter(Template::is_of_an_organization) {
        for (id, rule) in template.resources("AWS::Events::Rule") {
            let described = rule["Description"].as_str().unwrap();
            let (_, rest) = described.split_once(" for the function ").unwrap_or_else(|| panic!("{id}: {described}"));
            let function = rest.split([' ', '.']).next().unwrap().to_owned();
            found.push(Forwarding { template: template.name.clone(), id: id.into(), function });
        }
    }
    found
}

/// The sample events: whose each is, its file's name, and its text.
pub fn samples() -> Vec<(String, String, String)> {
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

/// EventBridge, to be asked what matches.
pub async fn event_bridge() -> EventBridge {
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
        // What is heard in the management account is told by the bus.
        let is_elsewhere = !Template::exists(&function);
        let is_stray = is_elsewhere || STRAYS.iter().any(|stray| name.ends_with(stray));
        let expected = (is_event && !is_stray).then_some(function.as_str());
        assert_eq!(heard, expected.into_iter().collect(), "{name}");
    }
}

/// Asserts that a rule of the function matches its sample, and not where a field of it says this.
async fn assert_matches_nothing_else(function: &str, sample: &str, others: &[(&str, &str)]) {
    let events = event_bridge().await;
    let event: Value = serde_json::from_str(&read_sample(function, sample)).unwrap();
    let is_heard = async |event: &Value| {
        let rules = Rule::all().into_iter().filter(|rule| rule.function == function);
        let heard = rules.map(async |rule| rule.matches(&events, &event.to_string()).await);
        join_all(heard).await.contains(&true)
    };
    assert!(is_heard(&event).await, "{function}: {sample}");
    for (field, value) in others {
        let mut other = event.clone();
        *other.pointer_mut(&format!("/{field}")).unwrap() = json!(value);
        assert!(!is_heard(&other).await, "{function}: {field} {value}");
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

#[tokio::test]
async fn a_rule_on_accounts_matches_nothing_that_leaves_them_where_they_are() {
    let others = [
        ("detail-type", "AWS Console Sign In via CloudTrail"),
        ("source", "custom.aws.organizations"),
        ("detail/eventSource", "account.amazonaws.com"),
        ("detail/eventName", "DescribeAccount"),
        ("detail/eventName", "InviteAccountToOrganization"),
        ("detail/eventName", "CreateAccount"),
    ];
    for sample in ["an-account-was-moved", "an-account-was-created", "an-account-left-by-itself"] {
        assert_matches_nothing_else("react-org-change", sample, &others).await;
    }
}

#[tokio::test]
async fn a_rule_on_rotations_matches_no_other_secret_and_nothing_that_did_not_end() {
    for (function, arn) in ROTATING {
        let longer = format!("{arn}2");
        let others = [
            ("detail-type", "AWS API Call via CloudTrail"),
            ("source", "custom.aws.secretsmanager"),
            ("detail/eventSource", "kms.amazonaws.com"),
            ("detail/eventName", "RotationStarted"),
            ("detail/eventName", "RotateSecret"),
            ("detail/eventName", "PutSecretValue"),
            ("detail/additionalEventData/SecretId", longer.as_str()),
            ("detail/additionalEventData", "none"),
        ];
        for sample in ["a-rotation-succeeded", "a-rotation-failed", "a-rotation-was-abandoned"] {
            assert_matches_nothing_else(function, sample, &others).await;
        }
    }
}

#[test]
fn what_a_rule_cannot_hand_over_is_tried_again_and_then_kept() {
    for template in Template::all() {
        for (id, rule) in template.resources("AWS::Events::Rule") {
            let targets = rule["Targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "{}: {id} has a target", template.name);
            for target in targets {
                // A bus as the target takes no policy of its own: it is tried for 24 hours, as the others are.
                let is_bus = target["Arn"].to_string().contains(":event-bus/");
                let is_retried = target["RetryPolicy"]["MaximumRetryAttempts"].is_u64();
                assert!(is_retried != is_bus, "{}: {target}", template.name);
                assert!(target["DeadLetterConfig"]["Arn"].is_object(), "{}: {target}", template.name);
            }
        }
    }
}
