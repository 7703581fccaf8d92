//! `infra/operations.yaml`, deployed: what CloudWatch and SNS then have.
//!
//! The local CloudFormation makes all of it but the rule that mutes: it knows no `AWS::CloudWatch::AlarmMuteRule`. Of an alarm on an expression,
//! CloudWatch keeps what it was given and computes nothing; that such an alarm sounds, no test here shows.

use std::collections::BTreeMap;

use aws_sdk_sqs::Client as Sqs;
use local_aws::deploy::Deployment;
use serde_json::{Value, json};

use super::stack;
use crate::templates::template::{Parameters, Template, resolved};
use crate::world::calls::{CLOUDWATCH, call_at, post};
use crate::world::{AWS, REGION, World};

const STACK: &str = "signalbox-operations";

/// What the local CloudFormation does not know.
const UNKNOWN: &str = "AWS::CloudWatch::AlarmMuteRule";

/// What an alarm of the template says of itself, word for word.
const SAID: [&str; 9] = [
    "AlarmDescription",
    "ComparisonOperator",
    "Dimensions",
    "EvaluationPeriods",
    "MetricName",
    "Metrics",
    "Namespace",
    "Period",
    "TreatMissingData",
];

/// The alarms that CloudWatch at this endpoint has in this account, by name.
pub async fn alarms(place: (&str, &str)) -> BTreeMap<String, Value> {
    let answer = call_at(place, CLOUDWATCH, "DescribeAlarms", json!({"MaxRecords": 100})).await;
    assert!(answer["NextToken"].is_null(), "one page has all: {answer}");
    let all = answer["MetricAlarms"].as_array().unwrap().iter();
    all.map(|it| (it["AlarmName"].as_str().unwrap().to_owned(), it.clone())).collect()
}

/// What SNS answers to this account.
async fn ask_sns(account: &str, form: &str) -> String {
    let header = "Content-Type: application/x-www-form-urlencoded";
    let (status, answer) = post((AWS.endpoint(), account), "sns", header, &format!("{form}&Version=2010-03-31")).await;
    assert!(status.contains(" 200 "), "{form}: {status} {answer}");
    answer
}

/// Asserts that CloudWatch has each alarm as the template says, and that each goes to the topic and nowhere else.
async fn assert_alarms(place: (&str, &str), template: &Template, topic: &str) {
    let made = alarms(place).await;
    let meant = template.resources("AWS::CloudWatch::Alarm");
    assert_eq!(made.len(), meant.len(), "{:?}", made.keys());
    for (id, alarm) in meant {
        let it = &made[alarm["AlarmName"].as_str().unwrap()];
        for name in SAID.iter().filter(|name| !alarm[**name].is_null()) {
            assert_eq!(it[name], alarm[*name], "{id}: {name}");
        }
        assert_eq!(it["Threshold"].as_f64(), alarm["Threshold"].as_f64(), "{id}");
        assert_eq!((&it["AlarmActions"], &it["ActionsEnabled"]), (&json!([topic]), &json!(true)), "{id}");
    }
}

/// Asserts that the dashboard is the template's, with the ARNs of these alarms in it.
async fn assert_dashboard(place: (&str, &str), template: &Template) {
    let made = alarms(place).await;
    let [(_, dashboard)] = template.resources("AWS::CloudWatch::Dashboard")[..] else { panic!("one dashboard") };
    let named = template.resources("AWS::CloudWatch::Alarm").into_iter();
    let named: Vec<_> = named.map(|(id, it)| (format!("{id}.Arn"), &made[it["AlarmName"].as_str().unwrap()])).collect();
    let mut parameters: Parameters = named.iter().map(|(name, it)| (name.as_str(), it["AlarmArn"].clone())).collect();
    parameters.insert("AWS::Region", json!(REGION));
    // What CloudFormation is to leave as it is stands with an exclamation mark.
    let meant = resolved(&dashboard["DashboardBody"], &parameters).as_str().unwrap().replace("${!", "${");
    let shown = call_at(place, CLOUDWATCH, "GetDashboard", json!({"DashboardName": "signalbox"})).await;
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(read(shown["DashboardBody"].as_str().unwrap()), read(&meant));
    assert!(!meant.contains("Arn}"), "{meant}");
}

/// A queue that gets what is sent to the topic.
async fn subscribed(world: &World, topic: &str) -> (Sqs, String) {
    let sqs = Sqs::new(world.sessions.config());
    let queue = sqs.create_queue().queue_name("on-call").send().await.unwrap().queue_url.unwrap();
    let arn = format!("arn:aws:sqs:{}:{}:on-call", REGION, world.account);
    ask_sns(&world.account, &format!("Action=Subscribe&TopicArn={topic}&Protocol=sqs&Endpoint={arn}")).await;
    (sqs, queue)
}

#[tokio::test]
async fn every_alarm_goes_to_the_topic_and_the_dashboard_shows_them() {
    let (world, template) = (World::new().await, Template::read("operations"));
    let place = (AWS.endpoint(), world.account.as_str());
    let deployment = Deployment::new(world.sessions.config());
    let made = deployment.apply(&stack(STACK, "operations", &[])).await.unwrap();
    let (topic, account) = (&made["TopicArn"], &world.account);
    assert_alarms(place, &template, topic).await;
    assert_dashboard(place, &template).await;
    let policy = ask_sns(account, &format!("Action=GetTopicAttributes&TopicArn={topic}")).await;
    assert!(policy.contains("cloudwatch.amazonaws.com") && policy.contains("sns:Publish"), "{policy}");
    let (sqs, queue) = subscribed(&world, topic).await;
    let dimensions = json!([{"Name": "service", "Value": "deploy-lambda"}]);
    let datum = json!({"MetricName": "Failed", "Value": 1.0, "Dimensions": dimensions});
    call_at(place, CLOUDWATCH, "PutMetricData", json!({"Namespace": "Signalbox", "MetricData": [datum]})).await;
    let received = sqs.receive_message().queue_url(queue).wait_time_seconds(20).send().await.unwrap();
    let [message] = received.messages() else { panic!("one message in time, not {received:?}") };
    let envelope: Value = serde_json::from_str(message.body().unwrap()).unwrap();
    let told: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
    let expected = (&json!("signalbox-deployments-failed"), &json!("ALARM"));
    assert_eq!((&told["AlarmName"], &told["NewStateValue"]), expected, "{told}");
    refuse_what_is_unknown(&deployment, &template).await;
    assert_alarms(place, &template, topic).await;
    deployment.delete(STACK).await.unwrap();
    assert!(alarms(place).await.is_empty());
    assert_eq!(call_at(place, CLOUDWATCH, "ListDashboards", json!({})).await["DashboardEntries"], json!([]));
    assert!(!ask_sns(account, "Action=ListTopics").await.contains(topic));
}

/// With maintenance windows the stack has one resource more, of the one type that is not to be had here: when it is, this test says so.
async fn refuse_what_is_unknown(deployment: &Deployment, template: &Template) {
    let known = deployment.resources(STACK).await.unwrap();
    let all = template.json["Resources"].as_object().unwrap();
    let unknown: Vec<_> = all.iter().filter(|(id, _)| !known.contains(*id)).map(|(_, it)| &it["Type"]).collect();
    assert_eq!(unknown, [UNKNOWN]);
    let muted = stack(STACK, "operations", &[("MuteSchedule", "cron(0 2 * * SUN)")]);
    let refused = format!("{:#}", deployment.apply(&muted).await.unwrap_err());
    assert!(refused.contains(&format!("Unrecognized resource types: [{UNKNOWN}]")), "{refused}");
}
