//! What an event led to, by the one id that stands wherever something is told of it: what the functions wrote, as CloudWatch Logs has
//! it, and the traces that X-Ray has; and by which rule an occurrence can have come. The command line prints it, and the console shows it.

mod found;
mod logs;
mod rules;
mod xray;

use aws::Sessions;
use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_xray::Client as Xray;
use reaction::{Doing, Error};
use trace::Tree;

pub use found::{Found, Said};
pub use rules::{CameBy, came_by, is_enabled};

/// An id in the letters that ids have: it becomes a part of a query.
///
/// # Errors
/// What an id is, where the text is none.
pub fn id(text: &str) -> Result<String, String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || "-_.:/+=@".contains(it);
    match text {
        "" => Err("an id is not empty".into()),
        _ if text.len() > 200 => Err("an id has at most 200 characters".into()),
        _ if text.chars().all(is_part) => Ok(text.into()),
        _ => Err("an id has letters, digits and -_.:/+=@, such as 7bf73129-1428-4cd3-a780-95db273d1602".into()),
    }
}

/// What an id led to in the last `hours` hours; one query of the functions' logs, which AWS charges for, and their traces.
///
/// # Errors
/// `Refused` where the account and Region have no log group of a function; else as of CloudWatch Logs and X-Ray.
pub async fn find(sessions: &Sessions, id: &str, hours: u32) -> Result<Found, Error> {
    let (config, now) = (sessions.config(), sessions.now());
    let lines = logs::lines(&Logs::new(config), id, (now, hours)).await;
    let mut found = Found::of(id, lines.doing(|| "asking CloudWatch Logs")?);
    let xray = Xray::new(config);
    let mut wanted = found.traces_named();
    // What led to a trace is a trace of its own, which the first one only links to.
    for _ in 0..2 {
        let documents = xray::documents(&xray, &wanted).await.doing(|| "asking X-Ray")?;
        found.documents.extend(documents);
        wanted = Tree::of(found.documents.clone()).linked();
    }
    Ok(found)
}
