//! What follows from the facts, case by case.

use std::collections::BTreeMap;

use delivery::{Kind, OnFailure, Phase, Progress, Record, Status, Traffic};
use expect_test::expect;
use reaction::{Error, Left, Outcome, Plan, Report, StepReport};

use crate::answer::wording;
use crate::facts::Facts;
use crate::plan::{Step, plan};

fn record(status: Status, phase: Phase) -> Record {
    let target = |account: u64| format!("{account}/eu-west-1/orders:live").parse().unwrap();
    let waves = vec![vec![target(111_122_223_333)], vec![target(222_233_334_444)]];
    Record {
        deployment: "d-1".into(),
        kind: Kind::Delivery,
        who: "a pipeline".into(),
        source: "an artifact".into(),
        status,
        reason: Some("wave 1 of 2: it failed".into()),
        started: 0,
        ended: None,
        wave: 0,
        round: 0,
        goods: BTreeMap::new(),
        traffic: Traffic::AllAtOnce,
        bake: 0,
        on_failure: OnFailure::Rollback,
        targets: waves
            .iter()
            .flatten()
            .map(|it| (Clone::clone(it), Progress { phase, ..Progress::new("3") }))
            .collect(),
        waves,
    }
}

fn planned(facts: &Facts) -> Result<Plan<Step>, Error> {
    plan(facts)
}

#[test]
fn before_the_first_change_the_code_is_put_every_change_is_rehearsed_and_the_record_is_written() {
    let plan = planned(&Facts::New(record(Status::Running, Phase::Waiting))).unwrap();
    expect![[r#"
        put the code of orders where Lambda reads it in eu-west-1
        rehearse the change at each of 2 targets
        record deployment d-1
        go on with deployment d-1: wave 1 of 2: 111122223333/eu-west-1/orders:live
    "#]]
    .assert_eq(&plan.to_string());
    let Plan::Change { steps, .. } = plan else { panic!() };
    assert_eq!(steps.iter().map(Step::phase).collect::<Vec<_>>(), [0, 1, 2, 3], "each waits for the one before");
}

#[test]
fn where_every_target_has_the_code_nothing_is_begun() {
    let plan = planned(&Facts::New(record(Status::Running, Phase::Unchanged))).unwrap();
    expect![[r#"
        note: every target has the code already: 111122223333/eu-west-1/orders:live, 222233334444/eu-west-1/orders:live
    "#]]
    .assert_eq(&plan.to_string());
}

#[test]
fn a_deployment_that_has_begun_goes_on_until_it_has_ended() {
    let told = |status| match planned(&Facts::Begun(record(status, Phase::Done))) {
        Ok(plan) => plan.to_string(),
        Err(error) => format!("{error}\n"),
    };
    let all = [Status::Running, Status::RollingBack, Status::Succeeded, Status::RolledBack, Status::Stopped];
    expect![[r#"
        go on with deployment d-1: wave 1 of 2: 111122223333/eu-west-1/orders:live
        go on with deployment d-1: what it moved moves back
        note: deployment d-1 has succeeded
        deployment d-1 was rolled back: wave 1 of 2: it failed
        deployment d-1 was stopped: wave 1 of 2: it failed
    "#]]
    .assert_eq(&all.map(told).concat());
}

#[test]
fn the_pipeline_hears_what_became_of_its_code() {
    let later = Report::of_error("deploy-lambda", &Error::unfinished("wave 1 of 2: 1 of its targets wait"));
    assert_eq!(later.left, Some(Left::Unfinished));
    let mut done = Report::new("deploy-lambda", Outcome::Applied, None);
    done.steps = vec![StepReport { step: "go on with deployment d-1: wave 1 of 1: a target".into(), error: None }];
    let told = [later, done, Report::new("deploy-lambda", Outcome::Planned, None)].map(|it| wording(&it));
    expect![[r#"
        The deployment goes on: wave 1 of 2: 1 of its targets wait
        Delivered (go on with deployment d-1: wave 1 of 1: a target)
        The deployment was planned and not made: the function is deployed with Mode=Plan"#]]
    .assert_eq(&told.join("\n"));
}
