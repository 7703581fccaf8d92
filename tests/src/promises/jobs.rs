//! Jobs of a pipeline: whose they are, and what is read of their artifacts, as STS and S3 answer.

use std::sync::Arc;
use std::time::Duration;

use aws::{Members, Narrowed, in_name_of};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use jobs::{Job, Pipeline};
use local_aws::{Fault, FaultKind, JobState};
use reaction::{Answers, Error, Left, Outcome, Report, Run};
use serde_json::json;

use crate::world::roles::deploy;
use crate::world::{AWS, REGION, World, run_for, sessions_of};

const ID: &str = "11111111-abcd-1111-abcd-111111abcdef";

/// A job that says that it is of `account`, with credentials of `credentials`, and with an artifact in the bucket of `owner`.
fn job(account: &World, credentials: &World, owner: &World) -> Job {
    let event = json!({"CodePipeline.job": {
        "id": ID,
        "accountId": account.account,
        "data": {
            "inputArtifacts": [{"name": "Source", "location": {"type": "S3", "s3Location": {
                "bucketName": owner.bucket(), "objectKey": "source/policy.zip",
            }}}],
            "artifactCredentials": {
                "accessKeyId": credentials.account, "secretAccessKey": "test", "sessionToken": "test",
            },
        },
    }});
    Job::read(&event.to_string()).unwrap()
}

async fn requester() -> World {
    let requester = World::new().await;
    requester.make_bucket(&requester.bucket()).await;
    let put = requester.s3.put_object().bucket(requester.bucket()).key("source/policy.zip");
    put.body(b"a zip".to_vec().into()).send().await.unwrap();
    requester
}

/// What a function in an account of its own makes of a job.
async fn read(job: &Job, most: u64) -> Result<Vec<u8>, Error> {
    let function = World::new().await;
    let config = job.config(function.sessions.config());
    job.prove(&config, &function.sessions).await?;
    job.read_artifact(&config, job.artifact()?, most).await
}

