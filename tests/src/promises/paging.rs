//! Lists that come in pages, which no emulator of EC2 sends: canned answers of the SDK's own kind.

mod organizations;

use aws_sdk_ec2::config::{Credentials, Region};
use aws_sdk_ec2::error::ErrorMetadata;
use aws_sdk_ec2::operation::describe_images::{DescribeImagesError, DescribeImagesOutput};
use aws_sdk_ec2::types::Image;
use aws_sdk_ec2::{Client, Config};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};

fn page(image: &str, next: Option<&str>) -> DescribeImagesOutput {
    let images = Image::builder().image_id(image).build();
    DescribeImagesOutput::builder().images(images).set_next_token(next.map(String::from)).build()
}

fn pages(second: &Rule) -> Client {
    let first = mock!(Client::describe_images)
        .match_requests(|request| request.next_token().is_none())
        .then_output(|| page("ami-1", Some("more")));
    let answers = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny).with_rule(&first).with_rule(second);
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("111122223333", "test", None, None, "tests"))
        .http_client(create_mock_http_client())
        .interceptor(answers);
    Client::from_conf(config.build())
}

async fn list(client: &Client) -> Result<Vec<String>, reaction::Error> {
    let images = aws::all_pages(client.describe_images().into_paginator().items().send()).await?;
    Ok(images.into_iter().filter_map(|image| image.image_id).collect())
}

#[tokio::test]
async fn every_page_is_read() {
    let second = mock!(Client::describe_images)
        .match_requests(|request| request.next_token() == Some("more"))
        .then_output(|| page("ami-2", None));
    assert_eq!(list(&pages(&second)).await.unwrap(), ["ami-1", "ami-2"]);
}

#[tokio::test]
async fn a_list_that_breaks_off_is_no_list() {
    let second = mock!(Client::describe_images)
        .match_requests(|request| request.next_token() == Some("more"))
        .then_error(|| DescribeImagesError::generic(ErrorMetadata::builder().code("UnauthorizedOperation").build()));
    let error = list(&pages(&second)).await.unwrap_err();
    assert!(!error.is_refused() && error.to_string().contains("UnauthorizedOperation"), "{error}");
}
