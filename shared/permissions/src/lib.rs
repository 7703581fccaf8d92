//! Who may use a thing: read from AWS, and changed there. What is to be changed is decided elsewhere.

mod ec2;
mod images;
mod keys;
mod manifest;
mod organizations;

pub use ec2::{Ec2, Holders};
pub use keys::{Encryption, encryption};
pub use manifest::{Settings, Source};
pub use organizations::Organizations;
