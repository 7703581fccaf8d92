//! The bus: the events that its policy admits, the rules of functions on it, and what it keeps.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::role::texts;
use super::rules::{event_bridge, forwarding, matches, samples};
use super::template::{Parameters, Template, resolved};

/// The functions whose events rules forward to the bus.
fn heard() -> BTreeSet<String> {
    forwarding().into_iter().map(|it| it.function).collect()
}

/// The hub, a member, and the management account.
pub const ACCOUNTS: [&str; 3] = ["123456789012", "222233334444", "111122223333"];

/// What the templates of an organization are given.
pub fn parameters() -> Parameters<'static> {
    let given = [
        ("AWS::AccountId", ACCOUNTS[0]),
        ("AWS::Partition", "aws"),
        ("AWS::Region", "eu-west-1"),
        ("BusName", "signalbox"),
        ("ForwardingRoleName", "signalbox-forward"),
        ("HubAccountId", ACCOUNTS[0]),
        ("HubRoleArn", HUB_ROLE),
        ("HubRegion", "eu-west-1"),
        ("ManagementAccountId", ACCOUNTS[2]),
        ("OrganizationId", "o-exampleorgid"),
        ("OrganizationRoleName", "signalbox-forward-organization"),
    ];
    given.map(|(name, value)| (name, json!(value))).into()
}

/// The role of a function in the hub.
pub const HUB_ROLE: &str = "arn:aws:iam::123456789012:role/signalbox-share-rds-snapshot-Role-ABCDEFGHIJKL";

const BUS: &str = "arn:aws:events:eu-west-1:123456789012:event-bus/signalbox";

/// An identity that puts an event on the bus, by a rule or by hand.
#[derive(Clone, Copy)]
struct Put<'a> {
    principal: &'a str,
    organization: Option<&'a str>,
    source: &'a str,
    kind: &'a str,
    is_forwarded: bool,
}

/// What the rule of a member forwards.
const FORWARDED: Put = Put {
    principal: "arn:aws:iam::222233334444:role/signalbox-forward",
    organization: Some("o-exampleorgid"),
    source: "aws.ec2",
    kind: "EC2 AMI State Change",
    is_forwarded: true,
};

/// And that of the management account.
const MOVED: Put = Put {
    principal: "arn:aws:iam::111122223333:role/signalbox-forward-organization",
    source: "aws.organizations",
    kind: "AWS API Call via CloudTrail",
    ..FORWARDED
};

/// Whether a text is what an ARN with asterisks says.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            // An asterisk in one part of an ARN stands for nothing of the next.
            let ends = (0..=text.len()).filter(|end| !text[..*end].contains(':'));
            ends.into_iter().any(|end| is_like(rest, &text[end..]))
        }),
    }
}

impl Put<'_> {
    fn value_of(&self, key: &str) -> Option<&str> {
        match key {
            "aws:PrincipalArn" => Some(self.principal),
            "aws:PrincipalOrgID" => self.organization,
            "events:source" => Some(self.source),
            "events:detail-type" => Some(self.kind),
            "events:eventBusInvocation" => Some(if self.is_forwarded { "true" } else { "false" }),
            other => panic!("the policy asks for {other}"),
        }
    }

    /// Whether this is what a statement is about.
    fn is_meant(&self, statement: &Value) -> bool {
        assert_eq!((&statement["Principal"], &statement["Action"]), (&json!("*"), &json!("events:PutEvents")));
        assert_eq!(statement["Resource"], BUS);
        let operators = statement["Condition"].as_object().unwrap().iter();
        let mut asked =
            operators.flat_map(|(operator, keys)| keys.as_object().unwrap().iter().map(move |it| (operator, it)));
        asked.all(|(operator, (key, expected))| {
            let (said, expected) = (self.value_of(key), texts(expected));
            let is_one = |said: &str| match operator.as_str() {
                "StringEquals" | "Bool" => expected.iter().any(|it| it == said),
                "ArnEquals" | "ArnLike" | "ArnNotEquals" => expected.iter().any(|it| is_like(it, said)),
                other => panic!("the policy asks by {other}"),
            };
            if operator == "ArnNotEquals" { !said.is_some_and(is_one) } else { said.is_some_and(is_one) }
        })
    }

    /// Whether the bus takes it from an identity that has no permission but the policy's.
    fn is_taken(&self) -> bool {
        let meant = |effect: &str| policy().iter().any(|it| it["Effect"] == effect && self.is_meant(it));
        meant("Allow") && !meant("Deny")
    }

    /// Whether it is refused even to an identity that may put events in the hub.
    fn is_refused(&self) -> bool {
        policy().iter().any(|it| it["Effect"] == "Deny" && self.is_meant(it))
    }
}

fn policy() -> Vec<Value> {
    let template = Template::read("bus");
    let [(_, bus)] = template.resources("AWS::Events::EventBus")[..] else { panic!("one bus") };
    let statements = bus["Policy"]["Statement"].as_array().unwrap().iter();
    let statements = statements.map(|it| it.pointer("/Fn::If/1").unwrap_or(it));
    statements.map(|it| resolved(it, &parameters())).collect()
}

