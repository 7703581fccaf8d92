//! How clusters are named: what the settings of names do to one that is right, and to one whose cluster has ended.

use super::super::Row;
use super::super::place::Place;
use super::{rates, row, silenced};

/// Of events of clusters.
pub fn events(command: &'static str) -> Vec<Row> {
    let (running, ended) = ("emr.json", "ended.json");
    let mut rows = vec![
        row(command, "owner", "another", running, "the owner is `signalbox`"),
        row(command, "dns-tag", "other_name", running, "other.example.com"),
        row(command, "dns-ttl", "77", running, "(its time to live was 60)"),
        row(command, "dns-policy", "upsert-only", ended, "SIGNALBOX_DNS_POLICY is upsert-only"),
        row(command, "dns-zones", "Z0EXAMPLEOFNONE", running, "none of those that SIGNALBOX_DNS_ZONES names"),
        row(command, "suffix-accounts", "example.com=222233334444", running, "to 222233334444 alone"),
    ];
    rows.extend(rates(command, "sweep.json --function emr-dns"));
    rows
}

/// Of `signalbox dns`.
pub fn dns(place: &Place) -> Vec<Row> {
    let zone = &place.other_zone;
    let mut rows = vec![
        row("dns", "owner", "another", "", "the owner is `signalbox`"),
        row("dns", "dns-tag", "other_name", "", "missing: to be ip-10-0-0-3"),
        row("dns", "dns-ttl", "77", "", "its time to live is to be 77"),
        row("dns", "dns-policy", "upsert-only", "", "SIGNALBOX_DNS_POLICY is upsert-only"),
        row("dns", "dns-zones", zone, "", "none of those that SIGNALBOX_DNS_ZONES names"),
        row("dns", "suffix-accounts", "example.com=222233334444", "", "to 222233334444 alone"),
        row("dns", "max-removals", "0", "", "names would go, and 0 may (SIGNALBOX_MAX_REMOVALS)"),
        row("dns", "max-removed-percent", "300", "", "SIGNALBOX_MAX_REMOVED_PERCENT: `300` is more than 100"),
        silenced("dns", "drift", "", "--output json", r#""name": "etl.example.com""#),
    ];
    rows.extend(rates("dns", ""));
    rows
}

/// Of a sweep of names that is planned.
pub fn sweep(command: &'static str, without: &str, place: &Place) -> Vec<Row> {
    let of_zone = format!("/hostedzone/{}/rrset", place.zone);
    vec![
        silenced(command, "owner", "another", without, "delete gone.example.com"),
        row(command, "dns-tag", "other_name", without, "delete etl.example.com"),
        row(command, "dns-ttl", "77", without, "(its time to live was 60)"),
        silenced(command, "dns-policy", "upsert-only", without, "delete gone.example.com"),
        silenced(command, "dns-zones", &place.other_zone, without, &of_zone),
        row(command, "suffix-accounts", "example.com=222233334444", without, "to 222233334444 alone"),
    ]
}
