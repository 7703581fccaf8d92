//! Who may use an image or a snapshot of a volume: read from EC2, and changed there; and what every share reads: the manifest,
//! the members of organizations, and what encrypts the thing. What is to be changed is decided elsewhere.

mod ec2;
mod images;
mod key_gaps;
mod keys;
mod manifest;
mod needs;
mod organizations;

pub use ec2::{Ec2, Holders, name_of, tags_of};
pub use key_gaps::key_gaps;
pub use keys::encryption;
pub use manifest::{SETTINGS, Settings, Source};
pub use organizations::membership;
