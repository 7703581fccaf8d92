//! The pages about what was run: deployments, executions of the fleet's workflow, rotations, and what was judged.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Value, json};

use super::{printed, query};
use crate::cli::console::Console;
use crate::cli::console::shown::{Cells, cells_of, facts, notices, rows, rows_of};
use crate::cli::deploy::Operator;
use crate::cli::fleet;
use crate::cli::fleet::on_aws::{Deployed, ENDS};
use crate::functions::check_policy::{GIVEN, Given, METADATA, READERS, Scene, Sent};
use crate::world::lambda::{VERSION, tag};
use crate::world::scene::Scene as _;
use crate::world::{LEDGER, REGION};

/// Seconds since 1970 as pages and commands write them.
fn time(seconds: &Value) -> Option<String> {
    Some(DateTime::from_secs(seconds.as_i64()?).fmt(Format::DateTime).unwrap())
}

/// A deployment's JSON with what the page says of it in place of what programs read.
fn in_words(record: &Value, function: &str) -> Value {
    let mut told = record.clone();
    told["status"] = json!(record["status"].as_str().unwrap().replace('-', " "));
    told["kind"] = match &record["kind"]["rollback"] {
        Value::Null => json!("delivery"),
        of => json!(format!("rollback of {}", of.as_str().unwrap())),
    };
    let (targets, of_function) = (record["targets"].as_object().unwrap(), format!("/{function}:"));
    let moved = targets.iter().filter(|(target, it)| target.contains(&of_function) && it["after"].is_string());
    let mut moved: Vec<_> = moved
        .map(|(_, it)| format!("{} -> {}", it["before"].as_str().unwrap(), it["after"].as_str().unwrap()))
        .collect();
    moved.sort();
    moved.dedup();
    told["versions"] = json!(moved);
    told["targets"] = json!(targets.len());
    told["function"] = json!(function);
    told["started"] = json!(time(&record["started"]));
    told["ended"] = json!(time(&record["ended"]));
    told
}

/// One that brings code, one that takes it back, and one that fails at its second wave.
async fn deployed() -> Operator {
    let operator = Operator::of(2, &[REGION]).await;
    operator.write("orders.zip", "new", json!({"waves": [{"percent": 50}, {"percent": 100}]}));
    let first = operator.json(&["run", "orders.zip"]);
    operator.json(&["rollback", first["deployment"].as_str().unwrap()]);
    tag(&operator.fleet.places[1], "orders", VERSION, Some("Failed InvalidRuntime")).await;
    operator.write("newer.zip", "newer", json!({"waves": [{"percent": 50}, {"percent": 100}]}));
    operator.json(&["run", "newer.zip"]);
    operator
}

#[tokio::test]
async fn deployments_and_the_waves_of_each_are_those_of_the_command() {
    let operator = deployed().await;
    let console = Console::entered(&operator.fleet.hub.account);
    let history = operator.json(&["history", "orders"]);
    let told: Vec<_> = history.as_array().unwrap().iter().map(|it| in_words(it, "orders")).collect();
    let statuses: Vec<_> = told.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["rolled back", "succeeded", "succeeded"]);
    let columns = [
        ("Began (UTC)", "started"),
        ("Function", "function"),
        ("What", "kind"),
        ("Status", "status"),
        ("Targets", "targets"),
        ("Versions", "versions"),
        ("By", "who"),
        ("Deployment", "deployment"),
    ];
    assert_eq!(rows(&console.page("/deployments").body), rows_of(&json!(told), &columns));
    for it in &told {
        let id = it["deployment"].as_str().unwrap();
        let page = console.page(&format!("/deployment?id={id}")).body;
        let record = operator.json(&["status", id]);
        assert_eq!(rows(&page), targets(&record));
        let columns = [
            ("What", "kind"),
            ("Status", "status"),
            ("Began", "started"),
            ("Ended", "ended"),
            ("By", "who"),
            ("From", "source"),
        ];
        assert_eq!(facts(&page), cells_of(it, &columns));
        assert_eq!(notices(&page), it["reason"].as_str().into_iter().collect::<Vec<_>>());
    }
    let rolled_back = format!("/deployment?id={}", told[0]["deployment"].as_str().unwrap());
    console.assert_clean(&["/deployments", &rolled_back]);
}

/// The targets of each wave, one wave after the other.
fn targets(record: &Value) -> Vec<Cells> {
    let waves = record["waves"].as_array().unwrap().iter().flat_map(|wave| wave.as_array().unwrap());
    let target = |target: &Value| {
        let mut it = record["targets"][target.as_str().unwrap()].clone();
        it["phase"] = json!(it["phase"].as_str().unwrap().replace('-', " "));
        it["target"] = target.clone();
        let columns =
            [("Target", "target"), ("Before", "before"), ("After", "after"), ("Phase", "phase"), ("Why", "reason")];
        cells_of(&it, &columns)
    };
    waves.map(target).collect()
}

