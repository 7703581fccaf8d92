//! Deploys the templates of `infra/` with CloudFormation, to the local AWS or any other endpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_cloudformation::types::{Capability, Parameter, Stack as Deployed, StackStatus};
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const POLL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_mins(5);

/// A stack as it should be.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// The file of its template.
    pub template: PathBuf,
    /// Its parameters by name; those left out take the template's defaults.
    pub parameters: BTreeMap<String, String>,
}

/// A Lambda deployment package with `binary` as its `bootstrap`; the same binary gives the same bytes.
pub fn package(binary: &Path) -> Result<Vec<u8>> {
    let content =
        std::fs::read(binary).with_context(|| format!("cannot read {}; build the function first", binary.display()))?;
    // Seconds count more than bytes here: what goes to AWS, `infra/package.py` packs.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("bootstrap", options)?;
    archive.write_all(&content)?;
    Ok(archive.finish()?.into_inner())
}

/// A zip of these files, by name; the same files give the same bytes.
pub fn archive(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, options)?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Creates, updates and deletes stacks, and uploads what they are made of.
pub struct Deployment {
    cloudformation: CloudFormation,
    s3: S3,
    region: String,
}

impl Deployment {
    /// Deploys wherever `config` points to.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            cloudformation: CloudFormation::new(config),
            s3: S3::new(config),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Puts an object into a bucket, which is created if this account does not have it yet.
    pub async fn upload(&self, bucket: &str, key: &str, content: Vec<u8>) -> Result<()> {
        self.create_bucket(bucket).await?;
        let put = self.s3.put_object().bucket(bucket).key(key).body(content.into());
        put.send().await.map_err(|why| said(&why)).with_context(|| format!("uploading s3://{bucket}/{key}"))?;
        Ok(())
    }

