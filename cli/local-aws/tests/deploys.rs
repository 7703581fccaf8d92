//! CloudFormation on the local AWS, by the same client that deploys the suite.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use local_aws::LocalAws;
use local_aws::deploy::{Deployment, Stack};

const TEMPLATE: &str = r#"{
    "Parameters": {"Name": {"Type": "String"}},
    "Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": {"Ref": "Name"},
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]
    }}},
    "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Table", "Arn"]}}}
}"#;

const BROKEN: &str = r#"{"Resources": {"Nothing": {"Type": "AWS::Events::EventBusPolicy", "Properties": {}}}}"#;

fn config(local_aws: &LocalAws, account: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(local_aws.endpoint())
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(account, "local", None, None, "test")))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

fn stack(name: &str, template: &str) -> Stack {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    std::fs::write(&path, template).expect("the template is written");
    Stack { name: name.to_owned(), template: path, parameters: BTreeMap::new() }
}

#[tokio::test]
async fn a_stack_is_created_updated_and_deleted_and_a_failed_one_says_why() {
    let local_aws = LocalAws::start().unwrap();
    let deployment = Deployment::new(&config(&local_aws, "333333333333"));
    let mut table = stack("table", TEMPLATE);
    for name in ["first", "second"] {
        table.parameters.insert("Name".into(), name.into());
        let outputs = deployment.apply(&table).await.unwrap();
        assert_eq!(outputs["Arn"], format!("arn:aws:dynamodb:eu-west-1:333333333333:table/{name}"));
    }
    deployment.apply(&table).await.unwrap();
    deployment.delete("table").await.unwrap();
    deployment.delete("table").await.unwrap();
    let why = format!("{:#}", deployment.apply(&stack("broken", BROKEN)).await.unwrap_err());
    assert!(why.contains("AWS::Events::EventBusPolicy"), "{why}");
}

#[tokio::test]
async fn an_upload_creates_its_bucket_once() {
    let local_aws = LocalAws::start().unwrap();
    let config = config(&local_aws, "444444444444");
    let deployment = Deployment::new(&config);
    for content in [vec![0, 159, 146, 150], b"again".to_vec()] {
        deployment.upload("uploads", "a/key", content.clone()).await.unwrap();
        let object = aws_sdk_s3::Client::new(&config).get_object().bucket("uploads").key("a/key").send().await.unwrap();
        assert_eq!(object.body.collect().await.unwrap().to_vec(), content);
    }
}
