//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{GIVEN, Given, stories};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::scene::Story;

impl Checked for Scene {
    /// A deployment that failed is begun anew when its stage is retried, so that its record is written again.
    fn stories() -> Vec<Story<Self>> {
        let mut stories = stories::all();
        stories.retain(|story| !story.given.fails);
        stories
    }

    fn stories_of_the_role() -> Vec<Story<Self>> {
        stories::all()
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        super::operations_beside_the_stories().await
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![Run { given: Given { is_here: true, ..GIVEN }, sample: "code-was-sent", calls: 20 }])
    }

    /// How often a job is asked again while Lambda is at work depends on Lambda, so that this one finds the code there. What a target takes
    /// is counted by `deliveries::waves`.
    fn economy() -> Vec<Economy<Self>> {
        let given = Given { before: "new", is_here: true, ..GIVEN };
        vec![Economy {
            given,
            sample: "code-was-sent-that-is-there-already",
            calls: expect![[r#"
            11 calls
            dynamodb:PutItem
            codepipeline:PutJobSuccessResult
            dynamodb:GetItem
            dynamodb:UpdateItem
            lambda:GetAlias
            lambda:GetFunction
            lambda:GetFunctionConfiguration
            lambda:ListProvisionedConcurrencyConfigs
            s3:GetObject
            sts:AssumeRole
            sts:GetCallerIdentity
        "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Elsewhere("tests/src/functions/deploy_lambda/binary.rs::the_compiled_function_delivers_round_by_round")
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere("tests/src/functions/deploy_lambda/binary.rs::deployed_it_delivers_by_its_roles")
    }
}
