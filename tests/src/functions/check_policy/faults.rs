//! What AWS does to a run of `check-policy`: the job is answered once, and no half-finished version stays.

use check_policy::OWNER;
use local_aws::{Fault, FaultKind, JobState};
use reaction::{Mode, Outcome};

use super::{GIVEN, Given, READERS, Scene, WARNED, WRITERS};
use crate::world::scene::Scene as _;
use crate::world::{AWS, REGION};

const OTHER_JOB: &str = "22222222-abcd-2222-abcd-222222abcdef";

const CHANGED: Given = Given { before: &[READERS], sent: WRITERS, is_here: true, ..GIVEN };

/// A world in which this operation of IAM meets a fault.
async fn with_fault(given: &Given, operation: &str, kind: FaultKind) -> Scene {
    let scene = Scene::set_up(given, "a-policy-was-sent").await;
    let fault = Fault::new(&scene.world.account, kind);
    AWS.inject(&Fault { service: Some("iam".into()), operation: Some(operation.into()), times: 100, ..fault });
    scene
}

#[tokio::test]
async fn where_the_default_cannot_be_switched_the_policy_stays_and_the_next_job_takes_the_version_up() {
    let scene = with_fault(&CHANGED, "SetDefaultPolicyVersion", FaultKind::ServerError).await;
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    let Some(JobState::Failed(kind, message)) = scene.state() else { panic!("{:?}", scene.state()) };
    assert_eq!(kind, "JobFailed");
    assert!(message.starts_with("An error has occurred while validating policy. Please contact admin: "), "{message}");
    let left = scene.picture().await;
    assert!(left.starts_with("signalbox/data-readers: v1 ") && left.contains("other versions: v2\n"), "{left}");
    AWS.clear_faults(&scene.world.account);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let taken = scene.picture().await;
    assert!(taken.starts_with("signalbox/data-readers: v2 ") && taken.contains("other versions: v1\n"), "{taken}");
    scene.assert_recorded().await;
}

/// The SDK would try again, and each attempt that arrives would make one more version.
#[tokio::test]
async fn a_version_whose_answer_is_lost_is_found_and_not_made_twice() {
    let scene = with_fault(&CHANGED, "CreatePolicyVersion", FaultKind::Reset).await;
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let picture = scene.picture().await;
    assert!(
        picture.starts_with("signalbox/data-readers: v2 ") && picture.contains("other versions: v1\n"),
        "{picture}"
    );
}

#[tokio::test]
async fn a_policy_whose_answer_is_lost_is_known_as_ours() {
    let given = Given { is_here: true, ..GIVEN };
    let scene = Scene::set_up(&given, "a-policy-was-sent").await;
    let fault = Fault::new(&scene.world.account, FaultKind::Reset);
    AWS.inject(&Fault { operation: Some("CreatePolicy".into()), ..fault });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
}

#[tokio::test]
async fn a_policy_of_that_name_in_another_path_is_refused() {
    let scene = Scene::set_up(&Given { is_here: true, ..GIVEN }, "a-policy-was-sent").await;
    let made = scene.iam().create_policy().policy_name("Data-Readers").path("/other/").policy_document(super::READING);
    made.send().await.unwrap();
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("another policy called data-readers"));
}

/// Another writer made it between the reading and the making: that it says the same makes it no policy of Signalbox.
#[tokio::test]
async fn a_policy_that_says_the_same_and_is_not_ours_is_refused() {
    let scene = Scene::set_up(&Given { is_here: true, ..GIVEN }, "a-policy-was-sent").await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let (iam, arn) = (scene.iam(), format!("arn:aws:iam::{}:policy/signalbox/data-readers", scene.requester.account));
    iam.untag_policy().policy_arn(&arn).tag_keys(OWNER).send().await.unwrap();
    let before = scene.policies().await;
    let kind = FaultKind::Error { status: 404, code: "NoSuchEntity".into(), message: "not yet".into() };
    let fault = Fault {
        operation: Some("GetPolicy".into()),
        contains: Some("data-readers".into()),
        ..Fault::new(&scene.world.account, kind)
    };
    AWS.inject(&fault);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("another policy called data-readers"));
    assert_eq!(scene.policies().await, before);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_not_given_twice() {
    let scene = Scene::set_up(&Given { is_here: true, ..GIVEN }, "a-policy-was-sent").await;
    let fault = Fault::new(&scene.world.account, FaultKind::Reset);
    AWS.inject(&Fault { operation: Some("PutJobSuccessResult".into()), ..fault });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(matches!(scene.state(), Some(JobState::Succeeded(_))));
}

