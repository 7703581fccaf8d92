//! The rows: for each option what it is given, and what is told then and not without it.

use super::{Row, Shown};
use crate::desk::Desk;
use crate::scene::read_sample;
use crate::world::AWS;

/// What rows are about.
#[derive(Default)]
pub struct Place {
    /// Where the manifest lies.
    manifest: String,
    /// The local AWS under another name.
    endpoint: String,
    /// An image with an audit.
    image: String,
}

impl Place {
    /// Writes the files that rows name, and makes an audit.
    pub async fn prepare(desk: &Desk<'_>) -> Self {
        let scene = desk.scene;
        desk.write("share.json", crate::reconcile_shares::MANIFEST);
        for (file, function, sample) in [
            ("ami.json", "share-ami", "an-image-became-available"),
            ("rds.json", "share-rds-snapshot", "a-snapshot-was-created"),
            ("emr.json", "emr-dns", "a-cluster-is-running"),
            ("sweep.json", "reconcile-shares", "it-is-time-to-sweep"),
        ] {
            desk.write(file, &read_sample(function, sample));
        }
        desk.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
        scene.sweep().await;
        Self {
            manifest: format!("s3://{}/share.json", scene.world.bucket()),
            endpoint: AWS.endpoint().replace("127.0.0.1", "localhost"),
            image: scene.image.clone(),
        }
    }
}

/// Every row.
pub fn all(place: &Place) -> Vec<Row> {
    let parts =
        [everywhere(place), plan(place), apply(), run(place), history(place), dns(), fleet(), fleet_settings(place)];
    parts.into_iter().flatten().collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

/// A row of what is told of `--option value` beside `without`.
fn row(command: &'static str, option: &'static str, value: &str, without: &str, told: &str) -> Row {
    let shown = Shown::Here { without: words(without), value: words(value), told: told.into() };
    Row { command, option, shown }
}

fn by_test(command: &'static str, option: &'static str, test: &'static str) -> Row {
    Row { command, option, shown: Shown::ByTest(test) }
}

/// What every command takes.
fn everywhere(place: &Place) -> Vec<Row> {
    let manifest = format!("--manifest {}", place.manifest);
    let (sweep, image) = (format!("sweep.json {manifest} --function reconcile-shares"), place.image.as_str());
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
        rows.push(row(command, "profile", "of-no-file", without, "the profile of-no-file"));
        rows.push(row(command, "region", "eu-central-1", without, "region eu-central-1"));
        rows.push(row(command, "endpoint-url", &place.endpoint, without, "AWS is http://localhost:"));
        rows.push(row(command, "ca-bundle", "of-no-file", without, "cannot read --ca-bundle of-no-file"));
    }
    let local = [("list", ""), ("manifest check", "share.json"), ("manifest schema", "")];
    let no_aws = "uses no AWS but its own";
    for option in ["profile", "region", "endpoint-url", "ca-bundle"] {
        rows.extend(local.map(|(command, without)| row(command, option, "x", without, no_aws)));
    }
    rows.push(row("list", "output", "json", "", "[\n"));
    rows.push(row("manifest check", "output", "json", "share.json", "{\n"));
    rows.push(row("manifest schema", "output", "xml", "", "invalid value 'xml'"));
    for (command, option) in ["up", "demo"]
        .into_iter()
        .flat_map(|it| ["profile", "region", "endpoint-url", "ca-bundle"].map(|option| (it, option)))
    {
        rows.push(by_test(command, option, "what_starts_an_aws_takes_no_other"));
    }
    rows.push(by_test("up", "output", "every_line_to_try_does_what_it_says"));
    rows.push(by_test("up", "port", "every_line_to_try_does_what_it_says"));
    rows.push(by_test("demo", "output", "the_demo_comes_out_as_it_should"));
    rows
}

