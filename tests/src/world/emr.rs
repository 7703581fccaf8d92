//! Clusters, networks and zones as anybody makes them, and the records of a zone as Route 53 lists them.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_ec2::types::Filter;
use aws_sdk_emr::config::retry::RetryConfig;
use aws_sdk_emr::config::timeout::TimeoutConfig;
use aws_sdk_emr::types::{Cluster, JobFlowInstancesConfig, Tag};
use aws_sdk_route53::error::SdkError;
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, HostedZoneConfig, ResourceRecord, ResourceRecordSet, RrType, Vpc, VpcRegion,
};

use crate::world::World;

/// The tag that sets a cluster's state in the local AWS.
pub const STATE: &str = "local-aws:state";

/// The tag that names a cluster's primary node in the local AWS.
pub const PRIMARY: &str = "local-aws:primary";

/// The tag that says when a cluster was made in the local AWS.
pub const CREATED: &str = "local-aws:created";

static ZONES: AtomicUsize = AtomicUsize::new(0);

/// EMR in the world's region, asked once and waited for: a cluster that was asked for twice would be two.
pub fn emr(world: &World) -> aws_sdk_emr::Client {
    let config = aws_sdk_emr::config::Builder::from(world.sessions.config());
    let config = config.retry_config(RetryConfig::disabled()).timeout_config(TimeoutConfig::disabled());
    aws_sdk_emr::Client::from_conf(config.build())
}

/// Route 53.
pub fn route53(world: &World) -> aws_sdk_route53::Client {
    aws_sdk_route53::Client::new(world.sessions.config())
}

/// A network with one subnet: the ids of both.
pub async fn make_vpc(world: &World) -> (String, String) {
    let vpc = world.ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let subnet = world.ec2.create_subnet().vpc_id(&vpc).cidr_block("10.0.0.0/24").send().await.unwrap();
    (vpc, subnet.subnet.unwrap().subnet_id.unwrap())
}

/// The network of each of these subnets, as EC2 lists them.
pub async fn vpcs_of(world: &World, subnets: &[String]) -> Vec<(String, String)> {
    let filter = Filter::builder().name("subnet-id").set_values(Some(subnets.to_vec())).build();
    let found = world.ec2.describe_subnets().filters(filter).send().await.unwrap().subnets.unwrap();
    found.into_iter().map(|it| (it.subnet_id.unwrap(), it.vpc_id.unwrap())).collect()
}

fn tags_of(tags: &[(&str, &str)]) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect()
}

/// Runs a cluster that waits for work, if no tag says something else: its id.
pub async fn run_cluster(world: &World, subnet: &str, tags: &[(&str, &str)]) -> String {
    let instances = JobFlowInstancesConfig::builder().ec2_subnet_id(subnet).keep_job_flow_alive_when_no_steps(true);
    let instances = instances.master_instance_type("m5.xlarge").instance_count(1).build();
    let request = emr(world).run_job_flow().name("a cluster").release_label("emr-7.0.0").instances(instances);
    request.set_tags(Some(tags_of(tags))).send().await.unwrap().job_flow_id.unwrap()
}

/// Gives a cluster tags, of which [`STATE`] and its like tell it what to do.
pub async fn tag_cluster(world: &World, id: &str, tags: &[(&str, &str)]) {
    emr(world).add_tags().resource_id(id).set_tags(Some(tags_of(tags))).send().await.unwrap();
}

/// Brings a cluster into a state.
pub async fn set_state(world: &World, id: &str, state: &str) {
    tag_cluster(world, id, &[(STATE, state)]).await;
}

/// Gives a cluster another primary node, as EMR does without telling anybody.
pub async fn replace_primary(world: &World, id: &str, name: &str) {
    tag_cluster(world, id, &[(PRIMARY, name)]).await;
}

/// Terminates a cluster.
pub async fn terminate(world: &World, id: &str) {
    emr(world).terminate_job_flows().job_flow_ids(id).send().await.unwrap();
}

/// A cluster as EMR describes it.
pub async fn describe(world: &World, id: &str) -> Cluster {
    emr(world).describe_cluster().cluster_id(id).send().await.unwrap().cluster.unwrap()
}

