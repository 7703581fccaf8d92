//! The runbook: each of its commands is run as an operator runs it, against the local AWS. The commands are read from the page, so that
//! none is left out and none is another one than a reader sees.

mod names;
mod shares;

use std::collections::BTreeSet;

use crate::tidy::read;
use crate::world::operator::Operator;

const PAGE: &str = "docs/operate/runbook.md";

/// What a command begins with.
const PROGRAMS: [&str; 5] = ["aws ", "jq ", "make ", "printf ", "signalbox "];

/// Commands that tests of their own run in more ways than one: the command as the page has it, and a test.
const ELSEWHERE: [(&str, &str); 7] = [
    ("make deploy", "tests/src/templates/deployed/shipped.rs::two_releases_are_deployed_and_the_second_is_rolled_back"),
    ("printf .. | signalbox apply -", "tests/src/cli.rs::an_audit_item_is_reverted_by_its_command"),
    (
        "signalbox deploy history FUNCTION",
        "tests/src/cli/deploy/story.rs::three_accounts_in_two_regions_are_planned_delivered_and_looked_at",
    ),
    (
        "signalbox deploy rollback ID",
        "tests/src/cli/deploy/story.rs::a_deployment_is_taken_back_with_those_after_it_and_the_way_back_too",
    ),
    (
        "signalbox deploy status ID",
        "tests/src/cli/deploy/story.rs::three_accounts_in_two_regions_are_planned_delivered_and_looked_at",
    ),
    ("signalbox mirror list", "tests/src/cli/mirror.rs::a_repository_that_is_behind_is_listed_compared_and_planned"),
    (
        "signalbox patches",
        "tests/src/cli/patches.rs::instances_are_shown_with_their_trend_and_the_unknown_by_themselves",
    ),
];

/// Where the page names a call without saying what it is to be called with: the program knows it, and asks for the rest.
const NAMED: [&str; 6] = [
    "aws cloudformation create-change-set --change-set-type IMPORT",
    "aws dynamodb restore-table-to-point-in-time",
    "aws lambda get-alias",
    "aws rds copy-db-snapshot",
    "signalbox explain",
    "signalbox run",
];

/// The commands of the page: each block of shell, and each command in a line of text.
fn commands() -> BTreeSet<String> {
    let page = read(PAGE);
    let (mut found, mut prose) = (BTreeSet::new(), String::new());
    for (number, part) in page.split("\n```").enumerate() {
        match (number % 2, part.strip_prefix("sh\n")) {
            (0, _) => prose += part,
            (_, Some(block)) => drop(found.insert(block.trim_end().to_owned())),
            (_, None) => {}
        }
    }
    let spans = prose.split('`').skip(1).step_by(2).map(str::trim);
    found.extend(spans.filter(|it| PROGRAMS.iter().any(|program| it.starts_with(program))).map(String::from));
    found
}

/// The one command of the page that begins so.
fn command(beginning: &str) -> String {
    let all = commands();
    let mut of: Vec<_> = all.iter().filter(|it| it.as_str() == beginning).collect();
    if of.is_empty() {
        of = all.iter().filter(|it| it.starts_with(beginning)).collect();
    }
    let [command] = of.as_slice() else { panic!("{PAGE}: one command that begins with `{beginning}`, not {of:?}") };
    (*command).clone()
}

/// What one test runs of the page: each of these beginnings, once at least.
struct Part {
    expected: BTreeSet<&'static str>,
    ran: BTreeSet<&'static str>,
}

impl Part {
    fn of(beginnings: &[&'static str]) -> Self {
        Self { expected: beginnings.iter().copied().collect(), ran: BTreeSet::new() }
    }

    /// The command that begins so, with what the reader puts in place of the page's examples.
    fn take(&mut self, beginning: &'static str, instead: &[(&str, &str)]) -> String {
        self.ran.insert(beginning);
        instead.iter().fold(command(beginning), |command, (example, own)| {
            assert!(command.contains(example), "{PAGE}: `{command}` names no {example}");
            command.replace(example, own)
        })
    }

    fn assert_all_ran(self) {
        assert_eq!(self.ran, self.expected);
    }
}

#[test]
fn each_command_of_the_runbook_is_run_by_a_test() {
    let parts = [shares::COMMANDS, names::COMMANDS, &NAMED].concat();
    let beginnings = parts.into_iter().chain(ELSEWHERE.iter().map(|(command, _)| *command));
    let run: BTreeSet<String> = beginnings.map(command).collect();
    let all = commands();
    assert!(all.len() > 40, "{all:?}");
    let left_out: Vec<_> = all.difference(&run).collect();
    assert!(left_out.is_empty(), "{PAGE}: no test runs {left_out:#?}");
    for (_, test) in ELSEWHERE {
        crate::promises::hazards::assert_is_test(test);
    }
}

#[test]
fn the_calls_that_are_only_named_are_known() {
    let operator = Operator::of("111122223333", &[]);
    for named in NAMED {
        if let Some(signalbox) = named.strip_prefix("signalbox ") {
            let ran = operator.run(&format!("signalbox {signalbox} --help"));
            assert_eq!(ran.code, Some(0), "{named}: {}", ran.said);
            continue;
        }
        let ran = operator.run(named);
        let said = ran.out + &ran.said;
        assert!(ran.code == Some(252) && said.contains("the following arguments are required"), "{named}: {said}");
    }
}