/// The settings of functions, for what reads each of them; `on` is before the names of files and the manifest.
fn settings(command: &'static str, place: &Place) -> Vec<Row> {
    let manifest = format!("--manifest {}", place.manifest);
    let (ami, rds) = (format!("ami.json {manifest}"), format!("rds.json {manifest}"));
    let emr = "emr.json";
    let mut rows = vec![
        row(command, "allowed-accounts", "5", &ami, "SIGNALBOX_ALLOWED_ACCOUNTS: `5` is not"),
        row(command, "copy-automated", "perhaps", &rds, "SIGNALBOX_COPY_AUTOMATED"),
        row(command, "grants-table", "other", &ami, "SIGNALBOX_AUDIT_TABLE is not set"),
        row(command, "audit-table", "other", &ami, "SIGNALBOX_GRANTS_TABLE is not set"),
        row(command, "function", "emr-dns", &ami, "emr-dns"),
        row(command, "owner", "a/b", emr, "SIGNALBOX_OWNER: `a/b`"),
        row(command, "dns-ttl", "soon", emr, "SIGNALBOX_DNS_TTL: `soon`"),
        row(command, "dns-policy", "both", emr, "SIGNALBOX_DNS_POLICY: `both`"),
        row(command, "dns-zones", "zone/?", emr, "SIGNALBOX_DNS_ZONES"),
        Row {
            command,
            option: "dns-tag",
            shown: Shown::Here { without: words(emr), value: vec![" ".into()], told: "SIGNALBOX_DNS_TAG: ` `".into() },
        },
    ];
    rows.extend(elsewhere(command, &ami));
    rows
}

/// The accounts in which a command acts.
fn elsewhere(command: &'static str, without: &str) -> Vec<Row> {
    vec![
        row(command, "accounts", "5", without, "SIGNALBOX_ACCOUNTS: `5` is no id"),
        row(command, "member-role", "arn:aws:iam::111122223333:role/x", without, "SIGNALBOX_MEMBER_ROLE: `arn:aws"),
        row(command, "external-id", "x", without, "SIGNALBOX_MEMBER_ROLE is not set"),
    ]
}

/// The limits of a sweep.
fn limits(command: &'static str, without: &str) -> Vec<Row> {
    vec![
        row(command, "max-removals", "few", without, "SIGNALBOX_MAX_REMOVALS: `few`"),
        row(command, "max-removed-percent", "300", without, "SIGNALBOX_MAX_REMOVED_PERCENT: `300`"),
        row(command, "sweep-period", "long", without, "SIGNALBOX_SWEEP_PERIOD: `long`"),
        row(command, "rates", "fast", without, "SIGNALBOX_RATES: `fast`"),
    ]
}

fn plan(place: &Place) -> Vec<Row> {
    let mut rows = settings("plan", place);
    rows.extend(limits("plan", "--manifest share.json"));
    // Without an event, the options that only functions for events read are refused, and the others reach the sweep.
    rows.extend(elsewhere("plan", "--manifest share.json"));
    rows.extend([
        row("plan", "manifest", "of-no-file", "", "cannot read of-no-file"),
        row("plan", "manifest", "s3://of-no-account/share.json", "ami.json", "of-no-account"),
        row(
            "plan",
            "allowed-accounts",
            "222233334444",
            "--manifest share.json",
            "which SIGNALBOX_ALLOWED_ACCOUNTS does not",
        ),
        row("plan", "ledger-table", "other", "--manifest share.json", "--ledger-table would have no effect"),
        by_test("plan", "ledger-table", "a_plan_tells_what_each_step_would_do_and_shows_no_value"),
        row("plan", "copy-automated", "true", "--manifest share.json", "--copy-automated would have no effect"),
        row("plan", "dns-tag", "name", "--manifest share.json", "--dns-tag would have no effect"),
        row("plan", "out", "another.json", "--manifest share.json", "the plan is in another.json"),
    ]);
    rows
}

fn apply() -> Vec<Row> {
    let mut rows = elsewhere("apply", "plan.json");
    rows.extend([
        row("apply", "allowed-accounts", "222233334444", "plan.json", "which --allowed-accounts does not name"),
        row("apply", "grants-table", "other", "plan.json", "SIGNALBOX_AUDIT_TABLE is not set"),
        row("apply", "audit-table", "other", "plan.json", "SIGNALBOX_GRANTS_TABLE is not set"),
        row("apply", "rates", "fast", "plan.json", "SIGNALBOX_RATES: `fast`"),
    ]);
    rows
}

