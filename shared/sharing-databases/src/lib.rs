//! Who may restore a snapshot of a database: read from RDS, and changed there. What is to be changed is decided elsewhere.

mod options;
mod rds;

pub use options::is_aws_owned;
pub use rds::{Rds, db_tags_of};
