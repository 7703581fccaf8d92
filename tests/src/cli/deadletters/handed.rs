//! Where messages go that are of a function with a queue of its own, or of a queue that several functions share: what AWS knows of the
//! function decides, and the operator.

use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::{MessageSystemAttributeName as Attribute, QueueAttributeName};
use local_aws::deploy::archive;
use serde_json::{Value, json};

use super::{counted, run};
use crate::world::lambda::{lambda, make_function};
use crate::world::scene::read_sample;
use crate::world::{REGION, World};

const FAILURES: &str = "mirror-repository-failures.fifo";
const QUEUE: &str = "signalbox-mirror-repository.fifo";

/// A function that answers with a report of its own name.
async fn make_reporting(world: &World, name: &str) {
    let text = format!(
        "def handler(event, context):\n    return {{'function': {name:?}, 'key': 'a', 'outcome': 'unchanged', 'reason': None, \
         'notes': [], 'steps': []}}\n"
    );
    make_function(world, name, archive(&[("index.py", text.as_bytes())]).unwrap()).await;
}

async fn make_queue(sqs: &Sqs, name: &str) -> String {
    let create = sqs.create_queue().queue_name(name);
    let create = match name.rsplit_once('.') {
        Some((_, "fifo")) => create.attributes(QueueAttributeName::FifoQueue, "true"),
        _ => create,
    };
    create.send().await.unwrap().queue_url.unwrap()
}

/// Has the function hear a queue of this name; the mapping is off, so that what comes there stays.
async fn hear(world: &World, queue: &str) {
    let arn = format!("arn:aws:sqs:{REGION}:{}:{queue}", world.account);
    let mapping = lambda(world).create_event_source_mapping().function_name("mirror-repository");
    mapping.event_source_arn(arn).enabled(false).send().await.unwrap();
}

async fn put(sqs: &Sqs, url: &str, body: &Value, group: &str) {
    let send = sqs.send_message().queue_url(url).message_body(body.to_string()).message_group_id(group);
    send.message_deduplication_id(body.to_string().len().to_string()).send().await.unwrap();
}

#[tokio::test]
async fn a_message_of_a_function_with_a_queue_goes_into_the_queue_that_its_mapping_names() {
    let world = World::new().await;
    let sqs = Sqs::new(world.sessions.config());
    make_reporting(&world, "mirror-repository").await;
    let (failures, queue) = (make_queue(&sqs, FAILURES).await, make_queue(&sqs, QUEUE).await);
    let push = json!({"repository": "acme/templates", "ref": "refs/heads/main", "commit": null, "delivery": "1"});
    let forced = json!({"repository": "acme/templates", "force": "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"});
    put(&sqs, &failures, &push, "acme/templates").await;
    put(&sqs, &failures, &forced, "acme/other").await;
    let redrive = ["deadletters", "redrive", FAILURES, "--all", "--apply"];
    let unheard = run(&world.account, &redrive, "");
    assert_eq!(unheard.code, Some(254));
    assert!(unheard.said.contains("mirror-repository hears no queue here"), "{}", unheard.said);
    hear(&world, QUEUE).await;
    let done = run(&world.account, &redrive, "");
    assert_eq!(done.code, Some(254), "{}{}", done.out, done.said);
    assert!(
        done.out.contains("a push to acme/templates: queued\n") && done.out.contains("it has `force`"),
        "{}",
        done.out
    );
    assert_eq!(counted(&sqs, &failures).await, ["1", "0"], "the forced one stays");
    let received = sqs.receive_message().queue_url(&queue).message_system_attribute_names(Attribute::All);
    let received = received.max_number_of_messages(10).send().await.unwrap();
    let [message] = received.messages() else { panic!("{received:?}") };
    assert_eq!(serde_json::from_str::<Value>(message.body().unwrap()).unwrap(), push);
    assert_eq!(message.attributes().unwrap()[&Attribute::MessageGroupId], "acme/templates");
    // A second mapping, which the template does not make, may be any writer's.
    make_queue(&sqs, "another.fifo").await;
    hear(&world, "another.fifo").await;
    let several = run(&world.account, &redrive, "");
    assert_eq!(several.code, Some(254));
    assert!(several.said.contains("mirror-repository hears several queues"), "{}", several.said);
}

#[tokio::test]
async fn of_a_queue_of_several_functions_each_gets_its_own_events_and_the_others_stay() {
    let world = World::new().await;
    let sqs = Sqs::new(world.sessions.config());
    make_reporting(&world, "share-ami").await;
    let url = make_queue(&sqs, "signalbox-bus-failures").await;
    for (function, sample) in [("share-ami", "an-image-became-available"), ("emr-dns", "a-cluster-is-running")] {
        sqs.send_message().queue_url(&url).message_body(read_sample(function, sample)).send().await.unwrap();
    }
    let redrive = ["deadletters", "redrive", "signalbox-bus-failures", "--all", "--function", "share-ami"];
    let planned = run(&world.account, &redrive, "");
    assert_eq!(planned.code, Some(2), "{}{}", planned.out, planned.said);
    assert!(planned.out.contains("1 would be handed over, 1 not"), "{}", planned.out);
    let apply = || run(&world.account, &[&redrive[..], &["--apply"]].concat(), "");
    // On a busy machine ministack may answer with an error of its own, before the function ran: the message stays.
    let done = (0..5).map(|_| apply()).find(|it| !it.out.contains("Worker process exited")).unwrap();
    assert_eq!(done.code, Some(254), "{}{}", done.out, done.said);
    assert!(done.out.contains("EC2 AMI State Change: unchanged\n"), "{}", done.out);
    assert!(
        done.out.contains("EMR Cluster State Change: no rule and no schedule hands such a message to share-ami"),
        "{}",
        done.out
    );
    assert_eq!(counted(&sqs, &url).await, ["1", "0"]);
}