fn run(place: &Place) -> Vec<Row> {
    let mut rows = settings("run", place);
    let sweep = format!("sweep.json --function reconcile-shares --manifest {}", place.manifest);
    rows.extend(limits("run", &sweep));
    rows.extend([
        row("run", "manifest", "s3://of-no-account/share.json", "sweep.json --function reconcile-shares", "of-no-account"),
        row("run", "ledger-table", "another-ledger", "emr.json", "another-ledger"),
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

fn dns() -> Vec<Row> {
    let mut rows = naming("dns", "");
    rows.push(by_test("dns", "drift", "after_a_sweep_only_what_it_cannot_mend_has_drifted"));
    rows
}

/// How clusters are named.
fn naming(command: &'static str, without: &str) -> Vec<Row> {
    vec![
        row(command, "owner", "a/b", without, "SIGNALBOX_OWNER: `a/b`"),
        row(command, "dns-tag", &"x".repeat(129), without, "SIGNALBOX_DNS_TAG"),
        row(command, "dns-ttl", "soon", without, "SIGNALBOX_DNS_TTL: `soon`"),
        row(command, "dns-policy", "both", without, "SIGNALBOX_DNS_POLICY: `both`"),
        row(command, "dns-zones", "zone/?", without, "SIGNALBOX_DNS_ZONES"),
    ]
}

/// The fleet's own options.
fn fleet() -> Vec<Row> {
    let one = "caller-identity --target 222233334444";
    let plan = "caller-identity --target 222233334444 --plan";
    let row = |option, value: &str, without: &str, told: &str| row("fleet run", option, value, without, told);
    let by_test = |option, test| by_test("fleet run", option, test);
    vec![
        row("plan", "", one, "which only reads: 1 accounts"),
        row("apply", "", one, "--apply is not for caller-identity"),
        by_test("apply", "shares_are_made_true_in_each_account_and_recorded_in_one_place"),
        row("unrecorded", "", "dns-sweep --all --apply", "--unrecorded is not for dns-sweep"),
        by_test("unrecorded", "nothing_is_shared_that_cannot_be_recorded_unless_that_is_meant"),
        row("target", "nowhere", "dns-sweep", "`nowhere` is not an account id"),
        row("all", "", "dns-sweep", "AWSOrganizationsNotInUseException"),
        row("ignore", "222233334444", plan, "it is ignored"),
        by_test("include-caller", "who_is_ignored_wins_and_the_caller_is_reached_where_it_is_asked_for"),
        row("regions", "eu-central-1", plan, "(eu-central-1)"),
        row("role-name", "a/b", plan, "the role's name: `a/b`"),
        row("role-path", "x", plan, "the role's path: `x`"),
        row("session-name", "x", plan, "the session's name: `x`"),
        row("session-policy", "of-no-file", plan, "of-no-file"),
        row("policy-arn", "x", plan, "the session's managed policies: `x`"),
        row("external-id", "only-us", one, "ExternalId=only-us"),
        row("duration", "60", plan, "the session's duration: `60 s`"),
        row("source-identity", "x", plan, "the source identity: `x`"),
        row("partition", "aws-moon", plan, "`aws-moon` is no partition"),
        by_test("concurrency", "as_much_is_in_flight_as_may_be_and_few_accounts_are_open"),
        by_test("assume-concurrency", "as_much_is_in_flight_as_may_be_and_few_accounts_are_open"),
        by_test("tolerate", "nothing_more_is_begun_where_more_fails_than_is_tolerated"),
        row("account-timeout", "0", one, "of an account"),
        row("timeout", "0", one, "were over"),
        row("checkpoint", "share.json", one, "cannot make share.json"),
        row("resume", "share.json", one, "it is no file of a run"),
        row("only-failed", "share.json", one, "it is no file of a run"),
        row("lines", "", one, "{\"Id\":\"222233334444\""),
    ]
}

/// The settings of the fleet's sweeps.
fn fleet_settings(place: &Place) -> Vec<Row> {
    let sweep = format!("share-sweep --target 222233334444 --manifest {}", place.manifest);
    let names = "dns-sweep --target 222233334444";
    let row = |option, value: &str, without: &str, told: &str| row("fleet run", option, value, without, told);
    let mut rows = vec![
        row("manifest", "nowhere", "share-sweep --target 222233334444", "SIGNALBOX_MANIFEST: `nowhere`"),
        row("manifest", "s3://b/k", names, "--manifest would have no effect: dns-sweep"),
        row("dns-tag", "name", &sweep, "--dns-tag would have no effect: share-sweep"),
        row("allowed-accounts", "5", &sweep, "SIGNALBOX_ALLOWED_ACCOUNTS: `5`"),
        row("exact-names-account", "5", &sweep, "SIGNALBOX_EXACT_NAMES_ACCOUNT: `5`"),
        row("grants-table", "other", &sweep, "SIGNALBOX_AUDIT_TABLE is not set"),
        row("audit-table", "other", &sweep, "SIGNALBOX_GRANTS_TABLE is not set"),
    ];
    rows.extend(limits("fleet run", &sweep));
    rows.extend(naming("fleet run", names));
    rows
}