#[test]
fn the_bus_takes_what_members_forward_and_nothing_else() {
    assert!(FORWARDED.is_taken() && MOVED.is_taken());
    let service_event = Put { kind: "AWS Service Event via CloudTrail", ..MOVED };
    assert!(service_event.is_taken());
    for (why, put) in [
        ("of another organization", Put { organization: Some("o-anotherorgid"), ..FORWARDED }),
        ("of no organization", Put { organization: None, ..FORWARDED }),
        ("another role", Put { principal: "arn:aws:iam::222233334444:role/admin", ..FORWARDED }),
        ("a longer name", Put { principal: "arn:aws:iam::222233334444:role/signalbox-forward-2", ..FORWARDED }),
        ("a path", Put { principal: "arn:aws:iam::222233334444:role/of/signalbox-forward", ..FORWARDED }),
        ("a user", Put { principal: "arn:aws:iam::222233334444:user/signalbox-forward", ..FORWARDED }),
        ("the whole account", Put { principal: "arn:aws:iam::222233334444:root", ..FORWARDED }),
        ("by hand", Put { is_forwarded: false, ..FORWARDED }),
        ("what imitates AWS", Put { source: "custom.aws.ec2", ..FORWARDED }),
        ("what no function hears", Put { kind: "EC2 Instance State-change Notification", ..FORWARDED }),
        ("what no function hears of S3", Put { source: "aws.s3", kind: "Object Created", ..FORWARDED }),
        ("Organizations, by a member", Put { principal: FORWARDED.principal, ..MOVED }),
        (
            "by the other role of a member",
            Put { principal: "arn:aws:iam::222233334444:role/signalbox-forward-organization", ..MOVED },
        ),
        ("images, by the role for Organizations", Put { source: FORWARDED.source, kind: FORWARDED.kind, ..MOVED }),
        ("the management account of another", Put { organization: Some("o-anotherorgid"), ..MOVED }),
        ("Organizations by hand", Put { is_forwarded: false, ..MOVED }),
    ] {
        assert!(!put.is_taken(), "{why}");
    }
}

/// An Allow of one's own role is enough in one's own account, unless the bus denies.
#[test]
fn nobody_puts_events_on_the_bus_by_hand_not_even_in_its_own_account() {
    let by_hand = Put { principal: "arn:aws:iam::123456789012:role/admin", is_forwarded: false, ..FORWARDED };
    assert!(by_hand.is_refused());
    assert!(Put { source: "custom", ..by_hand }.is_refused());
    for role in ["signalbox-forward", "signalbox-forward-organization"] {
        let principal = format!("arn:aws:iam::123456789012:role/{role}");
        assert!(!Put { principal: &principal, ..by_hand }.is_refused(), "EventBridge alone has it, for other regions");
    }
}

#[test]
fn without_a_management_account_nobody_tells_of_organizations() {
    let bus = &Template::read("bus").json["Resources"]["Bus"]["Properties"]["Policy"];
    let conditional: Vec<_> = bus["Statement"].as_array().unwrap().iter().filter_map(|it| it.get("Fn::If")).collect();
    let [of_organizations] = conditional[..] else { panic!("{conditional:?}") };
    assert_eq!(of_organizations[0], "HasManagementAccount");
    assert_eq!(of_organizations[1]["Sid"], "TakeEventsOfOrganizations");
    assert_eq!(of_organizations[2], json!({"Ref": "AWS::NoValue"}));
}

/// What the policy lets in, and what the rules wait for.
#[test]
fn the_policy_admits_the_kinds_of_events_that_the_rules_hear_and_no_others() {
    let mut heard = BTreeSet::new();
    for function in self::heard() {
        let pattern = pattern_in(&function, "BusRule");
        heard.extend(texts(&pattern["source"]).into_iter().chain(texts(&pattern["detail-type"])));
    }
    let of = |key: &str| {
        policy()
            .iter()
            .filter_map(|it| it["Condition"]["StringEquals"].get(key).map(texts))
            .flatten()
            .collect::<BTreeSet<String>>()
    };
    let admitted = &of("events:source") | &of("events:detail-type");
    assert_eq!(admitted, heard);
}

/// The pattern of the rule of this function, as JSON.
pub fn pattern_in(template: &str, id: &str) -> Value {
    let read = Template::read(template);
    let patterns = read.event_patterns(&parameters());
    let (_, pattern) = patterns.iter().find(|(it, _)| *it == id).unwrap_or_else(|| panic!("{template} has no {id}"));
    serde_json::from_str(pattern).unwrap()
}

#[test]
fn a_function_hears_on_the_bus_what_its_own_rule_hears() {
    for function in heard() {
        assert_eq!(pattern_in(&function, "BusRule"), pattern_in(&function, "Rule"), "{function}");
    }
}

