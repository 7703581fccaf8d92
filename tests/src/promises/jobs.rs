//! Jobs of a pipeline: whose they are, and what is read of their artifacts, as STS and S3 answer.

use jobs::Job;
use reaction::Error;
use serde_json::json;

use crate::world::World;

/// A job that says that it is of `account`, with credentials of `credentials`, and with an artifact in the bucket of `owner`.
fn job(account: &World, credentials: &World, owner: &World) -> Job {
    let event = json!({"CodePipeline.job": {
        "id": "11111111-abcd-1111-abcd-111111abcdef",
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
