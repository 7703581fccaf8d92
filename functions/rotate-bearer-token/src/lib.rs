//! `rotate-bearer-token`: stub.

pub mod endpoint;
pub mod oauth2;
pub mod secret;
pub mod settings;
