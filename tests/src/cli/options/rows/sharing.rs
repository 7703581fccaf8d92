//! The settings of what shares, for events and for sweeps.

use super::super::Row;
use super::super::place::{MEMBER, Place};
use super::{rates, refused, row, silenced};

/// Of `signalbox plan`, with an event and without one.
pub fn plan(place: &Place) -> Vec<Row> {
    let (mut rows, whole) = (events("plan", place), "--manifest share.json");
    let tables = format!("ami.json --manifest {} --grants-table signalbox-grants", place.manifest);
    rows.extend(limits("plan", whole));
    // Without an event, the options that only functions for events read are refused, and the others reach the sweep.
    rows.extend(elsewhere("plan", whole, "--manifest share.json", "is not one of SIGNALBOX_ACCOUNTS"));
    rows.extend([
        refused("plan", "manifest", "of-no-file", "", "cannot read of-no-file"),
        row("plan", "manifest", "share.json", "", "base_linux_v1"),
        row(
            "plan",
            "manifest-account",
            MEMBER,
            &format!("--manifest {}", place.manifest),
            "GetObject of 222233334444 ",
        ),
        row("plan", "allowed-accounts", MEMBER, whole, "which SIGNALBOX_ALLOWED_ACCOUNTS does not"),
        refused("plan", "copy-automated", "true", whole, "--copy-automated would have no effect"),
        refused("plan", "dns-tag", "name", whole, "--dns-tag would have no effect"),
        row("plan", "out", "another.json", whole, "the plan is in another.json"),
        row("plan", "audit-table", "signalbox-audit", &tables, "share-ami: planned"),
    ]);
    rows
}

/// Of `signalbox run`.
pub fn run(place: &Place) -> Vec<Row> {
    let mut rows = events("run", place);
    let sweep = format!("sweep.json --function reconcile-shares --manifest {}", place.manifest);
    rows.extend(limits("run", &sweep));
    let ami = format!("ami.json --manifest {}", place.manifest);
    rows.extend([
        row("run", "ledger-table", "another-ledger", "emr.json", "another-ledger"),
        row("run", "audit-table", "another --grants-table signalbox-grants", &ami, r#""TableName":"another""#),
    ]);
    rows
}

/// Of events of images and database snapshots.
fn events(command: &'static str, place: &Place) -> Vec<Row> {
    let manifest = format!("--manifest {}", place.manifest);
    let (ami, rds) = (format!("ami.json {manifest}"), format!("rds.json {manifest}"));
    let member = format!("member.json {manifest}");
    let mut rows = vec![
        row(command, "manifest", &place.empty, "ami.json", "empty.json"),
        row(
            command,
            "manifest",
            &place.empty,
            "ami.json",
            "no entry of the manifest's section `ami` matches `base_linux_v1`",
        ),
        row(command, "manifest-account", MEMBER, &ami, "GetObject of 222233334444 "),
        row(command, "allowed-accounts", MEMBER, &ami, "which SIGNALBOX_ALLOWED_ACCOUNTS does not"),
        row(command, "copy-automated", "true", &rds, "copy rds:base-db-v9-"),
        row(command, "grants-table", "other --audit-table another", &ami, r#""RequestItems":{"other""#),
        row(command, "function", "reconcile-shares", &format!("sweep.json {manifest}"), "reconcile-shares: "),
        row(command, "function", "emr-dns", "ami.json", "not an event that emr-dns acts on"),
    ];
    rows.extend(elsewhere(command, &ami, &member, "is not one of SIGNALBOX_ACCOUNTS"));
    rows
}

/// The accounts in which a command acts: `ours` is about the calling account, `theirs` about one that is entered.
fn elsewhere(command: &'static str, ours: &str, theirs: &str, denied: &str) -> Vec<Row> {
    let accounts = format!("{theirs} --accounts {MEMBER}");
    let role = format!("{accounts} --member-role a-member-role");
    vec![
        row(command, "accounts", MEMBER, ours, denied),
        refused(command, "accounts", "5", ours, "SIGNALBOX_ACCOUNTS: `5` is no id"),
        row(command, "member-role", "a-member-role", &accounts, "role%2Fa-member-role"),
        refused(command, "member-role", "a-member-role", ours, "--member-role would have no effect without --accounts"),
        row(command, "external-id", "only-us", &role, "ExternalId=only-us"),
        refused(command, "external-id", "only-us", ours, "SIGNALBOX_MEMBER_ROLE is not set"),
    ]
}

/// The limits of a sweep, of which one share is to go, of one image no event told.
pub fn limits(command: &'static str, without: &str) -> Vec<Row> {
    let percent = "shares would go, and 0 % may (SIGNALBOX_MAX_REMOVED_PERCENT)";
    vec![
        row(command, "max-removals", "0", without, "1 shares would go, and 0 may (SIGNALBOX_MAX_REMOVALS)"),
        row(command, "max-removed-percent", "0", without, percent),
        silenced(command, "sweep-period", "0", &format!("{without} --output json"), "\"missed_events\": 1"),
    ]
}

/// Of `signalbox apply`: `step.json` is a step of the plan, of an image of another account.
pub fn apply() -> Vec<Row> {
    let mut rows = elsewhere("apply", "plan.json", "step.json", "is not one of SIGNALBOX_ACCOUNTS");
    rows.extend([
        row("apply", "allowed-accounts", MEMBER, "plan.json", "which --allowed-accounts does not name"),
        row("apply", "grants-table", "other --audit-table another", "plan.json", r#""RequestItems":{"other""#),
        row("apply", "audit-table", "another --grants-table signalbox-grants", "plan.json", r#""TableName":"another""#),
    ]);
    rows.extend(rates("apply", "many.json"));
    rows
}
