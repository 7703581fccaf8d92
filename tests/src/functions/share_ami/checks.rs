//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{GIVEN, Given, GivenImage, IMAGE, Key, faults, stories};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::templates::operations_where_grants_were_lost;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        let one_fewer = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012"]}}}"#;
        operations_where_grants_were_lost(&Self::stories()[0], one_fewer).await
    }

    fn encrypted() -> Vec<(Given, &'static str)> {
        let image = GivenImage { key: Key::Customer, ..IMAGE };
        vec![(Given { image: Some(image), ..GIVEN }, "an-image-became-available")]
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![faults::run()])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy {
            given: GIVEN,
            sample: "an-image-became-available",
            calls: expect![[r#"
        8 calls
        dynamodb:PutItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        s3:GetObject
        ec2:ModifySnapshotAttribute
        ec2:ModifyImageAttribute
        dynamodb:UpdateItem
    "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![Answer {
            given: GIVEN,
            sample: "an-image-became-available",
            variables: |_| Vec::new(),
            report: expect![[
                r#"{"correlation_id":"5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60","function":"share-ami","key":"111122223333/eu-west-1/ami-0123456789abcdef0/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098"}]}"#
            ]],
            then: "repeated",
        }])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Here(Deployed {
            given: GIVEN,
            sample: "an-image-became-available",
            after: "image: 123456789012, 987654321098\nsnap-1: 123456789012, 987654321098\n",
            then: "repeated",
        })
    }
}
