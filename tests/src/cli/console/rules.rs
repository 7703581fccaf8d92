//! An event's page and `signalbox ledger show` name the rules that hand such events to the function, as EventBridge has them.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{RuleState, Target};
use ledger::DynamoLedger;
use local_aws::{Fault, FaultKind};
use reaction::{Claim, Key, Ledger, Repeat};
use serde_json::{Value, json};

use super::shown::facts;
use super::{Console, printed, query};
use crate::cli::run;
use crate::world::{AWS, LEDGER, REGION, World};

/// A rule of a bus: with a pattern, or else with a schedule.
struct Rule {
    bus: &'static str,
    name: &'static str,
    is_schedule: bool,
    function: &'static str,
}

const RULES: [Rule; 6] = [
    Rule { bus: "default", name: "images", is_schedule: false, function: "share-ami" },
    Rule { bus: "hub", name: "images", is_schedule: false, function: "share-ami" },
    Rule { bus: "default", name: "images-of-others", is_schedule: false, function: "share-ami-of-others" },
    Rule { bus: "default", name: "nightly", is_schedule: true, function: "share-ami" },
    Rule { bus: "default", name: "manifests", is_schedule: false, function: "reconcile-shares" },
    Rule { bus: "default", name: "sweeps", is_schedule: true, function: "reconcile-shares" },
];

const IMAGE: &str = "share-ami#111122223333/eu-west-1/ami-1/available/req-1";

impl Rule {
    async fn put(&self, events: &Client, account: &str) {
        let Self { bus, name, is_schedule, function } = *self;
        let put = events.put_rule().event_bus_name(bus).name(name);
        let put = if is_schedule {
            put.schedule_expression("rate(1 day)")
        } else {
            put.event_pattern("{\"source\": [\"aws.ec2\"]}")
        };
        put.send().await.unwrap();
        let arn = format!("arn:aws:lambda:{REGION}:{account}:function:{function}");
        let target = Target::builder().id("it").arn(arn).build().unwrap();
        events.put_targets().event_bus_name(bus).rule(name).targets(target).send().await.unwrap();
    }
}

/// A world with the rules, and with an occurrence of each of these ids in its ledger.
async fn world(ids: &[&'static str]) -> (World, Client) {
    let world = World::new().await;
    let events = Client::new(world.sessions.config());
    events.create_event_bus().name("hub").send().await.unwrap();
    for rule in &RULES {
        rule.put(&events, &world.account).await;
    }
    for id in ids {
        let (function, key) = id.split_once('#').unwrap();
        let ledger = DynamoLedger::new(&world.sessions, LEDGER, function);
        let claimed = ledger.claim(&Key::new([key]), Repeat::Skip, std::time::Duration::from_mins(1)).await.unwrap();
        assert!(matches!(claimed, Claim::Fresh(_)), "{id}");
    }
    (world, events)
}

/// What the page says of the rule, what the command's JSON has, and the line that it prints.
fn told(console: &Console, account: &str, id: &str) -> (String, Value, String) {
    let page = facts(&console.page(&format!("/event?{}", query("id", id))).body)["Rule"].clone();
    let show = ["ledger", "show", id, "--ledger-table", LEDGER];
    let text = run(account, &show, "").out;
    let line = text.lines().find_map(|it| it.strip_prefix("rule: ")).unwrap_or_else(|| panic!("{text}")).to_owned();
    (page, printed(account, &show)["by"].clone(), line)
}

#[tokio::test]
async fn an_event_names_the_enabled_rules_that_hand_such_events_to_its_function() {
    let ids = [
        IMAGE,
        "reconcile-shares#sweep",
        "reconcile-shares#manifest/1",
        "check-policy#111122223333/job",
        "emr-dns#sweep",
    ];
    let (world, events) = world(&ids).await;
    let (account, console) = (&world.account, Console::entered(&world.account));
    let rules = |names: &[&str]| json!({ "rules": names });
    for (id, by, line) in [
        (IMAGE, rules(&["images", "images on the bus hub"]), "images or images on the bus hub"),
        (ids[1], rules(&["sweeps"]), "sweeps"),
        (ids[2], rules(&["manifests"]), "manifests"),
        (ids[3], json!({"otherwise": "a job of a pipeline"}), "none: a job of a pipeline"),
        (ids[4], rules(&[]), "none: no enabled rule hands such events to it"),
    ] {
        assert_eq!(told(&console, account, id), (line.to_owned(), by, line.to_owned()), "{id}");
    }
    events.disable_rule().event_bus_name("hub").name("images").send().await.unwrap();
    let described = events.describe_rule().event_bus_name("hub").name("images").send().await.unwrap();
    assert_eq!(described.state, Some(RuleState::Disabled));
    assert_eq!(told(&console, account, IMAGE).1, rules(&["images"]), "a rule that is off hands over nothing");
}

#[tokio::test]
async fn where_rules_may_not_be_read_the_page_and_the_command_say_so_and_show_the_rest() {
    let (world, _) = world(&[IMAGE]).await;
    let (account, console) = (&world.account, Console::entered(&world.account));
    for operation in ["ListEventBuses", "ListRuleNamesByTarget", "DescribeRule"] {
        let (service, operation) = (Some("events".to_owned()), Some(operation.to_owned()));
        AWS.inject(&Fault { service, operation, times: usize::MAX, ..Fault::new(account, FaultKind::AccessDenied) });
        let (page, by, line) = told(&console, account, IMAGE);
        assert!(page.starts_with("not known: ") && page.contains("events:ListRuleNamesByTarget"), "{page}");
        assert!(by["unread"].is_string(), "{by}");
        assert_eq!(page, line);
        AWS.clear_faults(account);
    }
    let body = console.page(&format!("/event?{}", query("id", IMAGE))).body;
    assert_eq!(facts(&body)["State"], "working");
}
