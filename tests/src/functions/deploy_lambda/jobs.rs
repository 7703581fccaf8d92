//! Whose jobs are believed, and which deployments they go on with.

use std::pin::pin;
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use expect_test::expect;
use futures_util::future::{Either, select};
use ledger::{DynamoLedger, Status};
use local_aws::JobState;
use reaction::{Key, Left, Mode, Outcome, Reaction};
use serde_json::json;

use super::{DeployLambda, GIVEN, Given, JOB, ORDERS, Scene, artifact};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::lambda::{UPDATE, code, lambda, tag};
use crate::world::scene::Scene as _;
use crate::world::{AWS, LEDGER, REGION, World, let_time_pass};

#[tokio::test]
async fn a_token_of_no_deployment_goes_on_with_nothing() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    *scene.token.lock().unwrap() = Some("99999999-abcd-1111-abcd-111111abcdef@1".into());
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

/// The answer of a round carries the id of the deployment and the time of the first answer, and nothing else.
#[tokio::test]
async fn each_round_but_the_last_is_answered_with_the_id_of_the_first_job() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let report = scene.hear_once(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    let Some(JobState::Continued(token)) = scene.state() else { panic!("{:?}", scene.state()) };
    let time = token.strip_prefix(&format!("{JOB}@")).unwrap_or_else(|| panic!("{token}"));
    assert!(time.parse::<u64>().is_ok(), "{token}");
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"new\" by version 2"));
}

/// What is recorded and what the ledger keeps are there together, in each round: one that is over holds its job no longer.
#[tokio::test]
async fn a_round_gives_its_job_back_or_settles_it_with_its_record() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let ledger = DynamoLedger::new(&scene.world.sessions, LEDGER, DeployLambda::NAME);
    let kept = async || {
        let record = ledger.record(&Key::new([scene.world.account.as_str(), &scene.job()])).await.unwrap().unwrap();
        (record.status, record.in_progress_expiration == Some(0))
    };
    let before = scene.world.calls();
    let report = scene.hear_once(Mode::Apply).await;
    assert_eq!(report.left, Some(Left::Unfinished), "{report}");
    assert_eq!(kept().await, (Status::InProgress, true));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(kept().await, (Status::Completed, false));
    let writes = scene.world.operations_since(before);
    assert!(!writes.iter().any(|it| it == "dynamodb:UpdateItem"), "no write by itself: {writes:?}");
}

#[tokio::test]
async fn a_planned_deployment_changes_nothing() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let before = scene.picture().await;
    let report = scene.hear(Mode::Plan).await;
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Planned, 4), "{report}");
    assert_eq!(scene.picture().await, before);
}

/// Another hand updates the function, and Lambda is at work on it.
async fn with_an_update_under_way() -> Scene {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    tag(&scene.member, ORDERS, UPDATE, Some("InProgress")).await;
    let update = lambda(&scene.member).update_function_code().function_name(ORDERS);
    update.zip_file(Blob::new(code("theirs"))).send().await.unwrap();
    scene
}

#[tokio::test]
async fn an_update_that_is_under_way_is_waited_for_before_the_first_change() {
    let scene = with_an_update_under_way().await;
    let calls = scene.member.calls();
    for round in 0..2 {
        if round > 0 {
            scene.open_job();
        }
        let report = scene.hear_once(Mode::Apply).await;
        assert_eq!(report.left, Some(Left::Unfinished), "{report}");
        assert!(report.reason.unwrap().contains("nothing was changed yet: "));
        let told = scene.state();
        assert!(matches!(&told, Some(JobState::Continued(token)) if token.starts_with(JOB)), "{told:?}");
    }
    let asked = scene.member.operations_since(calls);
    assert!(asked.iter().all(|it| it.contains(":Get") || it.contains(":List")), "{asked:?}");
    tag(&scene.member, ORDERS, UPDATE, None).await;
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"new\" by version 2"));
}

