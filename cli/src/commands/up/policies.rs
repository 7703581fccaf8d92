//! A pipeline of policies to try: in a member of the organization, with a policy that `check-policy` refuses, and the same one corrected.

use std::collections::BTreeMap;

use anyhow::Context;
use local_aws::deploy::{self, Deployment, Stack};

use super::Written;
use crate::account::{ACCOUNT, REGION};
use crate::local::{Local, stack};
use crate::organization::PLAYGROUND;

/// The pipeline's own name, by its template.
const PIPELINE: &str = "signalbox-policy";

/// A policy that allows everything, in a notation that is easily overlooked.
const REFUSED: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": ["*"]}]}"#;

/// The same, corrected.
const CORRECTED: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::com-example-data/*"}]}"#;

const METADATA: &str =
    r#"{"PolicyName": "data-readers", "PolicyDescription": "Reads what the pipelines of data wrote"}"#;

/// The pipeline of a member, and what to put into its bucket.
pub(super) struct Policies {
    account: String,
    bucket: String,
    refused: Written,
    corrected: Written,
}

impl Policies {
    /// Deploys the pipeline in this member, and beside `check-policy` the role of its action and the central denies.
    pub(super) async fn deploy(local: &Local, account: &str) -> anyhow::Result<Self> {
        let (hub, member) = (Deployment::new(&local.config), Deployment::new(&local.config_of(account)));
        let denies = Stack {
            name: "central-deny".into(),
            template: local_aws::workspace().join("cli/src/central-deny-policy.yaml"),
            parameters: BTreeMap::new(),
        };
        hub.apply(&denies).await?;
        let given = BTreeMap::from([("SecurityAccountId", ACCOUNT.to_owned())]);
        let made = member.apply(&stack("policy-pipeline", given)).await?;
        let of_pipeline = |name: &'static str| Ok((name, made.get(name).cloned().with_context(|| name)?));
        let given = ["PipelineRoleArn", "ArtifactBucketName", "ArtifactKeyArn"].map(of_pipeline).into_iter();
        let mut given = given.collect::<anyhow::Result<BTreeMap<_, _>>>()?;
        given.insert("PipelineRegion", REGION.to_owned());
        hub.apply(&stack("policy-pipeline-action", given)).await?;
        let zip = |policy: &str| {
            deploy::archive(&[("policy.json", policy.as_bytes()), ("metadata.json", METADATA.as_bytes())])
        };
        Ok(Self {
            account: account.to_owned(),
            bucket: made.get("SourceBucketName").cloned().context("SourceBucketName")?,
            refused: Written::new("policy-refused.zip", &zip(REFUSED)?)?,
            corrected: Written::new("policy-corrected.zip", &zip(CORRECTED)?)?,
        })
    }

    /// What to try with it.
    pub(super) fn told(&self) -> String {
        let Self { account, bucket, refused, corrected } = self;
        let aws = format!("  AWS_ACCESS_KEY_ID={account} aws");
        format!(
            "{aws} s3 cp {refused} s3://{bucket}/policy.zip   # the pipeline of {PLAYGROUND} hands a policy to check-policy
{aws} codepipeline get-pipeline-state --name {PIPELINE}   # refused: it allows every action on everything
{aws} s3 cp {corrected} s3://{bucket}/policy.zip   # the same policy, corrected
{aws} iam list-policies --scope Local   # check-policy has made it, with the central denies",
            refused = refused.0.display(),
            corrected = corrected.0.display(),
        )
    }
}
