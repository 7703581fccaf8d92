//! The world of `report-patches`: instances, groups and windows in an account of their own, an event about them, and what the table and
//! the sent reports say afterwards, with the ids and times of the samples.

pub mod checks;
mod deployed;
mod faults;
mod given;
mod many;
mod orders;
mod stories;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use ledger::DynamoLedger;
use patching::Limits;
use reaction::{Mode, Reaction, Report, drive_json};
use report_patches::ReportPatches;
use serde_json::Value;

use crate::world::patching::{PATCHES, hours_ago, make_baseline, make_window, name, register, run, tell};
use crate::world::scene::{self, read_sample};
use crate::world::{AWS, LEDGER, SAMPLE_ACCOUNT, World, begin_earlier, rest_of_day, run_for};

pub use given::*;

/// An item of the table.
type Item = std::collections::HashMap<String, AttributeValue>;

/// Longer than an event is delivered again.
const AN_EVENT: Duration = Duration::from_hours(2);

/// A world in which an event is about to be heard.
pub struct Scene {
    pub world: World,
    event: String,
    /// What AWS calls something, and what the samples call it.
    named: Vec<(String, String)>,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = ReportPatches::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        // A day has one record of how it stands, and the same event may come again until the day is over.
        if rest_of_day() < AN_EVENT {
            begin_earlier(AN_EVENT);
        }
        let world = World::new().await;
        world.create_patches().await;
        let named = vec![(world.account.clone(), SAMPLE_ACCOUNT.into())];
        let mut scene = Self { world, event: String::new(), named };
        scene.make_windows(given).await;
        scene.make_instances(given).await;
        if !given.before.is_empty() {
            scene.tell_all(given.before).await;
            let report = scene.hear_of(SWEEP).await;
            assert_eq!(report.outcome, reaction::Outcome::Applied, "{report}");
        }
        scene.tell_all(given.instances).await;
        scene.event = scene.with_own_ids(&read_sample(Self::FUNCTION, sample));
        scene
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        drive_json(&self.function(), &self.ledger(), mode, &run_for(Duration::from_mins(15)), &self.event).await
    }

    /// What the table has, and what was sent.
    async fn picture(&self) -> String {
        let mut text = String::new();
        self.items().await.iter().for_each(|(name, item)| text += &shown(name, item));
        self.reported().iter().for_each(|line| writeln!(text, "reported: {line}").unwrap());
        self.with_sample_ids(&text)
    }

    fn with_sample_ids(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (id, sample)| text.replace(id, sample))
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![("PatchesTable".into(), PATCHES.into())]
    }
}

impl Scene {
    /// The function.
    pub fn function(&self) -> ReportPatches {
        let limits = Limits::read(&|_| None).expect("the limits that hold where none are given");
        ReportPatches::new(self.world.sessions.clone(), limits, PATCHES)
    }

    fn ledger(&self) -> DynamoLedger {
        DynamoLedger::new(&self.world.sessions, LEDGER, ReportPatches::NAME)
    }

    /// Hears an event, in which the ids are those of the samples.
    pub async fn hear_of(&self, event: &str) -> Report {
        let event = self.with_own_ids(event);
        drive_json(&self.function(), &self.ledger(), Mode::Apply, &run_for(Duration::from_mins(15)), &event).await
    }

