//! A server that makes a new token each time: the old one works until the overlap is over.

use std::fmt::Write;
use std::time::Duration;

use expect_test::expect;
use reaction::Outcome;
use serde_json::json;

use super::{OVERLAP, Scene, function, variables};
use crate::world::oauth2::{Ask, Style};
use crate::world::rotations::{STEPS, value_at};
use crate::world::{DAY, ROTATIONS, let_time_pass};

#[tokio::test]
async fn a_rotation_leaves_the_old_token_alive_until_the_sweep() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    let mut story = format!("{}\n", scene.stages().await);
    for step in STEPS {
        let report = scene.step(&rotation, step).await;
        let (told, alive) = (scene.told(&report).await, scene.server.alive());
        writeln!(story, "{told}{}; alive: {}", scene.stages().await, alive.join(" ")).unwrap();
    }
    let_time_pass(OVERLAP);
    let report = scene.sweep().await;
    writeln!(story, "{}alive: {}", scene.told(&report).await, scene.server.alive().join(" ")).unwrap();
    expect![[r#"
        old: AWSCURRENT; new: AWSPENDING, empty
        rotate-bearer-token: applied
          - make a credential and keep it as AWSPENDING
        old: AWSCURRENT; new: AWSPENDING; alive: AAAA%2F0001-t0ken AAAA%2F0002-t0ken
        rotate-bearer-token: applied
          - have the server take it
        old: AWSCURRENT; new: AWSPENDING; alive: AAAA%2F0001-t0ken AAAA%2F0002-t0ken
        rotate-bearer-token: applied
          - prove that the server takes it
        old: AWSCURRENT; new: AWSPENDING; alive: AAAA%2F0001-t0ken AAAA%2F0002-t0ken
        rotate-bearer-token: applied
          - make it AWSCURRENT in place of old
        old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING; alive: AAAA%2F0001-t0ken AAAA%2F0002-t0ken
        rotate-bearer-token: applied
          - revoke version old of app/token
        alive: AAAA%2F0002-t0ken
    "#]]
    .assert_eq(&story);
    let mut value = value_at(&scene.world, &scene.secret, "AWSCURRENT").await.unwrap();
    value["masterarn"] = json!("app/master");
    let expected =
        r#"{"access_token":"AAAA%2F0002-t0ken","token_type":"Bearer","masterarn":"app/master","for":"search"}"#;
    assert_eq!(value, serde_json::from_str::<serde_json::Value>(expected).unwrap(), "unknown keys are kept");
    assert!(scene.server.asked().iter().any(|it| it.ask == Ask::Verify && it.was_alive), "the new token was proved");
}

#[tokio::test]
async fn each_step_twice_ends_the_same() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    for step in STEPS {
        let once = scene.step(&rotation, step).await;
        let stages = scene.stages().await;
        let again = scene.step(&rotation, step).await;
        for report in [once, again] {
            assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{step}: {report}");
            assert!(report.notes.iter().all(|note| !note.contains("nobody here knows")), "{step}: {report}");
        }
        assert_eq!(scene.stages().await, stages, "{step}");
    }
    assert_eq!(scene.server.alive().len(), 2, "one was made");
    assert_eq!(scene.due().await, 1);
    for step in STEPS {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Unchanged, "{step} after the end");
    }
}

#[tokio::test]
async fn the_old_token_is_revoked_once_and_after_the_overlap() {
    let scene = Scene::new(Style::Overlap).await;
    scene.rotate().await;
    let_time_pass(Duration::from_mins(59));
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
    assert_eq!((scene.server.alive().len(), scene.due().await), (2, 1), "not yet");
    let_time_pass(Duration::from_mins(1));
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!((scene.server.alive().len(), scene.due().await), (1, 0));
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
    assert_eq!(scene.server.asked().iter().filter(|it| it.ask == Ask::Revoke).count(), 1);
    scene.assert_served().await;
}

