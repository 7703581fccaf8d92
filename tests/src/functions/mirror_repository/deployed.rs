//! The compiled function: behind the Runtime API, and deployed with its template, where a message in the queue becomes a mirror, and the
//! mirror a stack.

use aws_sdk_sqs::types::QueueAttributeName;
use local_aws::deploy::Stack;
use serde_json::{Value, json};

use super::{GIVEN, NAME, POINTED, POINTER, Scene};
use crate::promises::binary::{environment, respond, start_function};
use crate::templates::assert_alarm_sounds;
use crate::templates::deployed::DeployedAccount;
use crate::world::AWS;
use crate::world::git::file;
use crate::world::scene::Scene as _;

const SAMPLE: &str = "a-branch-was-pushed";

/// What SQS hands over.
fn batch(body: &str) -> String {
    json!({"Records": [{"messageId": "1", "body": body}]}).to_string()
}

#[tokio::test]
async fn the_compiled_function_mirrors_what_a_message_asks_for() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    let mut environment = environment(&scene.world);
    let own = [
        ("SIGNALBOX_REPOSITORIES", scene.location()),
        ("SIGNALBOX_MIRROR_BUCKET", scene.bucket()),
        ("SIGNALBOX_MIRROR_QUEUE", scene.queue.clone()),
        ("TMPDIR", scene.folder.path().to_str().unwrap().to_owned()),
    ];
    environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
    let (api, function) = start_function("mirror-repository", &environment).await;
    for _ in 0..2 {
        assert_eq!(respond(&api, &batch(scene.event())).await, json!({"batchItemFailures": []}));
        scene.assert_mirrored().await;
    }
    let unknown = json!({"repository": "acme/unknown"}).to_string();
    let answer = respond(&api, &batch(&unknown)).await;
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "1"}]}),
        "it comes again, and in the end is kept"
    );
    let output = function.end().await.unwrap();
    assert!(!output.contains("ghs_s3cret"), "no log has the token");
    assert_alarm_sounds("mirror-repository", "Refused", &output);
}

/// Ends when the function has settled a run in which it deleted a journal.
async fn mirrored(account: &str, skipped: usize) {
    loop {
        let next = AWS.next_call(account);
        let calls = AWS.calls_since(account, skipped);
        let closed = calls.iter().position(|it| it.operation == "DeleteObject" && it.path.contains("journal.json"));
        // The ledger is told after S3 has answered.
        if closed.is_some_and(|at| calls[at..].iter().any(|it| it.service == "dynamodb")) {
            return;
        }
        next.await;
    }
}

/// The queue's message is handed over by the event source mapping, IAM judges each call by the function's own role, and CloudFormation
/// makes a stack whose template names another mirrored one.
#[tokio::test]
async fn deployed_it_mirrors_by_its_role_and_a_stack_is_made_of_a_mirrored_template() {
    let scene = Scene::set_up(&GIVEN, SAMPLE).await;
    let bucket = format!("deployed-{}", scene.bucket());
    let nested = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: nested\n";
    let url = format!("https://s3.eu-west-1.amazonaws.com/{bucket}/{NAME}/network/queue.yaml");
    let root = format!(
        "Resources:\n  Network:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {url}\n"
    );
    scene.push("main", &[file("network/queue.yaml", nested), file("root.yaml", &root)]);
    // The stack makes its own.
    let sqs = aws_sdk_sqs::Client::new(scene.world.sessions.config());
    sqs.delete_queue().queue_url(&scene.queue).send().await.unwrap();
    let account = DeployedAccount::of(scene, &[("BucketName", &bucket)]).await;
    let scene = &account.scene;
    let skipped = scene.world.calls();
    let queue = &account.outputs["QueueUrl"];
    let send = account.sqs.send_message().queue_url(queue).message_group_id(NAME).message_deduplication_id("1");
    send.message_body(scene.event()).send().await.unwrap();
    mirrored(&scene.world.account, skipped).await;
    let object = scene.world.s3.get_object().bucket(&bucket).key("acme/templates/root.yaml").send().await.unwrap();
    let body = object.body.collect().await.unwrap().into_bytes();
    assert_eq!(body, root.as_bytes());
    let template = scene.folder.path().join("root.yaml");
    std::fs::write(&template, &body).unwrap();
    let stack = Stack { name: "of-a-mirror".into(), template, parameters: [].into() };
    account.deployment.apply(&stack).await.unwrap();
    let made = account.sqs.get_queue_url().queue_name("nested").send().await.unwrap();
    assert!(made.queue_url.unwrap().ends_with("/nested"));
    account.deployment.delete("of-a-mirror").await.unwrap();
    account.delete_stacks().await;
}

