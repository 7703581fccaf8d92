//! The rows: for each option what it is given, and what is told then and not without it. Some rows more show what is refused.

mod deploy;
mod fleet;
mod naming;
mod operating;
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
        trace(),
        mirror(),
        console(),
        deploy::all(),
        operating::all(place),
        naming::events("plan"),
        naming::dns(place),
        patches(place),
        // It leaves names behind.
        naming::events("run"),
        fleet::own(place),
        fleet::on_aws(),
        fleet::settings(place),
    ];
    parts.into_iter().flatten().collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

/// A row of what is told of `--option value` beside `without`.
fn row(command: &'static str, option: &'static str, value: &str, without: &str, told: &str) -> Row {
    Row { command, option, without: words(without), value: words(value), shown: Shown::Told(told.into()) }
}

/// A row of what `without` tells, and no longer with `--option value`.
fn silenced(command: &'static str, option: &'static str, value: &str, without: &str, told: &str) -> Row {
    Row { shown: Shown::Silenced(told.into()), ..row(command, option, value, without, told) }
}

/// A row of what is refused with `--option value` beside `without`.
fn refused(command: &'static str, option: &'static str, value: &str, without: &str, told: &str) -> Row {
    Row { shown: Shown::Refused(told.into()), ..row(command, option, value, without, told) }
}

fn by_test(command: &'static str, option: &'static str, test: &'static str) -> Row {
    Row { shown: Shown::ByTest(test), ..row(command, option, "", "", "") }
}

/// How fast AWS is called: AWS refuses a call that comes faster than it documents, and none that keeps to that.
fn rates(command: &'static str, without: &str) -> Vec<Row> {
    vec![
        row(command, "rates", "unlimited", without, " Throttle "),
        refused(command, "rates", "fast", without, "SIGNALBOX_RATES: `fast`"),
    ]
}

/// What every command takes.
fn everywhere(place: &Place) -> Vec<Row> {
    let Place { manifest, image, .. } = place;
    let sweep = format!("sweep.json --manifest {manifest} --function reconcile-shares");
    let speaking = [
        ("plan", "--manifest share.json", "{\n"),
        ("apply", "plan.json", "{\n"),
        ("run", sweep.as_str(), "{\n"),
        ("send", "ami.json", "{\n"),
        ("history", image, "{\n"),
        ("dns", "", "\"names\""),
        ("patches", "", "\"instances\""),
        ("trace", "an-old-event", "{\n"),
        ("fleet run", "caller-identity --target 222233334444 --plan", "{\n"),
    ];
    let mut rows = Vec::new();
    for (command, without, json) in speaking {
        rows.push(row(command, "output", "json", without, json));
        rows.extend(of_aws(command, without, place));
    }
    rows.extend(local());
    rows
}

/// Which AWS a command speaks to.
fn of_aws(command: &'static str, without: &str, Place { encrypted, elsewhere, account, .. }: &Place) -> [Row; 5] {
    let (trusting, encrypting) =
        (format!("{without} --ca-bundle authority.pem"), format!("{without} --endpoint-url {encrypted}"));
    [
        row(command, "profile", "elsewhere", without, &format!("as {elsewhere} in ")),
        refused(command, "profile", "of-no-file", without, "the profile of-no-file"),
        row(command, "region", "eu-central-1", without, &format!("as {account} in eu-central-1: ")),
        row(command, "endpoint-url", encrypted, &trusting, "AWS was asked by TLS"),
        row(command, "ca-bundle", "authority.pem", &encrypting, &format!("as {account} in ")),
    ]
}

