//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::stories;
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    fn converges() -> Shown<()> {
        Shown::Elsewhere("tests/src/functions/receive_webhook/secrets.rs::told_again_the_queue_has_no_second_message")
    }

    fn runs() -> Shown<Vec<Run<()>>> {
        Shown::Here(vec![
            Run { given: (), sample: "a-branch-was-pushed-at-github", calls: 3 },
            Run { given: (), sample: "several-branches-were-pushed-at-bitbucket", calls: 3 },
        ])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![
            Economy {
                given: (),
                sample: "a-branch-was-pushed-at-github",
                calls: expect![[r#"
                3 calls
                secretsmanager:GetSecretValue
                secretsmanager:GetSecretValue
                sqs:SendMessage
            "#]],
            },
            Economy {
                given: (),
                sample: "several-branches-were-pushed-at-bitbucket",
                calls: expect![[r#"
                3 calls
                secretsmanager:GetSecretValue
                secretsmanager:GetSecretValue
                sqs:SendMessageBatch
            "#]],
            },
        ]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Elsewhere(
            "tests/src/functions/receive_webhook/binary.rs::the_compiled_function_answers_and_never_says_why",
        )
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere(
            "tests/src/functions/receive_webhook/deployed.rs::deployed_it_hears_its_url_and_tells_the_queue",
        )
    }
}
