//! The event of a job, as Lambda gets it from `CodePipeline`.
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html>

use std::fmt;

use aws_credential_types::Credentials;
use place::{AccountId, Malformed};
use reaction::{Doing, Error};
use serde::Deserialize;

/// The characters of a job's id, at most; they are UUIDs.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html>
const ID_LENGTH: usize = 36;

/// A job. Its `Debug` shows no secret: the credentials hide theirs.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id, by which it is answered.
    pub id: String,
    /// The account whose pipeline waits, as the event says: to be believed after [`Job::prove`] only.
    pub account: AccountId,
    /// `UserParameters` of the pipeline's action, at most 1,000 characters; empty where there are none.
    pub parameters: String,
    /// The input artifacts, at most five.
    pub artifacts: Vec<Artifact>,
    /// What the function said last, where the job comes again.
    pub continuation: Option<Continuation>,
    pub(crate) credentials: Credentials,
}

/// Where an input artifact lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its name in the pipeline.
    pub name: String,
    /// The pipeline's bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "artifact {} (s3://{}/{})", self.name, self.bucket, self.key)
    }
}

/// What a job is answered that comes again, which it brings then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// The id of the first job of this work.
    pub first: String,
    /// When that one was answered, in seconds since 1970.
    pub since: u64,
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.first, self.since)
    }
}

impl Continuation {
    /// Any identity that may invoke the function can write a token, so that only what [`Continuation`] shows is one. A token without a
    /// time is of an earlier release.
    fn read(token: &str) -> Option<Self> {
        let (first, since) = match token.split_once('@') {
            Some((first, since)) => (first, since.parse().ok()?),
            None => (token, 0),
        };
        is_id(first).then(|| Self { first: first.to_owned(), since })
    }
}

fn is_id(text: &str) -> bool {
    let is_letter = |it: char| it.is_ascii_alphanumeric() || it == '-';
    (1..=ID_LENGTH).contains(&text.len()) && text.chars().all(is_letter)
}

impl Job {
    /// Reads the event.
    ///
    /// # Errors
    /// `Refused` where it is not the event of a job. The message names the place and quotes nothing, since the event holds
    /// credentials.
    pub fn read(event: &str) -> Result<Self, Error> {
        let told: Event = serde_json::from_str(event).map_err(|error| {
            Error::refused(format!("not a job of CodePipeline: see line {}, column {}", error.line(), error.column()))
        })?;
        let Told { id, account_id, data } = told.job;
        let account = account_id.parse::<AccountId>().map_err(|_: Malformed| {
            Error::refused("not a job of CodePipeline: `CodePipeline.job`.`accountId` is not the id of an account")
        })?;
        if !is_id(&id) {
            return Err(Error::refused("not a job of CodePipeline: `CodePipeline.job`.`id` is not the id of a job"));
        }
        let continuation = data.continuation_token.as_deref().map(Continuation::read);
        if continuation == Some(None) {
            return Err(Error::refused(
                "not a job of CodePipeline: `CodePipeline.job`.`data`.`continuationToken` is not one that Signalbox answered",
            ));
        }
        let Keys { access_key_id, secret_access_key, session_token } = data.artifact_credentials;
        let credentials = Credentials::new(access_key_id, secret_access_key, Some(session_token), None, "the job");
        let artifacts = data.input_artifacts.into_iter().map(Artifact::from).collect();
        let parameters = data.action_configuration.configuration.user_parameters;
        Ok(Self { id, account, parameters, artifacts, continuation: continuation.flatten(), credentials })
    }

    /// The id of the first job of this work: what was answered as the continuation token, or its own.
    #[must_use]
    pub fn first(&self) -> &str {
        self.continuation.as_ref().map_or(&self.id, |it| &it.first)
    }

    /// The one input artifact.
    ///
    /// # Errors
    /// `Refused` where the action of the pipeline has none or several.
    pub fn artifact(&self) -> Result<&Artifact, Error> {
        let names = || self.artifacts.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
        match self.artifacts.as_slice() {
            [artifact] => Ok(artifact),
            [] => Err(Error::refused("the job has no input artifact; give the pipeline's action one InputArtifacts")),
            several => Err(Error::refused(format!(
                "the job has {} input artifacts ({}); give the pipeline's action one",
                several.len(),
                names()
            ))),
        }
        .doing(|| format!("job {}", self.id))
    }
}

impl From<Input> for Artifact {
    fn from(Input { name, location }: Input) -> Self {
        Self { name, bucket: location.s3_location.bucket_name, key: location.s3_location.object_key }
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "CodePipeline.job")]
    job: Told,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    account_id: String,
    data: Given,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    #[serde(default)]
    action_configuration: Action,
    #[serde(default)]
    input_artifacts: Vec<Input>,
    artifact_credentials: Keys,
    continuation_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Action {
    configuration: Configuration,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Configuration {
    user_parameters: String,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    location: Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    s3_location: S3Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Location {
    bucket_name: String,
    object_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}
