//! The account of the local AWS that the command line starts.

/// The account that everything is deployed to.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The Region that everything is deployed to.
pub(crate) const REGION: &str = "eu-west-1";
/// The secret key, which the local AWS does not verify.
pub(crate) const SECRET: &str = "test";
