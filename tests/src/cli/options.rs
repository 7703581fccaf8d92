//! Every option of every command has an effect. Which options there are, the program itself tells (`--help` is made of the
//! tree by which it reads them), so that a new option without a row here fails.

mod place;
mod rows;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use place::Place;

use super::Desk;
use crate::functions::reconcile_shares::Scene;
use crate::world::AWS;
use crate::world::built::binary;

/// An option, and what shows that it has an effect.
struct Row {
    command: &'static str,
    option: &'static str,
    shown: Shown,
}

/// What shows an effect.
enum Shown {
    /// With the option the command tells, or asks of AWS, what it does not with the other arguments alone; or, where this is not
    /// `is_told`, it no longer does.
    Here { without: Vec<String>, value: Vec<String>, told: String, is_told: bool },
    /// Another test, since it takes more than one command.
    ByTest(&'static str),
}

/// Each command with its options, as `--help` tells them.
pub(super) fn commands() -> BTreeMap<String, BTreeSet<String>> {
    let (mut known, mut open) = (BTreeMap::new(), vec![String::new()]);
    while let Some(path) = open.pop() {
        let help = help(&path);
        let (options, below) = (options_in(&help), commands_in(&help));
        if below.is_empty() {
            known.insert(path.clone(), options);
        }
        open.extend(below.iter().map(|name| format!("{path} {name}").trim().to_owned()));
    }
    known
}

fn help(path: &str) -> String {
    let mut command = std::process::Command::new(binary("signalbox"));
    let told = command.env_clear().args(path.split_whitespace()).arg("--help").output().unwrap();
    assert!(told.status.success(), "{path}: {}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap()
}

/// Options begin a line after two blanks, or after six where they have no letter; everything else is written elsewhere.
fn options_in(help: &str) -> BTreeSet<String> {
    let begins = |line: &&str| {
        line.strip_prefix("      ").or_else(|| line.strip_prefix("  ")).is_some_and(|it| it.starts_with('-'))
    };
    let long = |line: &str| line.split_whitespace().find_map(|word| word.strip_prefix("--")).map(String::from);
    help.lines().filter(begins).filter_map(long).collect()
}

fn commands_in(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.map(String::from).collect()
}

/// Exit code, output, messages, and what was asked of AWS.
fn told(desk: &Desk, place: &Place, command: &str, arguments: &[String]) -> String {
    let accounts = [&desk.scene.world.account, &place.elsewhere];
    let before = accounts.map(|account| AWS.count(account));
    let words = command.split(' ').map(String::from).chain(arguments.iter().cloned()).collect::<Vec<_>>();
    let mut process = desk.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    for table in ["SIGNALBOX_GRANTS_TABLE", "SIGNALBOX_AUDIT_TABLE"] {
        process.env_remove(table);
    }
    let ran = process.env("HOME", &desk.folder).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut calls = Vec::new();
    for (account, before) in accounts.into_iter().zip(before) {
        let made = AWS.calls_since(account, before).into_iter();
        calls.extend(made.map(|it| format!("as {account}: {} {} {} {}\n", it.service, it.operation, it.path, it.body)));
    }
    format!("exit {:?}\n{}{}{}", ran.status.code(), text(&ran.stdout), text(&ran.stderr), calls.concat())
}

#[test]
fn every_option_that_the_program_tells_of_has_a_row_and_every_row_an_option() {
    let told: BTreeSet<_> = commands()
        .into_iter()
        .flat_map(|(command, options)| {
            options
                .into_iter()
                .filter(|it| !["help", "version"].contains(&it.as_str()))
                .map(move |it| format!("{command} --{it}"))
        })
        .collect();
    let rows: BTreeSet<_> =
        rows::all(&Place::default()).iter().map(|row| format!("{} --{}", row.command, row.option)).collect();
    let (missing, idle): (Vec<_>, Vec<_>) = (told.difference(&rows).collect(), rows.difference(&told).collect());
    assert!(missing.is_empty(), "these options have no row that shows their effect: {missing:#?}");
    assert!(idle.is_empty(), "these rows are of no option: {idle:#?}");
    assert!(told.len() > 100, "the options are read: {told:?}");
}

#[tokio::test]
async fn every_option_of_every_command_has_an_effect() {
    let scene = Scene::new().await;
    let desk = Desk::at(&scene);
    let place = Place::prepare(&desk).await;
    let (mut without_option, mut idle) = (BTreeMap::new(), Vec::new());
    for Row { command, option, shown } in rows::all(&place) {
        let Shown::Here { without, value, told: expected, is_told } = shown else { continue };
        let key = (command, without.clone());
        let base = match without_option.entry(key) {
            Entry::Occupied(base) => base.into_mut(),
            Entry::Vacant(base) => {
                place.restore(&desk, command, option).await;
                base.insert(told(&desk, &place, command, &without))
            }
        };
        place.restore(&desk, command, option).await;
        let given: Vec<_> = without.into_iter().chain([format!("--{option}")]).chain(value).collect();
        let with = told(&desk, &place, command, &given);
        if base.contains(&expected) == is_told {
            idle.push(format!("{command} --{option}: `{expected}` is told ({is_told}) without it too:\n{base}"));
        } else if with.contains(&expected) != is_told {
            idle.push(format!("{command} --{option}: `{expected}` is not told ({is_told}) with it:\n{with}"));
        }
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

/// What starts an AWS is not run without the option, since it would not end.
#[test]
fn what_starts_an_aws_takes_no_other() {
    for command in ["up", "demo"] {
        for option in ["--profile", "--region", "--endpoint-url", "--ca-bundle"] {
            let ran = std::process::Command::new(binary("signalbox")).env_clear().args([command, option, "x"]).output();
            let said = String::from_utf8(ran.unwrap().stderr).unwrap();
            assert!(said.contains("uses no AWS but its own"), "{command} {option}: {said}");
        }
    }
}

/// Tests that rows name are there.
#[test]
fn the_tests_that_show_the_other_options_are_there() {
    let sources: String = [
        "desk/options.rs",
        "fleet/roles.rs",
        "fleet/selection.rs",
        "fleet/sweeps.rs",
        "fleet/resumed.rs",
        "desk/up.rs",
        "desk/dns.rs",
        "desk/rotation.rs",
    ]
    .map(|file| std::fs::read_to_string(local_aws::workspace().join("tests/src").join(file)).unwrap())
    .concat()
        + &["shared/fleet/src/tests/runs.rs", "shared/aws/src/pace.rs"]
            .map(|file| std::fs::read_to_string(local_aws::workspace().join(file)).unwrap())
            .concat();
    for row in rows::all(&Place::default()) {
        if let Shown::ByTest(name) = row.shown {
            assert!(
                sources.contains(&format!("fn {name}(")),
                "{} --{}: there is no test {name}",
                row.command,
                row.option
            );
        }
    }
}
