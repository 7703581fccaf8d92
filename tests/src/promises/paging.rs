//! Lists that come in pages, which no emulator of EC2 sends: answers as EC2 writes them.

mod organizations;

use aws_sdk_ec2::Client;
use canned::Answer;
use serde_json::Value;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>
fn page(image: &str, next: &str) -> Answer {
    let images = format!("<imagesSet><item><imageId>{image}</imageId></item></imagesSet>");
    let next = if next.is_empty() { String::new() } else { format!("<nextToken>{next}</nextToken>") };
    (200, format!("<DescribeImagesResponse>{images}{next}</DescribeImagesResponse>"))
}

async fn list(second: fn() -> Answer) -> Result<Vec<String>, reaction::Error> {
    let answer = move |_: &str, asked: &Value| match asked["NextToken"].as_str() {
        None => page("ami-1", "more"),
        Some(token) => {
            assert_eq!(token, "more");
            second()
        }
    };
    let client = Client::new(&canned::config(answer));
    let images = aws::all_pages(client.describe_images().into_paginator().items().send()).await?;
    Ok(images.into_iter().filter_map(|image| image.image_id).collect())
}

#[tokio::test]
async fn every_page_is_read() {
    assert_eq!(list(|| page("ami-2", "")).await.unwrap(), ["ami-1", "ami-2"]);
}

#[tokio::test]
async fn a_list_that_breaks_off_is_no_list() {
    let denied = || {
        let error = "<Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error>";
        (403, format!("<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"))
    };
    let error = list(denied).await.unwrap_err();
    assert!(!error.is_refused() && error.to_string().contains("UnauthorizedOperation"), "{error}");
}
