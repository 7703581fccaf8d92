//! Many targets, in waves.

use aws::in_name_of;
use delivery::{Code, Order, Phase, Request, Status};
use local_aws::{Fault, FaultKind};
use serde_json::json;

use super::{ELSEWHERE, Fleet, LIVE, ORDERS, go_on, let_read, run};
use crate::world::lambda::{VERSION, code, invoke, lambda, make_alias, make_function, publish, tag};
use crate::world::{AWS, REGION, World};

#[tokio::test]
async fn three_accounts_in_two_regions_get_the_code_in_waves_and_their_functions_answer_by_it() {
    let fleet = Fleet::of(3, &[REGION, ELSEWHERE]).await;
    assert_eq!(fleet.answers().await, ["old by 1"; 6]);
    let first = json!({"targets": [format!("{}/{REGION}", fleet.places[0].account)]});
    let record =
        fleet.deliver("d-1", &fleet.order(json!({"waves": [first, {"percent": 50}, {"percent": 100}]})), "new").await;
    assert_eq!(record.status, Status::Succeeded, "{:?}", record.reason);
    assert_eq!(fleet.answers().await, ["new by 2"; 6]);
    let sizes: Vec<_> = record.waves.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 2, 3]);
    for (target, it) in &record.targets {
        assert_eq!((it.before.as_str(), it.after.as_deref(), it.phase), ("1", Some("2"), Phase::Done), "{target}");
        let phases: Vec<_> = it.times.iter().map(|(phase, _)| *phase).collect();
        assert_eq!(
            phases,
            [Phase::Updating, Phase::Publishing, Phase::Shifting, Phase::Baking, Phase::Done],
            "{target}"
        );
    }
    let kept = fleet.driver().await.history(ORDERS, 10).await.unwrap();
    assert_eq!(kept, [record]);
}

/// A wave of four, of which one target's version cannot be invoked: what moved in both waves moves back, and the third never begins.
#[tokio::test]
async fn where_one_of_four_targets_fails_what_moved_moves_back_and_no_further_wave_begins() {
    let fleet = Fleet::of(3, &[REGION, ELSEWHERE]).await;
    tag(&fleet.places[3], ORDERS, VERSION, Some("Failed InvalidRuntime")).await;
    let order = fleet.order(json!({"waves": [{"percent": 10}, {"percent": 80}, {"percent": 100}]}));
    let record = fleet.deliver("d-1", &order, "new").await;
    assert_eq!(record.status, Status::RolledBack);
    let why = record.reason.clone().unwrap();
    assert!(why.starts_with(&format!("wave 2 of 3: {}: version 2 cannot be invoked", fleet.target(3))), "{why}");
    assert_eq!(fleet.answers().await, ["old by 1"; 6]);
    let phases: Vec<_> = record.waves.iter().flatten().map(|it| record.targets[it].phase).collect();
    let back = Phase::RolledBack;
    assert_eq!(phases, [back, back, back, back, back, Phase::Waiting]);
}

#[tokio::test]
async fn a_failed_preflight_changes_nothing_anywhere() {
    let fleet = Fleet::of(2, &[REGION]).await;
    lambda(&fleet.places[1]).delete_alias().function_name(ORDERS).name(LIVE).send().await.unwrap();
    tag(&fleet.places[0], ORDERS, "aws:cloudformation:stack-name", Some("shop")).await;
    let found = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        fleet.begin(&driver, "d-1", &fleet.order(json!({})), "new").await.unwrap_err()
    })
    .await;
    let rules: Vec<_> = found.iter().map(|it| it.rule.as_str()).collect();
    assert_eq!(rules, ["stack", "missing"], "{found:?}");
    for place in &fleet.places {
        let changes = place.operations_since(0);
        let is_change =
            |it: &&String| it.as_str() == "lambda:UpdateFunctionCode" || it.as_str() == "lambda:UpdateAlias";
        assert_eq!(changes.iter().filter(is_change).count(), 1, "the one of the set-up: {changes:?}");
    }
}

