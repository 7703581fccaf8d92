//! The limit for a warm event: the round trips of `share-ami` in the same order and with the same concurrency, made by
//! hyper alone. The requests are constant and unsigned, of the size that the SDK's have; the answers are read and dropped.
//!
//! It takes the endpoint (`http://127.0.0.1:PORT`) as its only argument.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambda::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261120/eu-west-1/ec2/aws4_request, \
    SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-user-agent, \
    Signature=d94e9b8d6a0b4b1d2f5c3a7e9f8b6c4d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b";
const ITEM: &str = r#"{"TableName":"signalbox-ledger","Key":{"id":{"S":"share-ami#ami-0abcdef1234567890#available#0e6d6a4b"}},
    "ConditionExpression":"attribute_not_exists(id) OR expiration < :now","ExpressionAttributeValues":{":now":{"N":"1763629200"}}}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let endpoint = std::env::args().nth(1).ok_or("the endpoint is missing")?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let aws = &Aws { client: Client::builder(TokioExecutor::new()).build(connector), endpoint };
    lambda::run(service_fn(move |_: LambdaEvent<Value>| aws.share())).await
}

struct Aws {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
}

impl Aws {
    async fn share(&self) -> Result<Value, Error> {
        self.dynamodb("PutItem").await?;
        tokio::try_join!(self.manifest(), self.ec2("DescribeImages"))?;
        tokio::try_join!(self.ec2("DescribeImageAttribute"), self.ec2("DescribeSnapshotAttribute"))?;
        self.ec2("ModifySnapshotAttribute").await?;
        self.ec2("ModifyImageAttribute").await?;
        self.dynamodb("UpdateItem").await?;
        Ok(json!({"outcome": "applied"}))
    }

    async fn manifest(&self) -> Result<(), Error> {
        let request = Request::builder()
            .uri(format!("{}/signalbox-bench/shares.json", self.endpoint))
            .header("authorization", AUTHORIZATION);
        self.round_trip(request.body(Full::default())?).await
    }

    async fn dynamodb(&self, operation: &str) -> Result<(), Error> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.endpoint)
            .header("authorization", AUTHORIZATION)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        self.round_trip(request.body(Full::from(ITEM))?).await
    }

    async fn ec2(&self, operation: &str) -> Result<(), Error> {
        let form =
            format!("Action={operation}&Version=2016-11-15&ImageId.1=ami-0abcdef1234567890&Attribute=launchPermission");
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.endpoint)
            .header("authorization", AUTHORIZATION)
            .header("content-type", "application/x-www-form-urlencoded");
        self.round_trip(request.body(Full::from(form))?).await
    }

    async fn round_trip(&self, request: Request<Full<Bytes>>) -> Result<(), Error> {
        let answer = self.client.request(request).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        if status.is_success() { Ok(()) } else { Err(format!("the canned AWS answered {status}").into()) }
    }
}
