//! The AWS of a job of `CodePipeline` whose artifact is gone, which `check-policy` answers by a failure of the job. What a policy and its
//! pipeline's account take beside is theirs, and the checking itself is measured in `policies.rs`.

use bytes::Bytes;
use hyper::{Request, StatusCode};

use crate::canned::{ACCOUNT, Canned, OneImage, json, s3_error};
use crate::http::Answer;

/// The job.
pub fn event() -> String {
    serde_json::json!({"CodePipeline.job": {
        "id": "11111111-abcd-1111-abcd-111111abcdef",
        "accountId": ACCOUNT,
        "data": {
            "actionConfiguration": {"configuration": {"FunctionName": "check-policy"}},
            "inputArtifacts": [{
                "location": {
                    "s3Location": {"bucketName": "signalbox-bench-pipeline", "objectKey": "source/policy.zip"},
                    "type": "S3",
                },
                "revision": null,
                "name": "Policy",
            }],
            "outputArtifacts": [],
            "artifactCredentials": {
                "accessKeyId": ACCOUNT,
                "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "sessionToken": "IQoJb3JpZ2luX2VjEXAMPLE",
            },
        },
    }})
    .to_string()
}

/// The pipeline.
pub struct OneJob;

impl Canned for OneJob {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "GetObject" => s3_error(StatusCode::NOT_FOUND, "NoSuchKey"),
            "PutJobFailureResult" => json("{}"),
            _ => OneImage.answer(operation, request),
        }
    }
}
