//! The runbook's commands about shares, their ledger and audit, and what failed: in an account where `make deploy` has put a function.

use aws_sdk_dynamodb::types::AttributeValue;
use local_aws::{Fault, FaultKind};
use reaction::{Claim, Key, Ledger, Repeat};
use serde_json::Value;
use std::time::Duration;

use super::Part;
use crate::cli::deadletters::record;
use crate::templates::deployed::{SHARED, Shipping, done};
use crate::world::AWS;
use crate::world::operator::Ran;

pub const COMMANDS: &[&str] = &[
    "KEY='{\"id\"",
    "aws cloudformation deploy --stack-name signalbox-operations",
    "aws dynamodb scan --table-name signalbox-ledger",
    "aws events create-archive",
    "for table in signalbox-grants",
    "look_at()",
    "make rollback FUNCTION=share-ami",
    "signalbox deadletters drop",
    "signalbox deadletters list --profile",
    "signalbox deadletters list signalbox-forward-failures",
    "signalbox deadletters redrive share-ami-failures",
    "signalbox deadletters redrive signalbox-bus-failures",
    "signalbox history .. --verify",
    "signalbox history ami-0123456789abcdef0 --output json",
    "signalbox history ami-0123456789abcdef0 --verify",
    "signalbox ledger forget ID",
    "signalbox ledger list",
    "signalbox ledger release ID",
    "signalbox ledger release ID --force OWNER",
    "signalbox manifest check FILE",
    "signalbox replay --archive",
    "signalbox replay --file events.json --name NAME --apply",
    "signalbox run event.json",
    "signalbox send event.json",
];

const IMAGE: &str = "ami-0123456789abcdef0";
const REVERTED: &str = "image: no account\nsnap-1: 123456789012, 987654321098\n";

/// An account in the runbook's state, and what was run there.
struct Story {
    shipping: Shipping,
    part: Part,
    image: String,
    account: String,
    manifest: String,
}

impl Story {
    async fn begin() -> Self {
        let shipping = Shipping::begin().await;
        let (image, account) = (shipping.scene.image().to_owned(), shipping.scene.world.account.clone());
        let manifest = format!("s3://{}/share.json", shipping.scene.world.bucket());
        done(&shipping.deploy("first"));
        done(&shipping.deploy("second"));
        shipping.operator.write("event.json", &shipping.scene.event);
        Self { shipping, part: Part::of(COMMANDS), image, account, manifest }
    }

    /// Runs a command of the page, with these in place of its examples.
    fn run(&mut self, beginning: &'static str, instead: &[(&str, &str)]) -> Ran {
        self.shipping.operator.run(&self.part.take(beginning, instead))
    }

    /// The same, where it does what it says.
    fn done(&mut self, beginning: &'static str, instead: &[(&str, &str)]) -> String {
        let ran = self.run(beginning, instead);
        assert_eq!(ran.code, Some(0), "{beginning}: {}{}", ran.out, ran.said);
        ran.out
    }

    async fn picture(&self) -> String {
        self.shipping.scene.picture().await
    }

    /// Puts a message into a queue, which is made if there is none of the name: the message's id.
    fn put(&self, queue: &str, body: &str) -> String {
        self.shipping.operator.write("body.json", body);
        let url = format!("url=$(aws sqs create-queue --queue-name {queue} --query QueueUrl --output text)");
        self.shipping.ask(&format!(
            "{url}; aws sqs send-message --queue-url \"$url\" --message-body file://body.json --query MessageId --output text"
        ))
    }
}

#[tokio::test]
async fn the_commands_about_shares_do_what_the_runbook_says() {
    let mut story = Story::begin().await;
    go_back(&mut story);
    look_again_and_revert(&mut story).await;
    hand_over_what_failed(&mut story).await;
    look_at_the_ledger(&mut story).await;
    replay(&mut story);
    move_records(&mut story).await;
    watch_and_delete(&mut story).await;
    story.part.assert_all_ran();
}

fn go_back(story: &mut Story) {
    let command = story.part.take("make rollback FUNCTION=share-ami", &[]);
    let arguments = command.strip_prefix("make ").unwrap().to_owned();
    done(&story.shipping.make(&arguments));
    assert_eq!(story.shipping.running(), story.shipping.sum_of("first"));
}

