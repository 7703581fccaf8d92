//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{Given, stories};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::scene::Story;

const SAMPLE: &str = "an-instance-was-stopped";

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![Run { given: None, sample: SAMPLE, calls: 4 }])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy { given: None, sample: SAMPLE, calls: expect![[r#"
            4 calls
            dynamodb:PutItem
            ssm:GetParameter
            ssm:PutParameter
            dynamodb:UpdateItem
        "#]] }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        let report = expect![[r#"{"function":"trial-function","key":"111122223333/eu-west-1/i-0123456789abcdef0/2026-11-02T05:30:41+00:00","outcome":"applied","reason":null,"notes":[],"steps":[{"step":"put 2026-11-02T05:30:41+00:00 into /signalbox/stopped/i-0123456789abcdef0","error":null}]}"#]];
        let answer = Answer { given: None, sample: SAMPLE, variables: |_| Vec::new(), report, then: "repeated" };
        Shown::Here(vec![answer])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        let after = "stopped: 2026-11-02T05:30:41+00:00\n";
        Shown::Here(Deployed { given: None, sample: SAMPLE, after, then: "repeated" })
    }
}
