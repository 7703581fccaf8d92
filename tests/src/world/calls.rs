//! Calls to services for which the tests have no client.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{AWS, REGION, World};

/// A service that speaks JSON: its name in the credential scope, and the prefix of its operations.
pub type Service = (&'static str, &'static str);

/// ECS.
pub const ECS: Service = ("ecs", "AmazonEC2ContainerServiceV20141113");

/// `CloudWatch`.
pub const CLOUDWATCH: Service = ("monitoring", "GraniteServiceVersion20100801");

/// What a service that speaks JSON answers.
///
/// Panics where the answer is no JSON.
pub async fn call(world: &World, service: Service, operation: &str, asked: Value) -> Value {
    call_at((AWS.endpoint(), &world.account), service, operation, asked).await
}

/// The same at this endpoint, in the name of this account.
pub async fn call_at(place: (&str, &str), (service, prefix): Service, operation: &str, asked: Value) -> Value {
    let header = format!("Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {prefix}.{operation}");
    let (_, answer) = post(place, service, &header, &asked.to_string()).await;
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{operation}: {error} in {answer}"))
}

/// A request at this endpoint, in the name of this account: the status line and the body of the answer. The local AWS verifies no signature.
pub async fn post((endpoint, account): (&str, &str), service: &str, header: &str, body: &str) -> (String, String) {
    let (address, length) = (endpoint.trim_start_matches("http://"), body.len());
    let credential = format!("{account}/20260101/{REGION}/{service}/aws4_request");
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{header}\r\n\
        Authorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=none\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}