#[tokio::test]
async fn an_update_that_does_not_end_refuses_the_deployment_after_ten_minutes() {
    let scene = with_an_update_under_way().await;
    assert_eq!(scene.hear_once(Mode::Apply).await.left, Some(Left::Unfinished));
    let_time_pass(Duration::from_mins(10));
    scene.open_job();
    let report = scene.hear_once(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let Some(JobState::Failed(kind, message)) = scene.state() else { panic!("{:?}", scene.state()) };
    assert_eq!(kind, "ConfigurationError");
    assert!(message.contains("an update of the function is under way"), "{message}");
    assert!(scene.picture().await.starts_with("orders:live answers \"old\" by version 1"));
}

/// The invocation ends before the record is written: the next job begins the deployment, and does not look for it in vain.
#[tokio::test]
async fn a_job_that_ran_out_of_time_before_its_record_is_begun_by_the_next() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let report = scene.hear_within(Mode::Apply, Duration::from_secs(1)).await;
    assert_eq!(report.left, Some(Left::OutOfTime), "{report}");
    assert!(matches!(scene.state(), Some(JobState::Continued(_))), "{:?}", scene.state());
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"new\" by version 2"));
}

/// Any identity that may invoke the function can write a job: its credentials say whose it is.
#[tokio::test]
async fn a_job_that_says_it_is_of_another_account_is_refused() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let theirs = scene.member.account.as_str();
    AWS.open_job(theirs, REGION, &scene.job());
    let event = scene.event_of_job();
    let said = format!("\"accountId\":\"{}\"", scene.world.account);
    assert!(event.contains(&said), "{event}");
    let forged = event.replace(&said, &format!("\"accountId\":\"{theirs}\""));
    let report = scene.drive(Mode::Apply, Duration::from_mins(1), &forged).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let told = format!("says that it is of account {theirs}, and its artifact credentials are of account ");
    assert!(report.reason.as_ref().unwrap().contains(&told), "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"old\" by version 1"));
}

/// The artifact has to be in a bucket of the job's account, whatever lies in another account's that may be read.
#[tokio::test]
async fn an_artifact_in_a_bucket_of_another_account_is_not_read() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let theirs = World::new().await;
    theirs.make_bucket(&theirs.bucket()).await;
    let zip = artifact(&scene.with_own_ids(GIVEN.order), "theirs");
    theirs.s3.put_object().bucket(theirs.bucket()).key("source/code.zip").body(zip.into()).send().await.unwrap();
    let public = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{}/*", theirs.bucket())}]});
    theirs.s3.put_bucket_policy().bucket(theirs.bucket()).policy(public.to_string()).send().await.unwrap();
    let event = scene.event_of_job().replace(&scene.world.bucket(), &theirs.bucket());
    let report = scene.drive(Mode::Apply, Duration::from_mins(1), &event).await;
    assert!(report.reason.as_ref().unwrap().contains("the bucket has to be account "), "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"old\" by version 1"));
}

/// A round that is about to end begins no call: it is answered, and the next one goes on.
#[tokio::test]
async fn a_round_that_is_about_to_end_begins_no_call_at_a_target() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    scene.hear_once(Mode::Apply).await;
    let calls = scene.member.calls();
    scene.open_job();
    let report = scene.hear_within(Mode::Apply, Duration::from_secs(20)).await;
    assert_eq!(report.left, Some(Left::Unfinished), "{report}");
    assert!(report.reason.as_ref().unwrap().ends_with("the round was about to end"), "{report}");
    assert_eq!(scene.member.operations_since(calls), Vec::<String>::new());
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
}

/// Lambda ends the function between any two calls, and gives it the job again; the pipeline brings the token that it has.
#[tokio::test]
async fn ended_between_any_two_calls_it_is_taken_up_by_the_next_invocation() {
    let given = Given { is_here: true, ..GIVEN };
    for calls in 1.. {
        let scene = Scene::set_up(&given, "code-was-sent").await;
        let before = scene.world.calls();
        let ended = {
            let whole = pin!(scene.hear(Mode::Apply));
            let until = pin!(scene.world.reach(before + calls));
            matches!(select(until, whole).await, Either::Right(_))
        };
        if ended {
            assert!(calls > 20, "{calls}");
            break;
        }
        if let Some(JobState::Continued(token)) = scene.state() {
            *scene.token.lock().unwrap() = Some(token);
        }
        let_time_pass(AN_INVOCATION);
        let report = scene.hear(Mode::Apply).await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "after {calls} calls: {report}");
        let after = "orders:live answers \"new\" by version 2\nthe job succeeded\n";
        assert_eq!(scene.picture().await, after, "after {calls} calls");
    }
}
