//! Names that a wildcard answers for.

use expect_test::expect;

use super::{CLUSTER, NAME, NODE, after, after_event, cluster, look, ours, set, survey};
use crate::cluster::Cluster;
use crate::record::{RecordSet, Records};

/// Which wildcard answers for this name, where these names have records.
fn wildcard(name: &str, names: &[&str]) -> Option<String> {
    let records: Records = names.iter().map(|it| set(it, "A", "10.0.0.1")).collect();
    let site = records.site(&name.parse().unwrap());
    site.wildcard.first().map(|set| set.name.clone())
}

#[test]
fn a_wildcard_answers_for_what_does_not_exist_below_its_closest_encloser() {
    let all = Some("*.example.com.".to_owned());
    assert_eq!(wildcard(NAME, &["*.example.com"]), all);
    assert_eq!(wildcard(NAME, &["\\052.example.com"]).as_deref(), Some("\\052.example.com."), "as Route 53 writes it");
    assert_eq!(wildcard("etl.lab.example.com", &["*.example.com"]), all, "it answers for deeper names");
    assert_eq!(wildcard("a.b.c.example.com", &["*.example.com", "x.example.com"]), all);
    assert_eq!(wildcard("etl.lab.example.com", &["*.example.com", "lab.example.com"]), None, "a closer encloser");
    let below = ["*.example.com", "www.lab.example.com"];
    assert_eq!(wildcard("etl.lab.example.com", &below), None, "which exists, since something stands below it");
    assert_eq!(wildcard("etl.lab.example.com", &["*.example.com", "notlab.example.com"]), all);
    let nearer = ["*.example.com", "*.lab.example.com"];
    assert_eq!(wildcard("etl.lab.example.com", &nearer).as_deref(), Some("*.lab.example.com."));
    assert_eq!(wildcard(NAME, &nearer), all);
    assert_eq!(wildcard(NAME, &["*.example.com", "0.etl.example.com"]), None, "the name exists");
    assert_eq!(wildcard(NAME, &["*.example.org", "example.com"]), None);
}

#[test]
fn a_name_that_a_wildcard_answers_for_is_taken_by_event_and_sweep() {
    let all = vec![set("*.example.com", "A", "10.0.0.1"), set("*.example.com", "AAAA", "::1")];
    expect!["refused: etl.example.com in Z1 is somebody else's: the wildcard *.example.com, records of type A and AAAA, answers for it, and no TXT record beside it says whose it is; take the record away or choose another name"].assert_eq(&after_event(look(cluster(CLUSTER), all.clone())));
    expect!["name etl.example.com: etl.example.com in Z1 is somebody else's: the wildcard *.example.com, records of type A and AAAA, answers for it, and no TXT record beside it says whose it is; take the record away or choose another name"].assert_eq(&after(survey(vec![cluster(CLUSTER)], all)));
}

#[test]
fn with_our_mark_beside_it_a_name_below_a_wildcard_is_ours() {
    let with_wildcard = |mut records: Vec<RecordSet>| {
        records.push(set("*.example.com", "A", "10.0.0.1"));
        records
    };
    let named = with_wildcard(ours(NAME, CLUSTER, NODE));
    assert_eq!(after_event(look(cluster(CLUSTER), named.clone())), "nothing");
    assert_eq!(after(survey(vec![cluster(CLUSTER)], named)), "nothing");
    let marked = with_wildcard(ours(NAME, CLUSTER, NODE).split_off(1));
    expect![[r#"
        in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC (was nowhere for j-1YONHTCP3YZKC)
          + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal"#]]
    .assert_eq(&after_event(look(cluster(CLUSTER), marked)));
}

#[test]
fn a_name_with_a_part_that_begins_with_an_underscore_is_refused() {
    let tagged = |tag: &str| after_event(look(Cluster { tag: Some(tag.into()), ..cluster(CLUSTER) }, vec![]));
    expect!["refused: the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `_dmarc.example.com` has the part `_dmarc`: what begins with an underscore is a service's or a tool's (RFC 8552), no host's; it has to be host.domain, such as etl.example.com"].assert_eq(&tagged("_dmarc.example.com"));
    expect!["refused: the tag `cluster_name` of cluster j-1YONHTCP3YZKC: `etl._tcp.example.com` has the part `_tcp`: what begins with an underscore is a service's or a tool's (RFC 8552), no host's; it has to be host.domain, such as etl.example.com"].assert_eq(&tagged("etl._tcp.example.com"));
    assert!(
        tagged("nightly_etl.example.com").starts_with("in Z1: create"),
        "an underscore within is as good as a letter"
    );
}