#[tokio::test]
async fn what_has_the_code_already_is_left_as_it_is() {
    let fleet = Fleet::of(2, &[REGION]).await;
    let version = publish(&fleet.places[0], ORDERS, code("new")).await;
    lambda(&fleet.places[0])
        .update_alias()
        .function_name(ORDERS)
        .name(LIVE)
        .function_version(version)
        .send()
        .await
        .unwrap();
    let record = fleet.deliver("d-1", &fleet.order(json!({})), "new").await;
    assert_eq!((record.status, record.targets[&fleet.target(0)].phase), (Status::Succeeded, Phase::Unchanged));
    assert_eq!(fleet.answers().await, ["new by 2"; 2]);
}

/// Each wait counted once: what is asked again while Lambda is at work is the last two reads.
#[tokio::test]
async fn a_target_takes_ten_calls_at_most() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let (hub, before) = (fleet.hub.calls(), fleet.places[0].calls());
    fleet.deliver("d-1", &fleet.order(json!({})), "new").await;
    let mut calls = fleet.places[0].operations_since(before);
    calls.dedup();
    let entered = fleet.hub.operations_since(hub).into_iter().filter(|it| it == "sts:AssumeRole").count();
    assert_eq!(entered, 1);
    assert!(calls.len() + entered <= 10, "{calls:?}");
}