/// A check that was asked for and not made is not one that passed: neither where AWS denies it or does not answer, nor where a later page
/// of its findings is lost.
#[tokio::test]
async fn without_the_second_opinion_that_is_asked_for_no_policy_is_made() {
    let given = Given { sent: WARNED, is_here: true, has_second_opinion: true, ..GIVEN };
    for (kind, nth) in [(FaultKind::AccessDenied, 1), (FaultKind::ServerError, 1), (FaultKind::ServerError, 2)] {
        let scene = Scene::set_up(&given, "a-policy-was-sent").await;
        let fault = Fault {
            service: Some("access-analyzer".into()),
            nth,
            times: 100,
            ..Fault::new(&scene.world.account, kind)
        };
        AWS.inject(&fault);
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Failed, "{report}");
        let Some(JobState::Failed(kind, message)) = scene.state() else { panic!("{:?}", scene.state()) };
        assert_eq!(kind, "JobFailed");
        assert!(message.contains(": the second opinion was not run (let the function's role call "), "{message}");
        assert_eq!(scene.policies().await, "", "nothing was made");
        AWS.clear_faults(&scene.world.account);
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Applied, "{report}");
        assert_eq!(report.findings.len(), 3, "both pages are read: {report}");
    }
}

/// Where one of two reads fails, the other one was made all the same: neither waits for the other.
#[tokio::test]
async fn what_does_not_need_each_other_is_read_side_by_side() {
    let given = Given { is_here: true, ..GIVEN };
    for (operation, about, other) in [
        ("GetObject", None, "iam:GetPolicyVersion"),
        ("GetPolicy", Some("%3Apolicy%2Fsignalbox%2Fdata-readers"), "dynamodb:BatchGetItem"),
    ] {
        let scene = Scene::set_up(&given, "a-policy-was-sent").await;
        let fault = Fault::new(&scene.world.account, FaultKind::ServerError);
        let (operation, contains) = (Some(operation.into()), about.map(String::from));
        AWS.inject(&Fault { operation, contains, times: 100, ..fault });
        let before = scene.world.calls();
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Failed);
        let calls = scene.world.operations_since(before);
        assert!(calls.iter().any(|it| it == other), "{other} is not among {calls:?}");
    }
}

/// Another job makes the policy after this one has read that it has no record, and before it reads the policy.
#[tokio::test]
async fn a_policy_that_another_job_has_just_made_is_no_stranger() {
    let scene = Scene::set_up(&Given { is_here: true, ..GIVEN }, "a-policy-was-sent").await;
    let mut gate = AWS.gate(&scene.world.account);
    let event = scene.event().to_owned();
    let mut run = Box::pin(scene.hear_of(&event));
    let (mut held, mut has_read_head) = (None, false);
    while held.is_none() || !has_read_head {
        tokio::select! {
            report = &mut run => panic!("it ended: {report}"),
            call = gate.next() => match call.call.operation.as_str() {
                "GetPolicy" if call.call.body.contains("data-readers") => held = Some(call),
                "BatchGetItem" => has_read_head = true,
                _ => {}
            },
        }
    }
    drop(gate);
    AWS.open_job(&scene.world.account, REGION, OTHER_JOB);
    let other = scene.hear_of(&event.replace(&scene.job(), OTHER_JOB)).await;
    assert_eq!(other.outcome, Outcome::Applied, "{other}");
    drop(held);
    let report = run.await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{report}");
}
