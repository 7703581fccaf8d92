//! Lambda of the local AWS: that it answers as AWS does, in what delivering code is about.

use std::fmt::Debug;
use std::process::Command;

use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, LastUpdateStatus, ProvisionedConcurrencyStatusEnum, State};
use aws_smithy_types::base64;
use expect_test::expect;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::world::World;
use crate::world::calls::{CLOUDWATCH, call};
use crate::world::lambda::{
    UPDATE, VERSION, active, code, described_when, invoke, lambda, make_alias, make_function, publish, tag, weight,
};
use crate::world::pipelines::{make_versioned_bucket, put_version};
use crate::world::roles::deploy;

fn told<T, E: ProvideErrorMetadata + Debug>(outcome: Result<T, SdkError<E>>) -> String {
    match outcome {
        Ok(_) => "taken".into(),
        Err(error) => {
            let status = error.raw_response().map_or(0, |answer| answer.status().as_u16());
            format!("{status} {}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or_default())
        }
    }
}

fn digest(code: &[u8]) -> String {
    base64::encode(Sha256::digest(code))
}

/// An account with a function, whose code is `one`.
async fn account() -> World {
    let world = World::new().await;
    make_function(&world, "orders", code("one")).await;
    world
}

#[tokio::test]
async fn a_dry_run_says_the_hash_and_changes_nothing() {
    let world = account().await;
    let before = active(&world, "orders", None).await;
    let tried =
        lambda(&world).update_function_code().function_name("orders").zip_file(Blob::new(code("two"))).dry_run(true);
    let answer = tried.clone().send().await.unwrap();
    assert_eq!(answer.code_sha256(), Some(digest(&code("two")).as_str()));
    let after = active(&world, "orders", None).await;
    assert_eq!((after.code_sha256(), after.revision_id()), (before.code_sha256(), before.revision_id()));
    assert_eq!(invoke(&world, "orders", "$LATEST", "{}").await.1["says"], "one");
    let stale = told(tried.revision_id("another").send().await);
    assert!(stale.starts_with("412 PreconditionFailedException: "), "{stale}");
    let nothing = lambda(&world).update_function_code().function_name("orders").dry_run(true);
    let missing = told(nothing.s3_bucket("no-such-bucket").s3_key("lambda.zip").send().await);
    assert!(missing.starts_with("400 InvalidParameterValueException: "), "{missing}");
}

#[tokio::test]
async fn an_update_names_the_revision_that_it_knows_and_is_alone() {
    let world = account().await;
    let first = active(&world, "orders", None).await.revision_id.unwrap();
    tag(&world, "orders", UPDATE, Some("InProgress")).await;
    let update =
        |says: &str| lambda(&world).update_function_code().function_name("orders").zip_file(Blob::new(code(says)));
    let taken = update("two").revision_id(&first).send().await.unwrap();
    assert_eq!(
        (taken.state(), taken.last_update_status()),
        (Some(&State::Active), Some(&LastUpdateStatus::InProgress))
    );
    let arn = taken.function_arn().unwrap();
    let busy = format!(
        "409 ResourceConflictException: The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    );
    assert_eq!(told(update("three").send().await), busy);
    assert_eq!(told(lambda(&world).publish_version().function_name("orders").send().await), busy);
    tag(&world, "orders", UPDATE, None).await;
    let ended = active(&world, "orders", None).await;
    assert_eq!(ended.last_update_status(), Some(&LastUpdateStatus::Successful));
    assert_ne!(ended.revision_id(), taken.revision_id(), "the end of an update is a revision of its own");
    let stale = told(update("three").revision_id(taken.revision_id().unwrap()).send().await);
    assert!(stale.starts_with("412 PreconditionFailedException: "), "{stale}");
    assert_eq!(told(update("three").revision_id(ended.revision_id().unwrap()).send().await), "taken");
}

#[tokio::test]
async fn an_update_ends_badly_where_its_tag_says_so_and_so_does_a_version() {
    let world = account().await;
    tag(&world, "orders", UPDATE, Some("Failed InvalidZipFileException")).await;
    let update = lambda(&world).update_function_code().function_name("orders").zip_file(Blob::new(code("two")));
    update.send().await.unwrap();
    let failed =
        described_when(&world, "orders", None, |it| it.last_update_status() == Some(&LastUpdateStatus::Failed)).await;
    assert_eq!(failed.state(), Some(&State::Active));
    assert_eq!(failed.last_update_status_reason_code().unwrap().as_str(), "InvalidZipFileException");
    tag(&world, "orders", UPDATE, None).await;
    tag(&world, "orders", VERSION, Some("InProgress")).await;
    publish_pending(&world).await;
    tag(&world, "orders", VERSION, Some("Failed FunctionError.RuntimeInitError")).await;
    let failed = described_when(&world, "orders", Some("1"), |it| it.state() == Some(&State::Failed)).await;
    assert_eq!(failed.state_reason_code().unwrap().as_str(), "FunctionError.RuntimeInitError");
}

async fn publish_pending(world: &World) {
    let version = lambda(world).publish_version().function_name("orders").send().await.unwrap();
    assert_eq!((version.version(), version.state()), (Some("1"), Some(&State::Pending)));
}

#[tokio::test]
async fn a_version_is_published_of_the_code_and_the_revision_that_are_named_and_once() {
    let world = account().await;
    let now = active(&world, "orders", None).await;
    let publish = || lambda(&world).publish_version().function_name("orders");
    let other = digest(b"other");
    assert_eq!(
        told(publish().code_sha256(&other).send().await),
        format!(
            "400 InvalidParameterValueException: CodeSHA256 ({other}) is different from current CodeSHA256 in $LATEST"
        )
    );
    let stale = told(publish().revision_id("another").send().await);
    assert!(stale.starts_with("412 PreconditionFailedException: "), "{stale}");
    let listed = lambda(&world).list_versions_by_function().function_name("orders").send().await.unwrap();
    assert_eq!(listed.versions().len(), 1, "nothing was published");
    for _ in 0..2 {
        let publish = publish().code_sha256(now.code_sha256().unwrap()).revision_id(now.revision_id().unwrap());
        assert_eq!(publish.send().await.unwrap().version(), Some("1"), "the same again is the same version");
        active(&world, "orders", Some("1")).await;
    }
    assert_eq!(crate::world::lambda::publish(&world, "orders", code("two")).await, "2");
    assert_eq!(invoke(&world, "orders", "1", "{}").await, said(&world, "one", "1", "1"));
    assert_eq!(invoke(&world, "orders", "2", "{}").await, said(&world, "two", "2", "2"));
}

/// What Lambda and the function say of an invocation.
fn said(world: &World, says: &str, version: &str, qualifier: &str) -> (String, serde_json::Value) {
    let arn = format!("arn:aws:lambda:eu-west-1:{}:function:orders:{qualifier}", world.account);
    (version.into(), json!({"says": says, "version": version, "arn": arn}))
}

#[tokio::test]
async fn the_weights_of_an_alias_route_and_an_empty_map_ends_that() {
    let world = account().await;
    assert_eq!(
        [publish(&world, "orders", code("one")).await, publish(&world, "orders", code("two")).await],
        ["1", "2"]
    );
    make_alias(&world, "orders", "live", "1").await;
    let update = || lambda(&world).update_alias().function_name("orders").name("live");
    update().routing_config(weight("2", 0.3)).send().await.unwrap();
    let mut versions = Vec::new();
    for _ in 0..10 {
        let (version, answer) = invoke(&world, "orders", "live", "{}").await;
        let says = if version == "1" { "one" } else { "two" };
        assert_eq!((version.clone(), answer), said(&world, says, &version, "live"));
        versions.push(version);
    }
    assert_eq!(versions.concat(), "1112112112");
    let cleared = AliasRoutingConfiguration::builder().set_additional_version_weights(Some([].into())).build();
    update().function_version("2").routing_config(cleared).send().await.unwrap();
    for _ in 0..3 {
        assert_eq!(invoke(&world, "orders", "live", "{}").await, said(&world, "two", "2", "live"));
    }
}

/// How often an alias was invoked, and how often in vain: of all its versions, or of one.
async fn counted(world: &World, version: Option<&str>) -> [Vec<f64>; 2] {
    let mut dimensions = vec![("FunctionName", "orders"), ("Resource", "orders:live")];
    dimensions.extend(version.map(|it| ("ExecutedVersion", it)));
    let dimensions: Vec<_> = dimensions.iter().map(|(name, it)| json!({"Name": name, "Value": it})).collect();
    let query = |id: &str, name: &str| {
        let metric = json!({"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions});
        json!({"Id": id, "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Sum"}})
    };
    let asked = json!({
        "MetricDataQueries": [query("calls", "Invocations"), query("errors", "Errors")],
        "StartTime": "2026-01-01T00:00:00Z", "EndTime": "2126-01-01T00:00:00Z",
    });
    let told = call(world, CLOUDWATCH, "GetMetricData", asked).await;
    [0, 1].map(|it| {
        let values = told["MetricDataResults"][it]["Values"].as_array().unwrap().iter();
        values.map(|it| it.as_f64().unwrap()).collect()
    })
}

/// The sum of a metric: midnight may lie between two of its values. Of none it is 0, and not -0.
fn sum(values: &[f64]) -> f64 {
    values.iter().chain(&[0.0]).sum()
}

#[tokio::test]
async fn cloudwatch_counts_an_alias_and_the_versions_of_one_with_weights() {
    let world = account().await;
    publish(&world, "orders", code("one")).await;
    publish(&world, "orders", code("two")).await;
    make_alias(&world, "orders", "live", "1").await;
    invoke(&world, "orders", "live", "{}").await;
    let counts = async |version: Option<&str>| counted(&world, version).await.map(|it| sum(&it).to_string()).join(" ");
    assert_eq!([counts(None).await, counts(Some("1")).await], ["1 0", "0 0"], "without weights, not by version");
    let update = lambda(&world).update_alias().function_name("orders").name("live");
    update.routing_config(weight("2", 0.25)).send().await.unwrap();
    for event in ["{}", "{}", r#"{"fail": 1}"#, r#"{"fail": 1}"#] {
        invoke(&world, "orders", "live", event).await;
    }
    assert_eq!([counts(None).await, counts(Some("1")).await, counts(Some("2")).await], ["5 2", "3 1", "1 1"]);
}

/// An alarm has the state that a test gives it, until something is measured.
#[tokio::test]
async fn the_state_of_an_alarm_is_what_it_was_set_to() {
    let world = World::new().await;
    let alarm = json!({
        "AlarmName": "orders-errors", "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    });
    call_for_nothing(&world, "PutMetricAlarm", alarm).await;
    let rule = json!({"AlarmName": "orders", "AlarmRule": "ALARM(orders-errors)"});
    call_for_nothing(&world, "PutCompositeAlarm", rule).await;
    let states = async || {
        let asked = json!({"AlarmNames": ["orders-errors", "orders", "missing"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]});
        let told = call(&world, CLOUDWATCH, "DescribeAlarms", asked).await;
        ["MetricAlarms", "CompositeAlarms"].map(|it| told[it][0]["StateValue"].as_str().unwrap().to_owned())
    };
    for state in ["ALARM", "OK"] {
        let set = json!({"AlarmName": "orders-errors", "StateValue": state, "StateReason": "a test"});
        call_for_nothing(&world, "SetAlarmState", set).await;
        assert_eq!(states().await, [state, state]);
    }
}

async fn call_for_nothing(world: &World, operation: &str, asked: serde_json::Value) {
    assert_eq!(call(world, CLOUDWATCH, operation, asked).await, json!({}), "{operation}");
}

#[tokio::test]
async fn an_alias_names_versions_that_exist_and_one_more_with_a_weight() {
    let world = account().await;
    publish(&world, "orders", code("one")).await;
    make_alias(&world, "orders", "live", "1").await;
    publish(&world, "orders", code("two")).await;
    let routed = async |version: &str, share: f64| {
        let update = lambda(&world).update_alias().function_name("orders").name("live");
        told(update.routing_config(weight(version, share)).send().await).replace(&world.account, "ACCOUNT")
    };
    let unknown = lambda(&world).create_alias().function_name("orders").name("dev").function_version("9");
    let refusals = [
        routed("9", 0.5).await,
        routed("2", 1.5).await,
        routed("1", 0.5).await,
        routed("$LATEST", 0.5).await,
        told(unknown.send().await).replace(&world.account, "ACCOUNT"),
    ];
    expect![[r"
        404 ResourceNotFoundException: Function not found: arn:aws:lambda:eu-west-1:ACCOUNT:function:orders:9
        400 InvalidParameterValueException: AdditionalVersionWeights must be from 0.0 to 1.0
        400 InvalidParameterValueException: FunctionVersion and the keys of AdditionalVersionWeights must not be the same version
        400 InvalidParameterValueException: $LATEST is not supported for an alias pointing to more than 1 version
        404 ResourceNotFoundException: Function not found: arn:aws:lambda:eu-west-1:ACCOUNT:function:orders:9"]]
    .assert_eq(&refusals.join("\n"));
    assert_eq!(routed("2", 0.5).await, "taken");
}

#[tokio::test]
async fn provisioned_concurrency_is_listed_by_what_has_it() {
    let world = account().await;
    let list = lambda(&world).list_provisioned_concurrency_configs().function_name("orders");
    assert_eq!(list.clone().send().await.unwrap().provisioned_concurrency_configs(), []);
    publish(&world, "orders", code("two")).await;
    make_alias(&world, "orders", "live", "1").await;
    let put = lambda(&world).put_provisioned_concurrency_config().function_name("orders").qualifier("live");
    let begun = put.provisioned_concurrent_executions(2).send().await.unwrap();
    assert_eq!(begun.status(), Some(&ProvisionedConcurrencyStatusEnum::InProgress));
    let listed = loop {
        let listed = list.clone().send().await.unwrap().provisioned_concurrency_configs.unwrap();
        if listed[0].status() == Some(&ProvisionedConcurrencyStatusEnum::Ready) {
            break listed;
        }
    };
    let arns: Vec<_> = listed.iter().map(|it| it.function_arn().unwrap().replace(&world.account, "ACCOUNT")).collect();
    assert_eq!(arns, ["arn:aws:lambda:eu-west-1:ACCOUNT:function:orders:live"]);
    assert_eq!(listed[0].requested_provisioned_concurrent_executions(), Some(2));
}

/// Until what is provisioned has moved with the alias, its traffic goes to the version from before.
#[tokio::test]
async fn the_traffic_of_an_alias_follows_what_is_provisioned_for_it() {
    let world = account().await;
    publish(&world, "orders", code("one")).await;
    publish(&world, "orders", code("two")).await;
    make_alias(&world, "orders", "live", "1").await;
    let put = lambda(&world).put_provisioned_concurrency_config().function_name("orders").qualifier("live");
    put.provisioned_concurrent_executions(2).send().await.unwrap();
    let update = lambda(&world).update_alias().function_name("orders").name("live").function_version("2");
    let moved = update.routing_config(AliasRoutingConfiguration::builder().build()).send().await.unwrap();
    let weights = moved.routing_config.unwrap().additional_version_weights.unwrap();
    assert_eq!((moved.function_version.as_deref(), weights.get("1")), (Some("2"), Some(&1.0)));
    let alias = lambda(&world).get_alias().function_name("orders").name("live");
    while alias.clone().send().await.unwrap().routing_config.is_some_and(|it| it.additional_version_weights.is_some()) {
    }
    assert_eq!(invoke(&world, "orders", "live", "{}").await.0, "2");
}

/// The code lies in a bucket of another account, and its version counts.
#[tokio::test]
async fn code_is_read_in_the_name_of_the_caller_from_whichever_account_has_the_bucket() {
    let (hub, target) = (World::new().await, account().await);
    let bucket = format!("delivery-{}", hub.account);
    make_versioned_bucket(&hub, &bucket).await;
    let version = put_version(&hub, &bucket, "code/lambda.zip", &code("two")).await;
    put_version(&hub, &bucket, "code/lambda.zip", &code("three")).await;
    let update = async |world: &World| {
        let update = lambda(world).update_function_code().function_name("orders").s3_bucket(&bucket);
        told(update.s3_key("code/lambda.zip").s3_object_version(&version).send().await)
    };
    let denied = update(&target).await;
    assert!(denied.starts_with("403 AccessDeniedException: Your access has been denied by S3, "), "{denied}");
    make_deployer(&target, &bucket).await;
    let deployer = target.acting_as("deployer", &target.account).await;
    let denied = update(&deployer).await;
    assert!(denied.contains("is not authorized to perform: s3:GetObjectVersion on resource: "), "{denied}");
    let role = format!("arn:aws:iam::{}:role/deployer", target.account);
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:GetObjectVersion",
        "Resource": format!("arn:aws:s3:::{bucket}/code/*"),
    }]});
    hub.s3.put_bucket_policy().bucket(&bucket).policy(policy.to_string()).send().await.unwrap();
    assert_eq!(update(&deployer).await, "taken");
    active(&target, "orders", None).await;
    assert_eq!(invoke(&target, "orders", "$LATEST", "{}").await.1["says"], "two");
    let denied = update(&World::of(&target.account).await.acting_as("function", &target.account).await).await;
    assert!(denied.contains("is not authorized to perform: lambda:UpdateFunctionCode "), "{denied}");
}

async fn make_deployer(world: &World, bucket: &str) {
    let allowed = json!({"Statement": [
        {"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": {"Fn::Sub": "arn:aws:lambda:*:${AWS::AccountId}:function:orders"}},
        {"Effect": "Allow", "Action": "s3:GetObjectVersion", "Resource": format!("arn:aws:s3:::{bucket}/*")},
    ]});
    let role = json!({
        "RoleName": "deployer",
        "AssumeRolePolicyDocument": {"Statement": []},
        "Policies": [{"PolicyName": "deploy", "PolicyDocument": allowed}],
    });
    deploy(world, "deployer", &json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}), &[])
        .await;
}

/// What CloudFormation made says so by its tags.
#[tokio::test]
async fn a_function_of_a_stack_is_tagged_with_its_name() {
    let world = World::new().await;
    let function = json!({
        "FunctionName": "orders", "Runtime": "python3.12", "Handler": "index.handler", "Role": "arn:aws:iam::111122223333:role/function",
        "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"}, "Tags": [{"Key": "team", "Value": "a"}],
    });
    let template = json!({"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": function}}});
    deploy(&world, "orders-stack", &template, &[]).await;
    let tags = lambda(&world).get_function().function_name("orders").send().await.unwrap().tags.unwrap();
    assert_eq!((tags["aws:cloudformation:stack-name"].as_str(), tags["team"].as_str()), ("orders-stack", "a"));
}

/// Each mend is needed as long as ministack without it does this. Where a line changes, the mend may go.
#[test]
fn ministack_does_not_do_by_itself_what_the_mends_bring() {
    let workspace = local_aws::workspace();
    let mut python = Command::new(workspace.join(".local/venv/bin/python"));
    let folder = std::env::temp_dir().join(format!("signalbox-unmended-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    python.arg(workspace.join("cli/local-aws/tests/unmended_lambda.py")).env("TMPDIR", &folder).env("HOME", &folder);
    let ran = python.output().expect("`make setup` installs it");
    std::fs::remove_dir_all(folder).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    expect![[r"
        an update that names its revision is refused when stale: yes
        a dry run leaves the code: no
        a function stays active while it is updated: no
        an update waits for the one before: no
        the end of an update is a revision of its own: no
        a version of another hash is refused: no
        a version of another revision is refused: no
        a version begins pending: no
        an alias names versions that exist: no
        the weights of an alias route: no
        an alias with weights is counted by version: no
        what is provisioned takes a while: no
        provisioned concurrency is listed: no
        the traffic of an alias follows its concurrency: no
        the code may lie in another account's bucket: no
    "]]
    .assert_eq(&String::from_utf8_lossy(&ran.stdout));
}
