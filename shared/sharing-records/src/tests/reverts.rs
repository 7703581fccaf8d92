//! The commands that take changes back.

use expect_test::{Expect, expect};
use place::Partition;
use sharing::{Kind, Resource};

use super::{change, image, resource};
use crate::revert;

fn check(resource: Resource, before: &[&str], after: &[&str], expected: &Expect) {
    expected.assert_eq(&revert(&change(resource, before, after), "0123456789abcdef").unwrap());
}

const ONE: &str = "123456789012";
const TWO: &str = "987654321098";
const ORGANIZATION: &str = "arn:aws:organizations::111122223333:organization/o-exampleorgid";
const UNIT: &str = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56";

#[test]
fn of_an_image() {
    check(
        image(),
        &[ONE, UNIT],
        &[TWO, ORGANIZATION],
        &expect![[
            r#"aws ec2 modify-image-attribute --region eu-west-1 --image-id ami-0123456789abcdef0 --launch-permission '{"Add":[{"UserId":"123456789012"},{"OrganizationalUnitArn":"arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"}],"Remove":[{"UserId":"987654321098"},{"OrganizationArn":"arn:aws:organizations::111122223333:organization/o-exampleorgid"}]}'"#
        ]],
    );
}

#[test]
fn of_a_snapshot() {
    check(
        resource(Kind::Snapshot, "snap-1"),
        &[],
        &[ONE, TWO],
        &expect![[
            r#"aws ec2 modify-snapshot-attribute --region eu-west-1 --snapshot-id snap-1 --attribute createVolumePermission --create-volume-permission '{"Remove":[{"UserId":"123456789012"},{"UserId":"987654321098"}]}'"#
        ]],
    );
}

#[test]
fn of_a_snapshot_of_a_database() {
    check(
        resource(Kind::DbSnapshot, "base-db-v1"),
        &[ONE],
        &[TWO],
        &expect![
            "aws rds modify-db-snapshot-attribute --region eu-west-1 --db-snapshot-identifier base-db-v1 --attribute-name restore --values-to-add 123456789012 --values-to-remove 987654321098"
        ],
    );
    check(
        resource(Kind::DbClusterSnapshot, "base-db-v1"),
        &[ONE, TWO],
        &[],
        &expect![
            "aws rds modify-db-cluster-snapshot-attribute --region eu-west-1 --db-cluster-snapshot-identifier base-db-v1 --attribute-name restore --values-to-add 123456789012 987654321098"
        ],
    );
}

#[test]
fn of_a_policy_it_is_a_plan() {
    let bucket = Resource::bucket(Partition::Aws, &"111122223333".parse().unwrap(), "com-example-bucket");
    check(
        bucket,
        &[ONE],
        &[ONE, "o-exampleorgid"],
        &expect![[
            r#"printf %s '{"changes":[{"arn":"arn:aws:s3:::com-example-bucket","account":"111122223333","name":"base_linux_v1","before":["123456789012","o-exampleorgid"],"after":["123456789012"],"why":"takes back: an entry matches"}],"manifest":"0123456789abcdef"}' | signalbox apply -"#
        ]],
    );
}

#[test]
fn a_word_of_the_shell_stays_one_word() {
    let key = resource(Kind::Key, "1234abcd");
    let named = sharing::Change { name: "alias/it's".into(), ..change(key, &[], &[ONE]) };
    let command = revert(&named, "v").unwrap();
    assert!(command.contains(r#""name":"alias/it'\''s""#), "{command}");
}

#[test]
fn of_what_changed_nothing_there_is_none() {
    assert_eq!(revert(&change(image(), &[ONE], &[ONE]), "v"), None);
}
