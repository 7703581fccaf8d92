//! Alarms watch what is really measured: those on our own metrics, the log line of a function that emits them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use suite::FUNCTIONS;

use super::template::Template;

/// What AWS writes by itself: namespace, dimensions and name.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>,
/// <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html>
pub const OF_AWS: [(&str, &str, &str); 11] = [
    ("AWS/Events", "EventBusName,RuleName", "FailedInvocations"),
    ("AWS/Events", "EventBusName,RuleName", "ThrottledRules"),
    ("AWS/Events", "RuleName", "TriggeredRules"),
    ("AWS/Lambda", "FunctionName", "AsyncEventAge"),
    ("AWS/Lambda", "FunctionName", "Duration"),
    ("AWS/Lambda", "FunctionName", "Errors"),
    ("AWS/Lambda", "FunctionName", "Throttles"),
    ("AWS/SQS", "QueueName", "ApproximateAgeOfOldestMessage"),
    ("AWS/SQS", "QueueName", "ApproximateNumberOfMessagesVisible"),
    ("AWS/States", "StateMachineArn", "ExecutionsFailed"),
    ("AWS/States", "StateMachineArn", "ExecutionsTimedOut"),
];

/// Asserts that a line of this output sets off each alarm of the function that watches this metric of ours, and that there is one.
pub fn assert_alarm_sounds(function: &str, metric: &str, output: &str) {
    let lines: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let template = Template::read(function);
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter();
    let watching: Vec<_> =
        alarms.filter(|(_, it)| it["Namespace"] == "Signalbox" && it["MetricName"] == metric).collect();
    assert!(!watching.is_empty(), "infra/{function}.yaml: no alarm watches {metric}");
    for (id, alarm) in watching {
        let is_heard = lines.iter().any(|line| sets_off(alarm, line));
        assert!(is_heard, "infra/{function}.yaml: no line sets off {id}:\n{output}");
    }
}

/// The alarms of the function on metrics of ours that a line of its log sets off.
pub fn alarms_set_off(function: &str, line: &Value) -> Vec<String> {
    let template = Template::read(function);
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter();
    let of_ours = alarms.filter(|(_, it)| it["Namespace"] == "Signalbox" && sets_off(it, line));
    of_ours.map(|(id, _)| id.to_owned()).collect()
}

/// Whether a line in the embedded metric format has the alarm's metric, with exactly its dimensions, at its threshold.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
fn sets_off(alarm: &Value, line: &Value) -> bool {
    let metric = alarm["MetricName"].as_str().unwrap();
    let dimensions = alarm["Dimensions"].as_array().unwrap();
    let names: Vec<_> = dimensions.iter().map(|it| it["Name"].clone()).collect();
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten();
    let is_told = |directive: &Value| {
        let metrics = directive["Metrics"].as_array().unwrap();
        directive["Namespace"] == alarm["Namespace"]
            && directive["Dimensions"].as_array().unwrap().contains(&json!(names))
            && metrics.iter().any(|it| it["Name"] == metric)
    };
    let is_over = line[metric].as_f64() >= alarm["Threshold"].as_f64() && line[metric].is_number();
    let is_whose = dimensions.iter().all(|it| line[it["Name"].as_str().unwrap()] == it["Value"]);
    assert_eq!(alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold", "{alarm}");
    directives.into_iter().any(is_told) && is_over && is_whose
}

/// The metric that every function has an alarm on is emitted by its binary, as the tests of the binaries assert.
#[test]
fn every_function_has_an_alarm_on_what_it_refuses() {
    for template in Template::all().into_iter().filter(|it| !it.resources("AWS::Lambda::Function").is_empty()) {
        let alarms = template.resources("AWS::CloudWatch::Alarm");
        let watched: Vec<_> = alarms.iter().filter(|(_, it)| it["Namespace"] == "Signalbox").collect();
        assert!(watched.iter().any(|(_, it)| it["MetricName"] == "Refused"), "infra/{}.yaml", template.name);
        for (id, alarm) in watched {
            let by = json!([{"Name": "service", "Value": template.name}]);
            assert_eq!(alarm["Dimensions"], by, "infra/{}.yaml: {id}", template.name);
        }
    }
}

/// What sets the alarms on metrics of ours off: function, metric and test. Refusals of the others are set off by the test of every compiled
/// function that answers ([`crate::promises::binary::answer_in`]).
const SET_OFF: [(&str, &str, &str); 14] = [
    ("check-policy", "Refused", "check_policy/binary.rs::the_compiled_function_answers_the_pipeline"),
    (
        "deploy-lambda",
        "Refused",
        "deploy_lambda/binary.rs::a_deployment_of_another_function_sets_off_the_alarm_on_refusals",
    ),
    (
        "mirror-repository",
        "Refused",
        "mirror_repository/deployed.rs::the_compiled_function_mirrors_what_a_message_asks_for",
    ),
    (
        "receive-webhook",
        "Failed",
        "receive_webhook/binary.rs::a_queue_that_is_gone_is_answered_503_and_sounds_the_alarm",
    ),
    ("receive-webhook", "Refused", "receive_webhook/binary.rs::the_compiled_function_answers_and_never_says_why"),
    ("receive-webhook", "RejectedCount", "receive_webhook/binary.rs::the_compiled_function_answers_and_never_says_why"),
    ("reconcile-shares", "Refused", "reconcile_shares/binary.rs::it_answers_with_its_report_and_counts_in_metrics"),
    ("rotate-bearer-token", "OverdueCount", BEARER_TOKEN),
    ("rotate-bearer-token", "Refused", "rotate_bearer_token/through_lambda.rs::a_step_that_is_not_done_is_an_error"),
    ("rotate-bearer-token", "ShortLivedCount", BEARER_TOKEN),
    ("rotate-bearer-token", "UnreadCount", BEARER_TOKEN),
    ("rotate-db-user", "OverdueCount", DB_USER),
    ("rotate-db-user", "Refused", "rotate_db_user/through_lambda.rs::the_compiled_function_rotates"),
    ("rotate-db-user", "UnreadCount", DB_USER),
];
const BEARER_TOKEN: &str =
    "rotate_bearer_token/watched.rs::each_alarm_sounds_at_the_line_that_counts_and_not_where_all_is_well";
const DB_USER: &str = "rotate_db_user/watched.rs::each_alarm_sounds_at_the_line_that_counts_and_not_where_all_is_well";

#[test]
fn each_alarm_on_a_metric_of_ours_is_set_off_by_a_test() {
    let mut known: BTreeSet<_> =
        SET_OFF.into_iter().map(|(function, metric, _)| (function.to_owned(), metric)).collect();
    for entry in FUNCTIONS {
        let template = Template::read(entry.name);
        let checks = crate::tidy::read(&format!("tests/src/functions/{}/checks.rs", entry.name.replace('-', "_")));
        let answers_here = checks
            .split("fn answers()")
            .nth(1)
            .is_some_and(|it| it.lines().nth(1).is_some_and(|line| !line.contains("Shown::Elsewhere")));
        for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
            let metric = alarm["MetricName"].as_str().unwrap_or_default();
            if alarm["Namespace"] != "Signalbox" || metric == "Refused" && answers_here {
                continue;
            }
            let is_known = SET_OFF.iter().any(|(function, name, _)| *function == entry.name && *name == metric);
            assert!(is_known, "infra/{}.yaml: {id}: name the test that sets it off", entry.name);
            known.retain(|(function, name)| function != entry.name || *name != metric);
        }
    }
    assert!(known.is_empty(), "no alarm is on {known:?}");
    for (.., test) in SET_OFF {
        crate::promises::hazards::assert_is_test(&format!("tests/src/functions/{test}"));
    }
}

