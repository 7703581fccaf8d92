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
pub use key_gaps::{KeyGaps, key_gaps};
pub use keys::{Encryption, encryption};
pub use kms_keys::{Key, Keys};
pub use manifest::{SETTINGS, Settings, Source};
pub use options::{AWS_OWNED_KEY, OptionGroup, is_aws_owned};
pub use organizations::Organizations;
pub use policies::PolicyRead;
pub use rds::{ACCOUNTS_PER_SNAPSHOT, Rds, db_tags_of, over_quota};
pub use repositories::Repositories;
