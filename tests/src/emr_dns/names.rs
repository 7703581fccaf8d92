//! Which names are taken, and which zone they go into.

use expect_test::expect;

use super::{CLUSTER, Cluster, GIVEN, Given, HOME, Record, Scene, ZONE, Zone};
use crate::scene::chapter;

const NO_ZONES: &[(&str, &str)] = &[("SIGNALBOX_DNS_ZONES", "")];
const PUBLIC: Zone = Zone {
    id: "Z0PUBLIC",
    domain: "example.com",
    vpcs: &[],
    records: &[Record::Plain("www.example.com", "CNAME", 300, "site.example.org")],
};

/// 244 characters, which is one too many.
const LONG: &str = "\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\
    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.example.com";

/// The running cluster, with this tag.
fn tagged(tag: &'static str) -> Given {
    Given { clusters: vec![Cluster { tag: Some(tag), ..CLUSTER }].leak(), ..GIVEN }
}

const fn with_zones(zones: &'static [Zone]) -> Given {
    Given { zones, ..GIVEN }
}

chapter! { Scene;
    a_name_has_capitals: tagged("ETL.Example.COM"), expect![[r#""#]];
    a_name_ends_with_a_dot: tagged("etl.example.com."), expect![[r#""#]];
    a_name_has_an_escape: tagged(r"\145tl.example.com"), expect![[r#""#]];
    a_name_is_a_wildcard: tagged("*.example.com"), expect![[r#""#]];
    a_name_is_an_escaped_wildcard: tagged(r"\052.example.com"), expect![[r#""#]];
    a_name_is_internationalised: tagged("bücher.example.com"), expect![[r#""#]];
    a_name_is_in_punycode: tagged("xn--bcher-kva.example.com"), expect![[r#""#]];
    a_name_is_the_zone_itself: tagged("example.com"), expect![[r#""#]];
    a_name_is_too_long: tagged(LONG), expect![[r#""#]];
    a_name_has_no_domain: tagged("etl"), expect![[r#""#]];
    a_name_has_a_space: tagged("nightly etl.example.com"), expect![[r#""#]];
    a_name_is_empty: tagged(""), expect![[r#""#]];
    the_vpc_has_no_zone: Given { zones: &[], variables: NO_ZONES, ..GIVEN }, expect![[r#""#]];
    no_zone_has_the_domain: with_zones(&[Zone { domain: "example.org", ..ZONE }, Zone { id: "Z2XEXAMPLECOM", domain: "xample.com", ..ZONE }]), expect![[r#""#]];
    only_a_public_zone_has_the_domain: Given { variables: NO_ZONES, ..with_zones(&[PUBLIC]) }, expect![[r#""#]];
    a_public_zone_shares_the_domain: with_zones(&[PUBLIC, Zone { records: &[], ..ZONE }]), expect![[r#""#]];
    the_longer_zone_wins: Given { clusters: &[Cluster { tag: Some("nightly.etl.example.com"), ..CLUSTER }], ..with_zones(&[ZONE, Zone { id: "Z2ETLEXAMPLECOM", domain: "etl.example.com", vpcs: &[HOME], records: &[] }]) }, expect![[r#""#]];
    two_zones_are_alike: with_zones(&[ZONE, Zone { id: "Z2EXAMPLECOM", ..ZONE }]), expect![[r#""#]];
    the_zone_is_of_another_vpc: with_zones(&[Zone { vpcs: &["vpc-0123456789abcdef1"], ..ZONE }]), expect![[r#""#]];
    the_zone_is_none_of_those_that_are_named: Given { variables: &[("SIGNALBOX_DNS_ZONES", "Z2EXAMPLEORG")], ..with_zones(&[ZONE, Zone { id: "Z2EXAMPLEORG", domain: "example.org", ..ZONE }]) }, expect![[r#""#]];
}
