//! Places in AWS, each checked once where it is read: accounts, partitions, Regions and ARNs.
//!
//! A value of one of these types is well formed, so that no later code has to doubt it. Text that is not is [`Malformed`].
//!
//! ```
//! let arn = place::Arn::parse("arn:aws:kms:eu-west-1:111122223333:key/1234abcd").expect("six parts");
//! assert_eq!((arn.service, arn.account, arn.resource), ("kms", "111122223333", "key/1234abcd"));
//! assert_eq!("eu-wset-1".parse::<place::Region>().unwrap_err().to_string(), "`eu-wset-1` is not an AWS region, such as \"eu-west-1\"");
//! ```

mod account;
mod arn;
mod hex;
mod malformed;
mod region;
mod text;

pub use account::AccountId;
pub use arn::Arn;
pub use hex::hex;
pub use malformed::{Malformed, plain, shortened};
pub use region::{Partition, Region};
