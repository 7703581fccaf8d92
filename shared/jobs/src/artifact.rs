//! Whose a job is, and its artifact, both by the job's own credentials.

use aws::{Answer, SdkConfig, Sessions, body_of};
use aws_sdk_s3::config::SharedCredentialsProvider;
use reaction::{Doing, Error};

use crate::{Artifact, Job};

impl Job {
    /// The configuration by which the job's artifact is read: the function's own, with the credentials of the job.
    #[must_use]
    pub fn config(&self, own: &SdkConfig) -> SdkConfig {
        let provider = SharedCredentialsProvider::new(self.credentials.clone());
        own.to_builder().credentials_provider(provider).build()
    }

    /// Asks STS of which account the job's credentials are: an identity that may invoke the function can write any `accountId`,
    /// and not the credentials of that account. `config` is that of [`Job::config`].
    ///
    /// # Errors
    /// `Refused` where they are another account's; as of `GetCallerIdentity`.
    pub async fn prove(&self, config: &SdkConfig, sessions: &Sessions) -> Result<(), Error> {
        let asking = || format!("asking STS of which account the credentials of job {} are", self.id);
        let theirs = Sessions::of_config(config.clone(), sessions.clock())?;
        theirs.ask_home().await.doing(asking)?;
        let home = theirs.home()?;
        if home.account == self.account {
            return Ok(());
        }
        Err(Error::refused(format!(
            "job {} says that it is of account {}, and its artifact credentials are of account {}; nothing was read. Let the \
             pipeline of that account invoke the function",
            self.id, self.account, home.account
        )))
    }

    /// The bytes of an artifact, from a bucket of the job's account. `config` is that of [`Job::config`].
    ///
    /// # Errors
    /// `Refused` where it is larger than `most` bytes; as of `GetObject`.
    pub async fn read_artifact(&self, config: &SdkConfig, artifact: &Artifact, most: u64) -> Result<Vec<u8>, Error> {
        let client = aws_sdk_s3::Client::new(config);
        let request = client.get_object().bucket(&artifact.bucket).key(&artifact.key);
        let answer = request.expected_bucket_owner(self.account.as_str()).send().await;
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
