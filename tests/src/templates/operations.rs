//! What an operator watches: every alarm and widget of `infra/operations.yaml` is on a metric that is really written, and no alarm is in
//! two templates.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use function::Trigger;
use serde_json::{Value, json};
use suite::{Entry, FUNCTIONS};

use super::alarms::OF_AWS;
use super::template::{Parameters, Template, resolved};
use crate::functions::{deploy_lambda, reconcile_shares, report_patches, share_ami};
use crate::promises::binary::{INVOCATION, environment, start_function};
use crate::world::DEPLOYMENTS;
use crate::world::patching::PATCHES;
use crate::world::scene::Scene as _;

/// A metric: the namespace, the dimension that tells its values apart, its name, and the value where one is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Metric {
    namespace: String,
    dimension: String,
    name: String,
    value: Option<String>,
}

/// What other tests run the code for: the function, the metric and the test.
const ELSEWHERE: [(&str, &str, &str); 2] = [
    (
        "rotate-bearer-token",
        "OverdueCount",
        "tests/src/functions/rotate_bearer_token/watched.rs::each_alarm_sounds_at_the_line_that_counts_and_not_where_all_is_well",
    ),
    (
        "deploy-lambda",
        "Applied",
        "tests/src/functions/deploy_lambda/binary.rs::the_compiled_function_delivers_round_by_round",
    ),
];

fn template() -> Template {
    Template::read("operations")
}

/// Metrics of an alarm with dimensions.
fn of_dimensions(metric: &Value) -> Metric {
    let [dimension] = metric["Dimensions"].as_array().unwrap().as_slice() else { panic!("one dimension: {metric}") };
    let text = |it: &Value| it.as_str().unwrap_or_else(|| panic!("{metric}")).to_owned();
    Metric {
        namespace: text(&metric["Namespace"]),
        dimension: text(&dimension["Name"]),
        name: text(&metric["MetricName"]),
        value: Some(text(&dimension["Value"])),
    }
}

/// The metric of `SELECT SUM(NAME) FROM SCHEMA("NAMESPACE", DIMENSION)`.
fn of_query(query: &str) -> Option<Metric> {
    let (name, rest) = query.strip_prefix("SELECT SUM(")?.split_once(") FROM SCHEMA(\"")?;
    let (namespace, dimension) = rest.strip_suffix(')')?.split_once("\", ")?;
    Some(Metric { namespace: namespace.into(), dimension: dimension.into(), name: name.into(), value: None })
}

/// The metric of `SEARCH('{NAMESPACE,DIMENSION} MetricName="NAME" ..', ..)`, and what else is asked for.
fn of_search(expression: &str) -> (Metric, &str) {
    let inner = expression
        .strip_prefix("SEARCH('{")
        .and_then(|it| it.split_once("', '"))
        .unwrap_or_else(|| panic!("{expression}"))
        .0;
    let (place, rest) = inner.split_once("} MetricName=\"").unwrap();
    let (namespace, dimension) = place.split_once(',').unwrap();
    let (name, rest) = rest.split_once('"').unwrap();
    let value = rest.trim().strip_prefix(&format!("{dimension}=\"")).and_then(|it| it.strip_suffix('"'));
    let metric = Metric {
        namespace: namespace.into(),
        dimension: dimension.into(),
        name: name.into(),
        value: value.map(String::from),
    };
    (metric, rest.trim())
}

/// What each alarm watches.
fn of_alarms() -> BTreeMap<String, Vec<Metric>> {
    let template = template();
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(id, alarm)| {
        let Some(metrics) = alarm["Metrics"].as_array() else { return (id.to_owned(), vec![of_dimensions(alarm)]) };
        let shown = metrics.iter().filter(|it| it["ReturnData"] != json!(false));
        assert_eq!(shown.count(), 1, "{id}: one expression decides");
        let metrics = metrics.iter().filter_map(|it| match it["MetricStat"]["Metric"].as_object() {
            Some(_) => Some(of_dimensions(&it["MetricStat"]["Metric"])),
            None => of_query(it["Expression"].as_str().unwrap()),
        });
        (id.to_owned(), metrics.collect())
    });
    alarms.collect()
}

