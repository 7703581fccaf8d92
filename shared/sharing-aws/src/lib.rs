//! Who may use a thing: read from AWS, and changed there. What is to be changed is decided elsewhere.

mod buckets;
mod ec2;
mod images;
mod key_gaps;
mod keys;
mod kms_keys;
mod manifest;
mod needs;
mod options;
mod organizations;
mod policies;
mod rds;
mod repositories;
mod search;

pub use buckets::Buckets;
pub use ec2::{Ec2, Holders, name_of, tags_of};
pub use key_gaps::key_gaps;
pub use keys::encryption;
pub use kms_keys::{Key, Keys};
pub use manifest::{Settings, Source};
pub use options::is_aws_owned;
pub use organizations::membership;
pub use policies::PolicyRead;
pub use rds::{Rds, db_tags_of};
pub use repositories::Repositories;
