//! The console: a page on this computer that shows what Signalbox did, is doing and is about to do.
//!
//! It listens on 127.0.0.1 alone, lets in who has the one-time link, and only reads. Of an AWS that this process has started it
//! sends sample events too. What a page shows is read by the functions that the commands read by.

mod assets;
mod chart;
mod gate;
mod live;
mod page;
mod pages;
mod query;
mod sender;
mod server;

use std::sync::Arc;

use aws::Sessions;
use reaction::Error;

pub use pages::fleet::FleetRun;
pub use sender::{Sample, Sender};
pub use server::Server;

/// Reads the last runs of the fleet's workflow that reads, or of the one that writes. The command line knows how.
pub type FleetRuns =
    Arc<dyn Fn(bool) -> futures_util::future::BoxFuture<'static, Result<Vec<FleetRun>, Error>> + Send + Sync>;

/// What the console shows: one account and Region.
pub struct Console {
    /// The way into AWS; it knows our own account already.
    pub sessions: Arc<Sessions>,
    /// Where things are recorded.
    pub tables: Tables,
    /// How old a scan of patches may be.
    pub limits: patching::Limits,
    /// How clusters are named; or why that is not known.
    pub naming: Result<naming_sweep::Settings, Error>,
    /// Which repositories are mirrored; or why that is not known.
    pub mirror: Result<mirror_repository::Settings, Error>,
    /// Where deployments are recorded; or why that is not known.
    pub delivery: Result<delivery::Settings, Error>,
    /// Reads the runs of the fleet.
    pub fleet_runs: FleetRuns,
    /// Sends events. There is one only where this process has started the AWS that it speaks to.
    pub sender: Option<Sender>,
}

/// The names of the DynamoDB tables.
pub struct Tables {
    /// The ledger.
    pub ledger: String,
    /// The grants, and the end of each resource's audit.
    pub grants: String,
    /// The audit.
    pub audit: String,
    /// The history of patches.
    pub patches: String,
}
