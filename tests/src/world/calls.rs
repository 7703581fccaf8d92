//! Calls to services for which the tests have no client.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{AWS, World};

/// A service that speaks JSON: its name in the credential scope, and the prefix of its operations.
pub type Service = (&'static str, &'static str);

/// ECS.
pub const ECS: Service = ("ecs", "AmazonEC2ContainerServiceV20141113");

/// `CloudWatch`.
pub const CLOUDWATCH: Service = ("monitoring", "GraniteServiceVersion20100801");

/// What a service answers.
///
/// Panics where the answer is no JSON.
pub async fn call(world: &World, (service, prefix): Service, operation: &str, asked: Value) -> Value {
    let address = AWS.endpoint().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let (body, account) = (asked.to_string(), &world.account);
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: {prefix}.{operation}\r\nContent-Length: {length}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={account}/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_else(|error| panic!("{error}: {answer}"))
}
