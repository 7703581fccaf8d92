//! The options of `signalbox fleet run`.

use super::super::Row;
use super::super::place::{MEMBER, Place};
use super::{by_test, naming, rates, refused, row, sharing, silenced};

/// The fleet's own options.
pub fn own(place: &Place) -> Vec<Row> {
    let mut rows = of_one_account(place);
    rows.extend(of_an_organization(place));
    rows.extend(of_writing(place));
    rows
}

/// Of runs on AWS, which need a workflow: the tests of these commands have one.
pub fn on_aws() -> Vec<Row> {
    const TEST: &str = "each_option_of_the_commands_of_runs_has_an_effect";
    const SHOWN: &str = "what_came_of_a_run_is_shown_as_lists_lines_or_a_table";
    const FOLLOWED: &str = "a_run_that_goes_on_is_followed_to_its_end";
    const WRITES: &str = "an_interruption_leaves_the_run_going_on_and_it_is_stopped_and_resumed_by_its_name";
    let one = "caller-identity --target 222233334444";
    let mut rows = vec![
        row("fleet run", "remote", "", one, "deploy infra/fleet.yaml"),
        row("fleet run", "run", "a-name", &format!("{one} --remote"), "a-name"),
        by_test("fleet run", "runs-bucket", TEST),
        by_test("fleet runs", "most", SHOWN),
        by_test("fleet show", "follow", FOLLOWED),
    ];
    for command in ["fleet runs", "fleet show", "fleet stop", "fleet resume"] {
        rows.extend(["ca-bundle", "endpoint-url", "output", "profile", "region"].map(|it| by_test(command, it, TEST)));
        rows.push(by_test(command, "writes", WRITES));
    }
    for command in ["fleet show", "fleet resume"] {
        rows.extend(["lines", "runs-bucket", "table"].map(|it| by_test(command, it, TEST)));
    }
    rows
}

/// Of an account that belongs to no organization.
fn of_one_account(Place { .. }: &Place) -> Vec<Row> {
    let one = "caller-identity --target 222233334444";
    let plan = "caller-identity --target 222233334444 --plan";
    let refused = |option, value: &str, without: &str, told: &str| refused("fleet run", option, value, without, told);
    let row = |option, value: &str, without: &str, told: &str| row("fleet run", option, value, without, told);
    vec![
        row("plan", "", one, "which only reads: 1 accounts"),
        refused("target", "nowhere", "dns-sweep", "`nowhere` is not an account id"),
        row("target", MEMBER, "caller-identity --plan", "which only reads: 1 accounts"),
        row("ignore", MEMBER, plan, "it is ignored"),
        row("regions", "eu-central-1", plan, "(eu-central-1)"),
        row("role-name", "another-role", one, "role%2Fanother-role"),
        row("role-path", "/a/path/", one, "role%2Fa%2Fpath%2F"),
        row("session-name", "a-session", one, "RoleSessionName=a-session"),
        row("session-policy", "policy.json", one, "OfAFile"),
        refused("session-policy", "of-no-file", plan, "of-no-file"),
        row("policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess", one, "PolicyArns.member.1.arn="),
        row("external-id", "only-us", one, "ExternalId=only-us"),
        row("duration", "900", one, "DurationSeconds=900"),
        row("source-identity", "a-person", one, "SourceIdentity=a-person"),
        row("partition", "aws-cn", one, "aws-cn"),
        row("account-timeout", "0", one, "of an account"),
        row("timeout", "0", one, "were over"),
        row("lines", "", one, "{\"Id\":\"222233334444\""),
        row("table", "", one, "ACCOUNT"),
        row("checkpoint", "run.jsonl", one, "{\"Fleet\":1,"),
        refused("checkpoint", "share.json", one, "cannot make share.json"),
        refused("resume", "share.json", one, "it is no file of a run"),
        refused("only-failed", "share.json", one, "it is no file of a run"),
    ]
}

