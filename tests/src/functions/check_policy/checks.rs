//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::stories::{FULL, SIXTH};
use super::{GIVEN, Given, READERS, WRITERS, stories};
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
            Run { given: here.clone(), sample: "a-policy-was-sent", calls: 14 },
            Run { given: Given { before: FULL, sent: SIXTH, ..here.clone() }, sample: "a-policy-was-sent", calls: 22 },
            Run { given: Given { before: &[READERS, WRITERS], ..here }, sample: "a-policy-was-sent", calls: 17 },
        ])
    }

    fn economy() -> Vec<Economy<Self>> {
        let here = Given { is_here: true, ..GIVEN };
        let given = [here.clone(), Given { before: &[READERS], ..here.clone() }, Given { before: FULL, sent: SIXTH, ..here }];
        let calls = [expect![[r#""#]], expect![[r#""#]], expect![[r#""#]]];
        let sample = "a-policy-was-sent";
        given.into_iter().zip(calls).map(|(given, calls)| Economy { given, sample, calls }).collect()
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Elsewhere("tests/src/functions/check_policy/binary.rs::the_compiled_function_answers_the_pipeline")
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere("tests/src/functions/check_policy/binary.rs::deployed_it_makes_the_policy_by_its_roles")
    }
}
