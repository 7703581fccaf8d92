//! Endpoints of each partition, what errors are named, and what is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_types::origin::Origin;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use canned::Answer;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::{Api, Json, Rejected, endpoint, rejected};
use crate::document::SYSTEMS_MANAGER;
use crate::{Answer as _, http};

const CLOUDWATCH: Api =
    Api { id: "CloudWatch", name: "monitoring", has_fips_names_in_govcloud: false, ..SYSTEMS_MANAGER };

/// An API, a Region, and the hosts there: the usual one, FIPS's, that of dual stack, and that of both. `R` is the Region.
type Hosts = (Api, &'static str, [&'static str; 4]);

/// As the rules of the SDK's clients have them, and <https://docs.aws.amazon.com/general/latest/gr/ssm.html>.
const HOSTS: [Hosts; 5] = [
    (
        SYSTEMS_MANAGER,
        "eu-west-1",
        ["ssm.R.amazonaws.com", "ssm-fips.R.amazonaws.com", "ssm.R.api.aws", "ssm-fips.R.api.aws"],
    ),
    (
        SYSTEMS_MANAGER,
        "us-gov-east-1",
        ["ssm.R.amazonaws.com", "ssm.R.amazonaws.com", "ssm.R.api.aws", "ssm-fips.R.api.aws"],
    ),
    (
        SYSTEMS_MANAGER,
        "cn-north-1",
        [
            "ssm.R.amazonaws.com.cn",
            "ssm-fips.R.amazonaws.com.cn",
            "ssm.R.api.amazonwebservices.com.cn",
            "ssm-fips.R.api.amazonwebservices.com.cn",
        ],
    ),
    (
        SYSTEMS_MANAGER,
        "eusc-de-east-1",
        [
            "ssm.R.amazonaws.eu",
            "ssm-fips.R.amazonaws.eu",
            "ssm.R.api.amazonwebservices.eu",
            "ssm-fips.R.api.amazonwebservices.eu",
        ],
    ),
    (
        CLOUDWATCH,
        "us-gov-west-1",
        ["monitoring.R.amazonaws.com", "monitoring.R.amazonaws.com", "monitoring.R.api.aws", "monitoring.R.api.aws"],
    ),
];

#[test]
fn each_partition_has_its_endpoints() {
    for (api, region, hosts) in HOSTS {
        let of = |is_fips, is_dual| endpoint(api, &region.parse().unwrap(), is_fips, is_dual);
        let all = [of(false, false), of(true, false), of(false, true), of(true, true)];
        assert_eq!(all, hosts.map(|host| format!("https://{}", host.replace('R', region))));
    }
}

/// `AWS_ENDPOINT_URL_SSM`, as the environment or a profile says.
#[derive(Debug)]
struct Settings;

impl LoadServiceConfig for Settings {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        (key.service_id() == "SSM").then(|| "https://of-settings.example/".into())
    }
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
#[test]
fn an_endpoint_of_the_command_line_goes_before_that_of_settings() {
    let url = |config: &SdkConfig, api| Json::new(config.clone(), api).url().unwrap();
    let of_settings = canned::config(|_, _| (200, String::new())).to_builder().service_config(Settings).build();
    assert_eq!(url(&of_settings, SYSTEMS_MANAGER), "https://of-settings.example");
    assert_eq!(url(&of_settings, CLOUDWATCH), "https://monitoring.eu-west-1.amazonaws.com");
    let mut chosen = of_settings.to_builder().endpoint_url("https://chosen.example");
    chosen.insert_origin("endpoint_url", Origin::shared_config());
    assert_eq!(url(&chosen.build(), SYSTEMS_MANAGER), "https://chosen.example");
}

#[test]
fn an_error_is_named_by_its_header_or_its_body() {
    let code = |header: Option<&str>, body: &str| {
        let Rejected(metadata) = rejected(503, header, body.as_bytes());
        format!("{}: {}", metadata.code().unwrap_or("none"), metadata.message().unwrap_or("none"))
    };
    let body = r#"{"__type": "com.amazonaws.ssm#ParameterNotFound", "message": "gone"}"#;
    assert_eq!(code(None, body), "ParameterNotFound: gone");
    assert_eq!(
        code(Some("AccessDeniedException:http://internal/"), r#"{"Message": "no"}"#),
        "AccessDeniedException: no"
    );
    assert_eq!(code(None, "<html>"), "none: status 503, without a message");
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
        (&[(200, "<html>")], "expected value at line 1 column 1", 1),
    ] {
        let (config, asked) = answering(answers);
        let answer =
            Json::new(config, SYSTEMS_MANAGER).ask::<Value>("GetParameter", &json!({"Name": "/it"})).await.or_error();
        let told = answer.map_or_else(|error| error.to_string(), |it| it.to_string());
        assert!(told.contains(outcome), "{told}");
        assert_eq!(asked.load(Ordering::Relaxed), requests, "{told}");
    }
}

/// A server that answers nothing, so that the request comes again.
#[tokio::test]
async fn what_opens_a_connection_sends_nothing_of_the_operation_however_often_it_is_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut heard = [[0; 5]; 2];
        for request in &mut heard {
            listener.accept().await.unwrap().0.read_exact(request).await.unwrap();
        }
        heard
    });
    let client = http::client(http::connector(http::roots_of("eu-west-1").as_deref(), Duration::from_secs(5)));
    let (config, _) = answering(&[]);
    let config = config.to_builder().endpoint_url(url).http_client(client).build();
    Json::new(config, SYSTEMS_MANAGER).open_connection().await;
    assert_eq!(server.await.unwrap(), [*b"GET /"; 2]);
}
