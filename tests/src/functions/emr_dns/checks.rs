//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{GIVEN, Given, OURS, ZONE, Zone, all, faults};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        all()
    }

    /// Where no zones are named, the function lists them all, which no deployed one does: the template always names some.
    fn stories_of_the_role() -> Vec<Story<Self>> {
        let mut stories = Self::stories();
        stories.retain(|story| !story.given.variables.contains(&("SIGNALBOX_DNS_ZONES", "")));
        stories
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(faults::runs())
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy {
            given: Given { zones: &[Zone { records: &[OURS], ..ZONE }], ..GIVEN },
            sample: "a-cluster-is-running",
            calls: expect![[r#"
        6 calls
        dynamodb:PutItem
        ec2:DescribeSubnets
        elasticmapreduce:DescribeCluster
        route53:ListHostedZonesByVPC
        route53:ListResourceRecordSets
        dynamodb:UpdateItem
    "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![Answer {
            given: GIVEN,
            sample: "a-cluster-is-running",
            variables: |scene| {
                scene.variables().iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
            },
            report: expect![[
                r#"{"correlation_id":"1e0d27a4-9c3d-4f6e-8a41-6c0a3b1f7d52","function":"emr-dns","key":"111122223333/eu-west-1/j-1YONHTCP3YZKC/RUNNING/2026-11-02T05:30:41+00:00","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC"}]}"#
            ]],
            then: "unchanged",
        }])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere(
            "tests/src/templates/deployed.rs::a_cluster_has_its_name_from_when_it_runs_until_it_is_terminated",
        )
    }
}
