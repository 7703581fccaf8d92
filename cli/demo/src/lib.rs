//! An AWS on this machine with functions deployed to it: what `signalbox demo` shows, and what `signalbox up` begins with.
//!
//! This crate names one function by its name, and needs no other. So `make demo` compiles only what the demo runs.

pub mod account;
pub mod delivery;
pub mod local;
pub mod sample;
mod story;

pub use story::{FAREWELL, demo};