/// How many messages of a queue are there and how many are being worked on.
async fn left_in(sqs: &aws_sdk_sqs::Client, queue: &str) -> [String; 2] {
    let counts =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let asked = sqs.get_queue_attributes().queue_url(queue).set_attribute_names(Some(counts.to_vec()));
    let attributes = asked.send().await.unwrap().attributes.unwrap();
    counts.map(|it| attributes[&it].clone())
}

/// The list with the same repository under another name, and one whose forge is down between the two.
fn with_a_forge_that_is_down(scene: &Scene) -> Value {
    let mut list = scene.list();
    let repositories = list["repositories"].as_object_mut().unwrap();
    let (mut down, well) = (repositories[NAME].clone(), repositories[NAME].clone());
    down["from"]["https"] = json!("https://localhost:1/templates.git");
    repositories.insert("acme/down".into(), down);
    repositories.insert("acme/well".into(), well);
    list
}

/// The sweep's message leads to one for each repository, in a group of its own: SQS delivers the one that fails again, as often as the
/// queue says, and keeps it in the end; the others are worked on meanwhile, and gone.
#[tokio::test]
async fn deployed_a_forge_that_is_down_holds_up_no_other_repository_and_its_message_is_kept() {
    let scene = Scene::set_up(&GIVEN, "the-time-of-a-sweep-came").await;
    scene.put_list(&with_a_forge_that_is_down(&scene)).await;
    let bucket = format!("swept-{}", scene.bucket());
    let sqs = aws_sdk_sqs::Client::new(scene.world.sessions.config());
    sqs.delete_queue().queue_url(&scene.queue).send().await.unwrap();
    let account = DeployedAccount::of(scene, &[("BucketName", &bucket)]).await;
    let queue = &account.outputs["QueueUrl"];
    // The template's time is longer than an invocation, for which no test waits.
    let soon =
        account.sqs.set_queue_attributes().queue_url(queue).attributes(QueueAttributeName::VisibilityTimeout, "1");
    soon.send().await.unwrap();
    let send = account.sqs.send_message().queue_url(queue).message_group_id("sweep").message_deduplication_id("1");
    send.message_body(account.scene.event()).send().await.unwrap();
    let kept = account.the_failure().await;
    assert_eq!(kept["repository"], "acme/down");
    assert_eq!(left_in(&account.sqs, queue).await, ["0", "0"], "every other message is gone");
    for name in [NAME, "acme/well"] {
        let key = format!("{name}/root.yaml");
        let object = account.scene.world.s3.get_object().bucket(&bucket).key(&key).send().await.unwrap();
        assert_eq!(object.body.collect().await.unwrap().into_bytes(), &b"Root: 1\n"[..], "{key}");
    }
    let lines = account.log_lines().await;
    let outcomes = |of: &str| -> Vec<String> {
        let of = lines.iter().filter(|it| it["key"] == of);
        of.map(|it| it["outcome"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(outcomes("sweep"), ["applied"]);
    assert_eq!(outcomes("mirror/acme/well"), ["applied"]);
    assert_eq!(outcomes("mirror/acme/down"), ["failed"; 4], "as often as the queue delivers it");
    let down = lines.iter().find(|it| it["key"] == "mirror/acme/down").unwrap();
    assert!(down["message"].as_str().unwrap().contains("check the address and that the server is up"), "{down}");
    account.delete_stacks().await;
}

/// A reader that follows the pointer reads a document of this form.
#[tokio::test]
async fn the_pointer_says_where_the_copy_is() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    let pointer: Value = serde_json::from_slice(&scene.object(POINTER).await.unwrap()).unwrap();
    let text = scene.with_sample_ids(&serde_json::to_string_pretty(&pointer).unwrap());
    expect_test::expect![[r#"
        {
          "branch": "main",
          "commit": "FIRST",
          "files": 2,
          "prefix": ".signalbox/acme/templates/main/FIRST/",
          "repository": "acme/templates"
        }"#]]
    .assert_eq(&text);
}
