//! A thing that is shared, by its ARN.

use std::fmt;

use place::{AccountId, Arn, Malformed, Partition, Region};
use serde::{Deserialize, Serialize};

use crate::Kind;

const EXPECTED: &str = "the ARN of an image, a snapshot, a key, a repository, a bucket or a managed policy, such as \
    \"arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0\"";

/// A thing of ours that can be shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// The partition that it lives in.
    pub partition: Partition,
    /// The account that owns it.
    pub account: AccountId,
    /// The region that it lives in; `None` of a bucket, whose name says nothing of it, and of a policy, which is in every one.
    pub region: Option<Region>,
    /// Its id or name within account and region.
    pub id: String,
}

impl Resource {
    /// A thing in a region.
    #[must_use]
    pub fn new(kind: Kind, account: &AccountId, region: &Region, id: impl Into<String>) -> Self {
        let (account, region) = (account.clone(), region.clone());
        Self { kind, partition: region.partition(), account, region: Some(region), id: id.into() }
    }

    /// A bucket.
    #[must_use]
    pub fn bucket(partition: Partition, account: &AccountId, name: impl Into<String>) -> Self {
        Self { kind: Kind::Bucket, partition, account: account.clone(), region: None, id: name.into() }
    }

    /// A managed policy of an account; its id is its name, with its path before it where it has one.
    #[must_use]
    pub fn managed_policy(partition: Partition, account: &AccountId, id: impl Into<String>) -> Self {
        Self { kind: Kind::ManagedPolicy, partition, account: account.clone(), region: None, id: id.into() }
    }

    /// The ARN, as AWS writes it: those of images, EBS snapshots and buckets carry no account.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { partition, account, id, .. } = self;
        let region = self.region.as_ref().map(Region::as_str).unwrap_or_default();
        match self.kind {
            Kind::Key => format!("arn:{partition}:kms:{region}:{account}:key/{id}"),
            Kind::Snapshot => format!("arn:{partition}:ec2:{region}::snapshot/{id}"),
            Kind::Image => format!("arn:{partition}:ec2:{region}::image/{id}"),
            Kind::DbSnapshot => format!("arn:{partition}:rds:{region}:{account}:snapshot:{id}"),
            Kind::DbClusterSnapshot => format!("arn:{partition}:rds:{region}:{account}:cluster-snapshot:{id}"),
            Kind::Repository => format!("arn:{partition}:ecr:{region}:{account}:repository/{id}"),
            Kind::Bucket => format!("arn:{partition}:s3:::{id}"),
            Kind::ManagedPolicy => format!("arn:{partition}:iam::{account}:policy/{id}"),
        }
    }

    /// The thing of this ARN; `owner` is its account where the ARN carries none.
    ///
    /// # Errors
    /// Where it is no ARN of a kind that can be shared.
    pub fn of_arn(arn: &str, owner: &AccountId) -> Result<Self, Malformed> {
        let malformed = || Malformed::new(arn, EXPECTED);
        let parts = Arn::parse(arn).ok_or_else(malformed)?;
        let partition = Partition::named(parts.partition).ok_or_else(malformed)?;
        let account = if parts.account.is_empty() { owner.clone() } else { parts.account_id()? };
        if parts.service == "s3" && parts.region.is_empty() {
            return Ok(Self::bucket(partition, &account, parts.resource));
        }
        // A database snapshot's name may hold a colon: `rds:name-2026-11-01`.
        let (kind, id) = parts.typed().ok_or_else(malformed)?;
        if (parts.service, parts.region, kind) == ("iam", "", "policy") {
            return Ok(Self::managed_policy(partition, &account, id));
        }
        let kind = match (parts.service, kind) {
            ("kms", "key") => Kind::Key,
            ("ec2", "snapshot") => Kind::Snapshot,
            ("ec2", "image") => Kind::Image,
            ("rds", "snapshot") => Kind::DbSnapshot,
            ("rds", "cluster-snapshot") => Kind::DbClusterSnapshot,
            ("ecr", "repository") => Kind::Repository,
            _ => return Err(malformed()),
        };
        Ok(Self { kind, partition, account, region: Some(parts.region.parse()?), id: id.into() })
    }
}

impl fmt::Display for Resource {
    /// `ami-.. in eu-west-1`, as a person says it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match &self.region {
            Some(region) => write!(f, " in {region}"),
            None => Ok(()),
        }
    }
}

/// A resource as it stands in files and tables.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    arn: String,
    account: AccountId,
}

impl From<Resource> for Written {
    fn from(resource: Resource) -> Self {
        Self { arn: resource.arn(), account: resource.account }
    }
}

impl TryFrom<Written> for Resource {
    type Error = Malformed;

    fn try_from(written: Written) -> Result<Self, Malformed> {
        Self::of_arn(&written.arn, &written.account)
    }
}