#[tokio::test]
async fn runs_of_the_fleet_are_those_of_the_command() {
    let it = Deployed::with("read-fleet", ENDS).await;
    for run in ["who-1", "who-2"] {
        it.run(&["run", "caller-identity", "--target", "{unit}", "--run", run, "--remote"]);
    }
    let page = Console::entered(&it.scene.world.account).page("/fleet").body;
    let columns = [
        ("Run", "run"),
        ("Status", "status"),
        ("Began (UTC)", "began"),
        ("Ended (UTC)", "ended"),
        ("Execution", "execution"),
    ];
    let listed = rows_of(&printed(&it.scene.world.account, &["fleet", "runs"]), &columns);
    assert_eq!((rows(&page), listed.len()), (listed, 2));
}

#[tokio::test]
async fn rotations_are_those_of_the_operation() {
    let scene = fleet::Scene::set_up().await;
    let account = &scene.world.account;
    let client = aws_sdk_secretsmanager::Client::new(scene.world.sessions.config());
    for name in ["plain", "stuck"] {
        client.create_secret().name(name).secret_string("hush").send().await.unwrap();
    }
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";
    client.rotate_secret().secret_id("stuck").rotation_lambda_arn(function).send().await.unwrap();
    let console = Console::entered(account);
    let page = console.page("/secrets").body;
    let lists = printed(account, &["fleet", "run", "rotation-state", "--include-caller"]);
    let results = lists["Results"].as_array().unwrap();
    let own = results.iter().find(|it| it["Id"] == json!(account)).unwrap_or_else(|| panic!("{lists}"));
    let columns = [
        ("Secret", "Name"),
        ("Last rotated (UTC)", "LastRotated"),
        ("Due (UTC)", "NextRotation"),
        ("Pending version", "Pending"),
    ];
    let secret = |it: &Value| {
        let mut cells = cells_of(it, &columns);
        let state = if it["RotationEnabled"] == json!(true) { "rotated" } else { "not rotated" };
        cells.insert("Rotation".into(), state.into());
        cells
    };
    let secrets: Vec<_> = own["Result"]["Secrets"].as_array().unwrap().iter().map(secret).collect();
    assert_eq!((rows(&page), secrets.len()), (secrets, 2));
    console.assert_clean(&["/secrets"]);
}

/// A policy with a finding, after one without.
const KEYS: Sent = Sent {
    policy: r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}]}"#,
    metadata: METADATA,
};

#[tokio::test]
async fn policies_and_their_findings_are_those_of_the_ledger() {
    let given = Given { before: &[READERS], sent: KEYS, ..GIVEN };
    let scene = Scene::set_up(&given, "a-policy-was-sent").await;
    scene.hear(reaction::Mode::Apply).await;
    let account = &scene.world.account;
    let console = Console::entered(account);
    let listed = printed(account, &["ledger", "list", "--function", "check-policy"]);
    let mut expected = Vec::new();
    let mut has_findings = None;
    for record in listed["records"].as_array().unwrap() {
        let id = record["id"].as_str().unwrap();
        let report = &printed(account, &["ledger", "show", id, "--ledger-table", LEDGER])["report"];
        let event = console.page(&format!("/event?{}", query("id", id))).body;
        assert_eq!(rows(&event), parts(report), "{id}");
        let findings = report["findings"].as_array().map_or(0, Vec::len);
        has_findings = has_findings.or((findings > 0).then(|| format!("/event?{}", query("id", id))));
        let about = id.split_once('#').unwrap().1;
        let row = json!({"outcome": record["outcome"], "findings": findings, "about": about});
        expected.push(cells_of(&row, &[("Outcome", "outcome"), ("Findings", "findings"), ("About", "about")]));
    }
    assert_eq!(expected.len(), 2, "{listed}");
    let mut shown = rows(&console.page("/policies").body);
    let times: Vec<_> = shown.iter_mut().map(|it| it.remove("When (UTC)").unwrap()).collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "{times:?}");
    shown.sort_by(|one, other| one["About"].cmp(&other["About"]));
    assert_eq!(shown, expected);
    console.assert_clean(&["/policies", &has_findings.unwrap()]);
}

/// The steps, the findings and the counts of a report.
fn parts(report: &Value) -> Vec<Cells> {
    let step = |it: &Value| {
        let became = if it["error"].is_null() { "done" } else { "not done" };
        let mut cells = cells_of(it, &[("Step", "step"), ("Why", "error")]);
        cells.insert("What became of it".into(), became.into());
        cells
    };
    let columns = [
        ("Where", "path"),
        ("Severity", "severity"),
        ("What is wrong", "message"),
        ("What to do", "remedy"),
        ("Rule", "rule"),
    ];
    let mut all: Vec<_> = report["steps"].as_array().unwrap().iter().map(step).collect();
    all.extend(report["findings"].as_array().into_iter().flatten().map(|it| cells_of(it, &columns)));
    for (section, counts) in report["counts"].as_object().into_iter().flatten() {
        let counts = counts.as_object().unwrap().iter();
        let row = |(what, many): (&String, &Value)| json!({"section": section, "what": what, "many": many});
        let columns = [("Section", "section"), ("What", "what"), ("How many", "many")];
        all.extend(counts.map(row).map(|it| cells_of(&it, &columns)));
    }
    all
}
