//! The world of `read-fleet`: the workflow asks for the states of a run whose operations read.

pub mod checks;
mod choosing;
mod followed;
mod stories;
mod workflow;

use suite::read_fleet::Reads;

use crate::world::fleet::FleetScene;

/// A world in which the workflow asks for something.
pub type Scene = FleetScene<Reads>;
