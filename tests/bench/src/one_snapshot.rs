//! The AWS of what shares snapshots: one of a volume and one of a database, never shared so far, whatever was changed before.

use bytes::Bytes;
use hyper::Request;

use crate::canned::{ACCOUNT, Canned, MANIFEST_ETAG, OneImage, SNAPSHOT, document, ec2, xml};
use crate::http::Answer;

const DATABASE: &str = "nightly-orders";
const MANIFEST: &str = r#"{"ebs": {"nightly-": {"eu-west-1": ["123456789012", "987654321098"]}},
    "rds": {"nightly-": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;

/// The one snapshot of the events, of either kind.
pub struct OneSnapshot;

impl Canned for OneSnapshot {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "GetObject" => document(request, MANIFEST, MANIFEST_ETAG),
            "DescribeSnapshots" => ec2(operation, &snapshot()),
            "DescribeDBSnapshots" => rds(operation, &db_snapshot()),
            "DescribeDBSnapshotAttributes" | "ModifyDBSnapshotAttribute" => rds(operation, &attributes()),
            _ => OneImage.answer(operation, request),
        }
    }
}

/// The event that the snapshot of a volume is complete, the `number`th of its kind.
pub fn event(number: usize) -> String {
    let arn = format!("arn:aws:ec2::eu-west-1:snapshot/{SNAPSHOT}");
    let (minute, second) = (number / 60 % 60, number % 60);
    serde_json::json!({
        "version": "0",
        "id": format!("3b1c9a2e-0000-4000-8000-{number:012}"),
        "detail-type": "EBS Snapshot Notification",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": "2026-11-20T10:00:00Z",
        "region": "eu-west-1",
        "resources": [&arn],
        "detail": {
            "event": "createSnapshot",
            "result": "succeeded",
            "cause": "",
            "request-id": "",
            "snapshot_id": arn,
            "source": "arn:aws:ec2::eu-west-1:volume/vol-0123456789abcdef0",
            "startTime": "2026-11-20T09:00:00Z",
            "endTime": format!("2026-11-20T10:{minute:02}:{second:02}Z"),
        },
    })
    .to_string()
}

/// The event that the snapshot of a database was made, the `number`th of its kind.
pub fn db_event(number: usize) -> String {
    let (minute, second) = (number / 60 % 60, number % 60);
    let arn = format!("arn:aws:rds:eu-west-1:{ACCOUNT}:snapshot:{DATABASE}");
    serde_json::json!({
        "version": "0",
        "id": format!("4c2d0b3f-0000-4000-8000-{number:012}"),
        "detail-type": "RDS DB Snapshot Event",
        "source": "aws.rds",
        "account": ACCOUNT,
        "time": "2026-11-20T10:00:00Z",
        "region": "eu-west-1",
        "resources": [&arn],
        "detail": {
            "EventCategories": ["creation"],
            "SourceType": "SNAPSHOT",
            "SourceArn": arn,
            "Date": format!("2026-11-20T10:{minute:02}:{second:02}.000Z"),
            "Message": "Manual snapshot created",
            "SourceIdentifier": DATABASE,
            "EventID": "RDS-EVENT-0042",
        },
    })
    .to_string()
}

fn snapshot() -> String {
    format!(
        "<snapshotSet><item><snapshotId>{SNAPSHOT}</snapshotId><volumeId>vol-ffffffff</volumeId><status>completed</status>\
         <startTime>2026-11-20T09:00:00.000Z</startTime><progress>100%</progress><ownerId>{ACCOUNT}</ownerId>\
         <volumeSize>8</volumeSize><encrypted>false</encrypted><tagSet><item><key>Name</key><value>nightly-orders</value></item>\
         </tagSet></item></snapshotSet>"
    )
}

fn rds(operation: &str, inside: &str) -> Answer {
    xml(&format!(
        r#"<{operation}Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><{operation}Result>{inside}</{operation}Result><ResponseMetadata><RequestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</RequestId></ResponseMetadata></{operation}Response>"#
    ))
}

fn db_snapshot() -> String {
    format!(
        "<DBSnapshots><DBSnapshot><DBSnapshotIdentifier>{DATABASE}</DBSnapshotIdentifier>\
         <DBInstanceIdentifier>orders</DBInstanceIdentifier><Engine>postgres</Engine><Status>available</Status>\
         <SnapshotType>manual</SnapshotType><Encrypted>false</Encrypted>\
         <DBSnapshotArn>arn:aws:rds:eu-west-1:{ACCOUNT}:snapshot:{DATABASE}</DBSnapshotArn></DBSnapshot></DBSnapshots>"
    )
}

fn attributes() -> String {
    format!(
        "<DBSnapshotAttributesResult><DBSnapshotIdentifier>{DATABASE}</DBSnapshotIdentifier><DBSnapshotAttributes>\
         <DBSnapshotAttribute><AttributeName>restore</AttributeName><AttributeValues/></DBSnapshotAttribute>\
         </DBSnapshotAttributes></DBSnapshotAttributesResult>"
    )
}
