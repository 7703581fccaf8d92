//! The limit for a warm event: the round trips of `share-ami` in the same order and with the same concurrency, made by
//! hyper alone. The requests are constant, with headers and bodies of the size that the SDK's have; nothing is signed, and
//! the answers are read and dropped.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambda::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

const HEADERS: [(&str, &str); 7] = [
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261120/eu-west-1/ec2/aws4_request, \
         SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-security-token;x-amz-user-agent, \
         Signature=d94e9b8d6a0b4b1d2f5c3a7e9f8b6c4d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b",
    ),
    ("user-agent", "aws-sdk-rust/1.4.1 os/linux lang/rust/1.95.0"),
    ("x-amz-user-agent", "aws-sdk-rust/1.4.1 ua/2.1 api/ec2/1.274.0 os/linux lang/rust/1.95.0 m/E,b,e"),
    ("x-amz-date", "20261120T100000Z"),
    ("x-amz-security-token", "IQoJb3JpZ2luX2VjEXAMPLE"),
    ("amz-sdk-invocation-id", "2f1c8d3e-5b7a-4c69-8e0f-1a2b3c4d5e6f"),
    ("amz-sdk-request", "attempt=1; max=4"),
];
const ITEM: &str = r##"{"TableName":"signalbox-ledger","Item":{"id":{"S":"share-ami#111122223333/eu-west-1/ami-0abcdef1234567890"},
    "status":{"S":"INPROGRESS"},"owner":{"S":"2f1c8d3e-5b7a-4c69-8e0f-1a2b3c4d5e6f"},"expiration":{"N":"1795210863"}},
    "ConditionExpression":"attribute_not_exists(id) OR expiration < :now","ExpressionAttributeNames":{"#status":"status"},
    "ExpressionAttributeValues":{":now":{"N":"1763629200"},":now_ms":{"N":"1763629200000"},":inprogress":{"S":"INPROGRESS"}}}"##;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let aws = &Aws { client, dynamodb: endpoint("DYNAMODB")?, ec2: endpoint("EC2")?, s3: endpoint("S3")? };
    lambda::run(service_fn(async |_: LambdaEvent<Value>| aws.share().await)).await
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, whose only setting this is")]
fn endpoint(service: &str) -> Result<String, Error> {
    Ok(std::env::var(format!("AWS_ENDPOINT_URL_{service}"))?)
}

struct Aws {
    client: Client<HttpConnector, Full<Bytes>>,
    dynamodb: String,
    ec2: String,
    s3: String,
}

impl Aws {
    async fn share(&self) -> Result<Value, Error> {
        self.dynamodb("PutItem").await?;
        tokio::try_join!(self.manifest(), self.ec2("DescribeImages"), self.ec2("DescribeImageAttribute"))?;
        self.ec2("DescribeSnapshotAttribute").await?;
        self.ec2("ModifySnapshotAttribute").await?;
        self.ec2("ModifyImageAttribute").await?;
        self.dynamodb("UpdateItem").await?;
        Ok(json!({"outcome": "applied"}))
    }

    async fn manifest(&self) -> Result<(), Error> {
        let request = Request::builder().uri(format!("{}/signalbox-bench/shares.json", self.s3));
        self.round_trip(request, Bytes::new()).await
    }

    async fn dynamodb(&self, operation: &str) -> Result<(), Error> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.dynamodb)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        self.round_trip(request, ITEM.into()).await
    }

    async fn ec2(&self, operation: &str) -> Result<(), Error> {
        let form =
            format!("Action={operation}&Version=2016-11-15&ImageId.1=ami-0abcdef1234567890&Attribute=launchPermission");
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.ec2)
            .header("content-type", "application/x-www-form-urlencoded");
        self.round_trip(request, form.into()).await
    }

    async fn round_trip(&self, mut request: hyper::http::request::Builder, body: Bytes) -> Result<(), Error> {
        for (name, value) in HEADERS {
            request = request.header(name, value);
        }
        let answer = self.client.request(request.body(Full::from(body))?).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        if status.is_success() { Ok(()) } else { Err(format!("the canned AWS answered {status}").into()) }
    }
}
