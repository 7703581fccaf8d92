//! Requests that are taken and refused, the names of objects, and lines that are read as they were written.

use expect_test::expect;
use fleet::{Account, Entry, Reason};
use serde_json::{Value, json};

use crate::request::EXAMPLE;
use crate::{AllOr, EVERY_ACCOUNT, Request, RunId, Tally, Tolerance, bucket, keys, lines};

fn request() -> Value {
    json!({
        "run": "inventory-1",
        "select": {"targets": ["ou-ab12-11111111", "tag:team=data"], "ignore": ["444455556666"]},
        "work": {"operation": "sharing-inventory", "regions": ["eu-west-1"]},
        "tolerance": {"percent": 5, "accounts": 10},
        "concurrency": 40,
    })
}

/// The request with this at a place, as messages name it; without the place where it is null.
fn with(place: &str, value: Value) -> Value {
    let mut request = request();
    let (parent, name) = place.rsplit_once('.').unwrap_or(("", place));
    let parent = if parent.is_empty() { &mut request } else { &mut request[parent] };
    let parent = parent.as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name)
    } else {
        parent.insert(name.into(), value)
    };
    request
}

fn refusal(request: &Value, writes: bool) -> String {
    let error = Request::read(&request.to_string(), writes).unwrap_err();
    assert!(error.is_refused());
    error.to_string().replace(EXAMPLE, "EXAMPLE")
}

#[test]
fn a_request_is_read_as_it_is_written() {
    let read = Request::read(&request().to_string(), false).unwrap();
    let again = Request::read(&serde_json::to_string(&read).unwrap(), false).unwrap();
    assert_eq!(read, again);
    assert_eq!(read.select.targets().chosen.unwrap().len(), 2);
    let all = Request::read(&with("select.targets", json!("all")).to_string(), false).unwrap();
    assert_eq!((all.select.targets.clone(), all.select.targets().chosen), (AllOr::All, None));
}

