//! What a page shows is what the command prints that the page names: in the same account, of the same AWS.

mod runs;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::shown::{Cells, cells_of, facts, notices, plot, rows, rows_of};
use super::{Console, printed, query};
use crate::cli::{dns, patches, run};
use crate::functions::mirror_repository::{POINTED, Scene as Mirror};
use crate::functions::reconcile_shares::Scene as Shares;
use crate::functions::report_patches::{FOUND, NODE, Node, SWEEP};
use crate::world::patching::Told;
use crate::world::scene::Scene as _;
use crate::world::{AUDIT, GRANTS, World};

#[tokio::test]
async fn names_and_what_a_sweep_would_refuse_are_those_of_the_command() {
    let names = dns::Names::with_one_of_each().await;
    let account = &names.world.account;
    let mut command = Console::command(account, &[]);
    command.env("SIGNALBOX_MAX_REMOVALS", "0");
    let page = Console::entered_by(command).unwrap().page("/names").body;
    let printed = printed(account, &["dns", "--max-removals", "0"]);
    let columns = [
        ("Name", "name"),
        ("Target", "target"),
        ("Cluster", "cluster"),
        ("State", "state"),
        ("Owner", "owner"),
        ("Zone", "zone"),
        ("Drift", "drift"),
        ("Why", "why"),
    ];
    assert_eq!(rows(&page), rows_of(&printed["names"], &columns));
    let interlock = printed["interlock"].as_str().unwrap();
    assert_eq!(notices(&page), [format!("A sweep refuses this unless it is forced: {interlock}")]);
}

/// Of an instance, what the page and the command have of it.
const OF_INSTANCES: [(&str, &str); 9] = [
    ("Instance", "instance"),
    ("Name", "name"),
    ("Group", "group"),
    ("Critical", "critical"),
    ("Security", "security"),
    ("Missing", "missing"),
    ("Failed", "failed"),
    ("Reboot", "pending_reboot"),
    ("Scanned (UTC)", "scanned"),
];

#[tokio::test]
async fn patches_are_those_of_the_command() {
    let scene = patches::seen(&[Node { scan: Some(Told { hours: 30, patches: &[], ..FOUND }), ..NODE }]).await;
    scene.hear_of(SWEEP).await;
    let account = &scene.world.account;
    let console = Console::entered(account);
    let page = console.page("/patches").body;
    let told = printed(account, &["patches"]);
    let table = run(account, &["patches"], "").out;
    let expected = told["instances"].as_array().unwrap().iter().map(|it| {
        let mut cells = cells_of(it, &OF_INSTANCES);
        // The table says why something is unknown.
        let line = table.lines().find(|line| line.contains(it["instance"].as_str().unwrap())).unwrap();
        let status = it["status"].as_str().unwrap();
        cells.insert("Status".into(), line[line.rfind(status).unwrap()..].to_owned());
        cells.extend(plot(&it["trend"]).map(|trend| ("Trend".to_owned(), trend)));
        cells
    });
    assert_eq!(rows(&page), expected.collect::<Vec<_>>());
    let columns = [
        ("Instances", "instances"),
        ("Compliant", "compliant"),
        ("Non-compliant", "non_compliant"),
        ("Unknown", "unknown"),
        ("Critical patches", "critical"),
        ("Security patches", "security"),
        ("Failed patches", "failed"),
        ("Waiting for a reboot", "pending_reboot"),
    ];
    let mut summary = cells_of(&told["summary"], &columns);
    summary.extend(plot(&told["trend"]).map(|trend| ("Percent not known to be compliant".to_owned(), trend)));
    assert_eq!(facts(&page), summary);
    let wrong = told["wrong"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().split_once(": ").unwrap().1);
    assert_eq!(notices(&page), wrong.collect::<Vec<_>>());
    assert!(page.contains("<svg"), "{page}");
    console.assert_clean(&["/patches"]);
}

/// The forge of this world answers on a thread of its own.
#[tokio::test]
async fn repositories_are_those_of_the_command() {
    let scene = Mirror::set_up(&POINTED, "a-branch-was-pushed").await;
    let (account, location, bucket) = (scene.world.account.clone(), scene.location(), scene.bucket());
    let asked = move || {
        let options = ["--repositories", &location, "--bucket", &bucket];
        let page = Console::entered_with(&account, &options).unwrap().page("/repositories").body;
        (page, printed(&account, &[&["mirror", "list"], &options[..]].concat()))
    };
    let (page, listed) = tokio::task::spawn_blocking(asked).await.unwrap();
    let columns = [
        ("Repository", "repository"),
        ("Branch", "branch"),
        ("What", "what"),
        ("State", "state"),
        ("Mirrored", "mirrored"),
        ("Head", "head"),
    ];
    let expected = rows_of(&listed, &columns);
    assert!(!expected.is_empty(), "{listed}");
    assert_eq!(rows(&page), expected);
}

/// A text of an item that DynamoDB holds.
fn held(item: &HashMap<String, AttributeValue>, name: &str) -> String {
    item[name].as_s().unwrap().clone()
}

/// Of everything that the grants table holds: the resource, its account, and the principal, or what stands for the end of the audit.
async fn grants(world: &World) -> Vec<[String; 3]> {
    let scanned = world.dynamodb.scan().table_name(GRANTS).send().await.unwrap();
    let items = scanned.items.unwrap_or_default();
    items.iter().map(|it| ["resource", "account", "principal"].map(|name| held(it, name))).collect()
}

