//! The entry points from AWS Lambda: how a reaction is opened, fed and answered for. The only crate that names
//! `lambda_runtime`.

mod answer;
mod log;
mod metrics;
mod on_batch;
mod on_event;
mod on_http;
mod on_job;
mod opened;
mod rejections;
mod traces;

pub use on_batch::on_batch;
pub use on_event::{on_event, on_step};
pub use on_http::{on_http, request_of};
pub use on_job::on_job;
