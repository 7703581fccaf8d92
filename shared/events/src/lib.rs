//! What AWS sends: the envelope of EventBridge, and the details that the functions listen to.
//!
//! The envelope is that of `aws_lambda_events`; a detail of our own stands here only where that crate has none, or
//! where it fails on what AWS really sends.

pub mod ebs;
pub mod ec2;
pub mod emr;
mod envelope;
pub mod manifest;
pub mod organizations;
pub mod rds;
mod sweep;
mod wire;

pub use envelope::{Detail, Envelope, Origin};
pub use sweep::Sweep;