#[tokio::test]
async fn the_way_back_takes_every_alias_to_its_version_from_before() {
    let fleet = Fleet::of(2, &[REGION]).await;
    let record = fleet.deliver("d-1", &fleet.order(json!({})), "new").await;
    assert_eq!(fleet.answers().await, ["new by 2"; 2]);
    let back = in_name_of(&run("d-2"), async {
        let driver = fleet.driver().await;
        let request = delivery::Request { deployment: "d-2".into(), who: "an operator".into(), source: "d-1".into() };
        let mut it = driver.way_back(&record, request).await.unwrap();
        driver.begin(&mut it).await.unwrap();
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(back.status, Status::Succeeded, "{:?}", back.reason);
    assert_eq!(fleet.answers().await, ["old by 1"; 2]);
}

#[tokio::test]
async fn versions_that_nothing_needs_are_deleted_and_as_many_are_kept_as_the_settings_say() {
    let fleet = Fleet::of(1, &[REGION]).await.set(&[("SIGNALBOX_DEPLOY_KEEP", "2")]);
    for (at, says) in ["a", "b", "c", "d"].iter().enumerate() {
        let record = fleet.deliver(&format!("d-{at}"), &fleet.order(json!({})), says).await;
        assert_eq!(record.status, Status::Succeeded, "{:?}", record.reason);
    }
    let versions = lambda(&fleet.places[0]).list_versions_by_function().function_name(ORDERS).send().await.unwrap();
    let versions: Vec<_> = versions.versions().iter().filter_map(|it| it.version()).collect();
    assert_eq!(versions, ["$LATEST", "3", "4", "5"], "the last two deployments need 3, 4 and 5");
    assert_eq!(fleet.answers().await, ["d by 5"]);
}

/// Two functions, each with a zip of its own: in one deployment, each gets its own code.
#[tokio::test]
async fn two_functions_of_one_deployment_get_their_own_code() {
    let fleet = Fleet::of(1, &[REGION]).await.set(&[("SIGNALBOX_DEPLOY_FUNCTIONS", "orders,payments")]);
    let place = &fleet.places[0];
    make_function(place, "payments", code("old")).await;
    let version = publish(place, "payments", code("old")).await;
    make_alias(place, "payments", LIVE, &version).await;
    let order = fleet.order(json!({"functions": [{"name": ORDERS}, {"name": "payments", "code": "payments.zip"}]}));
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let order = Order::read(&order, &fleet.settings).unwrap();
        let request = Request { deployment: "d-1".into(), who: "a test".into(), source: "a test".into() };
        let codes = ["orders of today", "payments of today"].map(|says| Code::new(code(says)));
        let mut it = driver.look(&order, codes.to_vec(), request).await.unwrap().unwrap();
        driver.put_code(&mut it).await.unwrap();
        driver.rehearse(&it).await.unwrap();
        driver.begin(&mut it).await.unwrap();
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!((record.status, record.targets.len()), (Status::Succeeded, 2), "{:?}", record.reason);
    for name in [ORDERS, "payments"] {
        assert_eq!(invoke(place, name, LIVE, "{}").await.1["says"], format!("{name} of today"));
    }
}

/// Everything stays as it is: the new version where it is, the failed target as it was, and no further wave.
#[tokio::test]
async fn where_all_is_to_stay_the_others_of_the_wave_are_tried_and_no_further_wave_begins() {
    let fleet = Fleet::of(3, &[REGION]).await;
    tag(&fleet.places[0], ORDERS, VERSION, Some("Failed InvalidRuntime")).await;
    let order = fleet.order(json!({"on-failure": "stop", "waves": [{"percent": 60}, {"percent": 100}]}));
    let record = fleet.deliver("d-1", &order, "new").await;
    assert_eq!(record.status, Status::Stopped);
    let phases: Vec<_> = record.waves.iter().flatten().map(|it| record.targets[it].phase).collect();
    assert_eq!(phases, [Phase::Failed, Phase::Done, Phase::Waiting]);
    assert_eq!(fleet.answers().await, ["old by 1", "new by 2", "old by 1"]);
}

/// What was changed in the accounts of a fleet after so many calls in each.
fn changes_since(fleet: &Fleet, before: &[usize]) -> Vec<String> {
    let all = fleet.places.iter().zip(before).flat_map(|(place, before)| place.operations_since(*before));
    all.filter(|it| !it.contains(":Get") && !it.contains(":List")).collect()
}

/// One of three targets cannot be entered, and then another may not read the code: nothing is changed anywhere.
#[tokio::test]
async fn a_target_that_cannot_be_entered_or_may_not_read_the_code_keeps_all_as_they_are() {
    let fleet = Fleet::of(3, &[REGION]).await;
    let order = fleet.order(json!({}));
    let before: Vec<_> = fleet.places.iter().map(World::calls).collect();
    let operation = Some("AssumeRole".to_owned());
    let contains = Some(fleet.places[1].account.clone());
    let denied = Fault::new(&fleet.hub.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation, contains, times: 9, ..denied });
    let request = || Request { deployment: "d-1".into(), who: "a test".into(), source: "a test".into() };
    let parsed = Order::read(&order, &fleet.settings).unwrap();
    let codes = || vec![Code::new(code("new"))];
    in_name_of(&run("d-1"), async {
        let refused = fleet.driver().await.look(&parsed, codes(), request()).await.unwrap_err();
        let place = format!("{}: entering account {}", fleet.target(1), fleet.places[1].account);
        assert!(refused.to_string().starts_with(&place), "{refused}");
        AWS.clear_faults(&fleet.hub.account);
        let_read(&fleet.hub, REGION, &fleet.places[..2]).await;
        let driver = fleet.driver().await;
        let mut it = driver.look(&parsed, codes(), request()).await.unwrap().unwrap();
        driver.put_code(&mut it).await.unwrap();
        let refused = driver.rehearse(&it).await.unwrap_err();
        let place = format!("{}: rehearsing the change: ", fleet.target(2));
        assert!(refused.to_string().starts_with(&place), "{refused}");
        assert!(refused.to_string().contains("is not authorized to perform: s3:GetObjectVersion"), "{refused}");
    })
    .await;
    // A rehearsal is an update that changes nothing.
    let changes: Vec<_> =
        changes_since(&fleet, &before).into_iter().filter(|it| it != "lambda:UpdateFunctionCode").collect();
    assert_eq!(changes, Vec::<String>::new());
    assert_eq!(fleet.answers().await, ["old by 1"; 3]);
}

#[tokio::test]
async fn a_function_that_is_not_there_is_said() {
    let fleet = Fleet::of(1, &[REGION]).await;
    lambda(&fleet.places[0]).delete_function().function_name(ORDERS).send().await.unwrap();
    let found = in_name_of(&run("d-1"), async {
        fleet.begin(&fleet.driver().await, "d-1", &fleet.order(json!({})), "new").await.unwrap_err()
    })
    .await;
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    let told = "there is no function orders; make it, or leave the target out (missing)";
    assert_eq!(found, [format!("error: {}: {told}", fleet.target(0))]);
}
