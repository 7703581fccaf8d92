//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::stories::Told as Scene;
use super::stories::{self, Given};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::templates::operations_of_all;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    fn converges() -> Shown<()> {
        Shown::Elsewhere("tests/src/functions/rotate_bearer_token/kill.rs::killed_at_any_call_with_an_overlap")
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        operations_of_all::<Self>(stories::further()).await
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Elsewhere("tests/src/functions/rotate_bearer_token/kill.rs::killed_at_any_call_with_an_overlap")
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy {
            given: stories::after(0),
            sample: "a-token-is-to-be-created",
            calls: expect![[r#"
            13 calls
            dynamodb:PutItem
            dynamodb:GetItem
            dynamodb:GetItem
            dynamodb:UpdateItem
            dynamodb:UpdateItem
            dynamodb:UpdateItem
            secretsmanager:DescribeSecret
            secretsmanager:GetSecretValue
            secretsmanager:GetSecretValue
            secretsmanager:GetSecretValue
            secretsmanager:PutSecretValue
            dynamodb:UpdateItem
            dynamodb:UpdateItem
        "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Elsewhere(
            "tests/src/functions/rotate_bearer_token/through_lambda.rs::four_invocations_rotate_with_an_overlap",
        )
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere("tests/src/templates/deployed/rotation.rs::the_deployed_function_rotates_a_token")
    }
}
