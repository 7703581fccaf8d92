//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::stories::{self, shared};
use crate::functions::read_fleet::checks::CHOOSING;
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::fleet::Given;
use crate::world::scene::Story;

/// What sweeps of shares record, where a manifest may lie, and what a run that goes on or ends lists: beside the stories, which share
/// nothing and neither go on nor end.
const RECORDING: [&str; 4] = ["dynamodb:TransactWriteItems", "dynamodb:Query", "ssm:GetParameter", "s3:ListObjectsV2"];

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        CHOOSING.into_iter().chain(RECORDING).map(String::from).collect()
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![Run { given: shared(), sample: "a-run-begins", calls: 5 }])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy {
            given: shared(),
            sample: "an-account-is-worked-on",
            calls: expect![[r#"
            5 calls
            s3:HeadObject
            dynamodb:Scan
            s3:GetObject
            s3:PutObject
            sts:AssumeRole
        "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![Answer {
            given: shared(),
            sample: "a-run-begins",
            variables: Scene::variables,
            report: expect![[
                r#"{"correlation_id":"shares-1","function":"write-fleet","key":"shares-1/plan","notes":["1 account x 1 Region; 1 account left alone"],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"write runs/shares-1/lists/shares-1.canary.json: 222233334444"},{"error":null,"step":"write runs/shares-1/lists/shares-1.json: 1 account"},{"error":null,"step":"write runs/shares-1/account=skipped/results.jsonl.gz: 1 account"},{"error":null,"step":"write runs/shares-1/plan.json: share-sweep"}]}"#
            ]],
            then: "unchanged",
        }])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere(
            "tests/src/functions/read_fleet/workflow.rs::a_run_that_was_stopped_is_finished_and_has_each_account_once",
        )
    }
}
