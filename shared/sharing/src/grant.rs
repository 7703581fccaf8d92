//! A share that we made, and so may take back.

use serde::{Deserialize, Serialize};

use crate::{Principal, Resource};

/// A grant that we own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// What is shared.
    #[serde(flatten)]
    pub resource: Resource,
    /// The principal that it is shared with.
    pub principal: Principal,
}
