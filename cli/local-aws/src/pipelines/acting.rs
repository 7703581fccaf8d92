//! What a pipeline does: it takes an object as an artifact, and it invokes a function with a job; what it deploys by itself is `deploying.rs`'s.
//!
//! Each is done by calls to this endpoint, in the name of the pipeline's role or of the action's. Credentials of a job are a session of
//! the role in whose name the function is invoked, the action's where it has one: <https://github.com/aws/aws-cdk/issues/3274>.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::declaration::Played;
use super::execution::{Artifact, Ended, Work};
use super::sessions::{Asked, CONTENT_TYPE_NAME, Failed, Session, denial, element, encoded, send, session};
use super::{Pipelines, deploying, now};
use crate::calls::Call;
use crate::refusals::Refusal;
use crate::supervisor::Servers;

/// How long the credentials of a job hold.
const HOUR: f64 = 3_600.0;

/// Carries out what has to be done, each in a task of its own.
pub(crate) fn carry_out(pipelines: &Arc<Pipelines>, work: Vec<Work>) {
    for it in work {
        let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(run(Arc::clone(pipelines), it));
        tokio::spawn(task);
    }
}

async fn run(pipelines: Arc<Pipelines>, work: Work) {
    let turn = work.turn.clone();
    let ended = match work.action.played() {
        Some(Played::S3Source) => Some(fetch(&pipelines, &work).await),
        Some(Played::EcsDeploy) => Some(deploying::to_ecs(&pipelines, &work).await),
        Some(Played::LambdaDeploy) => Some(deploying::to_lambda(&pipelines, &work).await),
        // Its job is answered later.
        _ => invoke(&pipelines, work).await.err().map(Err),
    };
    let ended = ended.map(|it| it.unwrap_or_else(|(code, message)| Ended::Failed(code, message)));
    carry_out(&pipelines, ended.map(|it| pipelines.end(&turn, it)).unwrap_or_default());
}

/// What `CreatePipeline` and `UpdatePipeline` answer where the role of the pipeline does not trust `CodePipeline`.
pub(crate) async fn role_refused(servers: &Servers, call: &Call, body: &[u8]) -> anyhow::Result<Option<Refusal>> {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let (Some(role), Some(name)) = (told["pipeline"]["roleArn"].as_str(), told["pipeline"]["name"].as_str()) else {
        return Ok(None);
    };
    let is_own = role.split(':').nth(4) == Some(call.account.as_str());
    let denied = !is_own || denial(servers, (&call.account, &call.region), name, role).await?.is_some();
    let why = format!("CodePipeline is not authorized to perform AssumeRole on role {role}");
    Ok(denied.then(|| Refusal::of_request("InvalidStructureException", why)))
}

/// Takes the object of a source, in the version that was asked for or the newest, as an artifact.
async fn fetch(pipelines: &Pipelines, work: &Work) -> Result<Ended, Failed> {
    let session = session(pipelines, work).await?;
    let told = |name: &str| work.action.configuration.get(name).cloned().unwrap_or_default();
    let (bucket, key) = (told("S3Bucket"), told("S3ObjectKey"));
    let asked = |target| Asked { service: "s3", method: Method::GET, target, headers: &[], body: Bytes::new() };
    let doing = format!("looking for versions in the bucket {bucket}");
    let (_, versioning) = send(pipelines, work, &session, asked(format!("/{bucket}?versioning")), &doing).await?;
    if element(&String::from_utf8_lossy(&versioning), "Status").as_deref() != Some("Enabled") {
        return Err(("ConfigurationError".into(), format!("The bucket {bucket} keeps no versions; enable versioning")));
    }
    let version = work.version.as_ref().map(|it| format!("?versionId={}", encoded(it))).unwrap_or_default();
    let doing = format!("reading the object {key} of the bucket {bucket}");
    let (headers, object) =
        send(pipelines, work, &session, asked(format!("/{bucket}/{}{version}", encoded(&key))), &doing).await?;
    let header = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    let (revision, etag) = (header("x-amz-version-id"), header("etag").trim_matches('"').to_owned());
    let (bucket, key) = put(pipelines, work, &session, object).await?;
    let artifact = Artifact { bucket, key, revision: revision.clone(), etag };
    Ok(Ended::Succeeded { summary: Some(format!("Amazon S3 version id: {revision}")), made: Some(artifact) })
}

/// Puts an artifact into the store of the pipeline, encrypted by the store's key: its bucket and its key.
async fn put(pipelines: &Pipelines, work: &Work, session: &Session, object: Bytes) -> Result<(String, String), Failed> {
    let store = &work.declared.artifact_store;
    let name = work.action.output_artifacts.first().map(|it| it.name.as_str()).unwrap_or_default();
    let short = |text: &str, most| text.chars().take(most).collect::<String>();
    let random = short(&Uuid::new_v4().simple().to_string(), 7);
    let key = format!("{}/{}/{random}", short(&work.declared.name, 20), short(name, 10));
    let by = store.encryption_key.as_ref().map(|it| it.id.as_str());
    let headers: Vec<_> = by.map_or_else(Vec::new, |key| {
        vec![("x-amz-server-side-encryption", "aws:kms"), ("x-amz-server-side-encryption-aws-kms-key-id", key)]
    });
    let target = format!("/{}/{}", store.location, encoded(&key));
    let asked = Asked { service: "s3", method: Method::PUT, target, headers: &headers, body: object };
    send(pipelines, work, session, asked, &format!("putting the artifact {name} into the bucket {}", store.location))
        .await?;
    Ok((store.location.clone(), key))
}

/// Invokes a function, which does not wait for it, and opens the job that the function answers.
async fn invoke(pipelines: &Pipelines, work: Work) -> Result<(), Failed> {
    let session = session(pipelines, &work).await?;
    let function = work.action.configuration.get("FunctionName").cloned().unwrap_or_default();
    let id = Uuid::new_v4().to_string();
    let event = event(&work, &id, &session);
    // The answer may come before Lambda's own.
    let place = (work.turn.account.as_str(), work.turn.region.as_str());
    pipelines.book().jobs.open(place, &id, Some(work.clone()));
    pipelines.changed(&work.turn.account);
    let headers = [("x-amz-invocation-type", "Event"), (CONTENT_TYPE_NAME, "application/json")];
    let target = format!("/2015-03-31/functions/{}/invocations", encoded(&function));
    let body = event.to_string().into();
    let asked = Asked { service: "lambda", method: Method::POST, target, headers: &headers, body };
    send(pipelines, &work, &session, asked, &format!("invoking the function {function}")).await.map(drop)
}

/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html>
fn event(work: &Work, id: &str, session: &Session) -> Value {
    let inputs = work.inputs.iter().map(|(name, Artifact { bucket, key, revision, .. })| {
        let place = json!({"bucketName": bucket, "objectKey": key});
        json!({"name": name, "revision": revision, "location": {"type": "S3", "s3Location": place}})
    });
    let mut data = json!({
        "actionConfiguration": {"configuration": work.action.configuration},
        "inputArtifacts": inputs.collect::<Vec<_>>(),
        "outputArtifacts": [],
        "artifactCredentials": {
            "accessKeyId": session.access_key,
            "secretAccessKey": session.secret,
            "sessionToken": session.token,
            "expirationTime": ((now() + HOUR) * 1_000.0).round(),
        },
    });
    if let Some(key) = &work.declared.artifact_store.encryption_key {
        data["encryptionKey"] = json!(key);
    }
    if let Some(token) = &work.continuation {
        data["continuationToken"] = json!(token);
    }
    json!({"CodePipeline.job": {"id": id, "accountId": work.turn.account, "data": data}})
}
