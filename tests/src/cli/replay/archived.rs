//! An archive that has events: EventBridge itself hands them to the deployed function, once as they happen and once for each replay.
//!
//! Three things the local EventBridge is taught, as AWS does them (`ministack_event_mends.py`): it takes events of AWS's own services from
//! who plays the service, with the time of the event, and a replay goes to the rules that it names. It keeps an event at once, where AWS takes up to ten
//! minutes; and it does not hand an event over again when the function fails.

use std::time::Duration;

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use super::{Account, SHARED, at, forbid_launch, ok};
use crate::cli::{Ran, run};
use crate::functions::share_ami::GIVEN;
use crate::templates::deployed::TABLE;
use crate::world::{AWS, REGION, now};

/// An account with the function, an archive of the default bus, and a rule of others that hears the same.
struct Archived {
    account: Account,
    id: String,
    /// How late it was so many hours ago: one replay has the same hours each time.
    hours: Vec<String>,
}

impl Archived {
    async fn set_up() -> Self {
        let account = Account::set_up(&GIVEN, "an-image-became-available").await;
        let id = account.scene.world.account.clone();
        let (events, bus) = (&account.events, format!("arn:aws:events:{REGION}:{id}:event-bus/default"));
        events.create_archive().archive_name("images").event_source_arn(bus).send().await.unwrap();
        account.sqs.create_queue().queue_name("others").send().await.unwrap();
        events.put_rule().name("others").event_pattern("{\"source\": [\"aws.ec2\"]}").send().await.unwrap();
        let target = Target::builder().id("queue").arn(format!("arn:aws:sqs:{REGION}:{id}:others")).build().unwrap();
        events.put_targets().rule("others").targets(target).send().await.unwrap();
        Self { account, id, hours: (0..=24).map(at).collect() }
    }

    /// Puts the event of the image on the bus, as EC2 did so many hours ago.
    async fn put(&self, hours_ago: u64) {
        let event: Value = serde_json::from_str(&self.account.scene.event).unwrap();
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let time = now() - Duration::from_hours(hours_ago);
        let entry = PutEventsRequestEntry::builder().source(text("source")).detail_type(text("detail-type"));
        let entry = entry.detail(event["detail"].to_string()).time(time.into()).build();
        let put = self.account.events.put_events().entries(entry).customize().mutate_request(|request| {
            request.headers_mut().insert("x-local-service", "true");
        });
        assert_eq!(put.send().await.unwrap().failed_entry_count(), 0);
    }

    /// The id in the ledger of the image's event, with what follows the request.
    fn occurrence(&self, of: &str) -> String {
        let event: Value = serde_json::from_str(&self.account.scene.event).unwrap();
        let request = event["detail"]["RequestId"].as_str().unwrap();
        format!("share-ami#{}/{REGION}/{}/available/{request}{of}", self.id, self.account.scene.image())
    }

    /// What the ledger has of an occurrence when it is dealt with. EventBridge does not wait for Lambda: it is asked for until then.
    fn settled(&self, of: &str) -> Value {
        let show = ["ledger", "show", &self.occurrence(of), "--ledger-table", TABLE, "--output", "json"];
        loop {
            let ran = run(&self.id, &show, "");
            let shown: Value = serde_json::from_str(&ran.out).unwrap_or_default();
            match shown["state"].as_str() {
                Some("done") => return shown,
                Some("working") => {}
                None if ran.said.contains("there is no record") => {}
                _ => panic!("{of}: {}{}", ran.out, ran.said),
            }
        }
    }

    /// A replay of the hours between, under this name; planned where it is not to be applied.
    fn replay(&self, (from, to): (usize, usize), name: &str, apply: bool) -> Ran {
        let (from, to) = (&self.hours[from], &self.hours[to]);
        let arguments = ["replay", "--archive", "images", "--from", from, "--to", to, "--name", name, "--apply"];
        run(&self.id, &arguments[..if apply { 10 } else { 9 }], "")
    }

    /// How many occurrences the ledger has.
    async fn occurrences(&self) -> usize {
        self.account.remembered().await.len()
    }

    /// How many events the rule of others has sent to its queue.
    async fn of_others(&self) -> String {
        let many = QueueAttributeName::ApproximateNumberOfMessages;
        let url = self.account.sqs.get_queue_url().queue_name("others").send().await.unwrap().queue_url.unwrap();
        let asked = self.account.sqs.get_queue_attributes().queue_url(url).attribute_names(many.clone());
        asked.send().await.unwrap().attributes.unwrap()[&many].clone()
    }

    fn started(&self) -> usize {
        AWS.calls(&self.id).iter().filter(|it| it.operation == "StartReplay").count()
    }

    async fn take_away(&self) {
        forbid_launch(&self.account.scene, "987654321098").await;
        assert_ne!(self.account.scene.picture().await, SHARED);
    }
}

#[tokio::test]
async fn an_archived_event_is_worked_on_once_more_for_each_replay_and_by_our_functions_alone() {
    let it = Archived::set_up().await;
    it.put(2).await;
    let first = it.settled("");
    assert_eq!((&first["outcome"], &first["by"]), (&json!("applied"), &json!({"rules": ["share-ami"]})), "{first}");
    it.take_away().await;
    let planned = it.replay((3, 1), "mended", false);
    assert_eq!(planned.code, Some(2), "{}{}", planned.out, planned.said);
    assert!(planned.out.contains("~ rule share-ami -> share-ami\n"), "{}", planned.out);
    assert_eq!((it.started(), it.occurrences().await), (0, 1), "a plan starts nothing");
    let done = it.replay((3, 1), "mended", true);
    ok(&done);
    assert!(done.out.ends_with("COMPLETED\n"), "{}", done.out);
    let again = it.settled("/mended");
    assert_eq!((&again["outcome"], &again["by"]), (&json!("applied"), &json!({"rules": ["share-ami"]})), "{again}");
    assert_eq!(it.account.scene.picture().await, SHARED);
    assert_eq!(it.of_others().await, "1", "rules of others hear it once, as it happened");
    it.take_away().await;
    ok(&it.replay((3, 1), "mended", true));
    assert_eq!((it.started(), it.occurrences().await), (1, 2), "by the same name it is watched, and not started again");
    ok(&it.replay((3, 1), "once-more", true));
    assert_eq!(it.settled("/once-more")["outcome"], "applied");
    assert_eq!((it.account.scene.picture().await.as_str(), it.occurrences().await), (SHARED, 3));
    assert_eq!(it.of_others().await, "1");
}

#[tokio::test]
async fn what_may_not_be_archived_yet_or_lies_outside_of_the_while_is_not_replayed() {
    let it = Archived::set_up().await;
    it.put(2).await;
    it.settled("");
    it.take_away().await;
    let planned = it.replay((3, 0), "early", false);
    assert!(planned.out.contains("note: not archived yet"), "{}", planned.out);
    let early = it.replay((3, 0), "early", true);
    assert_eq!((early.code, it.started()), (Some(254), 0), "{}", early.said);
    assert!(early.said.contains("not archived yet: EventBridge may take ten minutes"), "{}", early.said);
    ok(&it.replay((5, 4), "before", true));
    ok(&it.replay((3, 1), "with-it", true));
    assert_eq!(it.settled("/with-it")["outcome"], "applied");
    assert_eq!((it.started(), it.occurrences().await), (2, 2));
}
