//! The options of `signalbox fleet run`.

use super::super::Row;
use super::super::place::{MEMBER, Place};
use super::{by_test, naming, rates, row, sharing};

/// The fleet's own options.
pub fn own() -> Vec<Row> {
    let one = "caller-identity --target 222233334444";
    let plan = "caller-identity --target 222233334444 --plan";
    let row = |option, value: &str, without: &str, told: &str| row("fleet run", option, value, without, told);
    let mut rows = vec![
        row("plan", "", one, "which only reads: 1 accounts"),
        row("apply", "", one, "--apply is not for caller-identity"),
        row("unrecorded", "", "dns-sweep --all --apply", "--unrecorded is not for dns-sweep"),
        row("target", "nowhere", "dns-sweep", "`nowhere` is not an account id"),
        row("target", MEMBER, "caller-identity --plan", "which only reads: 1 accounts"),
        row("all", "", "dns-sweep", "AWSOrganizationsNotInUseException"),
        row("ignore", MEMBER, plan, "it is ignored"),
        row("regions", "eu-central-1", plan, "(eu-central-1)"),
        row("role-name", "another-role", one, "role%2Fanother-role"),
        row("role-path", "/a/path/", one, "role%2Fa%2Fpath%2F"),
        row("session-name", "a-session", one, "RoleSessionName=a-session"),
        row("session-policy", "policy.json", one, "OfAFile"),
        row("session-policy", "of-no-file", plan, "of-no-file"),
        row("policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess", one, "PolicyArns.member.1.arn="),
        row("external-id", "only-us", one, "ExternalId=only-us"),
        row("duration", "900", one, "DurationSeconds=900"),
        row("source-identity", "a-person", one, "SourceIdentity=a-person"),
        row("partition", "aws-cn", one, "aws-cn"),
        row("account-timeout", "0", one, "of an account"),
        row("timeout", "0", one, "were over"),
        row("lines", "", one, "{\"Id\":\"222233334444\""),
        row("checkpoint", "share.json", one, "cannot make share.json"),
        row("resume", "share.json", one, "it is no file of a run"),
        row("only-failed", "share.json", one, "it is no file of a run"),
    ];
    rows.extend(by_tests());
    rows
}

/// What takes more than one command, or more than one account.
fn by_tests() -> Vec<Row> {
    let tests = [
        ("apply", "shares_are_made_true_in_each_account_and_recorded_in_one_place"),
        ("unrecorded", "nothing_is_shared_that_cannot_be_recorded_unless_that_is_meant"),
        ("concurrency", "as_much_is_in_flight_as_may_be_and_few_accounts_are_open"),
        ("assume-concurrency", "as_much_is_in_flight_as_may_be_and_few_accounts_are_open"),
        ("include-caller", "who_is_ignored_wins_and_the_caller_is_reached_where_it_is_asked_for"),
        ("tolerate", "nothing_more_is_begun_where_more_fails_than_is_tolerated"),
        ("checkpoint", "killed_half_way_and_resumed_every_place_is_once_in_the_result"),
        ("resume", "killed_half_way_and_resumed_every_place_is_once_in_the_result"),
        ("only-failed", "only_what_failed_is_done_again_and_the_rest_stays_in_the_result"),
    ];
    tests.map(|(option, test)| by_test("fleet run", option, test)).into()
}

/// The settings of the fleet's sweeps, in the calling account, which has something to share and to name.
pub fn settings(place: &Place) -> Vec<Row> {
    let Place { account, manifest, .. } = place;
    let unsaid = format!("share-sweep --target {account}");
    let (sweep, names) = (format!("{unsaid} --manifest {manifest}"), format!("dns-sweep --target {account}"));
    let row = |option, value: &str, without: &str, told: &str| row("fleet run", option, value, without, told);
    let mut rows = vec![
        row("manifest", manifest, &unsaid, "share.json"),
        row("manifest", "nowhere", &unsaid, "SIGNALBOX_MANIFEST: `nowhere`"),
        row("manifest", "s3://b/k", &names, "--manifest would have no effect: dns-sweep"),
        row("dns-tag", "name", &sweep, "--dns-tag would have no effect: share-sweep"),
        row("allowed-accounts", MEMBER, &sweep, "which SIGNALBOX_ALLOWED_ACCOUNTS does not"),
        row("manifest-account", MEMBER, &sweep, "222233334444's"),
        row("exact-names-account", MEMBER, &sweep, "name resources of account 222233334444 exactly"),
        row("grants-table", "other --audit-table another", &sweep, r#""TableName":"other""#),
        row("audit-table", "other", &format!("{sweep} --grants-table other"), r#""TableName":"other""#),
    ];
    rows.extend(sharing::limits("fleet run", &sweep));
    rows.extend(naming::sweep("fleet run", &names, place));
    rows.extend(rates("fleet run", &names));
    rows
}
