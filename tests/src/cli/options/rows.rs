//! The rows: for each option what it is given, and what is told then and not without it.

mod fleet;
mod naming;
mod sharing;

use super::place::Place;
use super::{Row, Shown};

/// Every row.
pub fn all(place: &Place) -> Vec<Row> {
    let parts = [
        everywhere(place),
        sharing::plan(place),
        sharing::run(place),
        sharing::apply(),
        history(place),
        naming::events("plan"),
        naming::dns(place),
        // It leaves names behind.
        naming::events("run"),
        fleet::own(),
        fleet::settings(place),
    ];
    parts.into_iter().flatten().collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

/// A row of what is told of `--option value` beside `without`.
fn row(command: &'static str, option: &'static str, value: &str, without: &str, told: &str) -> Row {
    let shown = Shown::Here { without: words(without), value: words(value), told: told.into(), is_told: true };
    Row { command, option, shown }
}

/// A row of what `without` tells, and no longer with `--option value`.
fn silenced(command: &'static str, option: &'static str, value: &str, without: &str, told: &str) -> Row {
    let shown = Shown::Here { without: words(without), value: words(value), told: told.into(), is_told: false };
    Row { command, option, shown }
}

fn by_test(command: &'static str, option: &'static str, test: &'static str) -> Row {
    Row { command, option, shown: Shown::ByTest(test) }
}

/// How fast AWS is called shows in time alone, which no test of a command measures: with a clock of its own a test of the pace
/// does. Here only that the option is read.
fn rates(command: &'static str, without: &str) -> Vec<Row> {
    vec![
        row(command, "rates", "fast", without, "SIGNALBOX_RATES: `fast`"),
        by_test(command, "rates", "a_burst_goes_out_at_once_and_the_rest_just_below_the_documented_rate"),
    ]
}

/// What every command takes.
fn everywhere(place: &Place) -> Vec<Row> {
    let Place { manifest, image, endpoint, encrypted, elsewhere, .. } = place;
    let sweep = format!("sweep.json --manifest {manifest} --function reconcile-shares");
    let speaking = [
        ("plan", "--manifest share.json", "{\n"),
        ("apply", "plan.json", "{\n"),
        ("run", sweep.as_str(), "{\n"),
        ("send", "ami.json", "{\n"),
        ("history", image, "{\n"),
        ("dns", "", "\"names\""),
        ("fleet run", "caller-identity --target 222233334444 --plan", "{\n"),
    ];
    let mut rows = Vec::new();
    for (command, without, json) in speaking {
        rows.push(row(command, "output", "json", without, json));
        rows.push(row(command, "profile", "elsewhere", without, &format!("as {elsewhere}: ")));
        rows.push(row(command, "profile", "of-no-file", without, "the profile of-no-file"));
        rows.push(row(command, "region", "eu-central-1", without, "region eu-central-1"));
        rows.push(row(command, "endpoint-url", endpoint, without, "AWS is http://localhost:"));
        let encrypted = format!("{without} --endpoint-url {encrypted}");
        rows.push(row(command, "ca-bundle", "authority.pem", &encrypted, &format!("as {}: ", place.account)));
    }
    rows.extend(local());
    rows
}

/// What commands take that speak to no AWS, or to one of their own.
fn local() -> Vec<Row> {
    let local = [
        ("list", ""),
        ("manifest check", "share.json"),
        ("manifest schema", ""),
        ("policy check", "policy.json"),
        ("completions", "bash"),
        ("man", "manual"),
    ];
    let mut rows = Vec::new();
    for option in ["profile", "region", "endpoint-url", "ca-bundle"] {
        rows.extend(local.map(|(command, without)| row(command, option, "x", without, "uses no AWS but its own")));
        rows.extend(["up", "demo"].map(|command| by_test(command, option, "what_starts_an_aws_takes_no_other")));
    }
    rows.extend([
        row("list", "output", "json", "", "[\n"),
        row("manifest check", "output", "json", "share.json", "{\n"),
        row("policy check", "output", "json", "policy.json", "[\n"),
        row("policy check", "output", "sarif", "policy.json", "\"$schema\""),
        row("policy check", "type", "resource", "policy.json", "has no Principal"),
        row("policy check", "deny", "policy.json", "policy.json", "is to be appended to policies"),
        // A schema is JSON, and nothing else is taken.
        row("manifest schema", "output", "text", "", "--output text would have no effect"),
        // A script is text, and nothing else is taken.
        row("completions", "output", "json", "bash", "--output json would have no effect"),
        row("man", "output", "json", "manual", "{\n"),
        by_test("up", "output", "every_line_to_try_does_what_it_says"),
        by_test("up", "port", "every_line_to_try_does_what_it_says"),
        by_test("demo", "output", "the_demo_comes_out_as_it_should"),
    ]);
    rows
}

fn history(Place { image, .. }: &Place) -> Vec<Row> {
    vec![
        row("history", "verify", "", image, "the items agree with their hashes"),
        row("history", "audit-table", "another", image, "audit table another"),
        row("history", "grants-table", "another", &format!("{image} --verify"), "grants table another"),
        row("history", "grants-table", "another", image, "--grants-table would have no effect"),
    ]
}
