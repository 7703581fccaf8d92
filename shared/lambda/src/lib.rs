//! The edges to AWS Lambda: how a reaction is opened, fed and answered for. The only crate that names
//! `lambda_runtime`.

mod answer;
mod log;
mod metrics;
mod on_event;

pub use on_event::{on_event, on_step};
