//! Which accounts a run reaches, and why it leaves others alone.

use expect_test::{Expect, expect};
use local_aws::{Fault, FaultKind};

use super::Scene;
use crate::world::{AWS, World};

impl Scene {
    fn assert_reached(&self, arguments: &[&str], expected: &Expect) {
        let ran = self.run(&[&["caller-identity", "--output", "json"], arguments].concat());
        let shown = if ran.out.is_empty() { format!("{:?} {}", ran.code, ran.said) } else { ran.places() };
        expected.assert_eq(&shown);
    }
}

#[tokio::test]
async fn accounts_are_reached_by_id_and_unit() {
    let scene = Scene::set_up().await;
    scene.assert_reached(
        &[],
        &expect![[r#"
            Results dev eu-west-1
            Results prod eu-west-1
            Results qa eu-west-1
            Skipped hub  it is the calling account
            Skipped old  the account is SUSPENDED
        "#]],
    );
    scene.assert_reached(
        &["--target", "{dev},{qa}"],
        &expect![[r#"
            Results dev eu-west-1
            Results qa eu-west-1
        "#]],
    );
    scene.assert_reached(
        &["--target", "{unit}"],
        &expect![[r#"
            Results dev eu-west-1
            Results prod eu-west-1
            Results qa eu-west-1
        "#]],
    );
    scene.assert_reached(
        &["--target", "{below}"],
        &expect![[r#"
        Results prod eu-west-1
    "#]],
    );
}

#[tokio::test]
async fn accounts_are_reached_by_root_organization_and_tag() {
    let scene = Scene::set_up().await;
    scene.tag("qa", "stage", "test").await;
    scene.tag("prod", "stage", "live").await;
    let organization = scene.organizations().describe_organization().send().await.unwrap().organization.unwrap();
    scene.assert_reached(
        &["--target", "{root}"],
        &expect![[r#"
            Results dev eu-west-1
            Results prod eu-west-1
            Results qa eu-west-1
            Skipped hub  it is the calling account
            Skipped old  the account is SUSPENDED
        "#]],
    );
    scene.assert_reached(
        &["--target", &organization.id.unwrap()],
        &expect![[r#"
            Results dev eu-west-1
            Results prod eu-west-1
            Results qa eu-west-1
            Skipped hub  it is the calling account
            Skipped old  the account is SUSPENDED
        "#]],
    );
    scene.assert_reached(
        &["--target", "tag:stage"],
        &expect![[r#"
        Results prod eu-west-1
        Results qa eu-west-1
    "#]],
    );
    scene.assert_reached(
        &["--target", "tag:stage=test"],
        &expect![[r#"
        Results qa eu-west-1
    "#]],
    );
}

#[tokio::test]
async fn who_is_ignored_wins_and_the_caller_is_reached_where_it_is_asked_for() {
    let scene = Scene::set_up().await;
    scene.assert_reached(
        &["--target", "{unit},{prod}", "--ignore", "{below}"],
        &expect![[r#"
            Results dev eu-west-1
            Results qa eu-west-1
            Skipped prod  it is ignored
        "#]],
    );
    scene.assert_reached(
        &["--include-caller", "--ignore", "{unit}"],
        &expect![[r#"
            Results hub eu-west-1
            Skipped dev  it is ignored
            Skipped old  the account is SUSPENDED
            Skipped prod  it is ignored
            Skipped qa  it is ignored
        "#]],
    );
    scene.assert_reached(
        &["--target", "{hub}"],
        &expect![[r#"
        Results hub eu-west-1
    "#]],
    );
    scene.assert_reached(
        &["--target", "{old},{dev}"],
        &expect![[r#"
        Results dev eu-west-1
        Skipped old  the account is SUSPENDED
    "#]],
    );
}

#[tokio::test]
async fn nobody_is_never_everybody() {
    let scene = Scene::set_up().await;
    scene.assert_reached(
        &["--target", ""],
        &expect![[r#"
        Some(252) error: the targets are set, and there are none: name some, or leave the setting away
    "#]],
    );
    scene.assert_reached(
        &["--target", "{old}"],
        &expect![[r#"
        Some(252) error: no account is left in which something could be done: old (the account is SUSPENDED)
    "#]],
    );
    scene.assert_reached(
        &["--target", "{dev}", "--ignore", "{root}"],
        &expect![[r#"
        Some(252) error: no account is left in which something could be done: dev (it is ignored)
    "#]],
    );
    scene.assert_reached(&["--target", "ou-ab12-cd34ef56"], &expect![[r#"
        Some(254) error: asking Organizations for the accounts of ou-ab12-cd34ef56: AWS answered ParentNotFoundException: You specified parent that doesn't exist.
    "#]]);
    scene.assert_reached(&["--target", "unit"], &expect![[r#"
        Some(252) error: `unit` is not an account id of 12 digits, the id of a root (r-..), an organizational unit (ou-..) or an organization (o-..), or a tag (tag:KEY or tag:KEY=VALUE)
    "#]]);
    scene.assert_reached(
        &["--regions", ""],
        &expect![[r#"
        Some(252) error: the regions are set, and there are none: name some, or leave the setting away
    "#]],
    );
    scene.assert_reached(
        &["--regions", "cn-north-1"],
        &expect![[r#"
        Some(252) error: region cn-north-1 does not lie in partition aws
    "#]],
    );
    assert!(scene.calls("AssumeRole").is_empty());
}

#[tokio::test]
async fn ids_need_no_organization_and_nothing_else_does_without() {
    let mut scene = Scene::set_up().await;
    scene.world = World::new().await;
    scene.assert_reached(
        &["--target", "{dev}"],
        &expect![[r#"
        Results dev eu-west-1
    "#]],
    );
    scene.assert_reached(&[], &expect![[r#"
        Some(254) error: asking Organizations for its accounts (only the management account and delegated administrators may; account ids as targets need no organization): AWS answered AWSOrganizationsNotInUseException: Your account is not a member of an organization.
    "#]]);
    scene.world.account.clone_from(&scene.accounts["qa"]);
    scene.assert_reached(
        &["--target", "{dev}"],
        &expect![[r#"
        Results dev eu-west-1
    "#]],
    );
    scene.assert_reached(&["--target", "{unit}"], &expect![[r#"
        Some(254) error: asking Organizations for its accounts (only the management account and delegated administrators may; account ids as targets need no organization): AWS answered AccessDeniedException: You don't have permissions to access this resource.; give the role this permission and send the event again
    "#]]);
}

#[tokio::test]
async fn regions_that_are_not_enabled_are_skipped() {
    let scene = Scene::set_up().await;
    let regions = "eu-south-2,eu-west-1,eu-central-1";
    scene.assert_reached(
        &["--target", "{dev}", "--regions", regions],
        &expect![[r#"
            Results dev eu-central-1
            Results dev eu-west-1
            Skipped dev eu-south-2 the region is not enabled for the account
        "#]],
    );
    // The local AWS has three more enabled than AWS has by default.
    let ran = scene.run(&["caller-identity", "--target", "{dev}", "--regions", "all", "--output", "json"]);
    let places = ran.places();
    assert_eq!(
        (ran.code, places.lines().filter(|it| it.starts_with("Results dev ")).count()),
        (Some(0), 20),
        "{places}"
    );
    assert!(places.contains("Skipped dev il-central-1 the region is not enabled for the account\n"), "{places}");
}

#[tokio::test]
async fn a_plan_says_where_and_how_often_and_enters_no_account() {
    let scene = Scene::set_up().await;
    let ran =
        scene.run(&["sharing-inventory", "--plan", "--target", "{dev},{old}", "--regions", "eu-west-1,eu-south-2"]);
    expect![[r#"
        ACCOUNT       NAME  EMAIL            STATUS     SKIPPED
        dev  dev   dev@example.com  ACTIVE     -
        old  old   old@example.com  SUSPENDED  the account is SUSPENDED
        sharing-inventory, which only reads: 1 accounts x 2 regions (eu-south-2, eu-west-1), at least 10 calls
    "#]]
    .assert_eq(&ran.out);
    assert_eq!((ran.code, ran.said.as_str()), (Some(0), ""));
    assert!(scene.calls("AssumeRole").is_empty());
}

#[tokio::test]
async fn a_throttled_organization_is_waited_for_and_one_that_stays_so_is_an_error() {
    let scene = Scene::set_up().await;
    let throttle = |operation: &str, times| Fault {
        operation: Some(operation.into()),
        times,
        ..Fault::new(&scene.world.account, FaultKind::Throttle)
    };
    for operation in ["ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent"] {
        AWS.inject(&throttle(operation, 1));
    }
    scene.assert_reached(
        &["--target", "{unit}"],
        &expect![[r#"
            Results dev eu-west-1
            Results prod eu-west-1
            Results qa eu-west-1
        "#]],
    );
    AWS.inject(&throttle("ListAccounts", 100));
    scene.assert_reached(&["--target", "{unit}"], &expect![[r#"
        Some(254) error: asking Organizations for its accounts (only the management account and delegated administrators may; account ids as targets need no organization): AWS answered TooManyRequestsException: Rate exceeded
    "#]]);
}

/// Organizations lists the tags of one account with each call, and throttles.
#[tokio::test]
async fn more_accounts_than_organizations_lists_the_tags_of_at_once_are_chosen_by_tag() {
    let scene = Scene::set_up().await;
    for number in 0..30 {
        let (name, email) = (format!("more-{number}"), format!("more-{number}@example.com"));
        scene.organizations().create_account().account_name(name).email(email).send().await.unwrap();
    }
    scene.tag("prod", "env", "prod").await;
    let quota = Fault::new(&scene.world.account, FaultKind::Quota { burst: 15, per_minute: 600 });
    AWS.inject(&Fault { operation: Some("ListTagsForResource".into()), times: usize::MAX, ..quota });
    scene.assert_reached(
        &["--target", "tag:env=prod"],
        &expect![[r#"
        Results prod eu-west-1
    "#]],
    );
}
