//! EMR and Route 53 of the local AWS: that they answer as AWS does, in what a cluster's DNS name is about.

use aws_sdk_emr::error::ProvideErrorMetadata;
use aws_sdk_emr::types::ClusterState;
use expect_test::expect;
use local_aws::{Fault, FaultKind};

use crate::world::emr::{
    CREATED, PRIMARY, STATE, associate, change, describe, emr, make_private_zone, make_public_zone, make_vpc,
    put_record, record_sets, records, replace_primary, route53, run_cluster, set_state, tag_cluster, terminate,
    vpcs_of,
};
use crate::world::{AWS, REGION, World};

/// What EMR says of a cluster: its state, and the name of its primary node.
async fn shown(world: &World, id: &str) -> (String, Option<String>) {
    let cluster = describe(world, id).await;
    let state = cluster.status.unwrap().state.unwrap();
    (state.to_string(), cluster.master_public_dns_name)
}

async fn primary_of(world: &World, id: &str) -> Option<String> {
    shown(world, id).await.1
}

/// What a batch is refused with: the code and the message.
async fn refusal(world: &World, zone: &str, changes: Vec<aws_sdk_route53::types::Change>) -> String {
    match crate::world::emr::apply(world, zone, changes).await {
        Ok(()) => "taken".into(),
        Err(error) => {
            let status = error.raw_response().map_or(0, |answer| answer.status().as_u16());
            format!("{status} {}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or_default())
        }
    }
}

#[tokio::test]
async fn an_unknown_cluster_is_an_invalid_request() {
    let world = World::new().await;
    let error = emr(&world).describe_cluster().cluster_id("j-1ABCDEFGHIJKL").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidRequestException"));
    assert_eq!(error.message(), Some("Cluster id 'j-1ABCDEFGHIJKL' is not valid."));
}

#[tokio::test]
async fn a_cluster_lives_as_its_reserved_tags_tell_and_does_not_show_them() {
    let world = World::new().await;
    let (_, subnet) = make_vpc(&world).await;
    let tags = [("cluster_name", "a.example.com"), (STATE, "STARTING"), (CREATED, "2026-01-02T03:04:05Z")];
    let id = run_cluster(&world, &subnet, &tags).await;
    assert_eq!(shown(&world, &id).await, ("STARTING".into(), None));
    let cluster = describe(&world, &id).await;
    assert_eq!(cluster.ec2_instance_attributes().unwrap().ec2_subnet_id(), Some(subnet.as_str()));
    let created = cluster.status().unwrap().timeline().unwrap().creation_date_time().unwrap();
    assert_eq!(created.secs(), 1_767_323_045);
    let tags: Vec<_> = cluster.tags().iter().map(|tag| (tag.key().unwrap(), tag.value().unwrap())).collect();
    assert_eq!(tags, [("cluster_name", "a.example.com")]);
    for state in ["BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING", "TERMINATED", "TERMINATED_WITH_ERRORS"] {
        set_state(&world, &id, state).await;
        let (actual, primary) = shown(&world, &id).await;
        assert_eq!((actual.as_str(), primary.is_some()), (state, state != "BOOTSTRAPPING"));
    }
}

#[tokio::test]
async fn a_state_or_a_reserved_tag_that_there_is_not_is_refused() {
    let world = World::new().await;
    let (_, subnet) = make_vpc(&world).await;
    let id = run_cluster(&world, &subnet, &[]).await;
    for (key, value) in [(STATE, "ASLEEP"), ("local-aws:sate", "RUNNING")] {
        let tag = aws_sdk_emr::types::Tag::builder().key(key).value(value).build();
        let error = emr(&world).add_tags().resource_id(&id).tags(tag).send().await.unwrap_err();
        assert!(error.message().unwrap().contains("BOOTSTRAPPING, RUNNING, WAITING"), "{error:?}");
    }
    assert_eq!(shown(&world, &id).await.0, "WAITING");
}

#[tokio::test]
async fn the_name_of_the_primary_is_each_clusters_own_and_outlives_it() {
    let world = World::new().await;
    let (_, subnet) = make_vpc(&world).await;
    let (one, other) = (run_cluster(&world, &subnet, &[]).await, run_cluster(&world, &subnet, &[]).await);
    let name = primary_of(&world, &one).await.unwrap();
    assert!(name.starts_with("ip-10-0-") && name.ends_with(".eu-west-1.compute.internal"), "{name}");
    assert_ne!(primary_of(&world, &other).await.unwrap(), name);
    terminate(&world, &one).await;
    assert_eq!(shown(&world, &one).await, ("TERMINATED".into(), Some(name)));
    replace_primary(&world, &other, "ip-10-0-9-9.eu-west-1.compute.internal").await;
    assert_eq!(primary_of(&world, &other).await.as_deref(), Some("ip-10-0-9-9.eu-west-1.compute.internal"));
}

#[tokio::test]
async fn a_cluster_that_was_never_provisioned_has_no_name_when_it_has_ended() {
    let world = World::new().await;
    let (_, subnet) = make_vpc(&world).await;
    let failed = run_cluster(&world, &subnet, &[(STATE, "TERMINATED_WITH_ERRORS")]).await;
    assert_eq!(shown(&world, &failed).await, ("TERMINATED_WITH_ERRORS".into(), None));
    for end in ["TERMINATED", "TERMINATED_WITH_ERRORS"] {
        let id = run_cluster(&world, &subnet, &[(STATE, "BOOTSTRAPPING")]).await;
        set_state(&world, &id, end).await;
        assert_eq!(shown(&world, &id).await, (end.into(), None));
    }
    let cancelled = run_cluster(&world, &subnet, &[(STATE, "STARTING")]).await;
    terminate(&world, &cancelled).await;
    assert_eq!(shown(&world, &cancelled).await, ("TERMINATED".into(), None));
    let ended = run_cluster(&world, &subnet, &[(STATE, "TERMINATED"), (PRIMARY, "ip-10-0-1-1.ec2.internal")]).await;
    assert_eq!(primary_of(&world, &ended).await.as_deref(), Some("ip-10-0-1-1.ec2.internal"));
}

#[tokio::test]
async fn clusters_are_listed_in_pages_of_fifty_by_their_state() {
    let world = World::new().await;
    let (_, subnet) = make_vpc(&world).await;
    let mut waiting = Vec::new();
    for number in 0..120 {
        let state = if number % 10 == 0 { "TERMINATED" } else { "WAITING" };
        let id = run_cluster(&world, &subnet, &[(STATE, state)]).await;
        if state == "WAITING" {
            waiting.push(id);
        }
    }
    let mut pages = emr(&world).list_clusters().cluster_states(ClusterState::Waiting);
    let first = pages.clone().send().await.unwrap();
    assert_eq!(first.clusters().len(), 50);
    let (mut marker, mut listed) = (first.marker, first.clusters.unwrap());
    while marker.is_some() {
        pages = pages.set_marker(marker);
        let page = pages.clone().send().await.unwrap();
        listed.extend(page.clusters.unwrap());
        marker = page.marker;
    }
    let mut listed: Vec<_> = listed.into_iter().map(|cluster| cluster.id.unwrap()).collect();
    listed.sort();
    waiting.sort();
    assert_eq!(listed, waiting);
}

#[tokio::test]
async fn clusters_are_listed_by_when_they_were_made() {
    let world = World::new().await;
    let (_, subnet) = make_vpc(&world).await;
    let old = run_cluster(&world, &subnet, &[]).await;
    tag_cluster(&world, &old, &[(CREATED, "2026-01-02T03:04:05+01:00")]).await;
    let new = run_cluster(&world, &subnet, &[]).await;
    let after = aws_sdk_emr::primitives::DateTime::from_secs(1_767_400_000);
    let listed = emr(&world).list_clusters().created_after(after).send().await.unwrap();
    assert_eq!(listed.clusters().iter().map(|it| it.id().unwrap()).collect::<Vec<_>>(), [new]);
}

#[tokio::test]
async fn subnets_name_their_networks_several_at_once() {
    let world = World::new().await;
    let (one, other, _) = (make_vpc(&world).await, make_vpc(&world).await, make_vpc(&world).await);
    let mut found = vpcs_of(&world, &[one.1.clone(), other.1.clone()]).await;
    found.sort();
    let mut expected = [(one.1, one.0), (other.1, other.0)];
    expected.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_network_sees_its_private_zones_in_pages_and_no_public_one() {
    let world = World::new().await;
    let ((vpc, _), (other, _)) = (make_vpc(&world).await, make_vpc(&world).await);
    make_public_zone(&world, "example.com").await;
    let mut expected = Vec::new();
    for name in ["example.com", "a.example.com", "b.example.com"] {
        expected.push(make_private_zone(&world, name, &vpc).await);
    }
    let elsewhere = make_private_zone(&world, "c.example.com", &other).await;
    associate(&world, &elsewhere, &vpc).await;
    expected.push(elsewhere);
    let (mut listed, mut token) = (Vec::new(), None);
    loop {
        let request = route53(&world).list_hosted_zones_by_vpc().vpc_id(&vpc).vpc_region(REGION.into());
        let page = request.max_items(3).set_next_token(token).send().await.unwrap();
        listed.extend(page.hosted_zone_summaries);
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert!(listed.iter().all(|it| it.owner.as_ref().unwrap().owning_account.as_deref() == Some(&world.account)));
    assert!(listed.iter().any(|it| it.name == "a.example.com."));
    let mut listed: Vec<_> = listed.into_iter().map(|it| it.hosted_zone_id).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn all_zones_are_listed_in_pages_and_say_whether_they_are_private() {
    let world = World::new().await;
    let (vpc, _) = make_vpc(&world).await;
    for name in ["example.com", "example.org", "example.net"] {
        make_public_zone(&world, name).await;
    }
    make_private_zone(&world, "Example.COM", &vpc).await;
    let pages = route53(&world).list_hosted_zones().max_items(3).into_paginator().items().send();
    let zones = aws::all_pages(pages).await.unwrap();
    let is_private = |it: &&aws_sdk_route53::types::HostedZone| it.config().unwrap().private_zone;
    let private: Vec<_> = zones.iter().filter(is_private).map(|it| it.name.as_str()).collect();
    assert_eq!((zones.len(), private), (4, vec!["example.com."]));
}

#[tokio::test]
async fn records_are_listed_by_reversed_labels_in_pages_and_from_a_name_on() {
    let world = World::new().await;
    let zone = make_public_zone(&world, "example.com").await;
    for name in ["b", "a-b", "x.a", "*", "A", "_signalbox.a"] {
        put_record(&world, &zone, &format!("{name}.example.com"), "CNAME", 60, &["t.example.org"]).await;
    }
    put_record(&world, &zone, "b.b.example.com.", "TXT", 300, &["\"one\"", "\"two\""]).await;
    let listed = r"\052.example.com CNAME 60 t.example.org
a-b.example.com CNAME 60 t.example.org
a.example.com CNAME 60 t.example.org
_signalbox.a.example.com CNAME 60 t.example.org
x.a.example.com CNAME 60 t.example.org
b.example.com CNAME 60 t.example.org
";
    assert_eq!(records(&world, &zone).await, listed.to_owned() + "b.b.example.com TXT 300 \"one\" \"two\"\n");
    let whole = record_sets(&world, &zone, None, 300).await;
    assert_eq!((whole.len(), whole[2].name.as_str()), (9, r"\052.example.com."));
    assert_eq!(record_sets(&world, &zone, None, 2).await, whole);
    assert_eq!(record_sets(&world, &zone, Some("_signalbox.a.example.com"), 1).await, whole[5..]);
}

#[tokio::test]
async fn a_batch_is_taken_whole_or_refused_with_all_its_reasons() {
    let world = World::new().await;
    let zone = make_public_zone(&world, "example.com").await;
    let cname = |action, name: &str, ttl, value| change(action, &format!("{name}.example.com"), "CNAME", ttl, &[value]);
    put_record(&world, &zone, "a.example.com", "CNAME", 60, &["one"]).await;
    let before = records(&world, &zone).await;
    let changes =
        vec![cname("CREATE", "new", 60, "x"), cname("CREATE", "a", 60, "one"), cname("DELETE", "gone", 60, "x")];
    assert_eq!(
        refusal(&world, &zone, changes).await,
        "400 InvalidChangeBatch: [Tried to create resource record set [name='a.example.com.', type='CNAME'] but it already \
         exists, Tried to delete resource record set [name='gone.example.com.', type='CNAME'] but it was not found]"
    );
    for observed in [cname("DELETE", "a", 61, "one"), cname("DELETE", "a", 60, "two")] {
        assert_eq!(
            refusal(&world, &zone, vec![observed]).await,
            "400 InvalidChangeBatch: [Tried to delete resource record set [name='a.example.com.', type='CNAME'] but the \
             values provided do not match the current values]"
        );
    }
    assert_eq!(records(&world, &zone).await, before);
    let replaced = vec![cname("DELETE", "A", 60, "one"), cname("CREATE", "a", 30, "two")];
    assert_eq!(refusal(&world, &zone, replaced).await, "taken");
    assert_eq!(records(&world, &zone).await, "a.example.com CNAME 30 two\n");
}

#[tokio::test]
async fn a_batch_beyond_the_limits_is_refused() {
    let world = World::new().await;
    let zone = make_public_zone(&world, "example.com").await;
    let batch = |action: &'static str, count: usize, value: &str| {
        (0..count).map(|it| change(action, &format!("a{it}.example.com"), "CNAME", 60, &[value])).collect::<Vec<_>>()
    };
    let too_many = "400 InvalidChangeBatch: [Number of records limit of 1000 exceeded.]";
    assert_eq!(refusal(&world, &zone, batch("CREATE", 1001, "x")).await, too_many);
    assert_eq!(refusal(&world, &zone, batch("UPSERT", 501, "x")).await, too_many);
    let long = "x".repeat(64);
    let too_long = "400 InvalidChangeBatch: [RDATA character limit of 32000 exceeded.]";
    assert_eq!(refusal(&world, &zone, batch("CREATE", 501, &long)).await, too_long);
    assert_eq!(records(&world, &zone).await, "");
    assert_eq!(refusal(&world, &zone, batch("CREATE", 500, &long)).await, "taken");
    assert_eq!(refusal(&world, &zone, batch("DELETE", 500, &long)).await, "taken");
    assert_eq!(refusal(&world, &zone, batch("CREATE", 1000, "x")).await, "taken");
    assert_eq!(records(&world, &zone).await.lines().count(), 1000);
}

#[tokio::test]
async fn a_record_that_cannot_be_there_is_refused() {
    let world = World::new().await;
    let zone = make_public_zone(&world, "example.com").await;
    put_record(&world, &zone, "a.example.com", "A", 60, &["10.0.0.1"]).await;
    put_record(&world, &zone, "c.example.com", "CNAME", 60, &["x"]).await;
    let mut refusals = String::new();
    for (name, kind, value) in [
        ("a.example.com", "CNAME", "x"),
        ("c.example.com", "A", "10.0.0.1"),
        ("example.com", "CNAME", "x"),
        ("notexample.com", "CNAME", "x"),
        ("t.example.com", "TXT", "bare"),
    ] {
        refusals += &refusal(&world, &zone, vec![change("CREATE", name, kind, 60, &[value])]).await;
        refusals += "\n";
    }
    expect![[r#"
        400 InvalidChangeBatch: [RRSet of type CNAME with DNS name a.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]
        400 InvalidChangeBatch: [RRSet of type A with DNS name c.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.]
        400 InvalidChangeBatch: [RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]
        400 InvalidChangeBatch: [RRSet with DNS name notexample.com. is not permitted in zone example.com.]
        400 InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'bare'']
    "#]].assert_eq(&refusals);
    let other_kind = vec![
        change("DELETE", "a.example.com", "A", 60, &["10.0.0.1"]),
        change("CREATE", "a.example.com", "CNAME", 60, &["x"]),
    ];
    assert_eq!(refusal(&world, &zone, other_kind).await, "taken");
}

#[tokio::test]
async fn a_refused_batch_comes_in_either_shape_and_one_too_early_is_told_so() {
    let world = World::new().await;
    let zone = make_public_zone(&world, "example.com").await;
    let error = |code: &str| FaultKind::Error { status: 400, code: code.into(), message: "[why]".into() };
    for (kind, expected) in [
        (error("PriorRequestNotComplete"), "400 PriorRequestNotComplete: [why]"),
        (error("InvalidChangeBatch"), "400 InvalidChangeBatch: [why]"),
        (FaultKind::InvalidBatch { message: "[why]".into() }, "400 no code: "),
    ] {
        let operation = Some("ChangeResourceRecordSets".into());
        AWS.inject(&Fault { operation, times: 9, ..Fault::new(&world.account, kind) });
        let changes = vec![change("CREATE", "a.example.com", "CNAME", 60, &["x"])];
        assert_eq!(refusal(&world, &zone, changes).await, expected);
        AWS.clear_faults(&world.account);
    }
    assert_eq!(records(&world, &zone).await, "");
}

#[tokio::test]
async fn both_services_throttle_in_their_own_words_with_status_400() {
    let world = World::new().await;
    let zone = make_public_zone(&world, "example.com").await;
    AWS.inject(&Fault { times: 99, ..Fault::new(&world.account, FaultKind::Throttle) });
    let slow = route53(&world).list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap_err();
    assert_eq!((slow.code(), slow.raw_response().unwrap().status().as_u16()), (Some("Throttling"), 400));
    let slow = emr(&world).describe_cluster().cluster_id("j-1").send().await.unwrap_err();
    assert_eq!((slow.code(), slow.raw_response().unwrap().status().as_u16()), (Some("ThrottlingException"), 400));
}