async fn look_again_and_revert(story: &mut Story) {
    let (image, account, manifest) = (story.image.clone(), story.account.clone(), story.manifest.clone());
    story.shipping.ask(&format!("aws s3 cp {manifest} share.json >&2"));
    story.done("signalbox manifest check FILE", &[("FILE", "share.json")]);
    let own =
        [("111122223333", account.as_str()), (IMAGE, &image), ("s3://com-example-signalbox/share.json", &manifest)];
    // A plan that has steps ends with 2, which a shell at a terminal goes past.
    let script = story.part.take("look_at()", &own);
    let looked = story.shipping.operator.run(&format!("set +e\n{script}"));
    assert!(
        looked.out.contains(&format!("+ {image}")) || looked.out.contains("share ami"),
        "{}{}",
        looked.out,
        looked.said
    );
    assert!(looked.out.contains("\"outcome\": \"applied\""), "{}{}", looked.out, looked.said);
    assert_eq!(story.picture().await, SHARED);
    let of_image = [(IMAGE, image.as_str())];
    let arn = format!("arn:aws:ec2:eu-west-1::image/{image}");
    let snapshot = "arn:aws:rds:eu-west-1:111122223333:snapshot:base-db-v1";
    let told = story.done("signalbox history ami-0123456789abcdef0 --verify", &[of_image[0], (snapshot, &arn)]);
    assert!(told.contains("intent") && told.contains("\"outcome\"") || told.contains("outcome"), "{told}");
    story.done("signalbox history .. --verify", &[("..", &image)]);
    let reverts = story.done("signalbox history ami-0123456789abcdef0 --output json", &of_image);
    let revert =
        reverts.lines().rev().find_map(|line| Some(line.split_once(" outcome ")?.1.to_owned())).expect("an outcome");
    story.shipping.ask(&revert);
    assert_eq!(story.picture().await, REVERTED, "{revert}");
}

fn denied(account: &str) -> Fault {
    let (service, operation) = (Some("ec2".into()), Some("DescribeImages".into()));
    Fault { service, operation, times: usize::MAX, ..Fault::new(account, FaultKind::AccessDenied) }
}

async fn hand_over_what_failed(story: &mut Story) {
    // An occurrence of its own: that of the command before is done.
    story.shipping.operator.write("event.json", &story.shipping.scene.event);
    AWS.inject(&denied(&story.account));
    story.shipping.ask(
        "aws lambda invoke --function-name share-ami --invocation-type Event --payload fileb://event.json answer.json",
    );
    let url =
        story.shipping.ask("aws sqs get-queue-url --queue-name share-ami-failures --query QueueUrl --output text");
    let sqs = aws_sdk_sqs::Client::new(story.shipping.scene.world.sessions.config());
    while crate::cli::deadletters::counted(&sqs, &url).await != ["1", "0"] {}
    AWS.clear_faults(&story.account);
    let unwanted = story.put("share-ami-failures", "neither event nor record");
    let shown = story.done("signalbox deadletters list --profile", &[("MESSAGE", &unwanted)]);
    assert!(shown.contains("share-ami-failures: 2 waiting") && shown.contains("why: it does not say"), "{shown}");
    let dropped = story.done("signalbox deadletters drop", &[("MESSAGE", &unwanted)]);
    assert!(dropped.contains("1 done"), "{dropped}");
    let script = story.part.take("signalbox deadletters redrive share-ami-failures", &[]);
    let redriven = story.shipping.operator.run(&format!("set +e\n{script}"));
    assert!(redriven.code == Some(0) && redriven.out.contains("1 done, 0 kept"), "{}{}", redriven.out, redriven.said);
    assert_eq!(story.picture().await, SHARED);
    let (sent, manifest) = (story.done("signalbox send event.json", &[]), story.manifest.clone());
    assert!(sent.contains("share-ami"), "{sent}");
    let run =
        story.part.take("signalbox run event.json", &[("--manifest ..", "--manifest MANIFEST"), ("..", "everybody")]);
    let ran = story.shipping.operator.run(&run.replace("MANIFEST", &manifest));
    assert!(ran.code == Some(0) && ran.out.contains("repeated"), "{}{}", ran.out, ran.said);
}