#[test]
fn what_is_malformed_is_refused_with_its_place_what_is_expected_and_the_remedy() {
    let cases = [
        ("run", json!("../other")),
        ("run", Value::Null),
        ("actor", json!("the king")),
        ("select.targets", json!([])),
        ("select.targets", json!("everything")),
        ("select.targets", json!(["444455556666", "ou-x"])),
        ("work.operation", json!("delete-everything")),
        ("work.apply", json!(true)),
        ("work.regions", json!(["eu-west-1", "middle-earth"])),
        ("work.regions_at_once", json!(0)),
        ("work.session", json!({"policy": "{"})),
        ("work.role", json!({"name": "admin"})),
        ("tolerance.percent", json!(150)),
        ("concurrency", json!(0)),
        ("series", json!("a/b")),
    ];
    let told: Vec<_> = cases.map(|(place, value)| refusal(&with(place, value), false)).into();
    expect![[r#"
        the request of the run, run: `../other` is not a name of 1 to 64 letters, digits, `_` or `-` but not `--`, such as inventory-2026-11-29 at line 1 column 34; EXAMPLE
        the request of the run, as a whole: missing field `run` at line 1 column 207; EXAMPLE
        the request of the run, actor: unknown field `actor`, expected one of `run`, `select`, `work`, `tolerance`, `concurrency`, `series` at line 1 column 8; EXAMPLE
        the request of the run, select.targets: the list is empty, which is never everything: name some, or write "all" at line 1 column 86; EXAMPLE
        the request of the run, select.targets: `everything` is not a list, nor the word "all" at line 1 column 96; EXAMPLE
        the request of the run, select.targets[1]: `ou-x` is not an account id of 12 digits, the id of a root (r-..), an organizational unit (ou-..) or an organization (o-..), or a tag (tag:KEY or tag:KEY=VALUE) at line 1 column 107; EXAMPLE
        the request of the run, work.operation: `delete-everything` is not the name of an operation, such as "sharing-inventory" at line 1 column 201; EXAMPLE
        the request of the run, work.apply: `sharing-inventory` only reads; leave it out
        the request of the run, work.regions[1]: `middle-earth` is not an AWS region, such as "eu-west-1" at line 1 column 240; EXAMPLE
        the request of the run, work.regions_at_once: `0` is out of bounds; write 1 to 40
        the request of the run, work.session: the session's policy: `{` is not JSON of at most 2048 characters; write it so
        the request of the run, work.role: unknown field `role`, expected one of `operation`, `apply`, `regions`, `regions_at_once`, `session` at line 1 column 232; EXAMPLE
        the request of the run, tolerance.percent: `150` is not a part in percent; write 0 to 100
        the request of the run, concurrency: `0` is out of bounds; write 1 to 10000
        the request of the run, series: `a/b` is not a name of 1 to 64 letters, digits, `_` or `-` but not `--`, such as inventory-2026-11-29 at line 1 column 136; EXAMPLE"#]].assert_eq(&told.join("\n"));
}

#[test]
fn a_workflow_that_reads_takes_no_operation_that_writes_and_the_other_way_round() {
    let sweep = with("work", json!({"operation": "share-sweep", "apply": true}));
    assert!(Request::read(&sweep.to_string(), true).unwrap().work.apply);
    expect![
        "the request of the run, work.operation: `share-sweep` writes, and this workflow only reads; start write-fleet"
    ]
    .assert_eq(&refusal(&sweep, false));
    expect!["the request of the run, work.operation: `sharing-inventory` only reads, and this workflow writes; start read-fleet"].assert_eq(&refusal(&request(), true));
    let regions = with("work", json!({"operation": "share-sweep", "regions": ["eu-west-1"]}));
    expect!["the request of the run, work.regions: the share manifest names the Regions; leave it out"]
        .assert_eq(&refusal(&regions, true));
}

#[test]
fn sessions_may_do_what_the_operation_does_unless_the_request_narrows_them_otherwise() {
    let role = |session: Value| {
        let request = Request::read(&with("work.session", session).to_string(), false).unwrap();
        request.work.role(&fleet::Role { name: "signalbox-read-fleet".into(), ..fleet::Role::default() })
    };
    let own = role(json!({}));
    assert!(own.policy.unwrap().contains("ec2:DescribeImages"));
    assert_eq!(own.name, "signalbox-read-fleet");
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let managed = role(json!({"policy_arns": [arn], "seconds": 900}));
    assert_eq!((managed.policy, managed.policy_arns), (None, vec![arn.to_owned()]));
}

#[test]
fn a_tolerance_of_the_options_is_one_of_both_bounds() {
    let of = |text: Option<&str>| Tolerance::of(text.map(|it| it.parse().unwrap()));
    assert_eq!(of(None), Tolerance { percent: 100.0, accounts: EVERY_ACCOUNT });
    assert_eq!(of(Some("3")), Tolerance { percent: 100.0, accounts: 3 });
    assert_eq!(of(Some("2.5%")), Tolerance { percent: 2.5, accounts: EVERY_ACCOUNT });
}

#[test]
fn each_object_has_its_name() {
    let (run, account) = ("run-1".parse::<RunId>().unwrap(), "000000000012".parse().unwrap());
    let results = keys::results(&run, &account);
    assert_eq!(results, "runs/run-1/account=000000000012/results.jsonl.gz");
    assert_eq!(keys::account_of(&results), Some(account.clone()));
    for other in [keys::plan(&run), keys::skipped(&run), keys::manifest(&run), keys::list(&run, "run-1")] {
        assert_eq!(keys::account_of(&other), None, "{other}");
        assert!(other.starts_with(&keys::prefix(&run)), "{other}");
    }
    assert_eq!((run.execution(1), run.execution(2)), ("run-1".into(), "run-1--2".into()));
    assert!("run-1--2".parse::<RunId>().is_err(), "no run has the name of another's second execution");
    let here = bucket(false, &account, &"ap-southeast-2".parse().unwrap());
    assert_eq!(here, "signalbox-read-fleet-000000000012-ap-southeast-2");
    assert!(here.len() <= 63);
}

#[test]
fn lines_are_read_as_they_were_written_and_the_same_lines_are_the_same_bytes() {
    let account = || Account::unknown("000000000012".parse().unwrap());
    let region = || "eu-west-1".parse().unwrap();
    let entries = vec![
        Entry::result(account(), region(), json!({"Arn": "arn"})),
        Entry::exception(account(), region(), "it failed".into()),
        Entry::failed_assume_role(account(), "denied".into()),
        Entry::skipped(account(), None, Reason::Ignored),
    ];
    let written = lines::write(&entries).unwrap();
    assert_eq!(written, lines::write(&entries).unwrap());
    let read = lines::read(&written).unwrap();
    assert_eq!(read, entries);
    let mut tally = Tally::default();
    for entry in &read {
        tally.count(entry);
    }
    assert_eq!(tally, Tally { results: 1, exceptions: 1, failed_assume_role: 1, skipped: 1 });
    assert!(lines::read(b"no lines").unwrap_err().is_refused());
}
