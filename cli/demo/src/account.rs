//! The account of the local AWS that the command line starts.

/// The account that everything is deployed to.
pub const ACCOUNT: &str = "111122223333";
/// The Region that everything is deployed to.
pub const REGION: &str = "eu-west-1";
/// The secret key, which the local AWS does not verify.
pub const SECRET: &str = "test";
