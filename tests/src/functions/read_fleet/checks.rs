//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::stories::{self, done, planned};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::fleet::Given;
use crate::world::scene::Story;

/// The tests of the deployed workflow.
const WORKFLOW: &str =
    "tests/src/functions/read_fleet/workflow.rs::a_run_that_was_stopped_is_finished_and_has_each_account_once";

/// What a request for accounts by units and tags asks of Organizations.
pub const CHOOSING: [&str; 4] = [
    "organizations:DescribeOrganization",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListTagsForResource",
];

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        CHOOSING.map(String::from).into()
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![
            Run { given: Given::default(), sample: "a-run-begins", calls: 5 },
            Run { given: done(), sample: "a-run-ends", calls: 7 },
        ])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![
            Economy {
                given: Given::default(),
                sample: "a-run-begins",
                calls: expect![[r#"
                6 calls
                s3:GetObject
                organizations:ListAccounts
                s3:PutObject
                s3:PutObject
                s3:PutObject
                s3:PutObject
            "#]],
            },
            Economy {
                given: planned(),
                sample: "an-account-is-worked-on",
                calls: expect![[r#"
                3 calls
                s3:HeadObject
                s3:PutObject
                sts:AssumeRole
            "#]],
            },
        ]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![Answer {
            given: planned(),
            sample: "an-account-is-worked-on",
            variables: Scene::variables,
            report: expect![[
                r#"{"correlation_id":"identities-1","function":"read-fleet","key":"identities-1/account/222233334444","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"work in account 222233334444"}]}"#
            ]],
            then: "unchanged",
        }])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere(WORKFLOW)
    }
}