#[tokio::test]
async fn a_second_rotation_within_the_overlap_leaves_both_to_be_revoked_in_time() {
    let scene = Scene::new(Style::Overlap).await;
    scene.rotate().await;
    let_time_pass(OVERLAP / 2);
    scene.rotate().await;
    assert_eq!((scene.server.alive().len(), scene.due().await), (3, 2));
    let_time_pass(OVERLAP / 2);
    scene.sweep().await;
    assert_eq!(scene.server.alive(), ["AAAA%2F0002-t0ken", "AAAA%2F0003-t0ken"]);
    let_time_pass(OVERLAP / 2);
    scene.sweep().await;
    assert_eq!((scene.server.alive().len(), scene.due().await), (1, 0));
    scene.assert_served().await;
}

#[tokio::test]
async fn what_has_no_label_and_is_due_already_is_due_once() {
    let scene = Scene::new(Style::Overlap).await;
    for _ in 0..3 {
        scene.rotate().await;
    }
    let_time_pass(OVERLAP / 2);
    let report = scene.sweep().await;
    assert_eq!((report.outcome, scene.due().await), (Outcome::Unchanged, 3), "{report}");
}

#[tokio::test]
async fn what_is_due_is_remembered_for_longer_than_the_overlap() {
    let mut scene = Scene::new(Style::Overlap).await;
    let mut variables = variables(&scene.server, scene.style, &scene.secret, &scene.master);
    variables.push(("SIGNALBOX_OVERLAP", (100 * 24 * 60).to_string()));
    scene.function = function(&scene.world, &variables);
    scene.rotate().await;
    let items = scene.world.dynamodb.scan().table_name(ROTATIONS).send().await.unwrap();
    let number = |text: &str| text.parse::<u64>().unwrap();
    let item = items.items().iter().find(|it| it.contains_key("due")).unwrap();
    let due = number(item["due"].as_ss().unwrap()[0].rsplit_once('@').unwrap().1);
    assert!(number(item["expiration"].as_n().unwrap()) > due + DAY.as_secs(), "{item:?}");
}

#[tokio::test]
async fn what_somebody_went_back_to_is_not_revoked() {
    let scene = Scene::new(Style::Overlap).await;
    let old = value_at(&scene.world, &scene.secret, "AWSCURRENT").await.unwrap();
    scene.rotate().await;
    // Not by the label: the old value as a new version.
    scene.put(&scene.secret, &old).await;
    let_time_pass(OVERLAP);
    let report = scene.sweep().await;
    assert_eq!(scene.due().await, 0, "{report}");
    scene.assert_served().await;
}

#[tokio::test]
async fn an_overlap_begins_with_the_promotion_and_not_with_the_first_try() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    for step in &STEPS[..3] {
        scene.step(&rotation, step).await;
    }
    let account = &scene.world.account;
    let denied = local_aws::Fault::new(account, local_aws::FaultKind::AccessDenied);
    crate::world::AWS.inject(&local_aws::Fault { operation: Some("UpdateSecretVersionStage".into()), ..denied });
    assert_eq!(scene.step(&rotation, "finishSecret").await.outcome, Outcome::Failed);
    let_time_pass(Duration::from_mins(50));
    assert_eq!(scene.step(&rotation, "finishSecret").await.outcome, Outcome::Applied);
    let_time_pass(Duration::from_mins(10));
    scene.sweep().await;
    assert_eq!(scene.server.alive().len(), 2, "clients have had it for ten minutes");
    let_time_pass(OVERLAP);
    scene.sweep().await;
    assert_eq!((scene.server.alive().len(), scene.due().await), (1, 0));
}

#[tokio::test]
async fn a_server_that_gives_the_current_token_again_is_refused() {
    let scene = Scene::with(Style::Single, Style::Overlap).await;
    let rotation = scene.begin().await;
    let report = scene.step(&rotation, "createSecret").await;
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(report.to_string().contains("set OAUTH2_STYLE=single"), "{report}");
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING, empty", "nothing is stored");
    scene.assert_served().await;
}
