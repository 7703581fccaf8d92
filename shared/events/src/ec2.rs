//! Events of EC2.

use std::fmt;
use std::str::FromStr;

use place::Malformed;
use serde::Deserialize;

use crate::envelope::Detail;
use crate::wire::hex_id;

/// An AMI id: `ami-` and 8 or 17 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ImageId(String);

impl ImageId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let id = hex_id(text, "ami-").map(Self);
        id.ok_or_else(|| Malformed::new(text, "an image id, such as \"ami-0123456789abcdef0\""))
    }
}

impl TryFrom<String> for ImageId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What became of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageState {
    /// Made, copied, registered, restored, or enabled again.
    Available,
    /// Could not be made.
    Failed,
    /// Taken out of use for good.
    Deregistered,
    /// Hidden, and all its launch permissions gone.
    Disabled,
    /// A state that AWS may add.
    #[serde(other)]
    Unknown,
}

impl ImageState {
    /// The state as AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Failed => "failed",
            Self::Deregistered => "deregistered",
            Self::Disabled => "disabled",
            Self::Unknown => "unknown",
        }
    }
}

/// The detail of `EC2 AMI State Change`. It has no name, tags or owner.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-ami-events.html>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AmiStateChange {
    /// The image.
    pub image_id: ImageId,
    /// What became of it.
    pub state: ImageState,
    /// The API request that led to it; names the occurrence.
    pub request_id: String,
}

impl Detail for AmiStateChange {
    const SOURCE: &'static str = "aws.ec2";
    const DETAIL_TYPE: &'static str = "EC2 AMI State Change";
}
