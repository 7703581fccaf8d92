//! One count per invocation, in CloudWatch's embedded metric format: the metric is named after the outcome, or `Later` where the rest was
//! left to another run, which is not a failure.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use reaction::Report;
use serde_json::{Map, Value, json};

/// The metric of an invocation that used most of its time: it is counted before a timeout happens, and only then.
const NEAR_TIMEOUT: &str = "NearTimeout";

/// The line that counts this report at this time. The only dimension is the function: accounts and ARNs would make a
/// metric of each.
pub(crate) fn line(report: &Report, now: SystemTime, is_near_timeout: bool) -> Value {
    let outcome = if report.left.is_some() { "later".to_owned() } else { report.outcome.to_string() };
    let metric = outcome[..1].to_uppercase() + &outcome[1..];
    let mut metrics = vec![json!({"Name": metric, "Unit": "Count"})];
    let mut values = Map::from_iter([("service".into(), json!(report.function)), (metric, json!(1))]);
    if is_near_timeout {
        metrics.push(json!({"Name": NEAR_TIMEOUT, "Unit": "Count"}));
        values.insert(NEAR_TIMEOUT.into(), json!(1));
    }
    // Not a dimension: it only says which line of the log this one stands beside.
    values.extend(report.correlation_id.iter().map(|id| ("correlation_id".into(), json!(id))));
    for (name, count) in totals(report) {
        metrics.push(json!({"Name": name, "Unit": "Count"}));
        values.insert(name, json!(count));
    }
    let timestamp = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let aws = json!({
        "Timestamp": u64::try_from(timestamp).unwrap_or(u64::MAX),
        "CloudWatchMetrics": [{"Namespace": "Signalbox", "Dimensions": [["service"]], "Metrics": metrics}],
    });
    values.insert("_aws".into(), aws);
    Value::Object(values)
}

/// What a report counts, over all sections: `missed_events` as `MissedEventsCount`.
fn totals(report: &Report) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    for (name, count) in report.counts.values().flatten() {
        let words = name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
        *totals.entry(words.collect::<String>() + "Count").or_default() += count;
    }
    totals
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use reaction::{Counts, Left, Outcome, Report};
    use serde_json::json;

    #[test]
    fn a_refusal_is_counted_by_function() {
        let line =
            super::line(&Report::new("share-ami", Outcome::Refused, None), UNIX_EPOCH + Duration::from_secs(7), false);
        let expected = json!({
            "_aws": {
                "Timestamp": 7000,
                "CloudWatchMetrics": [{
                    "Namespace": "Signalbox",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "Refused", "Unit": "Count"}],
                }],
            },
            "service": "share-ami",
            "Refused": 1,
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn what_a_report_counts_is_added_up_over_its_sections() {
        let section = |missed| [("missed_events".to_owned(), missed), ("unchanged".to_owned(), 4)].into();
        let counts = Counts::from([("ami".to_owned(), section(1)), ("rds".to_owned(), section(2))]);
        let report = Report { counts, ..Report::new("reconcile-shares", Outcome::Unchanged, None) };
        let line = super::line(&report, UNIX_EPOCH, false);
        assert_eq!((&line["MissedEventsCount"], &line["UnchangedCount"]), (&json!(3), &json!(8)));
        let names = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().iter().map(|it| &it["Name"]);
        assert_eq!(names.collect::<Vec<_>>(), ["Unchanged", "MissedEventsCount", "UnchangedCount"]);
    }
    #[test]
    fn what_is_left_to_another_run_is_no_failure_and_what_nearly_timed_out_is_counted() {
        let report = Report { left: Some(Left::Unfinished), ..Report::new("deploy-lambda", Outcome::Failed, None) };
        let line = super::line(&report, UNIX_EPOCH, true);
        assert_eq!((&line["Later"], &line["NearTimeout"], line.get("Failed")), (&json!(1), &json!(1), None));
    }
}
