//! What the functions wrote of an id: one query over their log groups.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::{Answer, all_pages};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use reaction::Error;
use serde_json::Value;

/// Where Lambda writes what a function of this name says.
const GROUPS: &str = "/aws/lambda/";

/// How many lines a query gives at most. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html>
pub(crate) const LINES: usize = 10_000;

/// How far the clock of this computer may be behind.
const AHEAD: Duration = Duration::from_mins(5);

/// How long a query may take, and how often it is asked for.
const PATIENCE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(500);

/// The lines of the functions' logs that have this id, the oldest first.
pub(crate) async fn lines(client: &Client, id: &str, (now, hours): (SystemTime, u32)) -> Result<Vec<Value>, Error> {
    let groups = groups(client).await?;
    if groups.is_empty() {
        return Err(Error::refused(format!(
            "no function has a log group {GROUPS}NAME in this account and Region: choose those of the functions with --profile and --region"
        )));
    }
    let seconds = |time: SystemTime| i64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    let from = now.checked_sub(Duration::from_hours(hours.into())).unwrap_or(UNIX_EPOCH);
    let (from, to) = (seconds(from).map_err(Error::failed)?, seconds(now + AHEAD).map_err(Error::failed)?);
    let query = format!(
        "fields @timestamp, @message, @log | filter @message like /{}/ | sort @timestamp asc | limit {LINES}",
        literal(id)
    );
    let start = client.start_query().set_log_group_names(Some(groups)).query_string(query);
    let started = start.start_time(from).end_time(to).send().await.or_error()?;
    let query = started.query_id.ok_or_else(|| Error::failed("CloudWatch Logs gave the query no id"))?;
    let rows = rows(client, &query).await?;
    let message = |row: &Vec<ResultField>| {
        let message = row.iter().find(|it| it.field() == Some("@message"))?.value()?.to_owned();
        serde_json::from_str(&message).ok()
    };
    Ok(rows.iter().filter_map(message).collect())
}

/// The log groups of our functions.
async fn groups(client: &Client) -> Result<Vec<String>, Error> {
    let pages = client.describe_log_groups().log_group_name_prefix(GROUPS).into_paginator().send();
    let mut groups = Vec::new();
    for page in all_pages(pages).await? {
        groups.extend(page.log_groups.unwrap_or_default().into_iter().filter_map(|group| group.log_group_name));
    }
    let is_ours = |group: &String| suite::FUNCTIONS.iter().any(|it| group.strip_prefix(GROUPS) == Some(it.name));
    groups.retain(is_ours);
    Ok(groups)
}

/// What a query found, when it is over.
async fn rows(client: &Client, query: &str) -> Result<Vec<Vec<ResultField>>, Error> {
    let asked = PATIENCE.as_millis() / PAUSE.as_millis();
    for _ in 0..asked {
        let answer = client.get_query_results().query_id(query).send().await.or_error()?;
        match answer.status {
            Some(QueryStatus::Complete) => return Ok(answer.results.unwrap_or_default()),
            Some(QueryStatus::Scheduled | QueryStatus::Running) | None => pause().await,
            Some(other) => return Err(Error::failed(format!("the query ended as {other}; ask again"))),
        }
    }
    let longest = PATIENCE.as_secs();
    Err(Error::failed(format!("the query took longer than {longest} s; look back fewer hours with --hours")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a query takes a while, and CloudWatch Logs does not say when it is over"
)]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// The id as a part of a regular expression.
fn literal(id: &str) -> String {
    let of = |it: char| if it.is_ascii_alphanumeric() || it == '-' { String::from(it) } else { format!("\\{it}") };
    id.chars().map(of).collect()
}
