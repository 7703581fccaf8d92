//! The whole way of an event, once, on an AWS on this machine.

use std::fmt;

use reaction::{Outcome, Report};
use serde::Serialize;
use terminal::failure::Failure;
use terminal::now;
use terminal::output::{self, Format};
use terminal::progress::Progress;

use crate::account::{ACCOUNT, REGION};
use crate::delivery::{Bus, Delivery, Reply, Sent};
use crate::local::{Local, Told};
use crate::sample::{self, ENTRY, Image, NAME, NAMED, Shares};

/// The function that the demo shows.
const FUNCTION: &str = "share-ami";

/// What to say when the demo is interrupted.
pub const FAREWELL: &str = "ending the local AWS";

/// What happened, in the words of the function and of EC2.
#[derive(Serialize)]
struct Story {
    image: String,
    snapshot: String,
    before: Shares,
    delivery: Delivery,
    after: Shares,
    again: Delivery,
}

/// Tells the story as it happens; one that does not come out as it should is a service error.
pub async fn demo(output: Format) -> Result<(), Failure> {
    let story = happen().await?;
    output::print(output, &story)?;
    story.check().map_err(|what| Failure::service(format!("the demo did not come out as it should: {what}")))
}

async fn happen() -> Result<Story, Failure> {
    let progress = Progress::start();
    let mut local = Local::start(0, [FUNCTION], &progress).await?;
    let told = Told { manifest: sample::manifest().to_string(), organization: None, zone: None };
    local.deploy(&told, &progress).await.map_err(Failure::service)?;
    progress.next("registering an image");
    let image = Image::register(&local.config).await.map_err(Failure::service)?;
    let before = image.shares().await.map_err(Failure::service)?;
    let event = image.event(now()).map_err(Failure::configuration)?.to_string();
    let bus = Bus::new(&local.config);
    progress.next("delivering its event");
    let delivery = only(bus.deliver(&event).await.map_err(Failure::service)?)?;
    let after = image.shares().await.map_err(Failure::service)?;
    progress.next("delivering it again");
    let again = only(bus.deliver(&event).await.map_err(Failure::service)?)?;
    progress.next(FAREWELL);
    let Image { id, snapshot, .. } = image;
    Ok(Story { image: id, snapshot, before, delivery, after, again })
}

/// The one delivery that there should be.
fn only(mut sent: Sent) -> Result<Delivery, Failure> {
    match (sent.deliveries.pop(), sent.deliveries.is_empty()) {
        (Some(delivery), true) => Ok(delivery),
        (last, _) => {
            sent.deliveries.extend(last);
            Err(Failure::service(format!("the event should reach one function, and this happened: {sent}")))
        }
    }
}

impl Story {
    fn check(&self) -> Result<(), String> {
        let outcome = |delivery: &Delivery| match &delivery.reply {
            Reply::Report(Report { outcome, .. }) => Some(*outcome),
            _ => None,
        };
        if outcome(&self.delivery) != Some(Outcome::Applied) {
            return Err("the first delivery was not applied".into());
        }
        if !self.after.are_as_named() {
            return Err(format!("the image and its snapshot should be shared with {} only", NAMED.join(", ")));
        }
        if outcome(&self.again) != Some(Outcome::Repeated) {
            return Err("the second delivery was not recognised as repeated".into());
        }
        Ok(())
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { image, snapshot, before, delivery, after, again } = self;
        let (account, region) = (ACCOUNT, REGION);
        writeln!(f, "Account {account} has registered image {image}, `{NAME}`, in {region}; it stands on {snapshot}.")?;
        writeln!(f, "The share manifest names, for images `{ENTRY}*`, {}.\n", NAMED.join(", "))?;
        writeln!(f, "Before, says EC2,\n{before}\n")?;
        writeln!(f, "The event `EC2 AMI State Change` is delivered:\n{delivery}\n")?;
        writeln!(f, "After, says EC2,\n{after}\n")?;
        write!(f, "The same event again:\n{again}")
    }
}
