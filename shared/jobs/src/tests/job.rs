//! What is read of a job's event, and what is refused without quoting it.

use expect_test::expect;
use serde_json::{Value, json};

use crate::{Artifact, Job};

fn event() -> Value {
    json!({"CodePipeline.job": {
        "id": "11111111-abcd-1111-abcd-111111abcdef",
        "accountId": "111122223333",
        "data": {
            "actionConfiguration": {"configuration": {"FunctionName": "PolicyChecker", "UserParameters": "sandbox"}},
            "inputArtifacts": [{
                "name": "Source", "revision": "1",
                "location": {"type": "S3", "s3Location": {"bucketName": "a-bucket", "objectKey": "a/policy.zip"}},
            }],
            "outputArtifacts": [],
            "artifactCredentials": {
                "accessKeyId": "ASIAEXAMPLE", "secretAccessKey": "the-secret-key", "sessionToken": "the-session-token",
            },
            "continuationToken": "22222222-abcd-1111-abcd-111111abcdef@1790000000",
        },
    }})
}

#[test]
fn a_job_says_who_waits_and_where_the_artifact_lies() {
    let job = Job::read(&event().to_string()).unwrap();
    assert_eq!((job.account.as_str(), job.parameters.as_str()), ("111122223333", "sandbox"));
    let continuation = job.continuation.clone().unwrap();
    assert_eq!((continuation.first.as_str(), continuation.since), (job.first(), 1_790_000_000));
    assert_eq!(continuation.to_string(), "22222222-abcd-1111-abcd-111111abcdef@1790000000");
    let artifact = Artifact { name: "Source".into(), bucket: "a-bucket".into(), key: "a/policy.zip".into() };
    assert_eq!(job.artifact().unwrap(), &artifact);
}

#[test]
fn no_credential_is_shown() {
    let shown = format!("{:?}", Job::read(&event().to_string()).unwrap());
    assert!(shown.contains("111122223333"), "{shown}");
    assert!(!shown.contains("the-secret-key") && !shown.contains("the-session-token"), "{shown}");
}

#[test]
fn what_is_no_job_is_refused_with_its_place_and_not_quoted() {
    for (at, value) in [
        ("/CodePipeline.job/id", json!("the-secret/id")),
        ("/CodePipeline.job/id", json!(["the-secret"])),
        ("/CodePipeline.job/accountId", json!("the-secret")),
        ("/CodePipeline.job/data/artifactCredentials", json!("the-secret")),
        ("/CodePipeline.job/data/inputArtifacts/0/location", json!({"the-secret": 1})),
        ("/CodePipeline.job/data/continuationToken", json!("function#the-secret")),
        ("/CodePipeline.job/data/continuationToken", json!("11111111@the-secret")),
        ("/CodePipeline.job/data/continuationToken", json!("")),
    ] {
        let mut event = event();
        *event.pointer_mut(at).unwrap() = value;
        let error = Job::read(&event.to_string()).unwrap_err();
        let said = error.to_string();
        assert!(error.is_refused() && said.starts_with("not a job of CodePipeline: "), "{at}: {said}");
        assert!(!said.contains("the-secret"), "{at}: {said}");
    }
}

#[test]
fn of_several_artifacts_none_is_guessed() {
    let mut event = event();
    let artifacts = &mut event["CodePipeline.job"]["data"]["inputArtifacts"];
    let mut more = artifacts[0].clone();
    more["name"] = json!("Other");
    artifacts.as_array_mut().unwrap().push(more);
    let several = Job::read(&event.to_string()).unwrap().artifact().unwrap_err().to_string();
    event["CodePipeline.job"]["data"]["inputArtifacts"] = json!([]);
    let none = Job::read(&event.to_string()).unwrap().artifact().unwrap_err().to_string();
    expect![[r#"
        job 11111111-abcd-1111-abcd-111111abcdef: the job has 2 input artifacts (Source, Other); give the pipeline's action one
        job 11111111-abcd-1111-abcd-111111abcdef: the job has no input artifact; give the pipeline's action one InputArtifacts"#]]
    .assert_eq(&format!("{several}\n{none}"));
}
