//! stub

pub mod engine;
pub mod secret;
