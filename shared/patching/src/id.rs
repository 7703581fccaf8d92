//! The id of an instance.

use std::fmt;
use std::str::FromStr;

use place::Malformed;
use serde::{Deserialize, Serialize};

/// The id of an instance of EC2 (`i-`), or of a node that was registered by an activation (`mi-`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(String);

impl InstanceId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether EC2 has it.
    #[must_use]
    pub fn is_of_ec2(&self) -> bool {
        self.0.starts_with("i-")
    }
}

impl FromStr for InstanceId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_id = match text.split_once('-') {
            Some(("i", digits)) => matches!(digits.len(), 8 | 17) && is_hex(digits),
            Some(("mi", digits)) => digits.len() == 17 && is_hex(digits),
            _ => false,
        };
        if is_id {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Malformed::new(text, "the id of an instance, such as \"i-0123456789abcdef0\""))
        }
    }
}

impl TryFrom<String> for InstanceId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> Self {
        id.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