/// What commands take that speak to no AWS, or to one of their own.
fn local() -> Vec<Row> {
    let local = [
        ("list", ""),
        ("up", ""),
        ("demo", ""),
        ("manifest check", "share.json"),
        ("manifest schema", ""),
        ("policy check", "policy.json"),
        ("explain", "AccessDenied"),
        ("completions", "bash"),
        ("man", "manual"),
    ];
    let mut rows = Vec::new();
    for option in ["profile", "region", "endpoint-url", "ca-bundle"] {
        rows.extend(local.map(|(command, without)| refused(command, option, "x", without, "uses no AWS but its own")));
    }
    rows.extend([
        row("list", "output", "json", "", "[\n"),
        row("explain", "output", "json", "AccessDenied", "[\n"),
        row("explain", "file", "trace.json", "", "trace.json says of nothing that it was refused"),
        row("manifest check", "output", "json", "share.json", "{\n"),
        row("policy check", "output", "json", "policy.json", "[\n"),
        row("policy check", "output", "sarif", "policy.json", "\"$schema\""),
        row("policy check", "type", "resource", "policy.json", "has no Principal"),
        row("policy check", "deny", "policy.json", "policy.json", "is to be appended to policies"),
        // A schema is JSON, and nothing else is taken.
        refused("manifest schema", "output", "text", "", "--output text would have no effect"),
        // A script is text, and nothing else is taken.
        refused("completions", "output", "json", "bash", "--output json would have no effect"),
        row("man", "output", "json", "manual", "{\n"),
        by_test("up", "output", "what_up_prints_and_where_it_listens_are_options"),
        by_test("up", "port", "what_up_prints_and_where_it_listens_are_options"),
        by_test("demo", "output", "the_demo_comes_out_as_it_should"),
    ]);
    rows
}

/// Of `signalbox patches`: one node is known, whose last scan is of two days ago.
fn patches(Place { managed, .. }: &Place) -> Vec<Row> {
    let member = "--account 222233334444";
    let row = |option, value: &str, without: &str, told: &str| row("patches", option, value, without, told);
    vec![
        silenced("patches", "group", "Another", "", "Linux Servers"),
        row("account", "222233334444", "", "222233334444%3Arole%2FOrganizationAccountAccessRole"),
        row("fleet", "", "--profile elsewhere", &managed.first),
        row("regions", "eu-central-1", "", "/eu-central-1"),
        row("role-name", "another-role", member, "role%2Fanother-role"),
        row("external-id", "only-us", member, "ExternalId=only-us"),
        row("patches-table", "no-such-table", "", "no-such-table"),
        row("patch-scan-days", "1", "", "unknown: last scan 2 days ago"),
        refused("patches", "patch-scan-days", "0", "", "SIGNALBOX_PATCH_SCAN_DAYS: `0`"),
    ]
}

/// A mirror needs a repository at a forge, which the tests of the command have.
fn mirror() -> Vec<Row> {
    const TEST: &str = "each_option_of_the_mirror_commands_has_an_effect";
    const OF_ALL: [&str; 9] = [
        "bucket",
        "ca-bundle",
        "endpoint-url",
        "kept-copies",
        "max-deleted-percent",
        "output",
        "profile",
        "region",
        "repositories",
    ];
    let commands = ["mirror list", "mirror plan", "mirror run", "mirror verify"];
    let of_all = commands.into_iter().flat_map(|command| OF_ALL.map(|option| by_test(command, option, TEST)));
    of_all.chain(["force", "ledger-table"].map(|option| by_test("mirror run", option, TEST))).collect()
}

/// It serves until it is ended.
fn console() -> Vec<Row> {
    const OF_ALL: [&str; 22] = [
        "audit-table",
        "bucket",
        "ca-bundle",
        "deployments-table",
        "dns-policy",
        "dns-tag",
        "dns-ttl",
        "dns-zones",
        "endpoint-url",
        "grants-table",
        "kept-copies",
        "ledger-table",
        "max-deleted-percent",
        "output",
        "owner",
        "patches-table",
        "port",
        "profile",
        "rates",
        "region",
        "repositories",
        "suffix-accounts",
    ];
    OF_ALL.map(|option| by_test("console", option, "each_option_of_the_console_has_an_effect")).into()
}

/// The line of `an-old-event` is three hours old.
fn trace() -> Vec<Row> {
    vec![
        silenced("trace", "hours", "2", "an-old-event", "emr-dns: applied"),
        refused("trace", "hours", "0", "an-old-event", "0 is not in 1..=8760"),
        row("trace", "file", "trace.json", "", "emr-dns  1500 ms"),
        refused("trace", "file", "trace.json", "an-old-event", "cannot be used with"),
    ]
}

fn history(Place { image, .. }: &Place) -> Vec<Row> {
    vec![
        row("history", "verify", "", image, "the items agree with their hashes"),
        row("history", "audit-table", "another", image, r#""TableName":"another""#),
        row("history", "grants-table", "another", &format!("{image} --verify"), r#"{"RequestItems":{"another":"#),
        refused("history", "grants-table", "another", image, "--grants-table would have no effect"),
    ]
}