    async fn create_bucket(&self, bucket: &str) -> Result<()> {
        // us-east-1 is the one region that must not be named.
        let place = (self.region != "us-east-1").then(|| {
            let place = BucketLocationConstraint::from(self.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(place).build()
        });
        match self.s3.create_bucket().bucket(bucket).set_create_bucket_configuration(place).send().await {
            Err(why) if why.code() == Some("BucketAlreadyOwnedByYou") => Ok(()),
            Err(why) => Err(said(&why)).with_context(|| format!("creating the bucket {bucket}")),
            Ok(_) => Ok(()),
        }
    }

    /// Creates or updates a stack, waits until it is complete, and returns its outputs by name.
    ///
    /// Fails with the reason of the resource that failed, or after five minutes.
    pub async fn apply(&self, stack: &Stack) -> Result<BTreeMap<String, String>> {
        let place = format!("deploying {} as stack {}", stack.template.display(), stack.name);
        self.submit(stack).await.context(place.clone())?;
        let deployed = self.wait(&stack.name).await.context(place)?;
        let outputs = deployed.context("the stack is gone while it was deployed")?;
        Ok(outputs
            .outputs()
            .iter()
            .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
            .collect())
    }

    /// The logical ids of what a stack has made.
    pub async fn resources(&self, name: &str) -> Result<BTreeSet<String>> {
        let place = || format!("asking what stack {name} has made");
        let asked = self.cloudformation.describe_stack_resources().stack_name(name).send().await;
        let made = asked.map_err(|why| said(&why)).with_context(place)?;
        Ok(made.stack_resources().iter().filter_map(|it| Some(it.logical_resource_id()?.to_owned())).collect())
    }

    async fn submit(&self, stack: &Stack) -> Result<()> {
        let template = std::fs::read_to_string(&stack.template).context("reading the template")?;
        let parameters: Vec<_> = stack.parameters.iter().map(parameter).collect();
        if self.find(&stack.name).await?.is_none() {
            let create = self.cloudformation.create_stack().stack_name(&stack.name);
            let create = create.template_body(template).set_parameters(Some(parameters));
            create.capabilities(Capability::CapabilityNamedIam).send().await.map_err(|why| said(&why))?;
            return Ok(());
        }
        let update = self.cloudformation.update_stack().stack_name(&stack.name);
        let update = update.template_body(template).set_parameters(Some(parameters));
        match update.capabilities(Capability::CapabilityNamedIam).send().await {
            Err(why) if why.message().is_some_and(|text| text.contains("No updates are to be performed")) => Ok(()),
            Err(why) => Err(said(&why)),
            Ok(_) => Ok(()),
        }
    }

    /// Deletes a stack and waits until it is gone; one that does not exist is gone already.
    pub async fn delete(&self, name: &str) -> Result<()> {
        let place = || format!("deleting stack {name}");
        let delete = self.cloudformation.delete_stack().stack_name(name);
        delete.send().await.map_err(|why| said(&why)).with_context(place)?;
        self.wait(name).await.with_context(place)?;
        Ok(())
    }

    /// The stack as soon as nothing goes on in it any more, none if it is gone.
    async fn wait(&self, name: &str) -> Result<Option<Deployed>> {
        let minutes = PATIENCE.as_secs() / 60;
        tokio::time::timeout(PATIENCE, self.poll(name))
            .await
            .with_context(|| format!("the stack is not complete after {minutes} minutes; look at its events"))?
    }

    async fn poll(&self, name: &str) -> Result<Option<Deployed>> {
        let mut polls = tokio::time::interval(POLL);
        loop {
            polls.tick().await;
            let Some(stack) = self.find(name).await? else { return Ok(None) };
            match stack.stack_status() {
                Some(StackStatus::DeleteComplete) => return Ok(None),
                Some(StackStatus::CreateComplete | StackStatus::UpdateComplete) => return Ok(Some(stack)),
                Some(status) if is_under_way(status) => {}
                status => {
                    let status = status.map_or("without a status", |status| status.as_str());
                    bail!("the stack is {status}: {}", self.why_failed(name, &stack).await);
                }
            }
        }
    }

    async fn find(&self, name: &str) -> Result<Option<Deployed>> {
        match self.cloudformation.describe_stacks().stack_name(name).send().await {
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
            Err(why) if why.message().is_some_and(|text| text.contains("does not exist")) => Ok(None),
            Err(why) => Err(said(&why)),
        }
    }

    /// The reasons of the resources that failed, the first failure last, as the events come newest first.
    async fn why_failed(&self, name: &str, stack: &Deployed) -> String {
        let own = stack.stack_status_reason().unwrap_or("no reason given").to_owned();
        let Ok(answer) = self.cloudformation.describe_stack_events().stack_name(name).send().await else {
            return own;
        };
        let failed: Vec<String> = answer
            .stack_events()
            .iter()
            .filter(|event| event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED")))
            .filter_map(|event| Some(format!("{}: {}", event.logical_resource_id()?, event.resource_status_reason()?)))
            .collect();
        if failed.is_empty() { own } else { failed.join("; ") }
    }
}

fn is_under_way(status: &StackStatus) -> bool {
    status.as_str().ends_with("_IN_PROGRESS")
}

fn parameter((name, value): (&String, &String)) -> Parameter {
    Parameter::builder().parameter_key(name).parameter_value(value).build()
}

/// An SDK error with all that it says: its own text is only "service error".
fn said(why: &(impl std::error::Error + 'static)) -> anyhow::Error {
    anyhow::anyhow!("{}", DisplayErrorContext(why))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_package_has_one_executable_bootstrap_and_is_the_same_each_time() {
        let binary = std::env::current_exe().unwrap();
        let package_of_binary = package(&binary).unwrap();
        assert_eq!(package_of_binary, package(&binary).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(package_of_binary)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut bootstrap = archive.by_name("bootstrap").unwrap();
        assert_eq!(bootstrap.unix_mode().unwrap() & 0o777, 0o755);
        let mut content = Vec::new();
        bootstrap.read_to_end(&mut content).unwrap();
        assert_eq!(content, std::fs::read(&binary).unwrap());
    }
}
