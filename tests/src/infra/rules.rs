//! Which events a rule matches, as EventBridge says, and what becomes of those that it cannot hand over.

use aws_sdk_eventbridge::Client as EventBridge;
use serde_json::{Value, json};

use super::template::Template;
use crate::tidy::folders;
use crate::world::World;

/// A rule of a function and its pattern.
struct Rule {
    function: String,
    pattern: String,
}

impl Rule {
    fn all() -> Vec<Self> {
        let templates = Template::all().into_iter();
        templates.filter_map(|it| Some(Self { pattern: it.event_pattern()?, function: it.name })).collect()
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
    for rule in &rules {
        for (function, name, event) in samples() {
            let is_ours = rule.function == function;
            assert_eq!(rule.matches(&events, &event).await, is_ours, "the rule of {} and {name}", rule.function);
        }
    }
}

/// The sample event with one field changed.
fn with(field: &str, value: &str) -> String {
    let mut event: Value = serde_json::from_str(&crate::share_ami::read_sample("an-image-became-available")).unwrap();
    event[field] = json!(value);
    event.to_string()
}

#[tokio::test]
async fn the_rule_of_share_ami_matches_nothing_else_that_ec2_says_or_somebody_makes_up() {
    let events = event_bridge().await;
    let rule = Rule::all().into_iter().find(|rule| rule.function == "share-ami").expect("share-ami has a rule");
    assert!(rule.matches(&events, &with("source", "aws.ec2")).await);
    for (field, value) in [
        ("detail-type", "EBS Snapshot Notification"),
        ("detail-type", "EC2 Instance State-change Notification"),
        ("detail-type", "AWS API Call via CloudTrail"),
        ("source", "custom.aws.ec2"),
        ("source", "aws.ec2.custom"),
    ] {
        assert!(!rule.matches(&events, &with(field, value)).await, "{field} {value}");
    }
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