/// Makes a zone that only this network sees: its id.
pub async fn make_private_zone(world: &World, name: &str, vpc: &str) -> String {
    make_zone(world, name, Some(here(world, vpc))).await
}

/// Makes a zone that everybody sees: its id.
pub async fn make_public_zone(world: &World, name: &str) -> String {
    make_zone(world, name, None).await
}

/// A network of the world's region, as Route 53 is told of it.
fn here(world: &World, vpc: &str) -> Vpc {
    let region = world.sessions.region().unwrap();
    Vpc::builder().vpc_id(vpc).vpc_region(VpcRegion::from(region.as_str())).build()
}

async fn make_zone(world: &World, name: &str, vpc: Option<Vpc>) -> String {
    let config = HostedZoneConfig::builder().private_zone(vpc.is_some()).build();
    let once = ZONES.fetch_add(1, Ordering::Relaxed).to_string();
    let request = route53(world).create_hosted_zone().name(name).caller_reference(once).hosted_zone_config(config);
    let zone = request.set_vpc(vpc).send().await.unwrap().hosted_zone.unwrap();
    zone.id.trim_start_matches("/hostedzone/").to_owned()
}

/// Lets another network see a private zone.
pub async fn associate(world: &World, zone: &str, vpc: &str) {
    let vpc = here(world, vpc);
    route53(world).associate_vpc_with_hosted_zone().hosted_zone_id(zone).vpc(vpc).send().await.unwrap();
}

/// A change of one record set.
pub fn change(action: &str, name: &str, kind: &str, ttl: i64, values: &[&str]) -> Change {
    let values = values.iter().map(|value| ResourceRecord::builder().value(*value).build().unwrap()).collect();
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::from(kind)).ttl(ttl);
    let set = set.set_resource_records(Some(values)).build().unwrap();
    Change::builder().action(ChangeAction::from(action)).resource_record_set(set).build().unwrap()
}

/// Asks Route 53 for these changes in one batch.
pub async fn apply(
    world: &World,
    zone: &str,
    changes: Vec<Change>,
) -> Result<(), SdkError<ChangeResourceRecordSetsError>> {
    let batch = ChangeBatch::builder().set_changes(Some(changes)).build().unwrap();
    route53(world).change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await.map(drop)
}

/// Puts a record set there, as another writer does, whatever was there before.
pub async fn put_record(world: &World, zone: &str, name: &str, kind: &str, ttl: i64, values: &[&str]) {
    apply(world, zone, vec![change("UPSERT", name, kind, ttl, values)]).await.unwrap();
}

/// What a zone has beside its SOA and NS, a line for each record set: name, type, TTL and values.
pub async fn records(world: &World, zone: &str) -> String {
    let sets = record_sets(world, zone, None, 300).await;
    let own = sets.iter().filter(|it| !matches!(it.r#type, RrType::Soa | RrType::Ns));
    own.map(|it| line_of(it) + "\n").collect()
}

/// All record sets of a zone from a name on, read in pages of this size.
pub async fn record_sets(world: &World, zone: &str, from: Option<&str>, page: i32) -> Vec<ResourceRecordSet> {
    let list = || route53(world).list_resource_record_sets().hosted_zone_id(zone).max_items(page);
    let mut answer = list().set_start_record_name(from.map(String::from)).send().await.unwrap();
    let mut sets = answer.resource_record_sets;
    while answer.is_truncated {
        let next = list().set_start_record_name(answer.next_record_name).set_start_record_type(answer.next_record_type);
        let next = next.set_start_record_identifier(answer.next_record_identifier);
        answer = next.send().await.unwrap();
        sets.append(&mut answer.resource_record_sets);
    }
    sets
}

fn line_of(set: &ResourceRecordSet) -> String {
    let values: Vec<_> = set.resource_records().iter().map(|it| it.value.as_str()).collect();
    let ttl = set.ttl.map_or_else(|| "alias".into(), |ttl| ttl.to_string());
    format!("{} {} {ttl} {}", set.name.trim_end_matches('.'), set.r#type, values.join(" "))
}