/// Of the members of an organization. AWS denies entering one of them, or does not answer the first question.
fn of_an_organization(Place { managed, .. }: &Place) -> Vec<Row> {
    let [first, second] = [&managed.first, &managed.second];
    let both = format!("caller-identity --profile elsewhere --target {first},{second}");
    let one_by_one = format!("{both} --assume-concurrency 1");
    let regions = format!("caller-identity --profile elsewhere --target {first} --regions eu-central-1,eu-west-1");
    let (entered, asked) =
        (format!("roles of {first} {second}\n"), "identities in eu-central-1 eu-central-1 eu-west-1\n");
    let silenced = |option, value: &str, without: &str, told: &str| silenced("fleet run", option, value, without, told);
    let row = |option, value: &str, without: &str, told: &str| row("fleet run", option, value, without, told);
    vec![
        row("all", "", "dns-sweep --profile elsewhere --plan", "dns-sweep, which writes: 2 accounts"),
        silenced("include-caller", "", "caller-identity --profile elsewhere --plan", "it is the calling account"),
        row("concurrency", "1", &regions, asked),
        row("assume-concurrency", "1", &both, &format!("roles of {first} {first} {second}\n")),
        silenced("tolerate", "0", &format!("{both} --concurrency 1"), &entered),
        silenced("resume", "run.jsonl", &one_by_one, "roles of "),
        row("only-failed", "run.jsonl", &one_by_one, &format!("roles of {second}\n")),
    ]
}

/// Of operations that write, in the calling account, in which one share is to go.
fn of_writing(Place { account, manifest, .. }: &Place) -> Vec<Row> {
    let sweep = format!("share-sweep --target {account} --manifest {manifest}");
    let recorded = format!("{sweep} --grants-table signalbox-grants --audit-table signalbox-audit");
    let refused = |option, without: &str, told: &str| refused("fleet run", option, "", without, told);
    vec![
        row("fleet run", "apply", "", &recorded, "ec2 ModifyImageAttribute"),
        refused("apply", "caller-identity --target 222233334444", "--apply is not for caller-identity"),
        row("fleet run", "unrecorded", "", &format!("{sweep} --apply"), "ec2 ModifyImageAttribute"),
        refused("unrecorded", "dns-sweep --all --apply", "--unrecorded is not for dns-sweep"),
    ]
}

/// The settings of the fleet's sweeps, in the calling account, which has something to share and to name.
pub fn settings(place: &Place) -> Vec<Row> {
    let Place { account, manifest, .. } = place;
    let unsaid = format!("share-sweep --target {account}");
    let (sweep, names) = (format!("{unsaid} --manifest {manifest}"), format!("dns-sweep --target {account}"));
    let refused = |option, value: &str, without: &str, told: &str| refused("fleet run", option, value, without, told);
    let row = |option, value: &str, without: &str, told: &str| row("fleet run", option, value, without, told);
    let mut rows = vec![
        row("manifest", manifest, &unsaid, "s3 GetObject"),
        refused("manifest", "nowhere", &unsaid, "SIGNALBOX_MANIFEST: `nowhere`"),
        refused("manifest", "s3://b/k", &names, "--manifest would have no effect: dns-sweep"),
        refused("dns-tag", "name", &sweep, "--dns-tag would have no effect: share-sweep"),
        row("allowed-accounts", MEMBER, &sweep, "which SIGNALBOX_ALLOWED_ACCOUNTS does not"),
        row("manifest-account", MEMBER, &sweep, "GetObject of 222233334444 "),
        row("exact-names-account", MEMBER, &sweep, "name resources of account 222233334444 exactly"),
        row("grants-table", "other --audit-table another", &sweep, r#""TableName":"other""#),
        row("audit-table", "other", &format!("{sweep} --grants-table other"), r#""TableName":"other""#),
    ];
    rows.extend(sharing::limits("fleet run", &sweep));
    rows.extend(naming::sweep("fleet run", &names, place));
    rows.extend(rates("fleet run", &names));
    rows
}
