//! The options of `signalbox deploy`: a delivery needs functions, which the tests of the command have.

use super::super::Row;
use super::by_test;

const TEST: &str = "each_option_of_the_deploy_commands_has_an_effect";

const OF_ALL: [&str; 6] = ["ca-bundle", "deployments-table", "endpoint-url", "output", "profile", "region"];
const ELSEWHERE: [&str; 3] = ["accounts", "external-id", "member-role"];
const DELIVERING: [&str; 9] = [
    "code-bucket",
    "deploy-aliases",
    "deploy-errors",
    "deploy-functions",
    "deploy-hooks",
    "deploy-keep",
    "deploy-owned",
    "deploy-quiet",
    "deploy-traffic",
];

/// Every row.
pub fn all() -> Vec<Row> {
    let commands: [(&str, &[&[&str]]); 6] = [
        ("deploy plan", &[&OF_ALL, &ELSEWHERE, &DELIVERING]),
        ("deploy run", &[&OF_ALL, &ELSEWHERE, &DELIVERING, &["resume"]]),
        ("deploy status", &[&OF_ALL]),
        ("deploy rollback", &[&OF_ALL, &ELSEWHERE]),
        ("deploy history", &[&OF_ALL, &["most"]]),
        ("deploy drift", &[&OF_ALL, &ELSEWHERE]),
    ];
    let of = |(command, options): (&'static str, &'static [&'static [&'static str]])| {
        options.iter().copied().flatten().map(move |option| by_test(command, option, TEST))
    };
    commands.into_iter().flat_map(of).collect()
}
