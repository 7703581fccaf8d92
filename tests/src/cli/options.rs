//! Every option of every command has an effect: each is run with and without it. Which options there are, the program itself tells
//! (`--help` is made of the tree by which it reads them), so that a new option without a row here fails.

mod managed;
mod place;
mod rates;
mod rows;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Output, Stdio};

use place::Place;

use super::Shell;
use crate::functions::reconcile_shares::Scene;
use crate::tidy;
use crate::world::AWS;
use crate::world::built::binary;

/// An option, and what shows that it has an effect beside other arguments.
struct Row {
    command: &'static str,
    option: &'static str,
    without: Vec<String>,
    value: Vec<String>,
    shown: Shown,
}

/// What shows an effect. What a command tells is its output, and what it asked of AWS.
enum Shown {
    /// With the option the command tells this, and not with the other arguments alone.
    Told(String),
    /// With the other arguments the command tells this, and no longer with the option.
    Silenced(String),
    /// The command does not take the option, or not beside the other arguments, and says so.
    Refused(String),
    /// Another test runs the command with the option and without it.
    ByTest(&'static str),
}

/// Options of every command that these commands do not take.
fn is_taken(command: &str, option: &str) -> bool {
    let is_of_aws = ["profile", "region", "endpoint-url", "ca-bundle"].contains(&option);
    let speaks_to_aws =
        !["list", "up", "demo", "manifest check", "manifest schema", "policy check", "explain", "completions", "man"]
            .contains(&command);
    let has_one_format = option == "output" && ["manifest schema", "completions"].contains(&command);
    (speaks_to_aws || !is_of_aws) && !has_one_format
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

/// Runs a command as an operator does who has set no tables in the environment.
fn ran(shell: &Shell, command: &str, arguments: &[String]) -> Output {
    let words = command.split(' ').map(String::from).chain(arguments.iter().cloned()).collect::<Vec<_>>();
    let mut process = shell.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    for table in ["SIGNALBOX_GRANTS_TABLE", "SIGNALBOX_AUDIT_TABLE"] {
        process.env_remove(table);
    }
    process.env("HOME", &shell.folder).stdin(Stdio::null()).output().unwrap()
}

/// Exit code, output, messages, what was asked of AWS, and what the file of a run has.
fn told(shell: &Shell, place: &Place, command: &str, arguments: &[String]) -> String {
    let accounts = place.accounts();
    let before = accounts.map(|account| AWS.count(account));
    let by_tls = place.by_tls();
    let ran = ran(shell, command, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut told = format!("exit {:?}\n{}{}", ran.status.code(), text(&ran.stdout), text(&ran.stderr));
    let skipped = accounts.into_iter().zip(before);
    let calls: Vec<_> = skipped.flat_map(|(account, before)| AWS.calls_since(account, before)).collect();
    for call in &calls {
        let local_aws::Call { account, region, service, operation, path, body, .. } = call;
        let owner = call.expected_owner.as_ref().map(|it| format!(" of {it}")).unwrap_or_default();
        let fault = call.fault.as_ref().map(|it| format!(" {it:?}")).unwrap_or_default();
        told += &[&format!("as {account} in {region}: {service} {operation}{owner}{fault} "), path, " ", body, "\n"]
            .concat();
    }
    if place.by_tls() > by_tls {
        told += "AWS was asked by TLS\n";
    }
    told += &managed::in_order(&calls);
    told + &std::fs::read_to_string(shell.folder.join("run.jsonl")).unwrap_or_default()
}

/// What is wrong with the rows, each of which is run beside the same command without its option; `before` is done before each.
async fn idle(shell: &Shell<'_>, place: &Place, rows: Vec<Row>, before: impl AsyncFn(&Row)) -> Vec<String> {
    let (mut without_option, mut idle) = (BTreeMap::new(), Vec::new());
    for row in rows {
        let Row { command, option, without, value, shown } = &row;
        let (expected, is_told, is_refused) = match shown {
            Shown::Told(expected) => (expected, true, false),
            Shown::Silenced(expected) => (expected, false, false),
            Shown::Refused(expected) => (expected, true, true),
            Shown::ByTest(_) => continue,
        };
        before(&row).await;
        let given: Vec<_> = without.iter().cloned().chain([format!("--{option}")]).chain(value.clone()).collect();
        let with = told(shell, place, command, &given);
        if with.contains(expected) != is_told {
            idle.push(format!("{command} --{option}: `{expected}` is not told ({is_told}) with it:\n{with}"));
        }
        if is_refused {
            let is_usage = ["exit Some(252)", "exit Some(253)", "exit Some(254)"].iter().any(|it| with.starts_with(it));
            assert!(is_usage, "{command} --{option} is not refused:\n{with}");
            continue;
        }
        let base = match without_option.entry((*command, without.clone())) {
            Entry::Occupied(base) => base.into_mut(),
            Entry::Vacant(base) => {
                before(&row).await;
                base.insert(told(shell, place, command, without))
            }
        };
        if base.contains(expected) == is_told {
            idle.push(format!("{command} --{option}: `{expected}` is told ({is_told}) without it too:\n{base}"));
        }
    }
    idle
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
    let all = rows::all(&Place::default());
    let is_right = |row: &&Row| is_taken(row.command, row.option) != matches!(row.shown, Shown::Refused(_));
    let names = |row: &Row| format!("{} --{}", row.command, row.option);
    let rows: BTreeSet<_> = all.iter().map(names).collect();
    let in_effect: BTreeSet<_> = all.iter().filter(is_right).map(names).collect();
    let (missing, idle): (Vec<_>, Vec<_>) = (told.difference(&in_effect).collect(), rows.difference(&told).collect());
    assert!(missing.is_empty(), "these options have no row that shows their effect: {missing:#?}");
    assert!(idle.is_empty(), "these rows are of no option: {idle:#?}");
    assert!(told.len() > 100, "the options are read: {told:?}");
}

#[tokio::test]
async fn every_option_of_every_command_has_an_effect() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    let place = Place::prepare(&shell).await;
    let mut rows = rows::all(&place);
    rows.retain(|row| row.option != "rates");
    let idle = idle(&shell, &place, rows, async |row| place.restore(&shell, row.command, row.option).await).await;
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

/// Only what starts an AWS of its own is left to other tests: it takes long, and ends when it is told to.
#[test]
fn the_tests_that_show_the_other_options_are_there() {
    let tests: String =
        tidy::files().into_iter().filter(|it| it.path.starts_with("tests/src/cli/")).map(|it| it.text).collect();
    for Row { command, option, shown, .. } in rows::all(&Place::default()) {
        if let Shown::ByTest(name) = shown {
            let tested = ["up", "demo", "mirror", "deploy", "deadletters", "replay", "ledger", "console"];
            let is_of_runs = command.starts_with("fleet ") && (command != "fleet run" || option == "runs-bucket");
            let has_tests = tested.contains(&command.split(' ').next().unwrap_or_default()) || is_of_runs;
            assert!(has_tests, "{command} --{option} is shown by a row");
            assert!(tests.contains(&format!("fn {name}(")), "{command} --{option}: there is no test {name}");
        }
    }
}
