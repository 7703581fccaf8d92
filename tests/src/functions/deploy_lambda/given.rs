//! What a pipeline sends, and what there is before.

use crate::functions::check_policy::zip_of;
use crate::world::lambda::code;

/// The function that is delivered.
pub const ORDERS: &str = "orders";

/// What there is before the job comes, and what it brings.
#[derive(Clone)]
pub struct Given {
    /// `deploy.json`.
    pub order: &'static str,
    /// What the function says before.
    pub before: &'static str,
    /// What the code says that is sent.
    pub sent: &'static str,
    /// Whether the version that is made cannot be invoked.
    pub fails: bool,
    /// Whether a stack of CloudFormation made the function.
    pub is_of_a_stack: bool,
    /// Whether the target is the function's own account.
    pub is_here: bool,
}

/// One account, by its id.
const ONE: &str =
    r#"{"functions": [{"name": "orders"}], "targets": [{"accounts": ["222233334444"], "regions": ["eu-west-1"]}]}"#;

/// The accounts below a unit.
pub const UNIT: &str =
    r#"{"functions": [{"name": "orders"}], "targets": [{"units": ["ou-ab12-cd34ef56"], "regions": ["eu-west-1"]}]}"#;

/// A function that the settings do not name, and a wave that is none.
pub const WRONG: &str = r#"{"functions": [{"name": "payments"}], "targets": [{"accounts": ["222233334444"], "regions": ["eu-west-1"]}],
    "waves": [{"percent": 0}]}"#;

/// New code for one account.
pub const GIVEN: Given =
    Given { order: ONE, before: "old", sent: "new", fails: false, is_of_a_stack: false, is_here: false };

/// The artifact.
pub fn artifact(order: &str, says: &str) -> Vec<u8> {
    zip_of(&[("deploy.json", order.as_bytes()), ("lambda.zip", &code(says))])
}
