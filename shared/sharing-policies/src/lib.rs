//! Who may use a bucket, a key or a repository, by its policy: read from AWS, and changed there. What is to be changed is decided
//! elsewhere.

mod buckets;
mod kms_keys;
mod policies;
mod repositories;

pub use buckets::Buckets;
pub use kms_keys::{Key, Keys};
pub use policies::PolicyRead;
pub use repositories::Repositories;
