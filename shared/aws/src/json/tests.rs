use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use canned::Answer;
use serde_json::{Value, json};

use super::{Json, Rejected, Service, endpoint, rejected};
use crate::Answer as _;

const SERVICE: Service = Service { id: "SSM", name: "ssm", target: "AmazonSSM", version: "1.1" };

/// Hosts of <https://docs.aws.amazon.com/general/latest/gr/ssm.html> and of the rules that the SDK's client of the service has.
#[test]
fn each_partition_has_its_endpoints() {
    for (region, usual, fips, dual, both) in [
        (
            "eu-west-1",
            "ssm.eu-west-1.amazonaws.com",
            "ssm-fips.eu-west-1.amazonaws.com",
            "ssm.eu-west-1.api.aws",
            "ssm-fips.eu-west-1.api.aws",
        ),
        (
            "us-gov-east-1",
            "ssm.us-gov-east-1.amazonaws.com",
            "ssm.us-gov-east-1.amazonaws.com",
            "ssm.us-gov-east-1.api.aws",
            "ssm-fips.us-gov-east-1.api.aws",
        ),
        (
            "cn-north-1",
            "ssm.cn-north-1.amazonaws.com.cn",
            "ssm-fips.cn-north-1.amazonaws.com.cn",
            "ssm.cn-north-1.api.amazonwebservices.com.cn",
            "ssm-fips.cn-north-1.api.amazonwebservices.com.cn",
        ),
        (
            "eusc-de-east-1",
            "ssm.eusc-de-east-1.amazonaws.eu",
            "ssm-fips.eusc-de-east-1.amazonaws.eu",
            "ssm.eusc-de-east-1.api.amazonwebservices.eu",
            "ssm-fips.eusc-de-east-1.api.amazonwebservices.eu",
        ),
    ] {
        let region = region.parse().unwrap();
        let of = |is_fips, is_dual| endpoint("ssm", &region, is_fips, is_dual);
        let all = [of(false, false), of(true, false), of(false, true), of(true, true)];
        assert_eq!(all, [usual, fips, dual, both].map(|host| format!("https://{host}")));
    }
}

#[test]
fn an_error_is_named_by_its_header_or_its_body() {
    let code = |header: Option<&str>, body: &str| {
        let Rejected(metadata) = rejected(header, body.as_bytes());
        format!("{}: {}", metadata.code().unwrap_or("none"), metadata.message().unwrap_or("none"))
    };
    let body = r#"{"__type": "com.amazonaws.ssm#ParameterNotFound", "message": "gone"}"#;
    assert_eq!(code(None, body), "ParameterNotFound: gone");
    assert_eq!(
        code(Some("AccessDeniedException:http://internal/"), r#"{"Message": "no"}"#),
        "AccessDeniedException: no"
    );
    assert_eq!(code(None, "<html>"), "none: no message");
}

/// Answers the nth request by the nth of these, and then by the last; with how many were asked.
fn answering(answers: &'static [(u16, &str)]) -> (SdkConfig, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let config = canned::config(move |operation, body| -> Answer {
        assert_eq!((operation, body), ("GetParameter", &json!({"Name": "/it"})));
        let (status, text) = answers[counted.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1)];
        (status, text.into())
    });
    let soon = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    (config.to_builder().retry_config(soon).build(), asked)
}

#[tokio::test]
async fn throttling_and_failures_are_tried_again_and_refusals_are_not() {
    const THROTTLED: (u16, &str) = (400, r#"{"__type": "ThrottlingException", "message": "slower"}"#);
    const DENIED: (u16, &str) = (400, r#"{"__type": "AccessDeniedException", "message": "no"}"#);
    for (answers, outcome, requests) in [
        (&[THROTTLED, (503, ""), (200, r#"{"it": 1}"#)][..], r#"{"it":1}"#, 3),
        (&[THROTTLED], "AWS answered ThrottlingException: slower", 3),
        (&[DENIED], "AWS answered AccessDeniedException: no; give the role this permission", 1),
        (&[(200, "<html>")], "expected value at line 1 column 1", 3),
    ] {
        let (config, asked) = answering(answers);
        let answer = Json::new(config, SERVICE).ask::<Value>("GetParameter", &json!({"Name": "/it"})).await.or_error();
        let told = answer.map_or_else(|error| error.to_string(), |it| it.to_string());
        assert!(told.contains(outcome), "{told}");
        assert_eq!(asked.load(Ordering::Relaxed), requests, "{told}");
    }
}
