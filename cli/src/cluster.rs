//! A cluster to try names on, in a network with a private zone: made by the calls that anybody would make, with the
//! event that AWS sends of it.

use std::time::SystemTime;

use aws::Answer;
use aws_config::SdkConfig;
use aws_sdk_ec2::Client as Ec2;
use aws_sdk_emr::Client as Emr;
use aws_sdk_emr::types::{JobFlowInstancesConfig, Tag};
use aws_sdk_route53::Client as Route53;
use aws_sdk_route53::types::{HostedZoneConfig, Vpc, VpcRegion};
use reaction::{Doing, Error};
use serde_json::Value;

use crate::account::REGION;
use crate::sample;

/// The cluster's friendly name, which its tag holds.
pub(crate) const FRIENDLY: &str = "etl.example.com";

const DOMAIN: &str = "example.com";
const TAG: &str = "cluster_name";
const NAME: &str = "Nightly ETL";

/// What AWS sends, with the id of another cluster.
const EVENT: &str = include_str!("../../events/emr-dns/a-cluster-is-running.json");

/// A network with a subnet, and the private zone that it sees.
#[derive(Debug)]
pub(crate) struct Network {
    /// The zone's id.
    pub(crate) zone: String,
    subnet: String,
}

/// A running cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The cluster's id.
    pub(crate) id: String,
}

impl Network {
    /// Makes the network and its zone.
    pub(crate) async fn make(config: &SdkConfig) -> Result<Self, Error> {
        let (vpc, subnet) = make_subnet(&Ec2::new(config)).await.doing(|| "making a network")?;
        let zone = make_zone(&Route53::new(config), vpc).await.doing(|| format!("making the zone {DOMAIN}"))?;
        Ok(Self { zone, subnet })
    }
}

impl Cluster {
    /// Runs a cluster of this name in the network, until somebody terminates it.
    pub(crate) async fn run(config: &SdkConfig, network: &Network) -> Result<Self, Error> {
        let instances = JobFlowInstancesConfig::builder().ec2_subnet_id(&network.subnet).instance_count(1);
        let instances = instances.master_instance_type("m5.xlarge").keep_job_flow_alive_when_no_steps(true).build();
        let run = Emr::new(config).run_job_flow().name(NAME).release_label("emr-7.0.0").instances(instances);
        let run = run.tags(Tag::builder().key(TAG).value(FRIENDLY).build());
        let answer = run.send().await.or_error().doing(|| format!("running {NAME}"))?;
        Ok(Self { id: answer.job_flow_id.unwrap_or_default() })
    }

    /// The event that AWS sends when the cluster runs: a sample of one, with this cluster's id.
    pub(crate) fn event(&self, now: SystemTime) -> serde_json::Result<Value> {
        let mut event = sample::from_here(EVENT, now)?;
        let minute = event["time"].as_str().and_then(|time| time.get(..16)).unwrap_or_default().replace('T', " ");
        let message = format!("Amazon EMR cluster {} ({NAME}) began running steps at {minute} UTC.", self.id);
        event["detail"]["name"] = NAME.into();
        event["detail"]["clusterId"] = self.id.as_str().into();
        event["detail"]["message"] = message.into();
        Ok(event)
    }
}

/// The ids of the network and of its subnet.
async fn make_subnet(ec2: &Ec2) -> Result<(String, String), Error> {
    let answer = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.or_error()?;
    let vpc = answer.vpc.and_then(|it| it.vpc_id).unwrap_or_default();
    let answer = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.0.0.0/24").send().await.or_error()?;
    Ok((vpc, answer.subnet.and_then(|it| it.subnet_id).unwrap_or_default()))
}

async fn make_zone(route53: &Route53, vpc: String) -> Result<String, Error> {
    let vpc = Vpc::builder().vpc_id(vpc).vpc_region(VpcRegion::from(REGION)).build();
    let private = HostedZoneConfig::builder().private_zone(true).build();
    let create =
        route53.create_hosted_zone().name(DOMAIN).caller_reference(DOMAIN).vpc(vpc).hosted_zone_config(private);
    let zone = create.send().await.or_error()?.hosted_zone.map(|it| it.id).unwrap_or_default();
    Ok(zone.trim_start_matches("/hostedzone/").into())
}
