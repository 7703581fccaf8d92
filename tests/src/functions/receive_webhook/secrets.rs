//! Secrets as the function knows them: how long, and what an outage or a rotation means; and what a second delivery means.

use std::time::Duration;

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};
use serde_json::json;

use super::{SECRET, Scene};
use crate::world::scene::Scene as _;
use crate::world::{AWS, let_time_pass};

const PUSHED: &str = "a-branch-was-pushed-at-github";

/// The calls that a request makes.
async fn calls(scene: &Scene, function: &suite::receive_webhook::ReceiveWebhook) -> (Outcome, Vec<String>) {
    let before = scene.world.calls();
    let report = scene.hear_with(function, Mode::Apply).await;
    (report.outcome, scene.world.operations_since(before))
}

fn lose_secrets(scene: &Scene, kind: FaultKind) {
    AWS.inject(&Fault {
        service: Some("secretsmanager".into()),
        times: usize::MAX,
        ..Fault::new(&scene.world.account, kind)
    });
}

#[tokio::test]
async fn told_again_the_queue_has_no_second_message() {
    for sample in [PUSHED, "several-branches-were-pushed-at-bitbucket"] {
        let scene = Scene::set_up(&(), sample).await;
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
        let once = scene.messages().await;
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
        assert_eq!(scene.messages().await, once, "{sample}");
    }
}

#[tokio::test]
async fn a_warm_function_makes_one_call_for_a_push_and_none_for_what_it_rejects() {
    for (sample, call) in
        [(PUSHED, "sqs:SendMessage"), ("several-branches-were-pushed-at-bitbucket", "sqs:SendMessageBatch")]
    {
        let scene = Scene::set_up(&(), sample).await;
        let function = scene.open();
        scene.hear_with(&function, Mode::Apply).await;
        assert_eq!(calls(&scene, &function).await, (Outcome::Applied, vec![call.to_owned()]));
    }
    for sample in ["a-signature-is-of-another-secret", "a-path-is-of-no-hook"] {
        let scene = Scene::set_up(&(), sample).await;
        let function = scene.open();
        scene.hear_with(&function, Mode::Apply).await;
        assert_eq!(calls(&scene, &function).await, (Outcome::Ignored, vec![]), "{sample}");
    }
}

/// What is read must not tell which paths there are.
#[tokio::test]
async fn an_unknown_path_has_the_same_secrets_read_as_a_wrong_signature() {
    for pause in [0, 59, 61, 301] {
        let mut made = Vec::new();
        for sample in ["a-signature-is-of-another-secret", "a-path-is-of-no-hook"] {
            let scene = Scene::set_up(&(), sample).await;
            let function = scene.open();
            let cold = calls(&scene, &function).await;
            let_time_pass(Duration::from_secs(pause));
            made.push((cold, calls(&scene, &function).await));
        }
        assert_eq!(made[0], made[1], "after {pause} s");
        let expected = if pause < 60 { 0 } else { 2 };
        assert_eq!((made[0].0.1.len(), made[0].1.1.len()), (2, expected), "after {pause} s: {made:?}");
    }
}

#[tokio::test]
async fn a_secret_that_was_changed_is_known_at_the_next_request_once_a_minute() {
    let scene = Scene::set_up(&(), PUSHED).await;
    scene.put_secret(&json!({"secret": "the secret before this one"})).await;
    let function = scene.open();
    assert_eq!(calls(&scene, &function).await.0, Outcome::Ignored);
    scene.put_secret(&json!({"secret": "the secret before this one", "previous": SECRET})).await;
    assert_eq!(calls(&scene, &function).await.0, Outcome::Ignored, "asked a moment ago");
    let_time_pass(Duration::from_mins(1));
    assert_eq!(calls(&scene, &function).await.0, Outcome::Applied, "both secrets are believed");
    scene.put_secret(&json!({"secret": "the secret before this one"})).await;
    let_time_pass(Duration::from_mins(5));
    assert_eq!(calls(&scene, &function).await.0, Outcome::Ignored, "a secret is forgotten after five minutes");
}

#[tokio::test]
async fn secrets_outlast_an_outage_of_a_few_minutes_and_no_longer() {
    let scene = Scene::set_up(&(), PUSHED).await;
    let function = scene.open();
    assert_eq!(calls(&scene, &function).await.0, Outcome::Applied);
    lose_secrets(&scene, FaultKind::AccessDenied);
    let_time_pass(Duration::from_mins(14));
    assert_eq!(calls(&scene, &function).await.0, Outcome::Applied);
    let_time_pass(Duration::from_mins(2));
    let report = scene.hear_with(&function, Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    AWS.clear_faults(&scene.world.account);
    let_time_pass(Duration::from_secs(10));
    assert_eq!(calls(&scene, &function).await.0, Outcome::Applied);
}

/// 503 for a path that there is and 401 for one that there is not would tell them apart while Secrets Manager does not answer.
#[tokio::test]
async fn an_outage_does_not_tell_which_paths_there_are() {
    let mut told = Vec::new();
    for sample in [PUSHED, "a-signature-is-of-another-secret", "a-path-is-of-no-hook"] {
        let scene = Scene::set_up(&(), sample).await;
        lose_secrets(&scene, FaultKind::AccessDenied);
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Failed, "{report}");
        assert!(report.reason.as_ref().is_some_and(|it| it.contains("SecretArns")), "{report}");
        told.push(scene.messages().await.len());
    }
    assert_eq!(told, [0; 3]);
}

#[tokio::test]
async fn a_secret_that_is_empty_or_short_lets_nothing_in_and_is_not_quoted() {
    for value in [json!({"secret": ""}), json!({"secret": "hunter2"}), json!("hunter2-hunter2-hunter2"), json!({})] {
        let scene = Scene::set_up(&(), PUSHED).await;
        scene.put_secret(&value).await;
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Failed, "{value}: {report}");
        assert!(!report.to_string().contains("hunter2"), "{report}");
        assert_eq!(scene.messages().await, []);
    }
}

/// One hook's mistake holds up that hook alone.
#[tokio::test]
async fn a_broken_secret_of_another_hook_does_not_keep_a_push_out() {
    let scene = Scene::set_up(&(), "a-branch-was-pushed-at-gitlab").await;
    scene.put_secret(&json!({"secret": ""})).await;
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
}
