//! The world of `write-fleet`: the workflow asks for the states of a run whose operations write.

mod audit;
pub mod checks;
mod stories;

use suite::write_fleet::Writes;

use crate::world::fleet::FleetScene;

/// A world in which the workflow asks for something.
pub type Scene = FleetScene<Writes>;
