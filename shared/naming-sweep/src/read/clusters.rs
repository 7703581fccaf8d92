//! Clusters, as EMR tells of them, and the VPCs that their subnets are in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws::{Answer, Pace, SdkConfig, all_pages, is_unknown_cluster};
use aws_sdk_ec2::types::Filter;
use aws_sdk_emr::operation::list_clusters::ListClustersOutput;
use aws_sdk_emr::types::ClusterState as EmrState;
use events::emr::{ClusterId, ClusterState};
use naming::{Cluster, Place};
use reaction::{Doing, Error};

/// How many values a filter of EC2 takes.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
const FILTERED: usize = 200;

/// The services of one account and region.
#[derive(Clone, Debug)]
pub struct Services {
    /// EMR.
    pub emr: aws_sdk_emr::Client,
    /// EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// To ask for the zones of a VPC, which the account of the VPC may.
    pub route53: aws_sdk_route53::Client,
    /// The pace of EMR there.
    pub pace: Pace,
}

impl Services {
    /// Clients of this configuration; makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, pace: Pace) -> Self {
        Self {
            pace,
            emr: aws_sdk_emr::Client::new(config),
            ec2: aws_sdk_ec2::Client::new(config),
            route53: aws_sdk_route53::Client::new(config),
        }
    }
}

/// The cluster as it is now; `None` where EMR knows none of that id (it forgets those that ended two months ago).
/// <https://docs.aws.amazon.com/emr/latest/APIReference/API_DescribeCluster.html>
///
/// # Errors
/// As of the call.
pub async fn describe(services: &Services, place: &Place, id: &ClusterId, tag: &str) -> Result<Option<Cluster>, Error> {
    let doing = || format!("cluster {id} in {place}");
    services.pace.wait("DescribeCluster").await;
    let answer = match services.emr.describe_cluster().cluster_id(id.as_str()).send().await {
        Err(error) if is_unknown_cluster(&error) => return Ok(None),
        answer => answer.or_error().doing(doing)?,
    };
    let cluster = answer.cluster.ok_or_else(|| Error::failed("EMR answered without the cluster")).doing(doing)?;
    let status = cluster.status();
    let created = status.and_then(|it| it.timeline()).and_then(|it| it.creation_date_time());
    Ok(Some(Cluster {
        id: id.clone(),
        place: place.clone(),
        state: status.and_then(|it| it.state()).map_or(ClusterState::Unknown, |it| ClusterState::named(it.as_str())),
        created: created.and_then(|time| SystemTime::try_from(*time).ok()),
        tag: cluster.tags().iter().find(|it| it.key() == Some(tag)).map(|it| it.value().unwrap_or_default().to_owned()),
        primary: cluster.master_public_dns_name().map(String::from),
        subnet: cluster.ec2_instance_attributes().and_then(|it| it.ec2_subnet_id()).map(String::from),
    }))
}

/// The ids of all clusters that have not ended.
/// <https://docs.aws.amazon.com/emr/latest/APIReference/API_ListClusters.html>
///
/// # Errors
/// As of the call.
pub async fn live(services: &Services, place: &Place) -> Result<Vec<ClusterId>, Error> {
    let doing = || format!("the clusters in {place}");
    let living =
        [EmrState::Starting, EmrState::Bootstrapping, EmrState::Running, EmrState::Waiting, EmrState::Terminating];
    let request = services.emr.list_clusters().set_cluster_states(Some(living.into()));
    let pages = request.into_paginator().send();
    let listed = services.pace.all_pages("ListClusters", pages, ListClustersOutput::marker).await.doing(doing)?;
    let ids = listed
        .into_iter()
        .flat_map(|page| page.clusters.unwrap_or_default())
        .map(|it| it.id.unwrap_or_default().parse().map_err(Error::failed).doing(doing));
    ids.collect()
}

/// The VPC of each subnet that there is.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html>
///
/// # Errors
/// As of the call.
pub async fn vpcs_of(
    services: &Services,
    place: &Place,
    subnets: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Error> {
    let doing = || format!("subnets in {place}");
    let all: Vec<_> = subnets.iter().cloned().collect();
    let mut vpcs = BTreeMap::new();
    for some in all.chunks(FILTERED) {
        let filter = Filter::builder().name("subnet-id").set_values(Some(some.to_vec())).build();
        let pages = services.ec2.describe_subnets().filters(filter).into_paginator().items().send();
        let found = all_pages(pages).await.doing(doing)?;
        vpcs.extend(found.into_iter().filter_map(|it| Some((it.subnet_id?, it.vpc_id?))));
    }
    Ok(vpcs)
}
