//! AWS's Regions and the partitions in which they lie.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Malformed;
use crate::text::text;

/// An AWS partition: regions that share accounts and ARNs.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// China.
    AwsCn,
    /// GovCloud (US).
    AwsUsGov,
    /// The European Sovereign Cloud.
    AwsEusc,
}

impl Partition {
    /// The partition of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Aws, Self::AwsCn, Self::AwsUsGov, Self::AwsEusc].into_iter().find(|it| it.as_str() == name)
    }

    /// The partition's name in ARNs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsEusc => "aws-eusc",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The regions that exist, by partition. A test compares the list with the one that botocore ships.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
const REGIONS: [(Partition, &[&str]); 4] = [
    (
        Partition::Aws,
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    (Partition::AwsCn, &["cn-north-1", "cn-northwest-1"]),
    (Partition::AwsUsGov, &["us-gov-east-1", "us-gov-west-1"]),
    (Partition::AwsEusc, &["eusc-de-east-1"]),
];

/// An AWS region that exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    /// What a region looks like, for error messages.
    pub const EXPECTED: &'static str = "an AWS region, such as \"eu-west-1\"";

    /// The region's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the region lies in.
    #[must_use]
    pub fn partition(&self) -> Partition {
        partition_of(&self.0).unwrap_or(Partition::Aws)
    }

    /// Every region that exists, with its partition.
    pub fn all() -> impl Iterator<Item = (Partition, &'static str)> {
        REGIONS.iter().flat_map(|(partition, regions)| regions.iter().map(|region| (*partition, *region)))
    }
}

fn partition_of(name: &str) -> Option<Partition> {
    Region::all().find(|(_, region)| *region == name).map(|(partition, _)| partition)
}

impl FromStr for Region {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        partition_of(text).map(|_| Self(text.into())).ok_or_else(|| Malformed::new(text, Self::EXPECTED))
    }
}

text!(Region);

#[cfg(test)]
mod tests {
    use super::{Partition, Region};

    #[test]
    fn a_region_knows_its_partition() {
        let partition = |region: &str| region.parse::<Region>().map(|region| region.partition());
        assert_eq!(partition("eu-west-1"), Ok(Partition::Aws));
        assert_eq!(partition("cn-north-1"), Ok(Partition::AwsCn));
        assert_eq!(partition("us-gov-west-1"), Ok(Partition::AwsUsGov));
        assert_eq!(
            partition("eu-wset-1").unwrap_err().to_string(),
            "`eu-wset-1` is not an AWS region, such as \"eu-west-1\""
        );
    }
}
