//! Names, marks and zones.

use expect_test::expect;
use proptest::prelude::*;

use super::{CLUSTER, NAME, NODE, OLD, account, mark_of, ours, place, set, zone};
use crate::{Holder, Mark, Name, Place, RecordSet, Records, Zone, choose, normalised};

#[test]
fn a_name_is_compared_without_regard_to_case_to_the_dot_at_its_end_and_to_escapes() {
    for text in ["etl.example.com", "ETL.Example.COM", "etl.example.com.", " etl.example.com ", "\\145tl.example.com"] {
        assert_eq!(text.parse::<Name>().map(|name| name.to_string()), Ok("etl.example.com".into()), "{text}");
    }
    assert_eq!(normalised("\\052.Example.com."), "*.example.com");
    assert_eq!(normalised("a\\056b.example.com"), "a\\056b.example.com", "a dot within a label");
    assert_eq!(normalised("end\\"), "end\\");
    assert_eq!(normalised("\\9"), "\\9");
}

/// Why each of these is no friendly name.
fn problems(texts: &[&str]) -> String {
    let problems = texts.iter().map(|text| text.parse::<Name>().unwrap_err().to_string());
    problems.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_no_friendly_name_is_refused_with_its_reason() {
    let (long_part, long) = (format!("{}.example.com", "a".repeat(64)), long(243));
    let texts = [
        "*.example.com",
        "\\052.example.com",
        "büro.example.com",
        "b\\374ro.example.com",
        "etl",
        "",
        "etl..com",
        "-etl.example.com",
        "the etl.example.com",
        "http://etl.example.com/",
        "etl\n.example.com",
        &long_part,
        &long,
    ];
    expect![[r#"
        `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
        `\052.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
        `büro.example.com` is an internationalised name, which is no host's: write the form that begins with `xn--`; it has to be host.domain, such as etl.example.com
        `b\374ro.example.com` is an internationalised name, which is no host's: write the form that begins with `xn--`; it has to be host.domain, such as etl.example.com
        `etl` has no domain; it has to be host.domain, such as etl.example.com
        `` is empty; it has to be host.domain, such as etl.example.com
        `etl..com` has an empty part between its dots; it has to be host.domain, such as etl.example.com
        `-etl.example.com` has the part `-etl`, which begins or ends with a hyphen; it has to be host.domain, such as etl.example.com
        `the etl.example.com` has a ` `, and only letters, digits, hyphens and underscores may be in it; it has to be host.domain, such as etl.example.com
        `http://etl.example.com/` has a `:`, and only letters, digits, hyphens and underscores may be in it; it has to be host.domain, such as etl.example.com
        `etl\n.example.com` has a `\n`, and only letters, digits, hyphens and underscores may be in it; it has to be host.domain, such as etl.example.com
        `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com` has a part of 64 characters, and 63 are the most; it has to be host.domain, such as etl.example.com
        `a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a...` has 243 characters, and 242 are the most: `_signalbox.` is put in front of it to say whose it is; it has to be host.domain, such as etl.example.com"#]].assert_eq(&problems(&texts));
}

/// A name of so many characters.
fn long(length: usize) -> String {
    let name = "a.".repeat(length / 2);
    format!("{}{}", &name[..length - 1], "a")
}

#[test]
fn a_name_may_be_as_long_as_its_mark_can_be() {
    let name: Name = long(242).parse().unwrap();
    assert_eq!(name.mark().len(), 253);
    assert!(format!("{}.example.com", "a".repeat(63)).parse::<Name>().is_ok());
    assert!("xn--bro-hoa.example.com".parse::<Name>().is_ok());
}

proptest! {
    #[test]
    fn a_character_may_be_written_as_an_escape(name in "[a-z0-9*_-]{1,9}([.][a-z0-9*_-]{1,9}){0,3}", at in any::<prop::sample::Index>()) {
        let at = at.index(name.len());
        let octet = name.as_bytes()[at];
        prop_assume!(octet != b'.');
        let escaped = format!("{}\\{octet:03o}{}.", &name[..at], &name[at + 1..].to_uppercase());
        prop_assert_eq!(normalised(&escaped), name);
    }

    #[test]
    fn a_mark_is_read_as_it_was_written(owner in "[A-Za-z0-9._-]{1,63}", id in "j-[A-Z0-9]{1,30}") {
        let mark = Mark { owner, ..mark_of(&id) };
        prop_assert_eq!(Mark::read(&mark.to_string()), Some(mark.clone()));
        prop_assert!(mark.to_string().len() <= 255, "one string of a TXT value holds it");
    }
}

fn held(records: Vec<RecordSet>) -> String {
    let site = Records::from_iter(records).site(&NAME.parse().unwrap());
    match Holder::of(&site, "signalbox", &[account()].into()) {
        Holder::Nobody => "nobody".into(),
        Holder::Ours(held) => format!("ours, for {}", held.mark.cluster),
        Holder::Other(who) => who,
    }
}

#[test]
fn the_txt_record_says_whose_a_name_is_and_never_the_target() {
    assert_eq!(held(vec![]), "nobody");
    assert_eq!(held(ours(NAME, CLUSTER, "anything.example.com")), "ours, for j-1YONHTCP3YZKC");
    let [cname, txt] = <[RecordSet; 2]>::try_from(ours(NAME, CLUSTER, NODE)).unwrap();
    assert_eq!(held(vec![txt.clone()]), "ours, for j-1YONHTCP3YZKC", "somebody took the CNAME away");
    let capital = RecordSet { name: "_SIGNALBOX.ETL.example.com.".into(), ..txt.clone() };
    assert_eq!(held(vec![cname.clone(), capital]), "ours, for j-1YONHTCP3YZKC");
    let with = |value: &str| held(vec![cname.clone(), set("_signalbox.etl.example.com", "TXT", value)]);
    let theirs = Mark { owner: "staging".into(), ..mark_of(OLD) };
    let others = Mark { place: Place { account: "444455556666".parse().unwrap(), ..place() }, ..mark_of(OLD) };
    let weighted = |set: &RecordSet| RecordSet { is_simple: false, ..set.clone() };
    expect![[r#"
        there is a record of type CNAME, and no TXT record beside it says whose it is
        the owner is `staging`, for cluster j-0LDCLUSTER000 in account 111122223333, eu-west-1
        the owner is `signalbox`, for cluster j-0LDCLUSTER000 in account 444455556666, eu-west-1
        the TXT record beside it is not one of ours: `"v=spf1 -all"`
        the TXT record beside it is not one of ours: `"heritage=signalbox,owner=signalbox,cluster=j-1,account=1,region=eu-west-1"`
        what is beside it is not ours: a record of type TXT
        our TXT record stands beside what we would not make: a record of type CNAME
        our TXT record stands beside what we would not make: records of type A and AAAA
        what is beside it is not ours: records of type TXT and A"#]]
    .assert_eq(
        &[
            held(vec![cname.clone()]),
            with(&theirs.to_string()),
            with(&others.to_string()),
            with("\"v=spf1 -all\""),
            with("\"heritage=signalbox,owner=signalbox,cluster=j-1,account=1,region=eu-west-1\""),
            held(vec![cname.clone(), weighted(&txt)]),
            held(vec![weighted(&cname), txt.clone()]),
            held(vec![set(NAME, "A", "10.0.0.1"), set(NAME, "AAAA", "::1"), txt.clone()]),
            held(vec![cname.clone(), txt, set("_signalbox.etl.example.com", "A", "10.0.0.1")]),
        ]
        .join("\n"),
    );
}

fn chosen(zones: &[Zone]) -> String {
    let name = NAME.parse().unwrap();
    let ours = ["Z1", "Z2", "Z3"].map(|id| id.parse().unwrap()).into();
    match choose(&name, "vpc-1", zones, &account(), Some(&ours)) {
        Ok(zone) => zone.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_zone_is_the_one_with_the_longest_domain() {
    let (com, example) = (zone("Z1", "com"), zone("Z2", "example.com"));
    assert_eq!(chosen(&[com.clone(), example.clone()]), "example.com (Z2)");
    assert_eq!(chosen(&[example.clone(), com.clone(), zone("Z3", "l.example.com")]), "example.com (Z2)");
    let not_ours = Zone { owner: "efs.amazonaws.com".into(), ..example.clone() };
    expect![[r#"
        no private hosted zone that vpc-1 is associated with is a domain of etl.example.com; the VPC has none; associate the zone with the VPC, or correct the cluster's tag
        no private hosted zone that vpc-1 is associated with is a domain of etl.example.com; the VPC's zones are ample.com (Z2), example.org (Z1); associate the zone with the VPC, or correct the cluster's tag
        etl.example.com would go into several private hosted zones of vpc-1 that are alike: example.com (Z2), example.com (Z3); take the VPC out of all but one
        etl.example.com is the zone etl.example.com (Z3) itself, where no CNAME can be; put a host in front
        etl.example.com belongs into the zone example.com (Z2) of efs.amazonaws.com, which is not ours to change
        etl.example.com belongs into the zone example.com (Z4), which is none of those that SIGNALBOX_DNS_ZONES names; add it there (with the template: to HostedZoneIds, which also allows it to the role)"#]].assert_eq(
        &[
            chosen(&[]),
            chosen(&[zone("Z1", "example.org"), zone("Z2", "ample.com")]),
            chosen(&[com.clone(), example.clone(), zone("Z3", "example.com")]),
            chosen(&[example.clone(), zone("Z3", NAME)]),
            chosen(&[com.clone(), not_ours]),
            chosen(&[com, zone("Z4", "example.com")]),
        ]
        .join("\n"),
    );
}
