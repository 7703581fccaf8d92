//! What is read of AWS.

mod clusters;
mod route53;

pub(crate) use clusters::{Services, describe, live, vpcs_of};
pub(crate) use route53::{Rejected, Route53};
