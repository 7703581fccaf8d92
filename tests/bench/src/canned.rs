//! What the AWS of `canned_aws.rs` answers. For events that is fixed: one image with one snapshot, never shared
//! so far, whatever was changed before; so every event makes the same calls, and what differs is only who makes them.
//! The sweep's images are in `many_images.rs`, the cluster of `emr-dns` is in `one_cluster.rs` and many are in `many_clusters.rs`,
//! the secret of what rotates is in `one_secret.rs`, the fleet's accounts are in `many_accounts.rs`, an account that EC2 refuses is in
//! `closed_account.rs`.

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{Request, Response, StatusCode};

use crate::http::Answer;

/// The bucket and key that the manifest lies in.
pub const MANIFEST: &str = "s3://signalbox-bench/shares.json";
/// The image of every event.
pub const IMAGE: &str = "ami-0abcdef1234567890";
/// The account that owns it.
pub const ACCOUNT: &str = "111122223333";

/// Whom the manifest names, for every image whose name begins so.
pub const WANTED: [&str; 2] = ["123456789012", "987654321098"];

const MANIFEST_TEXT: &str =
    r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]}}, "s3": {}, "rds": {}}"#;
/// Its tag.
pub const MANIFEST_ETAG: &str = "\"9b2cf535f27731c974343645a3985328\"";
const XML: &str = "text/xml;charset=UTF-8";
const JSON: &str = "application/x-amz-json-1.0";

/// What an AWS answers.
pub trait Canned: Send + Sync + 'static {
    /// Answers one request for an operation.
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer;

    /// How many calls it refused for their rate since this was last asked.
    fn take_refused(&self) -> u32 {
        0
    }

    /// Fails where things are not as they should be after the job.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// The one image of the events.
pub struct OneImage;

impl Canned for OneImage {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "Knock" => xml(""),
            "GetObject" => document(request, MANIFEST_TEXT, MANIFEST_ETAG),
            "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" => json("{}"),
            "BatchGetItem" => json(r#"{"Responses": {}}"#),
            "DescribeKey" => json(KEY),
            "GetParameter" => json(&parameter()),
            "GetCallerIdentity" => xml(&identity()),
            "DescribeImages" => ec2(operation, &image()),
            "DescribeImageAttribute" => ec2(operation, &format!("<imageId>{IMAGE}</imageId><launchPermission/>")),
            "DescribeSnapshotAttribute" => {
                ec2(operation, &format!("<snapshotId>{SNAPSHOT}</snapshotId><createVolumePermission/>"))
            }
            "DescribeSnapshots" => ec2(operation, &snapshot()),
            "ModifyImageAttribute" | "ModifySnapshotAttribute" => ec2(operation, "<return>true</return>"),
            _ => whole(
                StatusCode::BAD_REQUEST,
                XML,
                "<Error><Code>InvalidAction</Code><Message>not canned</Message></Error>",
            ),
        }
    }
}

/// An answer of the JSON protocols.
pub fn json(body: &str) -> Answer {
    whole(StatusCode::OK, JSON, body)
}

/// An error of the JSON protocols.
pub fn json_error(code: &str, message: &str) -> Answer {
    let body = serde_json::json!({"__type": code, "message": message}).to_string();
    whole(StatusCode::BAD_REQUEST, JSON, &body)
}

/// An answer of the protocols that write XML.
pub fn xml(body: &str) -> Answer {
    whole(StatusCode::OK, XML, body)
}

/// EC2's own error.
pub fn ec2_error(status: StatusCode, code: &str, message: &str) -> Answer {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>59dbff89-35bd-4eac-99ed-be587EXAMPLE</RequestID></Response>"
    );
    whole(status, XML, &body)
}

fn whole(status: StatusCode, content_type: &'static str, body: &str) -> Answer {
    let mut answer = Response::new(Full::from(Bytes::copy_from_slice(body.as_bytes())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert("x-amzn-requestid", HeaderValue::from_static("0ea1f3a6-2b5c-4c7e-9f4e-6c8ad26d3b0f"));
    answer
}

/// S3's own error.
pub fn s3_error(status: StatusCode, code: &str) -> Answer {
    whole(status, XML, &format!("<Error><Code>{code}</Code><Message>so it is here</Message></Error>"))
}

/// An object of S3, which is not sent again to a caller that has it.
pub fn document(request: &Request<Bytes>, text: &str, etag: &str) -> Answer {
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|it| it == etag);
    let (status, body) = if known { (StatusCode::NOT_MODIFIED, "") } else { (StatusCode::OK, text) };
    let mut answer = whole(status, "application/json", body);
    if let Ok(etag) = HeaderValue::from_str(etag) {
        answer.headers_mut().insert(ETAG, etag);
    }
    answer
}

/// The snapshot of a volume.
pub const SNAPSHOT: &str = "snap-0123456789abcdef0";
const KEY: &str = r#"{"KeyMetadata": {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "KeyManager": "CUSTOMER"}}"#;

fn parameter() -> String {
    serde_json::json!({"Parameter": {"Name": "/shares", "Type": "String", "Version": 1, "Value": MANIFEST_TEXT}})
        .to_string()
}

fn identity() -> String {
    format!(
        r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/share-ami/share-ami</Arn><UserId>AROAEXAMPLE:share-ami</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#
    )
}

/// An answer of EC2.
pub fn ec2(operation: &str, inside: &str) -> Answer {
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><{operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>{inside}</{operation}Response>"#
    );
    xml(&body)
}

fn image() -> String {
    format!(
        "<imagesSet><item><imageId>{IMAGE}</imageId><imageLocation>{ACCOUNT}/base_linux_v42</imageLocation>\
         <imageState>available</imageState><imageOwnerId>{ACCOUNT}</imageOwnerId><isPublic>false</isPublic>\
         <architecture>x86_64</architecture><imageType>machine</imageType><name>base_linux_v42</name>\
         <rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item>\
         <deviceName>/dev/xvda</deviceName><ebs><snapshotId>{SNAPSHOT}</snapshotId><volumeSize>8</volumeSize>\
         <deleteOnTermination>true</deleteOnTermination><volumeType>gp3</volumeType><encrypted>false</encrypted></ebs>\
         </item></blockDeviceMapping><virtualizationType>hvm</virtualizationType><hypervisor>xen</hypervisor>\
         <creationDate>2026-11-20T09:00:00.000Z</creationDate></item></imagesSet>"
    )
}

fn snapshot() -> String {
    format!(
        "<snapshotSet><item><snapshotId>{SNAPSHOT}</snapshotId><volumeId>vol-ffffffff</volumeId><status>completed</status>\
         <startTime>2026-11-20T09:00:00.000Z</startTime><progress>100%</progress><ownerId>{ACCOUNT}</ownerId>\
         <volumeSize>8</volumeSize><encrypted>false</encrypted></item></snapshotSet>"
    )
}
