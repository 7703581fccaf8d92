//! What the tests of every function have to know of this one.

use expect_test::expect;

pub use super::Scene;
use super::{GIVEN, Given, faults, stories};
use crate::promises::checks::{Answer, Checked, Deployed, Economy, Shown};
use crate::promises::every_call::Run;
use crate::world::patching::PATCHES;
use crate::world::scene::Story;

impl Checked for Scene {
    fn stories() -> Vec<Story<Self>> {
        stories::all()
    }

    fn runs() -> Shown<Vec<Run<Given>>> {
        Shown::Here(faults::runs())
    }

    fn economy() -> Vec<Economy<Self>> {
        vec![
            Economy {
                given: GIVEN,
                sample: "an-instance-misses-patches",
                calls: expect![[r#"
                6 calls
                dynamodb:PutItem
                dynamodb:GetItem
                ssm:DescribeInstancePatchStates
                ssm:DescribeInstancePatches
                dynamodb:TransactWriteItems
                dynamodb:UpdateItem
            "#]],
            },
            economy_of_a_sweep(),
        ]
    }

    fn answers() -> Shown<Vec<Answer<Self>>> {
        Shown::Here(vec![Answer {
            given: GIVEN,
            sample: "an-instance-misses-patches",
            variables: |_| vec![("SIGNALBOX_PATCHES_TABLE".into(), PATCHES.into())],
            report: expect![[
                r#"{"correlation_id":"c0ffee06-5b1d-4c6a-9e2f-ab3d5f7a9c0e","function":"report-patches","key":"111122223333/eu-west-1/i-0123456789abcdef0/non_compliant/2026-11-28T04:06:11+00:00","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"record the scan of i-0123456789abcdef0 at 1 hours ago: 2 missing, 0 failed"}]}"#
            ]],
            then: "unchanged",
        }])
    }

    fn deployed() -> Shown<Deployed<Self>> {
        Shown::Elsewhere("tests/src/functions/report_patches/deployed.rs::a_report_goes_by_its_rule_to_the_topic_once")
    }
}

fn economy_of_a_sweep() -> Economy<Scene> {
    Economy {
        given: GIVEN,
        sample: "it-is-time-to-sweep",
        calls: expect![[r#"
        18 calls
        dynamodb:PutItem
        dynamodb:PutItem
        dynamodb:Query
        dynamodb:Query
        dynamodb:TransactWriteItems
        dynamodb:UpdateItem
        ec2:DescribeInstances
        events:PutEvents
        ssm:DescribeInstanceInformation
        ssm:DescribeInstancePatchStates
        ssm:DescribeInstancePatches
        ssm:DescribeMaintenanceWindowTargets
        ssm:DescribeMaintenanceWindowTasks
        ssm:DescribeMaintenanceWindows
        ssm:DescribePatchGroups
        dynamodb:UpdateItem
        dynamodb:TransactWriteItems
        dynamodb:UpdateItem
    "#]],
    }
}
