//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::stories::{FULL, SIXTH};
use super::{GIVEN, Given, READERS, WARNED, WRITERS, stories};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    /// In its own account the function enters the same role, so that what is asked there is not asked by its own role.
    fn stories_of_the_role() -> Vec<Story<Self>> {
        let mut stories = Self::stories();
        stories.retain(|story| !story.given.is_here);
        stories
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        super::operations_beside_the_stories().await
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        let here = Given { is_here: true, ..GIVEN };
        Shown::Here(vec![
            Run { given: here.clone(), sample: "a-policy-was-sent", calls: 12 },
            Run {
                given: Given { before: &[READERS], spares: 4, sent: WRITERS, ..here.clone() },
                sample: "a-policy-was-sent",
                calls: 20,
            },
            Run {
                given: Given { before: &[READERS, WRITERS], ..here.clone() },
                sample: "a-policy-was-sent",
                calls: 15,
            },
            Run {
                given: Given { sent: WARNED, has_second_opinion: true, ..here },
                sample: "a-policy-was-sent",
                calls: 14,
            },
        ])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![made(), unchanged(), renewed(), judged_twice()]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Elsewhere("tests/src/functions/check_policy/binary.rs::the_compiled_function_answers_the_pipeline")
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere("tests/src/functions/check_policy/binary.rs::deployed_it_makes_the_policy_by_its_roles")
    }
}

/// A policy that is made.
fn made() -> Economy<Scene> {
    Economy {
        given: Given { is_here: true, ..GIVEN },
        sample: "a-policy-was-sent",
        calls: expect![[r#"
            12 calls
            dynamodb:PutItem
            codepipeline:PutJobSuccessResult
            dynamodb:BatchGetItem
            dynamodb:TransactWriteItems
            dynamodb:TransactWriteItems
            iam:CreatePolicy
            iam:GetPolicy
            iam:GetPolicy
            iam:GetPolicyVersion
            s3:GetObject
            sts:AssumeRole
            sts:GetCallerIdentity
        "#]],
    }
}

/// A policy that is as it was sent.
fn unchanged() -> Economy<Scene> {
    Economy {
        given: Given { before: &[READERS], is_here: true, ..GIVEN },
        sample: "a-policy-was-sent",
        calls: expect![[r#"
            11 calls
            dynamodb:PutItem
            codepipeline:PutJobSuccessResult
            dynamodb:BatchGetItem
            dynamodb:UpdateItem
            iam:GetPolicy
            iam:GetPolicy
            iam:GetPolicyVersion
            iam:GetPolicyVersion
            s3:GetObject
            sts:AssumeRole
            sts:GetCallerIdentity
        "#]],
    }
}

/// A policy that has five versions, and gets a sixth.
fn renewed() -> Economy<Scene> {
    Economy {
        given: Given { before: FULL, sent: SIXTH, is_here: true, ..GIVEN },
        sample: "a-policy-was-sent",
        calls: expect![[r#"
            20 calls
            dynamodb:PutItem
            codepipeline:PutJobSuccessResult
            dynamodb:BatchGetItem
            dynamodb:TransactWriteItems
            dynamodb:TransactWriteItems
            iam:CreatePolicyVersion
            iam:DeletePolicyVersion
            iam:GetPolicy
            iam:GetPolicy
            iam:GetPolicyVersion
            iam:GetPolicyVersion
            iam:GetPolicyVersion
            iam:GetPolicyVersion
            iam:GetPolicyVersion
            iam:GetPolicyVersion
            iam:ListPolicyVersions
            iam:SetDefaultPolicyVersion
            s3:GetObject
            sts:AssumeRole
            sts:GetCallerIdentity
        "#]],
    }
}

/// A policy that is made with a second opinion, whose findings come in two pages.
fn judged_twice() -> Economy<Scene> {
    Economy {
        given: Given { sent: WARNED, has_second_opinion: true, is_here: true, ..GIVEN },
        sample: "a-policy-was-sent",
        calls: expect![[r#"
            14 calls
            dynamodb:PutItem
            access-analyzer:ValidatePolicy
            access-analyzer:ValidatePolicy
            codepipeline:PutJobSuccessResult
            dynamodb:BatchGetItem
            dynamodb:TransactWriteItems
            dynamodb:TransactWriteItems
            iam:CreatePolicy
            iam:GetPolicy
            iam:GetPolicy
            iam:GetPolicyVersion
            s3:GetObject
            sts:AssumeRole
            sts:GetCallerIdentity
        "#]],
    }
}
