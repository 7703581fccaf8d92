//! Delivery of a Lambda function's code to many accounts and Regions, in waves, with a way back.
//!
//! A deployment is an [`Order`] (`deploy.json`) within the bounds of [`Settings`], carried out target by target. What comes next at a
//! target is decided from what AWS shows and from the [`Record`], by functions without a client: so a deployment that was broken off
//! between any two calls goes on where it was. [`Delivery::advance`] carries out what can be done now and never waits; a pipeline's job
//! asks again by a continuation token, and the command line after a pause.

mod before;
mod bounds;
mod call;
mod clients;
mod cloudwatch;
mod code;
mod course;
mod deployment;
mod drift;
mod driver;
mod effects;
mod judge;
mod known;
mod metrics;
mod next;
mod order;
mod parse;
mod preflight;
mod prune;
mod read;
mod record;
mod seen;
mod session;
mod stage;
mod store;
mod target;
#[cfg(test)]
mod tests;
mod traffic;
mod waves;
mod way_back;

pub use bounds::{Names, Quiet, SETTINGS, Settings};
pub use cloudwatch::CloudWatch;
pub use code::{Artifact, Code, Place};
pub use deployment::{Deployment, Request};
pub use drift::{Difference, Drift};
pub use driver::{Delivery, Pause};
pub use judge::{Alarms, Count, Counts, Verdict, judge};
pub use order::{Function, Group, OnFailure, Order, RedAlarms, Traffic, Wave};
pub use preflight::{Facts, Found, Missing, findings, is_passing};
pub use record::{Goods, Kind, Phase, Progress, Record, Status};
pub use seen::{Alias, Latest, Provisioned, Seen, Update, Version};
pub use target::Target;
