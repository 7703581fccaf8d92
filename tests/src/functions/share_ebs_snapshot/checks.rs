//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{GIVEN, Given, GivenSnapshot, SNAPSHOT, faults, stories};
use crate::functions::share_ami::Key;
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::templates::operations_where_grants_were_lost;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        let one_fewer = r#"{"ebs": {"data-": {"eu-west-1": ["123456789012"]}}}"#;
        operations_where_grants_were_lost(&Self::stories()[0], one_fewer).await
    }

    fn encrypted() -> Vec<(Given, &'static str)> {
        let snapshots = &[GivenSnapshot { key: Key::Customer, ..SNAPSHOT }];
        vec![(Given { snapshots, ..GIVEN }, "a-snapshot-was-created")]
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![faults::run()])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy {
            given: GIVEN,
            sample: "a-snapshot-was-created",
            calls: expect![[r#"
        6 calls
        dynamodb:PutItem
        ec2:DescribeSnapshotAttribute
        ec2:DescribeSnapshots
        s3:GetObject
        ec2:ModifySnapshotAttribute
        dynamodb:UpdateItem
    "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![Answer {
            given: GIVEN,
            sample: "a-snapshot-was-created",
            variables: |_| Vec::new(),
            report: expect![[
                r#"{"correlation_id":"3b1c9a2e-4d5f-6071-8293-a4b5c6d7e8f9","function":"share-ebs-snapshot","key":"111122223333/eu-west-1/snap-0123456789abcdef0/createSnapshot/2026-11-02T05:30:41Z","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098"}]}"#
            ]],
            then: "repeated",
        }])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Here(Deployed {
            given: GIVEN,
            sample: "a-snapshot-was-created",
            after: "snap-0123456789abcdef0: 123456789012, 987654321098\n",
            then: "repeated",
        })
    }
}