fn assert_refused(read: Result<Vec<u8>, Error>, why: &str) {
    let error = read.unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[tokio::test]
async fn an_artifact_is_read_by_the_credentials_of_its_job() {
    let requester = requester().await;
    let job = job(&requester, &requester, &requester);
    assert_eq!(read(&job, 5).await.unwrap(), b"a zip");
    assert_refused(read(&job, 4).await, "more than 4 bytes");
}

#[tokio::test]
async fn a_job_that_says_it_is_of_another_account_than_its_credentials_is_refused() {
    let (requester, other) = (requester().await, World::new().await);
    let job = job(&other, &requester, &requester);
    assert_refused(read(&job, 5).await, &format!("its artifact credentials are of account {}", requester.account));
}

#[tokio::test]
async fn an_artifact_in_a_bucket_of_another_account_is_not_read() {
    let (requester, other) = (requester().await, World::new().await);
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", other.account)}, "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{}/*", requester.bucket())}]});
    let put = requester.s3.put_bucket_policy().bucket(requester.bucket()).policy(policy.to_string());
    put.send().await.unwrap();
    let job = job(&other, &other, &requester);
    assert_refused(read(&job, 5).await, &format!("the bucket has to be account {}'s", other.account));
}

/// `CodePipeline` keeps artifacts in the pipeline's region, and a job of another region cannot be answered.
#[tokio::test]
async fn an_artifact_in_a_bucket_of_another_region_is_refused_with_both_regions() {
    let requester = World::new().await;
    let there = aws_sdk_s3::Client::new(&requester.sessions.in_region(&"eu-central-1".parse().unwrap()));
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuCentral1).build();
    let made = there.create_bucket().bucket(requester.bucket()).create_bucket_configuration(place);
    made.send().await.unwrap();
    let job = job(&requester, &requester, &requester);
    let error = read(&job, 5).await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    let why = format!("its bucket is in eu-central-1, and the function in {REGION}; ");
    assert!(error.to_string().contains(&why), "{error}");
}

/// STS of one partition knows no credentials of another one, and no credentials that have expired.
#[tokio::test]
async fn credentials_that_sts_does_not_know_prove_nothing() {
    let requester = requester().await;
    for code in ["InvalidClientTokenId", "ExpiredToken", "Throttling"] {
        let kind = FaultKind::Error { status: 403, code: code.into(), message: "no".into() };
        let fault =
            Fault { operation: Some("GetCallerIdentity".into()), times: 100, ..Fault::new(&requester.account, kind) };
        AWS.inject(&fault);
        let before = requester.calls();
        assert_refused(read(&job(&requester, &requester, &requester), 5).await, code);
        let calls = requester.operations_since(before);
        assert!(calls.iter().all(|it| it == "sts:GetCallerIdentity"), "nothing was read: {calls:?}");
        AWS.clear_faults(&requester.account);
    }
}

/// A job of a pipeline of `account`, which has invoked a function, and who waits for its answer.
fn open(account: &World) -> <Pipeline as Answers>::Caller {
    AWS.open_job(&account.account, REGION, ID);
    let event = json!({"CodePipeline.job": {"id": ID, "accountId": account.account, "data": {
        "artifactCredentials": {"accessKeyId": "A", "secretAccessKey": "S", "sessionToken": "T"},
    }}});
    Pipeline::caller(&event.to_string()).unwrap()
}

fn state(account: &World) -> Option<JobState> {
    AWS.job(&account.account, REGION, ID)
}

#[tokio::test]
async fn a_job_is_answered_once_with_what_became_of_it() {
    let function = World::new().await;
    let (caller, pipeline) = (open(&function), Pipeline::new(&function.sessions));
    let run = run_for(Duration::from_mins(1));
    let mut later = Report::new("a-test", Outcome::Failed, Some("out of time".into()));
    later.left = Some(Left::OutOfTime);
    pipeline.answer(&caller, &later, &run).await.unwrap();
    let token = state(&function);
    assert!(matches!(&token, Some(JobState::Continued(it)) if it.starts_with(&format!("{ID}@"))), "{token:?}");
    let refused = Report::of_error("a-test", &Error::refused("the policy allows too much"));
    pipeline.answer(&caller, &refused, &run).await.unwrap();
    let failed = JobState::Failed("ConfigurationError".into(), "the policy allows too much".into());
    assert_eq!(state(&function), Some(failed.clone()));
    let applied = Report::new("a-test", Outcome::Applied, None);
    // A second answer is of a run whose first answer arrived without its knowing.
    pipeline.answer(&caller, &applied, &run).await.unwrap();
    assert_eq!(state(&function), Some(failed));
}

/// The session policy decides, and not the role, which could do everything.
#[tokio::test]
async fn a_job_of_another_account_is_answered_by_a_session_there_that_may_do_nothing_else() {
    let (function, requester) = (World::new().await, World::new().await);
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", function.account)},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}]});
    let everything = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let role = json!({"RoleName": "central-account-role", "AssumeRolePolicyDocument": trust,
        "Policies": [{"PolicyName": "everything", "PolicyDocument": everything}]});
    let template = json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}});
    deploy(&requester, "central-account-role", &template, &[]).await;
    let account = requester.account.clone();
    let variables = move |name: &str| match name {
        "SIGNALBOX_ACCOUNTS" => Some(account.clone()),
        "SIGNALBOX_MEMBER_ROLE" => Some("central-account-role".into()),
        _ => None,
    };
    let sessions = Arc::new(sessions_of(&function.account).await.with_members(Members::read(&variables).unwrap()));
    let run = Run::new("a-test", ID, run_for(Duration::from_mins(1)).deadline);
    let mut report = Report::new("a-test", Outcome::Applied, None);
    report.notes = vec!["a note".into()];
    let answering = async { Pipeline::new(&sessions).answer(&open(&requester), &report, &run).await };
    in_name_of(&run, answering).await.unwrap();
    assert_eq!(state(&requester), Some(JobState::Succeeded("a-test: applied; note: a note".into())));
    let stranger = World::new().await;
    let refused = async { Pipeline::new(&sessions).answer(&open(&stranger), &report, &run).await };
    let refused = in_name_of(&run, refused).await.unwrap_err().to_string();
    assert!(refused.contains("is not one of SIGNALBOX_ACCOUNTS"), "{refused}");
    assert_eq!(state(&stranger), Some(JobState::Open));
    let session = Narrowed {
        session_name: "Other",
        policy:
            json!({"Statement": [{"Effect": "Allow", "Action": "codepipeline:PutJobFailureResult", "Resource": "*"}]})
                .to_string(),
        duration: Duration::from_mins(15),
    };
    let (account, region) = (requester.account.parse().unwrap(), sessions.region().unwrap());
    let narrowed = in_name_of(&run, sessions.narrowed(&account, &region, &session)).await.unwrap();
    let listed = aws_sdk_s3::Client::new(&narrowed).list_buckets().send().await.unwrap_err();
    assert_eq!(listed.code(), Some("AccessDenied"));
}
