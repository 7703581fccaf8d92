//! Who may use a thing: read from AWS, and changed there. What is to be changed is decided elsewhere.

mod ec2;
mod images;
mod key_gaps;
mod keys;
mod manifest;
mod needs;
mod organizations;
mod rds;

pub use ec2::{Ec2, Holders};
pub use key_gaps::{KeyGaps, key_gaps};
pub use keys::{Encryption, encryption};
pub use manifest::{Settings, Source};
pub use organizations::Organizations;
pub use rds::{ACCOUNTS_PER_SNAPSHOT, Rds, over_quota};
