//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{EXPIRING, FIRST, GIVEN, Given, POINTED, SECOND, stories};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        let mut all = stories::all();
        all.extend(stories::more::all());
        // A sweep sends its messages again: SQS knows them for five minutes.
        all.retain(|it| it.sample != "the-time-of-a-sweep-came");
        all
    }

    fn stories_of_the_role() -> Vec<Story<Self>> {
        let mut all = stories::all();
        all.extend(stories::more::all());
        all
    }

    /// Calls of git, which is not an API: AWS takes the signature of `codecommit:GitPull` and of the connection for them. And what is asked
    /// where a run was broken off, of which `races` has the tests.
    async fn operations_beside_the_stories() -> Vec<String> {
        ["codecommit:GitPull", "codeconnections:UseConnection"].map(String::from).into()
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![Run { given: EXPIRING, sample: "a-branch-was-pushed", calls: 20 }])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![first_copy(), with_pointer(), as_it_was(), sweep()]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Elsewhere(
            "tests/src/functions/mirror_repository/deployed.rs::the_compiled_function_mirrors_what_a_message_asks_for",
        )
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere(
            "tests/src/functions/mirror_repository/deployed.rs::deployed_it_mirrors_by_its_role_and_a_stack_is_made_of_a_mirrored_template",
        )
    }
}

/// A repository that was never mirrored.
fn first_copy() -> Economy<Scene> {
    Economy {
        given: GIVEN,
        sample: "a-branch-was-pushed",
        calls: expect![[r#"
            11 calls
            dynamodb:PutItem
            s3:DeleteObject
            s3:GetObject
            s3:GetObject
            s3:GetObject
            s3:PutObject
            s3:PutObject
            s3:PutObject
            s3:PutObject
            secretsmanager:GetSecretValue
            dynamodb:UpdateItem
        "#]],
    }
}

/// A push to a repository that has a pointer.
fn with_pointer() -> Economy<Scene> {
    Economy {
        given: POINTED,
        sample: "a-branch-was-pushed",
        calls: expect![[r#"
            19 calls
            dynamodb:PutItem
            s3:DeleteObject
            s3:DeleteObjects
            s3:GetObject
            s3:GetObject
            s3:GetObject
            s3:GetObject
            s3:HeadObject
            s3:ListObjectsV2
            s3:PutObject
            s3:PutObject
            s3:PutObject
            s3:PutObject
            s3:PutObject
            s3:PutObject
            s3:PutObject
            s3:PutObject
            secretsmanager:GetSecretValue
            dynamodb:UpdateItem
        "#]],
    }
}

/// A branch that is as it was mirrored.
fn as_it_was() -> Economy<Scene> {
    Economy {
        given: Given { before: Some(&FIRST), ..GIVEN },
        sample: "a-branch-was-pushed",
        calls: expect![[r#"
            6 calls
            dynamodb:PutItem
            s3:GetObject
            s3:GetObject
            s3:GetObject
            secretsmanager:GetSecretValue
            dynamodb:UpdateItem
        "#]],
    }
}

/// A sweep of one repository.
fn sweep() -> Economy<Scene> {
    Economy {
        given: Given { before: Some(&FIRST), now: &SECOND, ..GIVEN },
        sample: "the-time-of-a-sweep-came",
        calls: expect![[r#"
            4 calls
            dynamodb:PutItem
            s3:GetObject
            sqs:SendMessage
            dynamodb:UpdateItem
        "#]],
    }
}
