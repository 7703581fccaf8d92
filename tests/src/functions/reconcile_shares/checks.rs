//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{Given, faults, stories};
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

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![faults::run()])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy {
            given: Given::Parameter,
            sample: "the-manifest-parameter-was-updated",
            calls: expect![[r#"
            11 calls
            dynamodb:PutItem
            dynamodb:Scan
            ec2:DescribeImageAttribute
            ec2:DescribeImages
            ec2:DescribeSnapshotAttribute
            ssm:GetParameter
            dynamodb:TransactWriteItems
            ec2:ModifyImageAttribute
            ec2:ModifySnapshotAttribute
            dynamodb:TransactWriteItems
            dynamodb:UpdateItem
        "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Elsewhere(
            "tests/src/functions/reconcile_shares/binary.rs::it_answers_with_its_report_and_counts_in_metrics",
        )
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Here(Deployed {
            given: Given::Object,
            sample: "the-manifest-was-uploaded",
            after: "\
ami-base: 123456789012, 987654321098
ami-golden: 555566667777
snap-base: 123456789012, 987654321098
snap-volume: 123456789012
base-db-v1: 123456789012
base-cluster-v1: 123456789012
bucket: Logs for 555566667777; SignalboxRead for 123456789012
repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
",
            then: "unchanged",
        })
    }
}
