//! The AWS of `emr-dns`: one running cluster, whose name is not in its zone, whatever was changed before; so every event
//! makes the same calls, and makes the name's records anew.
//!
//! EMR names the operation in `x-amz-target`, Route 53 by method and path.

use bytes::Bytes;
use hyper::{Method, Request};

use crate::canned::{ACCOUNT, Canned, OneImage, ec2, json, xml};
use crate::http::Answer;

/// What the paths of Route 53 begin with.
pub const ROUTE_53: &str = "/2013-04-01/";

const CLUSTER: &str = "j-1YONHTCP3YZKC";
const NAME: &str = "etl.example.com";
const SUBNET: &str = "subnet-0bb1c79de301436ee";
const VPC: &str = "vpc-0e9801d129example";
/// The zone that its name belongs to.
pub const ZONE: &str = "Z0123456789ABCDEFGHIJ";

/// The one cluster of the events.
pub struct OneCluster;

impl Canned for OneCluster {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "DescribeCluster" => json(&cluster(CLUSTER, NAME)),
            "DescribeSubnets" => ec2(operation, &subnet()),
            "ListHostedZonesByVPC" => route_53(operation, &zone()),
            "ListResourceRecordSets" => route_53(operation, &records()),
            "ChangeResourceRecordSets" => route_53(operation, CHANGE),
            _ => OneImage.answer(operation, request),
        }
    }
}

/// Names the operation that Route 53 is asked for at a path, which is given without its beginning.
pub fn operation(method: &Method, path: &str) -> String {
    let path = path.trim_end_matches('/');
    let is_of_records = path.strip_prefix("hostedzone/").and_then(|it| it.strip_suffix("/rrset")) == Some(ZONE);
    let operation = match *method {
        Method::GET if path == "hostedzonesbyvpc" => "ListHostedZonesByVPC",
        Method::GET if is_of_records => "ListResourceRecordSets",
        Method::POST if is_of_records => "ChangeResourceRecordSets",
        _ => "a path of Route 53 that is not canned",
    };
    operation.to_owned()
}

/// The event that the cluster runs, the `number`th of its kind.
pub fn event(number: usize) -> String {
    serde_json::json!({
        "version": "0",
        "id": format!("aa87b780-0000-4000-8000-{number:012}"),
        "detail-type": "EMR Cluster State Change",
        "source": "aws.emr",
        "account": ACCOUNT,
        "time": "2026-11-20T10:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": {
            "severity": "INFO",
            "stateChangeReason": "{\"code\":\"\"}",
            "name": "etl",
            "clusterId": CLUSTER,
            "state": "RUNNING",
            "message": format!("Amazon EMR cluster {CLUSTER} (etl) began running steps at 2026-11-20 10:00 UTC."),
        },
    })
    .to_string()
}

/// A running cluster that asks for a name.
pub fn cluster(id: &str, name: &str) -> String {
    serde_json::json!({"Cluster": {
        "Id": id,
        "Name": "etl",
        "ClusterArn": format!("arn:aws:elasticmapreduce:eu-west-1:{ACCOUNT}:cluster/{id}"),
        "Status": {
            "State": "RUNNING",
            "StateChangeReason": {"Message": "Running step"},
            "Timeline": {"CreationDateTime": 1_795_168_200.123, "ReadyDateTime": 1_795_168_500.456},
        },
        "Ec2InstanceAttributes": {
            "Ec2SubnetId": SUBNET,
            "RequestedEc2SubnetIds": [SUBNET],
            "Ec2AvailabilityZone": "eu-west-1a",
            "IamInstanceProfile": "EMR_EC2_DefaultRole",
            "EmrManagedMasterSecurityGroup": "sg-0123456789abcdef0",
            "EmrManagedSlaveSecurityGroup": "sg-0123456789abcdef1",
        },
        "InstanceCollectionType": "INSTANCE_GROUP",
        "ReleaseLabel": "emr-7.5.0",
        "AutoTerminate": false,
        "TerminationProtected": false,
        "VisibleToAllUsers": true,
        "Applications": [{"Name": "Spark", "Version": "3.5.2"}],
        "Tags": [{"Key": "team", "Value": "data"}, {"Key": "cluster_name", "Value": name}],
        "ServiceRole": "EMR_DefaultRole",
        "NormalizedInstanceHours": 24,
        "MasterPublicDnsName": "ip-10-0-1-23.eu-west-1.compute.internal",
        "Configurations": [],
        "StepConcurrencyLevel": 1,
    }})
    .to_string()
}

fn subnet() -> String {
    format!(
        "<subnetSet><item><subnetId>{SUBNET}</subnetId><state>available</state><vpcId>{VPC}</vpcId>\
         <cidrBlock>10.0.1.0/24</cidrBlock><availableIpAddressCount>241</availableIpAddressCount>\
         <availabilityZone>eu-west-1a</availabilityZone><defaultForAz>false</defaultForAz>\
         <mapPublicIpOnLaunch>false</mapPublicIpOnLaunch><ownerId>{ACCOUNT}</ownerId></item></subnetSet>"
    )
}

/// An answer of Route 53.
pub fn route_53(operation: &str, inside: &str) -> Answer {
    xml(&format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><{operation}Response xmlns="https://route53.amazonaws.com/doc/2013-04-01/">{inside}</{operation}Response>"#
    ))
}

fn zone() -> String {
    format!(
        "<HostedZoneSummaries><HostedZoneSummary><HostedZoneId>{ZONE}</HostedZoneId><Name>example.com.</Name>\
         <Owner><OwningAccount>{ACCOUNT}</OwningAccount></Owner></HostedZoneSummary></HostedZoneSummaries>\
         <MaxItems>100</MaxItems>"
    )
}

/// The zone: its own records, and the name of another cluster, with its mark.
fn records() -> String {
    let record = |name: &str, kind: &str, value: &str| {
        format!(
            "<ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>\
             <Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
        )
    };
    let mark =
        format!("\"heritage=signalbox,owner=signalbox,cluster=j-2AXXXXXXGAPLF,account={ACCOUNT},region=eu-west-1\"");
    let ns = record("example.com.", "NS", "ns-0.awsdns-00.com.");
    let soa =
        record("example.com.", "SOA", "ns-0.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
    let cname = record("reports.example.com.", "CNAME", "ip-10-0-1-42.eu-west-1.compute.internal");
    let txt = record("_signalbox.reports.example.com.", "TXT", &mark);
    format!(
        "<ResourceRecordSets>{ns}{soa}{cname}{txt}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>"
    )
}

const CHANGE: &str = "<ChangeInfo><Id>/change/C2682N5HXP0BZ4</Id><Status>PENDING</Status>\
    <SubmittedAt>2026-11-20T10:00:01.000Z</SubmittedAt><Comment>Signalbox emr-dns</Comment></ChangeInfo>";
