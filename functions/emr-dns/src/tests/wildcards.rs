//! Names that a wildcard answers for.

use expect_test::expect;
use naming::{Cluster, RecordSet};

use super::{CLUSTER, NAME, NODE, after, after_event, cluster, look, ours, set, survey};

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
