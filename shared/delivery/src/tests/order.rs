//! What `deploy.json` may say.

use expect_test::{Expect, expect};

use super::settings;
use crate::{Order, Traffic, Wave};

fn read(text: &str) -> Result<Order, String> {
    let told = |found: Vec<reaction::Finding>| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Order::read(text, &settings()).map_err(told)
}

fn refuses(text: &str, expected: &Expect) {
    expected.assert_eq(&read(text).unwrap_err());
}

const LEAST: &str =
    r#"{"functions": [{"name": "orders"}], "targets": [{"accounts": ["222233334444"], "regions": ["eu-west-1"]}]}"#;

#[test]
fn what_is_left_out_is_the_simplest() {
    let order = read(LEAST).unwrap();
    assert_eq!((order.functions[0].alias.as_str(), order.functions[0].code.as_str()), ("live", "lambda.zip"));
    assert_eq!((order.traffic, order.bake, order.waves), (Traffic::AllAtOnce, 0, vec![Wave::UpTo(100)]));
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_place() {
    refuses(
        r#"{"functions": [{"name": "payments", "alias": "dev", "code": "../x.zip", "before": "anything"}, {"name": "arn:aws:lambda:x"}],
            "targets": [{"accounts": ["1"], "units": ["all"], "regions": ["mars-1"]}, {"regions": []}],
            "waves": [{"percent": 50}, {"percent": 10}, {}], "traffic": {"shift": "canary", "percent": 100, "minutes": 5},
            "bake-minutes": 900}"#,
        &expect![[r#"
            error: deploy.json:/functions/0/name: `payments` may not be touched by deployments; allowed is orders, billing-*; have it added to SIGNALBOX_DEPLOY_FUNCTIONS, or leave it out (bounds)
            error: deploy.json:/functions/0/alias: `dev` may not be touched by deployments; allowed is live; have it added to SIGNALBOX_DEPLOY_ALIASES, or leave it out (bounds)
            error: deploy.json:/functions/0/before: `anything` may not be touched by deployments; allowed is orders-check; have it added to SIGNALBOX_DEPLOY_HOOKS, or leave it out (bounds)
            error: deploy.json:/functions/0/code: `../x.zip` is not the name of a file; write the name of a zip in the artifact, without its folder, such as lambda.zip (code)
            error: deploy.json:/functions/1/name: `arn:aws:lambda:x` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
            error: deploy.json:/targets/0/accounts/0: `1` is not an account id of 12 digits, such as "111122223333"; write such an id (account)
            error: deploy.json:/targets/0/regions/0: `mars-1` is not an AWS region, such as "eu-west-1"; write the name of a Region (region)
            error: deploy.json:/targets/0/units/0: `all` is not a unit; write its id, such as ou-ab12-cd34ef56, or r-ab12 for the root (unit)
            error: deploy.json:/targets/1: there are 0, and there may be 1 to 200; deliver in several deployments, or name one at least (count)
            error: deploy.json:/targets/1/regions: there are 0, and there may be 1 to 30; deliver in several deployments, or name one at least (count)
            error: deploy.json:/waves/1/percent: percentages are of all targets: each is above the one before, and none above 100; write such as 10, 50, 100 (percent)
            error: deploy.json:/waves/2: a wave has either targets or percent; write {"targets": ["111122223333/eu-west-1"]} or {"percent": 100} (wave)
            error: deploy.json:/traffic: this is not a way to move traffic; write {"shift": "all-at-once"}, or canary or linear with percent (1 to 99) and minutes (1 to 2880) (traffic)"#]],
    );
}

#[test]
fn a_key_that_is_not_known_is_refused_with_its_line() {
    refuses(
        &LEAST.replace("\"targets\"", "\n\"target\""),
        &expect![[
            r#"error: deploy.json:2:8: it cannot be read: unknown field `target`, expected one of `functions`, `targets`, `waves`, `traffic`, `bake-minutes`, `on-failure`, `red-alarms` at line 2 column 8; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)"#
        ]],
    );
    refuses(
        "{",
        &expect![[
            r#"error: deploy.json:1:1: it cannot be read: EOF while parsing an object at line 1 column 1; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)"#
        ]],
    );
    refuses(
        &format!("\u{feff}{LEAST}"),
        &expect![
            "error: deploy.json:1:1: the text begins with a byte order mark (U+FEFF, the bytes EF BB BF), which JSON must not; save it as UTF-8 without the mark; remove it (byte-order-mark)"
        ],
    );
}

#[test]
fn a_name_may_be_allowed_by_its_beginning() {
    assert!(read(&LEAST.replace("orders", "billing-eu")).is_ok());
    assert!(read(&LEAST.replace("orders", "billing")).is_err());
}
