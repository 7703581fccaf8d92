//! The function deployed behind its URL, with a role that IAM judges and a queue of its own.

use local_aws::deploy::{Deployment, Stack};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Scene;
use crate::templates::deployed::{packaged, patient};
use crate::world::AWS;
use crate::world::scene::{Scene as _, read_sample};

/// Sends the request of a sample to the function's URL, as the local AWS has it; the status line.
async fn post(url: &str, sample: &str) -> String {
    let sample: Value = serde_json::from_str(&read_sample("receive-webhook", sample)).unwrap();
    let id = url.split("://").nth(1).unwrap().split('.').next().unwrap();
    let (path, body) = (sample["rawPath"].as_str().unwrap(), sample["body"].as_str().unwrap());
    let address = AWS.endpoint().trim_start_matches("http://");
    let headers = sample["headers"].as_object().unwrap().iter();
    let headers = headers.filter(|(name, _)| !["host", "content-length"].contains(&name.as_str()));
    let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {}\r\n", value.as_str().unwrap())).collect();
    let (headers, length) = (headers.concat(), body.len());
    let request = format!(
        "POST /_aws/lambda-url/{id}{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\
        content-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn deployed_it_hears_its_url_and_tells_the_queue() {
    let scene = Scene::set_up(&(), "a-branch-was-pushed-at-github").await;
    let config = patient(&scene.world);
    let deployment = Deployment::new(&config);
    let bucket = format!("code-{}", scene.world.account);
    deployment.upload(&bucket, "function.zip", packaged("receive-webhook").await).await.unwrap();
    let code = [("Mode", "Apply".to_owned()), ("CodeBucket", bucket), ("CodeKey", "function.zip".into())];
    let code = code.into_iter().map(|(name, value)| (name.to_owned(), value));
    let stack = Stack {
        name: "signalbox-receive-webhook".into(),
        template: local_aws::workspace().join("infra/receive-webhook.yaml"),
        parameters: code.chain(scene.parameters()).collect(),
    };
    let outputs = deployment.apply(&stack).await.unwrap();
    let url = &outputs["Url"];
    for (status, sample) in [
        ("202", "a-branch-was-pushed-at-github"),
        ("202", "a-branch-was-deleted-at-gitea"),
        ("401", "a-path-is-of-no-hook"),
        ("401", "a-signature-is-of-another-secret"),
        ("400", "a-signed-body-is-of-another-forge"),
    ] {
        let said = post(url, sample).await;
        assert!(said.contains(status), "{sample}: {said}");
    }
    let messages = scene.messages().await;
    let groups: Vec<_> = messages.iter().map(|(group, _)| group.as_str()).collect();
    assert_eq!(groups, ["acme/templates"; 2], "{messages:?}");
    deployment.delete(&stack.name).await.unwrap();
}