    /// The text of a sample with the ids that AWS made up.
    pub fn with_own_ids(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (id, sample)| text.replace(sample.as_str(), id))
    }

    /// What AWS calls what the samples call so.
    pub fn id_of(&self, sample: &str) -> &str {
        &self.named.iter().find(|(_, it)| it == sample).unwrap_or_else(|| panic!("there is no {sample}")).0
    }

    async fn make_windows(&mut self, given: &Given) {
        for group in given.baselines {
            make_baseline(&self.world, group).await;
        }
        for (sample, name, document, group) in given.windows {
            let id = make_window(&self.world, name, document, *group).await;
            self.named.push((id, (*sample).into()));
        }
    }

    /// Runs the instances, in the order of their ids, stops some again, and registers those that are managed.
    async fn make_instances(&mut self, given: &Given) {
        let mut nodes: Vec<_> = given.instances.iter().chain(given.before).collect();
        nodes.sort_by_key(|it| it.id);
        nodes.dedup_by_key(|it| it.id);
        let of_ec2: Vec<_> = nodes.iter().filter(|it| it.id.starts_with("i-")).collect();
        let mut ids = run(&self.world, of_ec2.len()).await;
        // Plans are in the order of ids.
        ids.sort();
        for (id, node) in ids.into_iter().zip(of_ec2) {
            name(&self.world, &id, &[("Patch Group", node.group), ("Name", "web")]).await;
            if !node.runs {
                self.world.ec2.stop_instances().instance_ids(&id).send().await.unwrap();
            }
            self.named.push((id, node.id.into()));
        }
        for node in nodes {
            if let Some(days) = node.managed_for_days {
                register(&self.world, &self.with_own_ids(node.id), days).await;
            }
        }
    }

    async fn tell_all(&mut self, nodes: &[Node]) {
        for node in nodes {
            let Some(told) = &node.scan else { continue };
            let at = self.time(told.hours);
            tell(&self.world, &self.with_own_ids(node.id), node.group, told, &at).await;
        }
    }

    /// The time so many hours ago, by one clock for the whole scene.
    fn time(&mut self, hours: u64) -> String {
        let called = format!("{hours} hours ago");
        if let Some((known, _)) = self.named.iter().find(|(_, it)| *it == called) {
            return known.clone();
        }
        let at = hours_ago(hours);
        self.named.push((at.clone(), called));
        at
    }

    /// The items of the table, by name.
    pub async fn items(&self) -> BTreeMap<String, Item> {
        items(&self.world).await
    }

    /// The details of the reports that EventBridge got, each once.
    pub fn reports(&self) -> BTreeMap<String, Value> {
        let sent = AWS
            .calls(&self.world.account)
            .into_iter()
            .filter(|it| it.operation == "PutEvents" && it.status == Some(200));
        let details = sent.map(|call| {
            let told: Value = serde_json::from_str(&call.body).unwrap();
            assert_eq!(
                (&told["Entries"][0]["Source"], &told["Entries"][0]["DetailType"]),
                (&"signalbox".into(), &"Signalbox Patch Report".into())
            );
            serde_json::from_str::<Value>(told["Entries"][0]["Detail"].as_str().unwrap()).unwrap()
        });
        details.map(|it| (it["id"].as_str().unwrap().to_owned(), it)).collect()
    }

    /// What the reports told, each thing once.
    fn reported(&self) -> BTreeSet<String> {
        let worse = self.reports().into_values().flat_map(|it| it["worse"].as_array().unwrap().clone());
        worse
            .map(|it| format!("{}: {}", it["instance"].as_str().unwrap_or("account"), it["what"].as_str().unwrap()))
            .collect()
    }
}

async fn items(world: &World) -> BTreeMap<String, Item> {
    let found = world.dynamodb.scan().table_name(PATCHES).send().await.unwrap().items.unwrap();
    found.into_iter().map(|it| (it["item"].as_s().unwrap().clone(), it)).collect()
}

/// What the table has of instances: of each a line, and a line for each of its scans; sorted.
pub async fn recorded(world: &World) -> Vec<String> {
    let mut lines: Vec<_> = items(world).await.iter().map(|(name, item)| shown(name, item)).collect();
    lines.retain(|line| line.starts_with("i-"));
    lines.sort();
    lines
}

/// An item as a line; none where it is not told.
fn shown(name: &str, item: &Item) -> String {
    let of = |field: &str| item.get(field);
    match name.split('#').collect::<Vec<_>>()[..] {
        ["head", id] => format!("{id}: {}, told: {}\n", at(of("at")), list(of("told"))),
        ["scan", id, _] => format!("{id}: scan {}: {}\n", at(of("at")), list(of("problems"))),
        ["day", _] => {
            let counted = ["compliant", "non_compliant", "unknown"].map(|it| format!("{it} {}", number(of(it))));
            format!("today: {}\n", counted.join(", "))
        }
        _ => String::new(),
    }
}

fn at(value: Option<&AttributeValue>) -> String {
    let at = value.and_then(|it| it.as_n().ok()).and_then(|it| it.parse().ok());
    at.map_or_else(|| "never".into(), patching::clock)
}

fn number(value: Option<&AttributeValue>) -> &str {
    value.and_then(|it| it.as_n().ok()).map_or("0", String::as_str)
}

fn list(value: Option<&AttributeValue>) -> String {
    let texts: Vec<_> =
        value.and_then(|it| it.as_l().ok()).into_iter().flatten().map(|it| it.as_s().unwrap().clone()).collect();
    if texts.is_empty() { "nothing".into() } else { texts.join(", ") }
}
