//! What `CodePipeline` deploys by itself: images to a service of ECS, and code to a function of Lambda, all at once.
//!
//! In the name of the action's role, and on that role's side of the accounts: the artifact is read by it, too.
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html>,
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html>

use std::io::{Cursor, Read};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use super::Pipelines;
use super::execution::{Artifact, Ended, Work};
use super::sessions::{Asked, CONTENT_TYPE_NAME, Failed, Session, encoded, send, session};

/// The file of image definitions, where the action names none.
const IMAGES: &str = "imagedefinitions.json";

/// How often Lambda is asked whether an update has ended.
const POLL: Duration = Duration::from_millis(50);

/// What `RegisterTaskDefinition` takes of what `DescribeTaskDefinition` tells.
const KEPT: [&str; 11] = [
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "runtimePlatform",
];

/// A run of an action, with the session that it acts by.
struct Acting<'a> {
    pipelines: &'a Pipelines,
    work: &'a Work,
    session: Session,
}

/// Gives the service another revision of its task definition, with the images that the artifact names.
pub(super) async fn to_ecs(pipelines: &Pipelines, work: &Work) -> Result<Ended, Failed> {
    let acting = Acting::new(pipelines, work).await?;
    let [cluster, service] = ["ClusterName", "ServiceName"].map(|it| acting.told(it));
    let images = acting.images().await?;
    let described = acting.ecs("DescribeServices", &json!({"cluster": cluster, "services": [service]})).await?;
    let Some(used) = described["services"][0]["taskDefinition"].as_str() else {
        return Err(wrong(format!("The cluster {cluster} has no service {service}")));
    };
    let described = acting.ecs("DescribeTaskDefinition", &json!({"taskDefinition": used})).await?;
    let mut definition = described["taskDefinition"].clone();
    let mut containers = definition["containerDefinitions"].as_array().cloned().unwrap_or_default();
    for it in &images {
        let named = containers.iter_mut().find(|container| container["name"] == it["name"]);
        let Some(container) = named else {
            return Err(wrong(format!("The task definition has no container {}", it["name"])));
        };
        container["image"] = it["imageUri"].clone();
    }
    definition["containerDefinitions"] = json!(containers);
    let kept = KEPT.iter().filter(|it| !definition[**it].is_null());
    let kept: Value = kept.map(|it| (*it, definition[*it].clone())).collect();
    let registered = acting.ecs("RegisterTaskDefinition", &kept).await?;
    let revision = &registered["taskDefinition"]["taskDefinitionArn"];
    let update = json!({"cluster": cluster, "service": service, "taskDefinition": revision});
    acting.ecs("UpdateService", &update).await?;
    Ok(Ended::Succeeded { summary: revision.as_str().map(String::from), made: None })
}

/// Gives the function the code of the artifact, publishes it, and moves the alias there.
pub(super) async fn to_lambda(pipelines: &Pipelines, work: &Work) -> Result<Ended, Failed> {
    let acting = Acting::new(pipelines, work).await?;
    let (function, alias) = (encoded(&acting.told("FunctionName")), encoded(&acting.told("FunctionAlias")));
    let moved = format!("{function}/aliases/{alias}");
    if !alias.is_empty() {
        acting.lambda(Method::GET, &moved, None).await?;
    }
    let Artifact { bucket, key, .. } = acting.artifact()?;
    let code = json!({"S3Bucket": bucket, "S3Key": key});
    acting.lambda(Method::PUT, &format!("{function}/code"), Some(code)).await?;
    let mut polls = tokio::time::interval(POLL);
    loop {
        polls.tick().await;
        let described = acting.lambda(Method::GET, &format!("{function}/configuration"), None).await?;
        match described["LastUpdateStatus"].as_str() {
            Some("InProgress") => {}
            Some("Failed") => return Err(wrong(described["LastUpdateStatusReason"].to_string())),
            _ => break,
        }
    }
    let published = acting.lambda(Method::POST, &format!("{function}/versions"), Some(json!({}))).await?;
    if !alias.is_empty() {
        let version = json!({"FunctionVersion": published["Version"]});
        acting.lambda(Method::PUT, &moved, Some(version)).await?;
    }
    Ok(Ended::Succeeded { summary: published["Version"].as_str().map(String::from), made: None })
}

impl<'a> Acting<'a> {
    async fn new(pipelines: &'a Pipelines, work: &'a Work) -> Result<Self, Failed> {
        Ok(Self { pipelines, work, session: session(pipelines, work).await? })
    }

    fn told(&self, name: &str) -> String {
        self.work.action.configuration.get(name).cloned().unwrap_or_default()
    }

    fn artifact(&self) -> Result<&Artifact, Failed> {
        self.work.inputs.first().map(|it| &it.1).ok_or_else(|| wrong("The action has no artifact".into()))
    }

    /// What the file of the artifact says of containers and their images.
    async fn images(&self) -> Result<Vec<Value>, Failed> {
        let Artifact { bucket, key, .. } = self.artifact()?;
        let target = format!("/{bucket}/{}", encoded(key));
        let asked = Asked { service: "s3", method: Method::GET, target, headers: &[], body: Bytes::new() };
        let (_, zip) = send(self.pipelines, self.work, &self.session, asked, "reading the artifact").await?;
        let name = Some(self.told("FileName")).filter(|it| !it.is_empty()).unwrap_or_else(|| IMAGES.into());
        let mut text = String::new();
        let read =
            zip::ZipArchive::new(Cursor::new(zip)).map_err(|why| wrong(format!("The artifact is no zip: {why}")));
        let mut read = read?;
        let mut file =
            read.by_name(&name).map_err(|_| wrong(format!("Did not find the image definition file {name}")))?;
        file.read_to_string(&mut text).map_err(|why| wrong(format!("{name}: {why}")))?;
        serde_json::from_str(&text).map_err(|why| wrong(format!("{name} is no list of images: {why}")))
    }

    async fn ecs(&self, operation: &str, asked: &Value) -> Result<Value, Failed> {
        let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
        let headers = [(CONTENT_TYPE_NAME, "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let body = asked.to_string().into();
        let asked = Asked { service: "ecs", method: Method::POST, target: "/".into(), headers: &headers, body };
        self.send(asked, operation).await
    }

    async fn lambda(&self, method: Method, rest: &str, asked: Option<Value>) -> Result<Value, Failed> {
        let target = format!("/2015-03-31/functions/{rest}");
        let doing = format!("{method} {rest}");
        let body = asked.map(|it| it.to_string()).unwrap_or_default().into();
        self.send(Asked { service: "lambda", method, target, headers: &[], body }, &doing).await
    }

    async fn send(&self, asked: Asked<'_>, doing: &str) -> Result<Value, Failed> {
        let (_, answer) = send(self.pipelines, self.work, &self.session, asked, doing).await?;
        serde_json::from_slice(&answer).map_err(|why| wrong(format!("{doing}: {why}")))
    }
}

fn wrong(why: String) -> Failed {
    ("JobFailed".into(), why)
}