async fn look_at_the_ledger(story: &mut Story) {
    let ledger = story.shipping.scene.world.ledger();
    let key = |name: &str| Key::new([story.account.as_str(), "eu-west-1", name]);
    let mut owners = Vec::new();
    for (name, lease) in [("lapsed", Duration::ZERO), ("working", Duration::from_hours(1))] {
        let claimed = ledger.claim(&key(name), Repeat::Skip, lease).await.unwrap();
        let Claim::Fresh(owner) = claimed else { panic!("{name} is claimed already") };
        owners.push((format!("share-ami#{}", key(name)), owner.0));
    }
    let event: Value = serde_json::from_str(&story.shipping.scene.event).unwrap();
    let request = event["detail"]["RequestId"].as_str().unwrap().to_owned();
    let (image, account) = (story.image.clone(), story.account.clone());
    let own = [("111122223333", account.as_str()), (IMAGE, &image), ("REQUEST-ID", &request)];
    let listed = story.done("signalbox ledger list", &own);
    assert!(listed.contains("state: done"), "{listed}");
    story.done("signalbox ledger release ID", &[("ID", &owners[0].0)]);
    story.done("signalbox ledger release ID --force OWNER", &[("ID", &owners[1].0), ("OWNER", &owners[1].1)]);
    let id = format!("share-ami#{account}/eu-west-1/{image}/available/{request}");
    story.done("signalbox ledger forget ID", &[("ID", &id)]);
    assert!(ledger.record(&Key::new([&account, "eu-west-1", &image, "available", &request])).await.unwrap().is_none());
}

fn replay(story: &mut Story) {
    let event = story.shipping.scene.event.clone();
    let letter = record(&serde_json::from_str(&event).unwrap(), "arn");
    story.put("signalbox-bus-failures", &event);
    let redriven = story.done("signalbox deadletters redrive signalbox-bus-failures", &[("NAME", "share-ami")]);
    assert!(redriven.contains("unchanged") && redriven.contains("1 done"), "{redriven}");
    story.put("signalbox-forward-failures", &letter);
    let replayed = story.done("signalbox deadletters list signalbox-forward-failures", &[]);
    assert!(replayed.ends_with("1 done, 0 not\n"), "{replayed}");
    let replayed = story.done("signalbox replay --file events.json --name NAME --apply", &[("NAME", "by-hand")]);
    assert!(replayed.ends_with("replay by-hand: 1 done, 0 not\n"), "{replayed}");
    let account = story.account.clone();
    story.done("aws events create-archive", &[("111122223333", &account)]);
    let [from, to] =
        [4, 3].map(|hours| story.shipping.ask(&format!("date -u -d '{hours} hours ago' +%Y-%m-%dT%H:%M:%SZ")));
    let script = story
        .part
        .take("signalbox replay --archive", &[("2026-11-01T00:00:00Z", &from), ("2026-11-02T00:00:00Z", &to)]);
    let replayed = story.shipping.operator.run(&format!("set +e\n{script}"));
    assert!(replayed.code == Some(0) && replayed.out.ends_with("COMPLETED\n"), "{}{}", replayed.out, replayed.said);
}

async fn move_records(story: &mut Story) {
    let world = &story.shipping.scene.world;
    world.create_rotations().await;
    let id = "rotate-bearer-token#rotation/ARN/due";
    let put = world.dynamodb.put_item().table_name(crate::world::LEDGER).item("id", AttributeValue::S(id.into()));
    put.item("open", AttributeValue::S("noted".into())).send().await.unwrap();
    story.done("aws dynamodb scan --table-name signalbox-ledger", &[]);
    let moved = format!(
        "aws dynamodb get-item --table-name signalbox-rotations --key '{{\"id\": {{\"S\": \"{id}\"}}}}' | jq -c .Item.open"
    );
    assert_eq!(story.shipping.ask(&moved), "{\"S\":\"noted\"}");
    story.done("KEY='{\"id\"", &[]);
    assert_eq!(story.shipping.ask(&moved), "null");
}

async fn watch_and_delete(story: &mut Story) {
    std::fs::create_dir_all(story.shipping.operator.folder.join("infra")).unwrap();
    story.shipping.operator.write("infra/operations.yaml", &crate::tidy::read("infra/operations.yaml"));
    let script = story.part.take("aws cloudformation deploy --stack-name signalbox-operations", &[]);
    let deployed = story.shipping.operator.run(&script);
    assert!(deployed.code == Some(0) && deployed.out.contains("TopicArn"), "{}{}", deployed.out, deployed.said);
    // Debian's AWS CLI (2.9) does not know the option by which a table is not protected any more: that line is carried out without it.
    let script = story.part.take("for table in signalbox-grants", &[]);
    let known: Vec<_> = script.lines().filter(|line| !line.ends_with("--no-deletion-protection-enabled")).collect();
    assert_eq!(known.len(), script.lines().count() - 1);
    for table in ["signalbox-grants", "signalbox-audit", "signalbox-rotations"] {
        let update = story.shipping.scene.world.dynamodb.update_table().table_name(table);
        update.deletion_protection_enabled(false).send().await.unwrap();
    }
    done(&story.shipping.operator.run(&known.join("\n")));
    assert_eq!(
        story.shipping.ask("aws dynamodb list-tables --output json | jq -c .TableNames"),
        "[\"signalbox-ledger\"]"
    );
}