/// The page of a resource's audit, and what the command prints of it.
fn audited(console: &Console, account: &str, resource: &str) -> (String, Value) {
    let page = console.page(&format!("/history?account={account}&{}", query("resource", resource))).body;
    (page, printed(account, &["history", resource, "--verify"]))
}

fn items(history: &Value) -> Vec<Cells> {
    let columns = [
        ("No.", "seq"),
        ("When (UTC)", "at"),
        ("Phase", "kind"),
        ("Gains", "add"),
        ("Loses", "remove"),
        ("Why", "why"),
        ("Who", "who"),
    ];
    let item = |it: &Value| {
        let mut it = it.clone();
        if let Some(note) = it["note"].as_str() {
            it["why"] = json!(format!("{} ({note})", it["why"].as_str().unwrap()));
        }
        cells_of(&it, &columns)
    };
    history["items"].as_array().unwrap().iter().rev().map(item).collect()
}

#[tokio::test]
async fn the_audit_of_each_resource_is_that_of_the_command_and_so_is_its_verdict() {
    let scene = Shares::new().await;
    scene.sweep().await;
    let account = &scene.world.account;
    let console = Console::entered(account);
    let held = grants(&scene.world).await;
    let mut listed = Vec::new();
    for [resource, owner, _] in held.iter().filter(|[_, _, principal]| principal == "#head") {
        assert_eq!(owner, account);
        let (page, history) = audited(&console, account, resource);
        assert_eq!(rows(&page), items(&history), "{resource}");
        let seq = history["chain"]["consistent"]["seq"].as_u64().unwrap();
        assert_eq!(notices(&page), [format!("{seq} items agree with their hashes and with the grants table.")]);
        listed.push(seq.to_string());
    }
    assert!(listed.len() > 5, "{held:?}");
    let mut counted: Vec<_> = rows(&console.page("/audit").body).iter().map(|it| it["Items"].clone()).collect();
    counted.sort();
    listed.sort();
    assert_eq!(counted, listed, "the list has each resource");
    let found = rows(&console.page(&format!("/audit?{}", query("text", &scene.image))).body);
    assert_eq!(found.len(), 1, "the list is searched: {found:?}");
    let image = format!("arn:aws:ec2:eu-west-1::image/{}", scene.image);
    let (all, history) = audited(&console, account, &image);
    let intents: Vec<_> = items(&history).into_iter().filter(|it| it["Phase"] == "intent").collect();
    let page = console.page(&format!("/history?account={account}&{}&text=intent", query("resource", &image))).body;
    assert!(!intents.is_empty() && intents.len() < rows(&all).len(), "{all}");
    assert_eq!(rows(&page), intents, "an audit is searched");
    let first = scene.world.dynamodb.delete_item().table_name(AUDIT).key("resource", AttributeValue::S(image.clone()));
    first.key("seq", AttributeValue::N("1".into())).send().await.unwrap();
    let (page, history) = audited(&console, account, &image);
    let why = history["chain"]["broken"].as_str().unwrap();
    assert!(notices(&page)[0].contains(&format!("does not agree with its hashes: {why}")), "{page}");
}

/// What an ARN is of, as a person says it.
fn in_words(arn: &str) -> String {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let id = parts[5].strip_prefix("snapshot:").or(parts[5].strip_prefix("cluster-snapshot:")).unwrap_or(parts[5]);
    let id = ["image/", "snapshot/", "repository/", "key/"].iter().find_map(|it| id.strip_prefix(it)).unwrap_or(id);
    if parts[3].is_empty() { id.to_owned() } else { format!("{id} in {}", parts[3]) }
}

#[tokio::test]
async fn shares_are_those_that_the_table_holds_and_aws_has() {
    let scene = Shares::new().await;
    scene.sweep().await;
    let mut expected: BTreeMap<String, Cells> = BTreeMap::new();
    for [resource, owner, principal] in grants(&scene.world).await {
        if principal != "#head" {
            let name = in_words(&resource);
            let named = [("Resource".to_owned(), name.clone()), ("Owner".to_owned(), owner)];
            let row = expected.entry(name).or_insert_with(|| named.into());
            row.insert(principal, "shared".into());
        }
    }
    let console = Console::entered(&scene.world.account);
    let page = console.page("/shares").body;
    let by_name =
        |page: &str| rows(page).into_iter().map(|it| (it["Resource"].clone(), it)).collect::<BTreeMap<_, _>>();
    assert_eq!(by_name(&page), expected);
    let many = |row: &Cells| row.values().filter(|it| *it == "shared").count();
    let shares: usize = expected.values().map(many).sum();
    let counted =
        [("Resources", expected.len()), ("Shares", shares)].map(|(name, many)| (name.into(), many.to_string()));
    assert_eq!(facts(&page), counted.into());
    for (id, holders) in [
        (&scene.image, scene.launchers(&scene.image).await),
        (&scene.backing, scene.volume_makers(&scene.backing).await),
        (&scene.volume, scene.volume_makers(&scene.volume).await),
    ] {
        let holders: BTreeSet<_> = holders.split(", ").map(String::from).collect();
        let row = &by_name(&page)[&format!("{id} in eu-west-1")];
        let shown: BTreeSet<_> = row.iter().filter(|(_, it)| *it == "shared").map(|(who, _)| who.clone()).collect();
        assert!(!shown.is_empty() && shown.is_subset(&holders), "{id}: {shown:?} of {holders:?}");
    }
    let found = by_name(&console.page("/shares?text=987654321098").body);
    expected.retain(|_, row| row.contains_key("987654321098"));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert!(!found.is_empty());
    console.assert_clean(&["/shares"]);
}