/// The dashboard, with an ARN for each alarm.
fn dashboard() -> Value {
    let template = template();
    let [(_, dashboard)] = template.resources("AWS::CloudWatch::Dashboard")[..] else { panic!("one dashboard") };
    let parameters: Parameters = [("AWS::Region", json!("eu-west-1"))].into();
    let text = resolved(&dashboard["DashboardBody"], &parameters);
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

fn expressions() -> Vec<String> {
    let dashboard = dashboard();
    let widgets = dashboard["widgets"].as_array().unwrap().iter().filter(|it| it["type"] == "metric");
    let metrics = widgets.flat_map(|it| it["properties"]["metrics"].as_array().unwrap());
    metrics.map(|it| it[0]["expression"].as_str().unwrap().to_owned()).collect()
}

/// The metrics of ours that a function writes when it hears these events, each with the time that it has.
async fn written(function: &str, environment: &BTreeMap<String, String>, events: &[(&str, Duration)]) -> Vec<Metric> {
    let (api, running) = start_function(function, environment).await;
    for (event, time) in events {
        api.invoke(*event, *time).await;
    }
    let output = running.end().await.unwrap();
    let lines = output.lines().filter_map(|it| serde_json::from_str::<Value>(it).ok());
    let mut metrics = Vec::new();
    for line in lines.filter(|it| it.get("_aws").is_some()) {
        let [directive] = line["_aws"]["CloudWatchMetrics"].as_array().unwrap().as_slice() else { panic!("{line}") };
        assert_eq!(directive["Dimensions"], json!([["service"]]), "{line}");
        for name in directive["Metrics"].as_array().unwrap().iter().map(|it| it["Name"].as_str().unwrap()) {
            assert!(line[name].is_number(), "{line}");
            let value = line["service"].as_str().map(String::from);
            let namespace = directive["Namespace"].as_str().unwrap().to_owned();
            metrics.push(Metric { namespace, dimension: "service".into(), name: name.into(), value });
        }
    }
    metrics
}

/// What the compiled functions write when they do something, nearly run out of time, are refused, fail and sweep.
async fn written_by_all() -> BTreeSet<Metric> {
    let image = share_ami::Scene::set_up(&share_ami::GIVEN, "an-image-became-available").await;
    let refused = share_ami::Scene::set_up(&share_ami::GIVEN, "an-event-came-from-another-account").await;
    let short = INVOCATION / 10;
    let events =
        [(image.event.as_str(), INVOCATION), (image.event.as_str(), short), (refused.event.as_str(), INVOCATION)];
    let mut all = written("share-ami", &environment(&image.world), &events).await;
    let near: Vec<_> = all.iter().filter(|it| it.name == "NearTimeout").collect();
    assert_eq!(near.len(), 1, "of the second alone: {all:?}");
    let shares = reconcile_shares::Scene::set_up(&reconcile_shares::Given::Object, "it-is-time-to-sweep").await;
    let mut settings = environment(&shares.world);
    settings.insert("SIGNALBOX_ALLOWED_ACCOUNTS".into(), "everybody".into());
    all.extend(written("reconcile-shares", &settings, &[(reconcile_shares::SWEEP, INVOCATION); 2]).await);
    let patches = report_patches::Scene::set_up(&report_patches::GIVEN, "it-is-time-to-sweep").await;
    let mut settings = environment(&patches.world);
    settings.insert("SIGNALBOX_PATCHES_TABLE".into(), PATCHES.into());
    all.extend(written("report-patches", &settings, &[(patches.event(), INVOCATION)]).await);
    all.extend(written_of_a_deployment().await);
    all.into_iter().collect()
}

/// A job whose ledger is not there fails.
async fn written_of_a_deployment() -> Vec<Metric> {
    let scene = deploy_lambda::Scene::set_up(&deploy_lambda::GIVEN, "code-was-sent").await;
    let mut settings = environment(&scene.world);
    let bucket = format!("code-{}", scene.world.account);
    let own = [
        ("SIGNALBOX_DEPLOYMENTS_TABLE", DEPLOYMENTS),
        ("SIGNALBOX_CODE_BUCKET", bucket.as_str()),
        ("SIGNALBOX_DEPLOY_FUNCTIONS", "orders"),
        ("SIGNALBOX_LEDGER_TABLE", "no-such-table"),
    ];
    settings.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    written("deploy-lambda", &settings, &[(&scene.event_of_job(), INVOCATION)]).await
}

#[tokio::test]
async fn every_alarm_and_widget_is_on_a_metric_that_the_code_or_aws_writes() {
    let mut written = written_by_all().await;
    for (function, name, test) in ELSEWHERE {
        crate::promises::hazards::assert_is_test(test);
        let (namespace, dimension) = ("Signalbox".to_owned(), "service".to_owned());
        written.insert(Metric { namespace, dimension, name: name.into(), value: Some(function.into()) });
    }
    let mut watched: Vec<_> =
        of_alarms().into_iter().flat_map(|(id, it)| it.into_iter().map(move |it| (id.clone(), it))).collect();
    watched.extend(expressions().iter().map(|it| (it.clone(), of_search(it).0)));
    assert!(watched.len() > 30, "{watched:?}");
    for (place, metric) in &watched {
        let Metric { namespace, dimension, name, value } = metric;
        if namespace == "Signalbox" {
            let is_same =
                |it: &Metric| it.dimension == *dimension && it.name == *name && (value.is_none() || it.value == *value);
            assert!(written.iter().any(is_same), "{place}: no function writes {metric:?}: {written:#?}");
            continue;
        }
        assert!(OF_AWS.contains(&(namespace.as_str(), dimension.as_str(), name.as_str())), "{place}: {metric:?}");
        assert!(value.as_ref().is_none_or(|it| FUNCTIONS.iter().any(|known| known.name == it)), "{place}: {metric:?}");
    }
}

/// Functions that EventBridge, a schedule or a pipeline invokes wait in Lambda's own queue.
#[test]
fn every_function_that_waits_is_watched_and_every_function_is_shown() {
    let alarms = of_alarms();
    let watched = |ids: &[&str]| -> BTreeSet<String> {
        ids.iter().flat_map(|id| &alarms[*id]).filter_map(|it| it.value.clone()).collect()
    };
    let waits = |it: &Trigger| matches!(it, Trigger::Event { .. } | Trigger::Schedule | Trigger::Job);
    let reads_queue = |entry: &Entry| entry.hears.contains(&Trigger::Queue);
    let named = |wanted: &dyn Fn(&Entry) -> bool| -> BTreeSet<String> {
        FUNCTIONS.iter().filter(|it| wanted(it)).map(|it| it.name.to_owned()).collect()
    };
    let waiting = named(&|it| it.hears.iter().any(waits) && !reads_queue(it));
    assert_eq!(watched(&["EventAgeAlarm", "JobAgeAlarm"]), waiting);
    // Step Functions tries again by itself, and its workflow has alarms; the webhook's own template has one.
    let throttled = named(&|it| it.hears.iter().any(waits) || reads_queue(it));
    assert_eq!(watched(&["ThrottlesAlarm", "JobThrottlesAlarm"]), throttled);
    assert!(alarms.values().all(|it| it.len() <= 10), "an alarm takes ten metrics");
    let named: Vec<_> = FUNCTIONS.iter().map(|it| format!("\"{}\"", it.name)).collect();
    let of_lambda = expressions().into_iter().filter(|it| it.contains("AWS/Lambda")).collect::<Vec<_>>();
    assert!(!of_lambda.is_empty());
    for expression in of_lambda {
        let asked = format!("FunctionName=({})", named.join(" OR "));
        assert_eq!(of_search(&expression).1, asked);
    }
}

/// The names of an alarm, with the names that the parameters have by default; one for each function of a stack that is made for several.
fn names_of(template: &Template, alarm: &Value) -> Vec<String> {
    let defaults: Parameters = [("BusName", json!("signalbox")), ("PipelineName", json!("signalbox-policy"))].into();
    let functions = template.json["Parameters"]["FunctionName"]["AllowedValues"].as_array().cloned();
    let of = |function: Value| {
        let mut parameters = defaults.clone();
        parameters.insert("FunctionName", function);
        resolved(alarm, &parameters).as_str().unwrap().to_owned()
    };
    functions.unwrap_or_else(|| vec![Value::Null]).into_iter().map(of).collect()
}

#[test]
fn no_alarm_is_in_two_templates_and_a_maintenance_window_mutes_all_of_them() {
    let (mut names, mut watched) = (BTreeSet::new(), BTreeMap::new());
    for template in Template::all() {
        for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
            for name in names_of(&template, &alarm["AlarmName"]) {
                assert!(names.insert(name), "{}: {id}", template.name);
            }
            let metric = format!("{} {} {}", alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"]);
            // A name that refers to a resource is another one in each template.
            let is_own = metric.contains("\"Ref\"") || metric.contains("GetAtt");
            let metric = if is_own { format!("{} {metric}", template.name) } else { metric };
            let before = (!alarm["MetricName"].is_null())
                .then(|| watched.insert(metric.clone(), template.name.clone()))
                .flatten();
            assert!(
                before.is_none_or(|it| it == template.name),
                "{}: {id}: {metric} is watched already",
                template.name
            );
        }
    }
    let template = template();
    let [(_, rule)] = template.resources("AWS::CloudWatch::AlarmMuteRule")[..] else { panic!("one rule") };
    let muted = rule["MuteTargets"]["AlarmNames"].as_array().unwrap().iter();
    let muted: BTreeSet<_> = muted.flat_map(|it| names_of(&template, it)).collect();
    assert_eq!(muted, names);
    let topic = json!([{"Ref": "Topic"}]);
    assert!(template.resources("AWS::CloudWatch::Alarm").iter().all(|(_, it)| it["AlarmActions"] == topic));
}

/// CloudWatch compares the word with the parts of a name between what is neither letter nor digit.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>
#[test]
fn the_dashboard_finds_every_queue_that_an_alarm_watches_by_its_name() {
    let searches = expressions();
    let search = searches.iter().map(|it| of_search(it)).find(|(metric, _)| metric.namespace == "AWS/SQS").unwrap();
    let mut found = 0;
    for template in Template::all() {
        for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
            let queue = &alarm["Dimensions"][0]["Value"]["Fn::GetAtt"];
            if alarm["MetricName"] != search.0.name || template.name == "operations" {
                continue;
            }
            let queue = queue.as_str().unwrap_or_else(|| panic!("{}: {id}: {queue}", template.name));
            let queue = queue.split('.').next().unwrap();
            let queues = template.resources("AWS::SQS::Queue");
            let named = &queues.iter().find(|(id, _)| *id == queue).unwrap().1["QueueName"];
            let named =
                named["Fn::Sub"].as_str().or(named.as_str()).unwrap_or_else(|| panic!("{}: {named}", template.name));
            assert!(
                named.split(|it: char| !it.is_alphanumeric()).any(|it| it == search.1),
                "{}: {id}: {named} is not found by {search:?}",
                template.name
            );
            found += 1;
        }
    }
    assert!(found > 8, "{found}");
}

#[test]
fn the_dashboard_fits_on_a_screen_and_its_widgets_side_by_side() {
    let dashboard = dashboard();
    let widgets = dashboard["widgets"].as_array().unwrap();
    assert!(widgets.len() <= 12, "a person reads it in a minute");
    let mut rows = BTreeMap::<u64, u64>::new();
    for widget in widgets {
        let of = |name: &str| widget[name].as_u64().unwrap();
        let begun = rows.entry(of("y")).or_default();
        assert_eq!(*begun, of("x"), "{widget}");
        *begun += of("width");
    }
    assert!(rows.values().all(|it| *it == 24), "{rows:?}");
    let (shown, alarms) = (dashboard["widgets"][0]["properties"]["alarms"].to_string(), of_alarms());
    assert!(alarms.keys().all(|id| shown.contains(&format!("${{{id}.Arn}}"))), "{shown}");
}
