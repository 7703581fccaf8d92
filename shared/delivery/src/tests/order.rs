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

/// What is said of these texts, one after the other.
fn told(all: &[String]) -> String {
    all.iter().map(|text| read(text).unwrap_err()).collect::<Vec<_>>().join("\n")
}

/// What a committer may write to get around the settings, or to keep the function busy.
#[test]
fn names_that_are_more_than_names_are_refused_with_their_place() {
    let with = |from: &str, to: &str| LEAST.replace(from, to);
    let units: Vec<_> = (0..21).map(|it| format!(r#""ou-ab12-{it:08}""#)).collect();
    let alarms = r#""orders", "alarms": ["", "orders-*", "arn:aws:cloudwatch:eu-west-1:555566667777:alarm:a"]"#;
    expect![[r#"
        error: deploy.json:1:43: it cannot be read: duplicate field `name` at line 1 column 43; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)
        error: deploy.json:1:29: it cannot be read: duplicate field `functions` at line 1 column 29; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)
        error: deploy.json:/functions: there are 6, and there may be 1 to 5; deliver in several deployments, or name one at least (count)
        error: deploy.json:/functions/1/name: this function is there twice; leave one (twice)
        error: deploy.json:/functions/2/name: this function is there twice; leave one (twice)
        error: deploy.json:/functions/3/name: this function is there twice; leave one (twice)
        error: deploy.json:/functions/4/name: this function is there twice; leave one (twice)
        error: deploy.json:/functions/5/name: this function is there twice; leave one (twice)
        error: deploy.json:/functions/0/name: `orders:live` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
        error: deploy.json:/functions/0/name: `555566667777:function:orders` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
        error: deploy.json:/functions/0/name: `*` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
        error: deploy.json:/functions/0/alarms/0: `` is not the name of one alarm; write its name by itself in 1 to 255 characters, without an ARN or a wildcard (alarm)
        error: deploy.json:/functions/0/alarms/1: `orders-*` is not the name of one alarm; write its name by itself in 1 to 255 characters, without an ARN or a wildcard (alarm)
        error: deploy.json:/functions/0/alarms/2: `arn:aws:cloudwatch:eu-west-1:555566667777:alarm:a` is not the name of one alarm; write its name by itself in 1 to 255 characters, without an ARN or a wildcard (alarm)
        error: deploy.json:/targets: there are 21 units, and there may be 20; name a unit above them, or deliver in several deployments (count)
        error: deploy.json:1:3: it cannot be read: invalid type: sequence, expected a string at line 1 column 3; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)"#]].assert_eq(&told(&[
        with(r#"{"name": "orders"}"#, r#"{"name": "billing-a", "name": "orders"}"#),
        with(r#"{"functions""#, r#"{"functions": [], "functions""#),
        with(r#"{"name": "orders"}"#, &[r#"{"name": "orders"}"#; 6].join(",")),
        with("\"orders\"", "\"orders:live\""),
        with("\"orders\"", "\"555566667777:function:orders\""),
        with("\"orders\"", "\"*\""),
        with("\"orders\"", alarms),
        with("\"accounts\"", &format!("\"units\": [{}], \"accounts\"", units.join(","))),
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
    ]));
}

#[test]
fn numbers_that_are_none_are_refused_with_their_place() {
    let with = |more: &str| LEAST.replace(r#"{"functions""#, &format!(r#"{{{more}, "functions""#));
    let selectors = vec![r#""222233334444""#; 201].join(",");
    expect![[r#"
        error: deploy.json:1:24: it cannot be read: expected value at line 1 column 24; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)
        error: deploy.json:1:25: it cannot be read: invalid value: integer `-1`, expected u64 at line 1 column 25; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)
        error: deploy.json:1:27: it cannot be read: invalid type: floating point `10.5`, expected u64 at line 1 column 27; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)
        error: deploy.json:1:28: it cannot be read: number out of range at line 1 column 28; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)
        error: deploy.json:/waves/0/percent: percentages are of all targets: each is above the one before, and none above 100; write such as 10, 50, 100 (percent)
        error: deploy.json:1:43: it cannot be read: invalid type: floating point `1e+20`, expected u64 at line 1 column 43; write {"functions": [{"name": ".."}], "targets": [{"accounts": [".."], "regions": [".."]}]} (deploy)
        error: deploy.json:/waves/0/targets: there are 201, and there may be 1 to 200; deliver in several deployments, or name one at least (count)
        error: deploy.json:/waves: there are 0, and there may be 1 to 20; deliver in several deployments, or name one at least (count)
        error: deploy.json:/bake-minutes: all waves together would take 285120 minutes, and a job may take 1380; shorten it, or traffic/minutes, or take fewer waves (too-long)
        error: deploy.json:/traffic: this is not a way to move traffic; write {"shift": "all-at-once"}, or canary or linear with percent (1 to 99) and minutes (1 to 2880) (traffic)
        error: deploy.json:/bake-minutes: all waves together would take 18446744073709551615 minutes, and a job may take 1380; shorten it, or traffic/minutes, or take fewer waves (too-long)"#]].assert_eq(&told(&[
        with(r#""waves": [{"percent": NaN}]"#),
        with(r#""waves": [{"percent": -1}]"#),
        with(r#""waves": [{"percent": 10.5}]"#),
        with(r#""waves": [{"percent": 1e400}]"#),
        with(r#""waves": [{"percent": 18446744073709551615}]"#),
        with(r#""waves": [{"percent": 99999999999999999999}]"#),
        with(&format!(r#""waves": [{{"targets": [{selectors}]}}]"#)),
        with(r#""waves": []"#),
        with(r#""traffic": {"shift": "linear", "percent": 1, "minutes": 2880}"#),
        with(r#""traffic": {"shift": "canary", "percent": 10, "minutes": 18446744073709551615}"#),
        with(r#""bake-minutes": 18446744073709551615"#),
    ]));
}
