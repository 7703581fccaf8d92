//! What is read of AWS.

mod clusters;
mod route53;

pub use clusters::{Services, describe, live, vpcs_of};
pub(crate) use route53::Rejected;
pub use route53::Route53;
