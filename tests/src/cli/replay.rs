//! `signalbox replay`: a replay is an occurrence of its own, and each event is worked on once for each replay.

mod archived;

use aws_sdk_ec2::types::{LaunchPermission, LaunchPermissionModifications};
use aws_sdk_eventbridge::primitives::DateTime;
use expect_test::expect;
use serde_json::{Value, json};

use super::deadletters::{counted, record};
use super::{Ran, run};
use crate::functions::share_ami::{GIVEN, Scene};
use crate::templates::deployed::DeployedAccount;
use crate::world::{World, now};

const SHARED: &str = "image: 123456789012, 987654321098\nsnap-1: 123456789012, 987654321098\n";

type Account = DeployedAccount<Scene>;

/// The names of the occurrences that the ledger has.
async fn occurrences(account: &Account) -> Vec<String> {
    let image = account.scene.image();
    let of = |it: &Value| it["key"].as_str().unwrap().split(image).nth(1).unwrap().to_owned();
    let mut names: Vec<_> = account.remembered().await.iter().map(of).collect();
    names.sort();
    names
}

fn ok(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
}

#[tokio::test]
async fn events_of_a_file_and_of_a_failure_queue_are_worked_on_once_for_each_replay() {
    let account: Account = Account::set_up(&GIVEN, "an-image-became-available").await;
    let (id, event) = (account.scene.world.account.clone(), account.scene.event.clone());
    account.ask("share-ami", &event).await;
    // A person took it away, and wants it as the manifest says.
    let take_away = async || forbid_launch(&account.scene, "987654321098").await;
    take_away().await;
    let planned = run(&id, &["replay", "--file", "-"], &event);
    assert_eq!(planned.code, Some(2), "{}", planned.said);
    expect![[r#"
        ~ replay-1  EC2 AMI State Change -> share-ami
        1 would be handed over, 0 not; to carry it out: the same with --name NAME --apply
    "#]]
    .assert_eq(&planned.out);
    assert_ne!(account.scene.picture().await, SHARED);
    let mended = ["replay", "--file", "-", "--name", "mended", "--apply"];
    let twice = format!("[{event}]\n{event}");
    let done = run(&id, &mended, &twice);
    ok(&done);
    expect![[r#"
        mended-1  EC2 AMI State Change -> share-ami: applied
        mended-2  EC2 AMI State Change -> share-ami: repeated: this occurrence was handled before
        replay mended: 2 done, 0 not
    "#]]
    .assert_eq(&done.out);
    assert_eq!(account.scene.picture().await, SHARED);
    take_away().await;
    let again = run(&id, &[&mended[..], &["--function", "share-ami", "--output", "json"]].concat(), &event);
    ok(&again);
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(again["events"][0]["outcome"], "repeated: this occurrence was handled before");
    assert_ne!(account.scene.picture().await, SHARED, "with the same name nothing is done again");
    replay_letters(&account, &id, &event).await;
    assert_ne!(occurrences(&account).await, [""; 0]);
    let req = serde_json::from_str::<Value>(&event).unwrap()["detail"]["RequestId"].as_str().unwrap().to_owned();
    let names = ["", "/again", "/mended"].map(|it| format!("/available/{req}{it}"));
    assert_eq!(occurrences(&account).await, names);
}

async fn forbid_launch(scene: &Scene, account: &str) {
    let lost = LaunchPermission::builder().user_id(account).build();
    let change = LaunchPermissionModifications::builder().remove(lost).build();
    let request = scene.world.ec2.modify_image_attribute().image_id(scene.image()).launch_permission(change);
    request.send().await.unwrap();
}

async fn replay_letters(account: &Account, id: &str, event: &str) {
    let url = &account.outputs["FailureQueueUrl"];
    let body = record(&serde_json::from_str(event).unwrap(), "arn");
    account.sqs.send_message().queue_url(url).message_body(body).send().await.unwrap();
    let again = ["replay", "--dlq", "share-ami-failures", "--name", "again"];
    let planned = run(id, &again, "");
    assert_eq!(planned.code, Some(2), "{}", planned.said);
    assert!(planned.out.ends_with("the same with --name again --apply\n"), "{}", planned.out);
    ok(&run(id, &[&again[..], &["--most", "5", "--apply"]].concat(), ""));
    assert_eq!(account.scene.picture().await, SHARED);
    assert_eq!(counted(&account.sqs, url).await, ["0", "0"]);
}

fn at(hours_ago: u64) -> String {
    let time = DateTime::from(now() - std::time::Duration::from_hours(hours_ago));
    DateTime::from_secs(time.secs()).fmt(aws_smithy_types::date_time::Format::DateTime).unwrap()
}

#[tokio::test]
async fn an_archive_is_replayed_to_the_rules_of_our_functions_once_for_each_name() {
    let account: Account = Account::set_up(&GIVEN, "an-image-became-available").await;
    let id = account.scene.world.account.clone();
    let bus = format!("arn:aws:events:eu-west-1:{id}:event-bus/default");
    let create = account.events.create_archive().archive_name("images").event_source_arn(&bus);
    create.retention_days(30).send().await.unwrap();
    account.events.put_rule().name("of-others").event_pattern("{\"source\": [\"aws.ec2\"]}").send().await.unwrap();
    let (from, to) = (at(2), at(1));
    let replay = |name: &str, apply: bool| {
        let arguments = ["replay", "--archive", "images", "--from", &from, "--to", &to, "--name", name, "--apply"];
        run(&id, &arguments[..if apply { 10 } else { 9 }], "")
    };
    let planned = replay("mended", false);
    assert_eq!(planned.code, Some(2), "{}{}", planned.out, planned.said);
    assert!(
        planned.out.contains("~ rule share-ami -> share-ami\n") && !planned.out.contains("of-others"),
        "{}",
        planned.out
    );
    assert!(planned.out.contains("note: the archive was made at"), "{}", planned.out);
    assert_eq!(account.events.list_replays().send().await.unwrap().replays(), [], "a plan starts nothing");
    for _ in 0..2 {
        let done = replay("mended", true);
        ok(&done);
        assert!(done.out.ends_with("COMPLETED\n"), "{}", done.out);
    }
    let replays = account.events.list_replays().send().await.unwrap().replays.unwrap();
    assert_eq!(replays.iter().map(|it| it.replay_name().unwrap()).collect::<Vec<_>>(), ["mended"]);
    let described = account.events.describe_replay().replay_name("mended").send().await.unwrap();
    let rule = format!("arn:aws:events:eu-west-1:{id}:rule/share-ami");
    assert_eq!(described.destination.unwrap().filter_arns(), [rule]);
    refuses(&id, &from, &to);
}

fn refuses(id: &str, from: &str, to: &str) {
    let (soon, future) = (at(0), "2099-01-01T00:00:00Z");
    for (from, to, more, code, told) in [
        (
            from,
            soon.as_str(),
            &["--name", "soon", "--apply"][..],
            254,
            "not archived yet: EventBridge may take ten minutes",
        ),
        (from, future, &[], 252, "--to has not come yet"),
        (to, from, &[], 252, "--from has to be before --to"),
        (from, to, &["--apply"], 252, "--name"),
        (from, to, &["--name", "a b", "--apply"], 252, "1 to 64 letters, digits"),
        (from, to, &["--function", "emr-dns"], 252, "hands events to emr-dns; nothing would be replayed"),
        (from, to, &["--function", "no-such"], 252, "there is no function `no-such`"),
        (&at(3), to, &["--name", "mended", "--apply"], 254, "the replay mended was of another archive or time"),
    ] {
        let ran = run(id, &[&["replay", "--archive", "images", "--from", from, "--to", to], more].concat(), "");
        assert_eq!(ran.code, Some(code), "{more:?}: {}{}", ran.out, ran.said);
        assert!(ran.said.contains(told), "{more:?}: {}", ran.said);
    }
    let soon = run(id, &["replay", "--archive", "images", "--from", from, "--to", &soon], "");
    assert!(soon.out.contains("note: not archived yet"), "{}", soon.out);
    let none = run(id, &["replay", "--archive", "others", "--from", from, "--to", to], "");
    assert_eq!(none.code, Some(252), "{}", none.said);
    assert!(none.said.contains("there is no archive others in this account and Region"), "{}", none.said);
}

#[tokio::test]
async fn a_file_that_cannot_be_replayed_is_refused_before_its_first_event() {
    let world = World::new().await;
    let step = json!({"Step": "createSecret", "SecretId": "a", "ClientRequestToken": "b"});
    for (arguments, text, code, told) in [
        (&["--file", "-"][..], "", 252, "standard input has no event in it"),
        (&["--file", "-"], "{\"a\": ", 252, "standard input, event 1: "),
        (&["--file", "-"], &step.to_string(), 252, "event 1: no function hears source ``"),
        (
            &["--file", "-", "--function", "rotate-db-user"],
            &step.to_string(),
            252,
            "no rule and no schedule hands such",
        ),
        (&["--file", "-", "--dlq", "share-ami-failures"], "", 252, "cannot be used with"),
        (&[], "", 252, "required"),
        (&["--archive", "a"], "", 252, "--from"),
    ] {
        let ran = run(&world.account, &[&["replay"], arguments].concat(), text);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}{}", ran.out, ran.said);
        assert!(ran.said.contains(told), "{arguments:?}: {}", ran.said);
    }
    let sample = crate::world::scene::read_sample("share-ami", "an-image-became-available");
    let nowhere = run(&world.account, &["replay", "--file", "-"], &sample);
    assert_eq!(nowhere.code, Some(254), "{}", nowhere.said);
    assert!(nowhere.out.contains("share-ami is not deployed in this account and Region"), "{}", nowhere.out);
}
