//! What the tests of every function have to know of this one.

use expect_test::expect;

use reaction::{Mode, Outcome};

pub use super::Scene;
use super::{Given, kill, stories};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::scene::{Scene as _, Story};

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    async fn operations_beside_the_stories() -> Vec<String> {
        let scene = Scene::set_up(&Given::MovedOut, "an-account-was-moved-out-of-the-unit").await;
        scene.hear(Mode::Apply).await;
        scene.world().lose_grants().await;
        scene.world().lose_ledger().await;
        scene.move_member(true).await;
        let before = scene.world().calls();
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
        scene.world().operations_since(before)
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(vec![kill::run()])
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![Economy {
            given: Given::Nothing,
            sample: "an-account-was-moved-and-back-again",
            calls: expect![[r#"
        20 calls
        dynamodb:PutItem
        dynamodb:Scan
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        ec2:DescribeSnapshots
        ecr:GetRepositoryPolicy
        kms:DescribeKey
        kms:GetKeyPolicy
        organizations:DescribeOrganization
        organizations:ListAccounts
        organizations:ListAccountsForParent
        organizations:ListOrganizationalUnitsForParent
        rds:DescribeDBClusterSnapshotAttributes
        rds:DescribeDBClusterSnapshots
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        s3:GetBucketPolicy
        s3:GetObject
        dynamodb:UpdateItem
    "#]],
        }]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![Answer {
            given: Given::Came,
            sample: "an-account-was-created",
            variables: |_| vec![("SIGNALBOX_ALLOWED_ACCOUNTS".into(), "everybody".into())],
            report: expect![[
                r#"{"correlation_id":"1a2b3c03-5b1e-4c0a-9d37-2f6e8a1a2b3c03","counts":{"ebs":{"added":0,"expired":0,"foreign":0,"missed_events":0,"removed":0,"unchanged":1},"ecr":{"added":0,"expired":0,"foreign":0,"missed_events":0,"removed":0,"unchanged":1},"kms":{"added":0,"expired":0,"foreign":0,"missed_events":0,"removed":0,"unchanged":1},"rds":{"added":0,"expired":0,"foreign":0,"missed_events":0,"removed":0,"unchanged":1},"rds-cluster":{"added":1,"expired":0,"foreign":0,"missed_events":1,"removed":0,"unchanged":1},"s3":{"added":0,"expired":0,"foreign":0,"missed_events":0,"removed":0,"unchanged":1}},"function":"react-org-change","key":"111122223333/333344445555/3a2b3c03-5b1e-4c0a-9d37-2f6e8a3a2b3c03","notes":["the manifest may share with any account: SIGNALBOX_ALLOWED_ACCOUNTS (AllowedAccounts) is `everybody`"],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"share base-cluster-v1 in eu-west-1: +333344445555"}]}"#
            ]],
            then: "unchanged",
        }])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere(
            "tests/src/templates/deployed.rs::an_account_that_came_goes_by_its_rule_to_the_function_which_gives_it_what_the_organization_has",
        )
    }
}
