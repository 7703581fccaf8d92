//! Regions that an account may not have enabled.

use aws::Answer;
use aws_sdk_ec2::Client;
use place::{Partition, Region};
use reaction::{Doing, Error};

/// The regions that every account has, and cannot do without; all others are enabled by choice. Other partitions than the
/// commercial one know no choice.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>
const ALWAYS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Whether an account may not have enabled the region.
pub(crate) fn is_by_choice(region: &Region) -> bool {
    region.partition() == Partition::Aws && !ALWAYS.contains(&region.as_str())
}

/// Of the regions that are enabled by choice, those that this account has not enabled.
pub(crate) async fn closed(client: &Client) -> Result<Vec<Region>, Error> {
    let answer = client.describe_regions().all_regions(true).send().await;
    let answer = answer.or_error().doing(|| "asking which regions are enabled")?;
    let closed = answer.regions.unwrap_or_default().into_iter();
    let closed = closed.filter(|region| region.opt_in_status() == Some("not-opted-in"));
    Ok(closed.filter_map(|region| region.region_name?.parse().ok()).collect())
}
