//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{Engine, GIVEN, Given, faults, stories};
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
        let one_fewer = r#"{"rds": {"base-db-v": {"eu-west-1": ["123456789012"]}}}"#;
        operations_where_grants_were_lost(&Self::stories()[0], one_fewer).await
    }

    fn encrypted() -> Vec<(Given, &'static str)> {
        let encrypted = Given { key: Key::Customer, ..GIVEN };
        let of_cluster = Given { engine: Engine::Aurora, ..encrypted.clone() };
        let name = "rds:base-db-v1-2026-11-02-05-30";
        let copied = Given { name, copies_automated: true, ..encrypted.clone() };
        vec![
            (encrypted, "a-snapshot-was-created"),
            (of_cluster, "a-cluster-snapshot-was-created"),
            (copied, "an-automated-snapshot-was-created-that-is-to-be-copied"),
        ]
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(faults::runs())
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![
            Economy {
                given: GIVEN,
                sample: "a-snapshot-was-created",
                calls: expect![[r#"
        6 calls
        dynamodb:PutItem
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        s3:GetObject
        rds:ModifyDBSnapshotAttribute
        dynamodb:UpdateItem
    "#]],
            },
            Economy {
                given: Given { key: Key::Customer, ..GIVEN },
                sample: "a-snapshot-was-created",
                calls: expect![[r#"
        9 calls
        dynamodb:PutItem
        kms:DescribeKey
        kms:GetKeyPolicy
        kms:ListGrants
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        s3:GetObject
        rds:ModifyDBSnapshotAttribute
        dynamodb:UpdateItem
    "#]],
            },
        ]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![
            Answer {
                given: GIVEN,
                sample: "a-snapshot-was-created",
                variables: |_| Vec::new(),
                report: expect![[
                    r#"{"correlation_id":"3b1c9a2e-4d5f-6071-8293-a4b5c6d7e8f9","function":"share-rds-snapshot","key":"111122223333/eu-west-1/rds/base-db-v1/manual-created/2026-11-02T05:30:41.882Z","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"share base-db-v1 in eu-west-1: +123456789012 +987654321098"}]}"#
                ]],
                then: "repeated",
            },
            Answer {
                given: Given { name: "rds:base-db-v1-2026-11-02-05-30", ..GIVEN },
                sample: "an-automated-snapshot-was-created-that-is-to-be-copied",
                variables: |_| vec![("SIGNALBOX_COPY_AUTOMATED".into(), "true".into())],
                report: expect![[
                    r#"{"correlation_id":"3b1c9a2e-4d5f-6071-8293-a4b5c6d7e8f9","function":"share-rds-snapshot","key":"111122223333/eu-west-1/rds/rds:base-db-v1-2026-11-02-05-30/automated-created/2026-11-02T05:30:41.882Z","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"copy rds:base-db-v1-2026-11-02-05-30 in eu-west-1 to base-db-v1-2026-11-02-05-30-shared"}]}"#
                ]],
                then: "repeated",
            },
        ])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Here(Deployed {
            given: GIVEN,
            sample: "a-snapshot-was-created",
            after: "base-db-v1: 123456789012, 987654321098\n",
            then: "repeated",
        })
    }
}