/// The rule lives with its function.
#[test]
fn a_function_that_hears_members_has_its_rule_on_the_bus_with_a_permission_and_alarms() {
    let mut templates = Template::all();
    templates.retain(|it| it.json["Resources"].get("BusRule").is_some());
    assert_eq!(templates.iter().map(|it| it.name.clone()).collect::<BTreeSet<_>>(), heard());
    for template @ Template { name: function, json, .. } in &templates {
        for of in ["BusRule", "BusPermission", "BusFailuresAlarm", "BusThrottlesAlarm"] {
            assert_eq!(json["Resources"][of]["Condition"], "HearsMembers", "{function}: {of}");
        }
        let asked = json!({"Fn::Equals": [{"Ref": "HearMembers"}, "Yes"]});
        assert_eq!(
            (&json["Conditions"]["HearsMembers"], &json["Parameters"]["HearMembers"]["Default"]),
            (&asked, &json!("No"))
        );
        let resource = |id: &str| resolved(&json["Resources"][id]["Properties"], &parameters());
        let rule = resource("BusRule");
        assert_eq!((&rule["Name"], &rule["EventBusName"]), (&json!(function), &json!("signalbox")));
        let [target] = &rule["Targets"].as_array().unwrap()[..] else { panic!("{function}: {rule}") };
        assert_eq!(target["Arn"], json!({"Fn::GetAtt": "Function.Arn"}), "{function}");
        assert_waits_in_the_queue_of_the_bus(target, &template.name);
        let permission = resource("BusPermission");
        let source = json!({"Fn::GetAtt": "BusRule.Arn"});
        assert_eq!((&permission["FunctionName"], &permission["SourceArn"]), (&json!({"Ref": "Function"}), &source));
        let by = json!([{"Name": "EventBusName", "Value": "signalbox"}, {"Name": "RuleName", "Value": function}]);
        for (of, measure) in [("Failures", "FailedInvocations"), ("Throttles", "ThrottledRules")] {
            let alarm = resource(&format!("Bus{of}Alarm"));
            assert_eq!((&alarm["MetricName"], &alarm["Dimensions"]), (&json!(measure), &by), "{function}");
        }
    }
    assert_eq!(Template::read("bus").resources("AWS::Events::Rule"), [], "the bus itself hands nothing on");
}

/// The queue is named, and admits the rule by its name on the bus.
fn assert_waits_in_the_queue_of_the_bus(target: &Value, rule: &str) {
    let bus = Template::read("bus");
    let of_bus = |id: &str| resolved(&bus.json["Resources"][id]["Properties"], &parameters());
    let queue = of_bus("FailureQueue")["QueueName"].as_str().unwrap().to_owned();
    assert_eq!(target["DeadLetterConfig"]["Arn"], format!("arn:aws:sqs:eu-west-1:{}:{queue}", ACCOUNTS[0]), "{rule}");
    let admits = &of_bus("FailureQueuePolicy")["PolicyDocument"]["Statement"][0]["Condition"]["ArnLike"];
    let source = format!("arn:aws:events:eu-west-1:{}:rule/signalbox/{rule}", ACCOUNTS[0]);
    assert!(is_like(admits["aws:SourceArn"].as_str().unwrap(), &source), "{source}: {admits}");
}

/// A sample goes to its function by the bus as it does without one, and what is replayed, too.
#[tokio::test]
async fn the_bus_hands_a_sample_to_its_function_and_to_no_other() {
    let (events, heard) = (event_bridge().await, heard());
    let samples = samples().into_iter().filter(|(function, ..)| heard.contains(function));
    for (function, name, event) in samples.filter(|(.., event)| event.contains("\"detail-type\"")) {
        let mut handed = Vec::new();
        for of in &heard {
            if matches(&events, &pattern_in(of, "BusRule").to_string(), &event).await {
                handed.push(of);
            }
        }
        let is_stray =
            name.ends_with("an-event-came-of-another-kind.json") || name.ends_with("could-not-be-moved.json");
        let expected = (!is_stray).then_some(&function);
        assert_eq!(handed, Vec::from_iter(expected), "{name}");
    }
}

#[tokio::test]
async fn what_comes_is_kept_and_what_is_replayed_is_not_kept_again() {
    let template = Template::read("bus");
    let [(_, archive)] = template.resources("AWS::Events::Archive")[..] else { panic!("one archive") };
    assert_eq!(archive["RetentionDays"], json!({"Ref": "ArchiveRetentionInDays"}));
    assert_eq!(archive["SourceArn"], json!({"Fn::GetAtt": "Bus.Arn"}));
    let (events, pattern) = (event_bridge().await, archive["EventPattern"].to_string());
    let mut event: Value =
        serde_json::from_str(&crate::world::scene::read_sample("share-ami", "an-image-became-available")).unwrap();
    assert!(matches(&events, &pattern, &event.to_string()).await);
    event["replay-name"] = json!("after-the-manifest-was-mended");
    assert!(!matches(&events, &pattern, &event.to_string()).await);
}
