//! `signalbox send`: an event to the deployed functions, as EventBridge would deliver it.

use std::path::Path;

use crate::connection::{AwsOptions, connect};
use crate::delivery::{Bus, Reply};
use crate::event::Event;
use crate::failure::Failure;
use crate::output::{self, Format};

/// Delivers, and prints what each target answered.
pub(super) async fn send(aws: &AwsOptions, event: &Path, output: Format) -> Result<(), Failure> {
    let event = Event::read(event).await?;
    let sessions = connect(aws).await?;
    let sent = Bus::new(sessions.config()).deliver(&event.text).await.map_err(Failure::service)?;
    output::print(output, &sent)?;
    let is_bad = |reply: &Reply| match reply {
        Reply::Report(report) => super::is_bad(report),
        Reply::Error(_) => true,
        Reply::Answer(_) | Reply::Skipped(_) => false,
    };
    if sent.deliveries.iter().any(|it| is_bad(&it.reply)) { Err(Failure::shown_service()) } else { Ok(()) }
}