#[test]
fn each_alarm_on_a_metric_of_aws_is_on_one_that_aws_documents() {
    for template in Template::all() {
        for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
            let Some(name) = alarm["MetricName"].as_str().filter(|_| alarm["Namespace"] != "Signalbox") else {
                continue;
            };
            let dimensions = alarm["Dimensions"].as_array().unwrap().iter().map(|it| it["Name"].as_str().unwrap());
            let dimensions = dimensions.collect::<Vec<_>>().join(",");
            let metric = (alarm["Namespace"].as_str().unwrap(), dimensions.as_str(), name);
            assert!(OF_AWS.contains(&metric), "infra/{}.yaml: {id}: {metric:?}", template.name);
        }
    }
}

/// EventBridge may write what the rules of this template hear into this template's log group, and no other rule may.
#[test]
fn a_log_group_takes_events_of_its_own_rules_only() {
    for template in Template::all() {
        for (id, policy) in template.resources("AWS::Logs::ResourcePolicy") {
            let text = policy["PolicyDocument"]["Fn::Sub"].as_str().unwrap();
            let document: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{id}: {error}"));
            let group = text.split("${").find_map(|it| it.split_once(".Arn}")).unwrap().0;
            let target = json!({"Fn::GetAtt": format!("{group}.Arn")});
            let rules = template.resources("AWS::Events::Rule").into_iter();
            let writing = rules.filter(|(_, rule)| {
                rule["Targets"].as_array().unwrap().iter().any(|it| is_of(&it["Arn"], &target, group))
            });
            let arn = |name: &Value| {
                format!(
                    "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{}",
                    name.as_str().unwrap()
                )
            };
            let mut named: Vec<_> = writing.map(|(_, rule)| arn(&rule["Name"])).collect();
            named.sort();
            assert!(!named.is_empty(), "infra/{}.yaml: {id}", template.name);
            let statements = document["Statement"].as_array().unwrap();
            let writes = statements.iter().filter(|it| it["Action"].to_string().contains("PutLogEvents"));
            for statement in writes {
                let mut sources = super::role::texts(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]);
                sources.sort();
                assert_eq!(sources, named, "infra/{}.yaml: {id}", template.name);
            }
        }
    }
}

/// A target names the log group by its ARN, or by an ARN that is made of its name.
fn is_of(arn: &Value, group_arn: &Value, group: &str) -> bool {
    arn == group_arn || arn.to_string().contains(&format!("${{{group}}}"))
}
