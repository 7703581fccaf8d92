//! What Signalbox promises, shown with real parts: real SDK clients against an AWS on loopback, the compiled binary
//! behind a Lambda Runtime API, the real templates deployed.
//!
//! One local AWS serves the whole run, and each test has an account of its own in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails, helpers and all")]

mod cli;
mod deliveries;
mod functions;
mod local_aws;
mod promises;
mod soak;
mod templates;
mod tidy;
mod world;
