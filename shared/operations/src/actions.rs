//! The actions that the sweeps call with the role of an account. A test compares them with the calls that they make.

/// What the sweep of shares reads in an account.
pub(crate) const READS_SHARES: [&str; 15] = [
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots",
    "ecr:GetRepositoryPolicy",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
    "rds:DescribeOptionGroups",
    "s3:GetBucketPolicy",
    "s3:ListAllMyBuckets",
];

/// What the sweep of shares writes in an account.
pub(crate) const WRITES_SHARES: [&str; 9] = [
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
    "ecr:DeleteRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
    "kms:PutKeyPolicy",
    "rds:ModifyDBClusterSnapshotAttribute",
    "rds:ModifyDBSnapshotAttribute",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
];

/// What the sweep of names reads in an account.
pub(crate) const READS_NAMES: [&str; 7] = [
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "elasticmapreduce:DescribeCluster",
    "elasticmapreduce:ListClusters",
    "route53:ListHostedZones",
    "route53:ListHostedZonesByVPC",
    "route53:ListResourceRecordSets",
];

/// What the sweep of names writes in an account.
pub(crate) const WRITES_NAMES: [&str; 1] = ["route53:ChangeResourceRecordSets"];
