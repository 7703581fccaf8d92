//! Which names are taken, and which zone they go into.

use expect_test::expect;

use super::owners::MARK;
use super::{CLUSTER, Cluster, GIVEN, Given, HOME, Record, Scene, WIKI, ZONE, Zone};
use crate::world::scene::chapter;

const NO_ZONES: &[(&str, &str)] = &[("SIGNALBOX_DNS_ZONES", "")];
const PUBLIC: Zone = Zone {
    id: "Z0PUBLIC",
    domain: "example.com",
    vpcs: &[],
    records: &[Record::Plain("www.example.com", "CNAME", 300, "site.example.org")],
};

/// Answers for every name that does not exist.
const WILDCARD: Record = Record::Plain("*.example.com", "A", 300, "10.0.8.8");

/// 244 characters, which is one too many.
const LONG: &str = "\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\
    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.example.com";

/// The running cluster, with this tag.
fn tagged(tag: &'static str) -> Given {
    Given { clusters: vec![Cluster { tag: Some(tag), ..CLUSTER }].leak(), ..GIVEN }
}

const fn with_zones(zones: &'static [Zone]) -> Given {
    Given { zones, ..GIVEN }
}

chapter! { Scene;
    a_name_has_capitals: tagged("ETL.Example.COM"), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_name_ends_with_a_dot: tagged("etl.example.com."), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_name_has_an_escape: tagged(r"\145tl.example.com"), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    a_name_is_a_wildcard: tagged("*.example.com"), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_is_an_escaped_wildcard: tagged(r"\052.example.com"), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `\052.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_is_internationalised: tagged("bücher.example.com"), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `bücher.example.com` is an internationalised name, which is no host's: write the form that begins with `xn--`; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_is_in_punycode: tagged("xn--bcher-kva.example.com"), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create xn--bcher-kva.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
          xn--bcher-kva.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.xn--bcher-kva.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
    "#]];
    a_name_is_the_zone_itself: tagged("example.com"), expect![[r#"
        emr-dns: refused (example.com is the zone example.com (Z1EXAMPLECOM) itself, where no CNAME can be; put a host in front)
        nothing changed
    "#]];
    a_name_is_too_long: tagged(LONG), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaa..` has 244 characters, and 242 are the most: `_signalbox.` is put in front of it to say whose it is; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_has_no_domain: tagged("etl"), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `etl` has no domain; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_has_a_space: tagged("nightly etl.example.com"), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `nightly etl.example.com` has a ` `, and only letters, digits, hyphens and underscores may be in it; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_is_empty: tagged(""), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `` is empty; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_begins_with_an_underscore: tagged("_dmarc.example.com"), expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `_dmarc.example.com` has the part `_dmarc`: what begins with an underscore is a service's or a tool's (RFC 8552), no host's; it has to be host.domain, such as etl.example.com)
        nothing changed
    "#]];
    a_name_is_served_by_a_wildcard: with_zones(&[Zone { records: &[WILDCARD], ..ZONE }]), expect![[r#"
        emr-dns: refused (etl.example.com in Z1EXAMPLECOM is somebody else's: the wildcard *.example.com, a record of type A, answers for it, and no TXT record beside it says whose it is; take the record away or choose another name)
        nothing changed
    "#]];
    a_deeper_name_is_served_by_a_wildcard: Given {
        clusters: &[Cluster { tag: Some("etl.lab.example.com"), ..CLUSTER }],
        ..with_zones(&[Zone { records: &[WILDCARD, WIKI], ..ZONE }])
    }, expect![[r#"
        emr-dns: refused (etl.lab.example.com in Z1EXAMPLECOM is somebody else's: the wildcard *.example.com, a record of type A, answers for it, and no TXT record beside it says whose it is; take the record away or choose another name)
        nothing changed
    "#]];
    a_name_below_a_wildcard_has_a_closer_encloser: Given {
        clusters: &[Cluster { tag: Some("etl.lab.example.com"), ..CLUSTER }],
        ..with_zones(&[Zone { records: &[WILDCARD, Record::Plain("www.lab.example.com", "A", 300, "10.0.9.9")], ..ZONE }])
    }, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.lab.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          \052.example.com A 300 10.0.8.8
          www.lab.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          \052.example.com A 300 10.0.8.8
          etl.lab.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.lab.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          www.lab.example.com A 300 10.0.9.9
    "#]];
    our_mark_stands_beside_a_name_that_a_wildcard_serves:
        with_zones(&[Zone { records: &[WILDCARD, MARK], ..ZONE }]), expect![[r#"
            emr-dns: applied
              - in Z1EXAMPLECOM: update etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was nowhere for j-1YONHTCP3YZKC)
            before
            in Z1EXAMPLECOM:
              \052.example.com A 300 10.0.8.8
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
            after
            in Z1EXAMPLECOM:
              \052.example.com A 300 10.0.8.8
              etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
              _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
        "#]];
    the_vpc_has_no_zone: Given { zones: &[], variables: NO_ZONES, ..GIVEN }, expect![[r#"
        emr-dns: refused (no private hosted zone that vpc-0123456789abcdef0 is associated with is a domain of etl.example.com; the VPC has none; associate the zone with the VPC, or correct the cluster's tag)
        nothing changed
    "#]];
    no_zone_has_the_domain: with_zones(&[
        Zone { id: "Z1EXAMPLEORG", domain: "example.org", vpcs: &[HOME], records: &[] },
        Zone { id: "Z2XEXAMPLECOM", domain: "xample.com", vpcs: &[HOME], records: &[] },
    ]), expect![[r#"
        emr-dns: refused (no private hosted zone that vpc-0123456789abcdef0 is associated with is a domain of etl.example.com; the VPC's zones are example.org (Z1EXAMPLEORG), xample.com (Z2XEXAMPLECOM); associate the zone with the VPC, or correct the cluster's tag)
        nothing changed
    "#]];
    only_a_public_zone_has_the_domain: Given { variables: NO_ZONES, ..with_zones(&[PUBLIC]) }, expect![[r#"
        emr-dns: refused (no private hosted zone that vpc-0123456789abcdef0 is associated with is a domain of etl.example.com; the VPC has none; associate the zone with the VPC, or correct the cluster's tag)
        nothing changed
    "#]];
    a_public_zone_shares_the_domain: with_zones(&[PUBLIC, Zone { records: &[], ..ZONE }]), expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z0PUBLIC:
          www.example.com CNAME 300 site.example.org
        in Z1EXAMPLECOM:
          nothing
        after
        in Z0PUBLIC:
          www.example.com CNAME 300 site.example.org
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
    "#]];
    the_longer_zone_wins: Given {
        clusters: &[Cluster { tag: Some("nightly.etl.example.com"), ..CLUSTER }],
        ..with_zones(&[
            ZONE,
            Zone { id: "Z2ETLEXAMPLECOM", domain: "etl.example.com", vpcs: &[HOME], records: &[] },
        ])
    }, expect![[r#"
        emr-dns: applied
          - in Z2ETLEXAMPLECOM: create nightly.etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        in Z2ETLEXAMPLECOM:
          nothing
        after
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        in Z2ETLEXAMPLECOM:
          nightly.etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.nightly.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
    "#]];
    the_zone_is_of_another_vpc: with_zones(&[Zone { vpcs: &["vpc-0123456789abcdef1"], ..ZONE }]), expect![[r#"
        emr-dns: refused (no private hosted zone that vpc-0123456789abcdef0 is associated with is a domain of etl.example.com; the VPC has none; associate the zone with the VPC, or correct the cluster's tag)
        nothing changed
    "#]];
    the_zone_is_none_of_those_that_are_named: Given {
        variables: &[("SIGNALBOX_DNS_ZONES", "Z2EXAMPLEORG")],
        ..with_zones(&[ZONE, Zone { id: "Z2EXAMPLEORG", domain: "example.org", vpcs: &[HOME], records: &[] }])
    }, expect![[r#"
        emr-dns: refused (etl.example.com belongs into the zone example.com (Z1EXAMPLECOM), which is none of those that SIGNALBOX_DNS_ZONES names; add it there (with the template: to HostedZoneIds, which also allows it to the role))
        nothing changed
    "#]];
}
