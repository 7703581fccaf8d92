//! Whose jobs are believed, and which deployments they go on with.

use expect_test::expect;
use local_aws::JobState;
use reaction::{Mode, Outcome};

use super::{GIVEN, JOB, Scene};
use crate::world::scene::Scene as _;

#[tokio::test]
async fn a_token_of_no_deployment_goes_on_with_nothing() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    *scene.token.lock().unwrap() = Some("99999999-abcd-1111-abcd-111111abcdef".into());
    let report = scene.hear_once(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(
        report.reason.unwrap().contains("there is no deployment 99999999-abcd-1111-abcd-111111abcdef to go on with")
    );
    assert!(matches!(scene.state(), Some(JobState::Failed(kind, _)) if kind == "ConfigurationError"));
    assert!(scene.picture().await.starts_with("orders:live answers \"old\" by version 1"));
}

/// What the pipeline shows of a stage that delivered, and of one that is retried.
#[tokio::test]
async fn the_pipeline_is_told_what_was_delivered_and_what_was_there_already() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let told = async || {
        let report = scene.hear(Mode::Apply).await;
        let Some(JobState::Succeeded(summary)) = scene.state() else { panic!("{:?}: {report}", scene.state()) };
        scene.with_sample_ids(&summary)
    };
    expect!["Delivered (go on with deployment 11111111-abcd-1111-abcd-111111abcdef: wave 1 of 1: 222233334444/eu-west-1/orders:live)"].assert_eq(&told().await);
    expect!["every target has the code already: 222233334444/eu-west-1/orders:live"].assert_eq(&told().await);
}

/// The answer of a round carries the id of the deployment, and nothing else.
#[tokio::test]
async fn each_round_but_the_last_is_answered_with_the_id_of_the_first_job() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let report = scene.hear_once(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert_eq!(scene.state(), Some(JobState::Continued(JOB.into())));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"new\" by version 2"));
}

#[tokio::test]
async fn a_planned_deployment_changes_nothing() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let before = scene.picture().await;
    let report = scene.hear(Mode::Plan).await;
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Planned, 4), "{report}");
    assert_eq!(scene.picture().await, before);
}
