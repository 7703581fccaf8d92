//! Log groups of functions, as Lambda writes to them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;

use crate::world::{World, now};

/// Writes lines to the log group of a function, as old as this.
pub async fn write_log(world: &World, function: &str, lines: &str, age: Duration) {
    let client = Client::new(world.sessions.config());
    let (group, stream) = (format!("/aws/lambda/{function}"), format!("of-{}-s", age.as_secs()));
    // It may be there.
    drop(client.create_log_group().log_group_name(&group).send().await);
    client.create_log_stream().log_group_name(&group).log_stream_name(&stream).send().await.unwrap();
    let at = i64::try_from(since_epoch(now() - age).as_millis()).unwrap();
    let event = |(offset, line)| InputLogEvent::builder().timestamp(at + offset).message(line).build().unwrap();
    let events = (0..).zip(lines.lines()).map(event).collect();
    let put = client.put_log_events().log_group_name(group).log_stream_name(stream).set_log_events(Some(events));
    put.send().await.unwrap();
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap()
}
