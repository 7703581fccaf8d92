//! Whose a job is, and its artifact, both by the job's own credentials.
//!
//! `CodePipeline` hands out a session of the role in whose name it invokes the function, the action's where it has one:
//! <https://github.com/aws/aws-cdk/issues/3274>, <https://github.com/aws/aws-cdk/issues/15235>.

use aws::{Answer, SdkConfig, Sessions, body_of, region_of_bucket};
use aws_sdk_s3::config::SharedCredentialsProvider;
use place::Arn;
use reaction::{Doing, Error};

use crate::{Artifact, Job};

/// What the name of a role begins with in whose name a pipeline of another account invokes a function; the pipeline's account and region
/// follow. `infra/policy-pipeline-action.yaml` makes it.
const ACTION_ROLES: &str = "signalbox-policy-";

impl Job {
    /// The configuration by which the job's artifact is read: the function's own, with the credentials of the job.
    #[must_use]
    pub fn config(&self, own: &SdkConfig) -> SdkConfig {
        let provider = SharedCredentialsProvider::new(self.credentials.clone());
        own.to_builder().credentials_provider(provider).build()
    }

    /// Asks STS whose the job's credentials are: an identity that may invoke the function can write any `accountId`, and cannot get
    /// these. They are a session of the role in whose name the pipeline invokes the function. That role is the job's account's, or,
    /// where the pipeline is in another account than the function, the one of the function's own account that only the pipeline of
    /// this account and region may assume, and that is named by both. `config` is that of [`Job::config`].
    ///
    /// # Errors
    /// `Refused` where they are another account's and another role's; as of `GetCallerIdentity`.
    pub async fn prove(&self, config: &SdkConfig, sessions: &Sessions) -> Result<(), Error> {
        let asking = || format!("asking STS whose the credentials of job {} are", self.id);
        let theirs = Sessions::of_config(config.clone(), sessions.clock())?;
        theirs.ask_home().await.doing(asking)?;
        let (caller, home) = (theirs.caller().unwrap_or_default(), theirs.home()?);
        let role = format!("{ACTION_ROLES}{}-{}", self.account, sessions.region()?);
        let is_of_role = || session_role(caller) == Some(role.as_str());
        if home.account == self.account || home.account == sessions.home()?.account && is_of_role() {
            return Ok(());
        }
        Err(Error::refused(format!(
            "job {} says that it is of account {}, and its artifact credentials are of account {}, {caller}; its artifact was not opened. Let the \
             pipeline of that account invoke the function by the role {role}, which infra/policy-pipeline-action.yaml makes in the \
             function's account",
            self.id, self.account, home.account
        )))
    }

    /// The bytes of an artifact, from a bucket of the job's account. `config` is that of [`Job::config`].
    ///
    /// # Errors
    /// `Refused` where it is larger than `most` bytes, and where the bucket is in another region; as of `GetObject`.
    pub async fn read_artifact(&self, config: &SdkConfig, artifact: &Artifact, most: u64) -> Result<Vec<u8>, Error> {
        let client = aws_sdk_s3::Client::new(config);
        let request = client.get_object().bucket(&artifact.bucket).key(&artifact.key);
        let answer = request.expected_bucket_owner(self.account.as_str()).send().await;
        let here = config.region().map(AsRef::as_ref);
        if let Some(there) = answer.as_ref().err().and_then(region_of_bucket).filter(|it| Some(*it) != here) {
            return Err(Error::refused(format!(
                "reading {artifact}: its bucket is in {there}, and the function in {}; a job is answered in the function's region, so make \
                 the pipeline with its buckets there, or deploy the function in {there}, too",
                here.unwrap_or_default()
            )));
        }
        let object = answer.or_error().doing(|| {
            format!(
                "reading {artifact} (the role of the pipeline's action needs s3:GetObject and kms:Decrypt, and the bucket has to be \
                 account {}'s)",
                self.account
            )
        })?;
        body_of(object, most).await.doing(|| format!("reading {artifact}"))
    }
}

/// The name of the role that a session is of, by the session's ARN.
fn session_role(arn: &str) -> Option<&str> {
    let parts = Arn::parse(arn).filter(|it| it.service == "sts")?;
    parts.resource.strip_prefix("assumed-role/")?.split('/').next()
}
