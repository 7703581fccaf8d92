//! What CloudWatch says of a target: its alarms, and how often each version was invoked in vain.

use std::collections::BTreeSet;

use reaction::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Target;
use crate::cloudwatch::CloudWatch;
use crate::judge::{Alarms, Count, Counts};
use crate::traffic::MINUTE;

/// A period of a metric, in seconds.
const PERIOD: u64 = MINUTE;

/// How many pages there may be of a few minutes' metrics.
const PAGES: usize = 100;

/// How long before the first traffic the old version is looked at, where time tells it from the new one.
const BEFORE: u64 = 60 * MINUTE;

/// Which version is which.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Split<'a> {
    /// The alias has weights: metrics name the version that was executed.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>
    Weighted {
        /// The old version.
        old: &'a str,
        /// The new version.
        new: &'a str,
    },
    /// The alias has moved: before this time it was the old version, and since then the new one.
    Moved,
}

/// What these alarms say now.
pub(crate) async fn alarms(client: &CloudWatch, names: &BTreeSet<String>) -> Result<Alarms, Error> {
    if names.is_empty() {
        return Ok(Alarms::default());
    }
    let asked = json!({"AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]});
    let answer: Described = client.ask("DescribeAlarms", &asked).await?;
    let (mut alarms, mut present) = (Alarms::default(), BTreeSet::new());
    for Alarm { alarm_name, state_value } in answer.metric_alarms.into_iter().chain(answer.composite_alarms) {
        if state_value == "ALARM" {
            alarms.red.insert(alarm_name.clone());
        }
        present.insert(alarm_name);
    }
    alarms.absent = names.difference(&present).cloned().collect();
    Ok(alarms)
}

/// What metrics say of both versions, where the new one has had traffic since `since`.
pub(crate) async fn counts(
    client: &CloudWatch,
    target: &Target,
    split: Split<'_>,
    (since, now): (u64, u64),
) -> Result<Counts, Error> {
    let (old, new) = match split {
        Split::Weighted { old, new } => (Some(old), Some(new)),
        Split::Moved => (None, None),
    };
    let queries = [
        query("new_invocations", "Invocations", target, new),
        query("new_errors", "Errors", target, new),
        query("old_invocations", "Invocations", target, old),
        query("old_errors", "Errors", target, old),
    ];
    let from = if new.is_some() { since } else { since.saturating_sub(BEFORE) };
    // Metrics stand at the beginning of their minute.
    let (from, to) = (from / MINUTE * MINUTE, now + MINUTE);
    let mut sums = Sums { split_at: new.is_none().then_some(since / MINUTE * MINUTE), counts: Counts::default() };
    let mut token = None;
    for _ in 0..PAGES {
        let mut asked = json!({"MetricDataQueries": queries, "StartTime": from, "EndTime": to});
        if let Some(token) = &token {
            asked["NextToken"] = json!(token);
        }
        let page: Page = client.ask("GetMetricData", &asked).await?;
        for Series { id, timestamps, values } in &page.metric_data_results {
            timestamps.iter().zip(values).for_each(|(time, value)| sums.add(id, *time, *value));
        }
        token = page.next_token.filter(|it| !it.is_empty());
        if token.is_none() {
            return Ok(sums.counts);
        }
    }
    Err(Error::failed("the pages of GetMetricData do not end"))
}

fn query(id: &str, name: &str, target: &Target, version: Option<&str>) -> Value {
    let resource = format!("{}:{}", target.function, target.alias);
    let dimension = |name: &str, value: &str| json!({"Name": name, "Value": value});
    let of_version = version.map(|version| dimension("ExecutedVersion", version));
    let dimensions = [dimension("FunctionName", &target.function), dimension("Resource", &resource)];
    let dimensions: Vec<_> = dimensions.into_iter().chain(of_version).collect();
    let metric = json!({"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions});
    json!({"Id": id, "MetricStat": {"Metric": metric, "Period": PERIOD, "Stat": "Sum"}, "ReturnData": true})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    #[serde(default)]
    metric_alarms: Vec<Alarm>,
    #[serde(default)]
    composite_alarms: Vec<Alarm>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Alarm {
    alarm_name: String,
    state_value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    metric_data_results: Vec<Series>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
}

/// Sums of values, divided between the versions.
struct Sums {
    /// The time that tells the new version from the old one, where no dimension does.
    split_at: Option<u64>,
    counts: Counts,
}

impl Sums {
    fn add(&mut self, id: &str, time: f64, value: f64) {
        let (is_new, name) = match id.split_once('_') {
            Some(("new", name)) => (true, name),
            Some(("old", name)) => (false, name),
            _ => return,
        };
        // Both queries give all values where time decides: each takes those of its own side.
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
        let is_other = self.split_at.is_some_and(|at| (time >= at as f64) != is_new);
        if is_other {
            return;
        }
        let Count { invocations, errors } = if is_new { &mut self.counts.new } else { &mut self.counts.old };
        *(if name == "errors" { errors } else { invocations }) += value;
    }
}
