//! What can be shared, by the manifest's sections; and what else records are kept of.

use std::fmt;
use std::str::FromStr;

use place::Malformed;
use serde::{Deserialize, Serialize};

/// A kind of thing that can be shared, which has a section of the manifest; or that Signalbox makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Kind {
    /// A KMS key: `kms`.
    Key,
    /// An EBS snapshot: `ebs`.
    Snapshot,
    /// An image: `ami`.
    Image,
    /// A snapshot of a database instance: `rds`.
    DbSnapshot,
    /// A snapshot of an Aurora or Multi-AZ cluster: `rds-cluster`.
    DbClusterSnapshot,
    /// An ECR repository: `ecr`.
    Repository,
    /// An S3 bucket: `s3`.
    Bucket,
    /// A managed policy of IAM. It is not shared, and no manifest has such a section: `check-policy` keeps its records as those of shares
    /// are kept, with what the policy says in place of the accounts that can use it.
    ManagedPolicy,
}

impl Kind {
    /// Every kind that can be shared, in the order in which things are shared: a key before what it encrypts, a snapshot before its image.
    pub const ALL: [Self; 7] = [
        Self::Key,
        Self::Snapshot,
        Self::Image,
        Self::DbSnapshot,
        Self::DbClusterSnapshot,
        Self::Repository,
        Self::Bucket,
    ];

    /// The section of the manifest; of what is not shared, the name in records.
    #[must_use]
    pub fn section(self) -> &'static str {
        match self {
            Self::Key => "kms",
            Self::Snapshot => "ebs",
            Self::Image => "ami",
            Self::DbSnapshot => "rds",
            Self::DbClusterSnapshot => "rds-cluster",
            Self::Repository => "ecr",
            Self::Bucket => "s3",
            Self::ManagedPolicy => "iam",
        }
    }

    /// Whether it is shared by a policy, in which an organization can stand as a condition.
    #[must_use]
    pub fn has_policy(self) -> bool {
        matches!(self, Self::Key | Self::Repository | Self::Bucket)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.section())
    }
}

impl FromStr for Kind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let kind = Self::ALL.into_iter().find(|kind| kind.section() == text);
        kind.ok_or_else(|| Malformed::new(text, "a section of the share manifest, such as \"ami\""))
    }
}

impl TryFrom<String> for Kind {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.section().into()
    }
}
