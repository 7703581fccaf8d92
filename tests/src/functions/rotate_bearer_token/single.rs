//! A server that knows one token at a time: the old one is revoked before there is a new one, and the report says how long
//! clients were without.

use std::fmt::Write;
use std::time::Duration;

use expect_test::expect;
use reaction::Outcome;

use super::Scene;
use crate::promises::every_call::AN_INVOCATION;
use crate::world::let_time_pass;
use crate::world::oauth2::{Ask, Mischief, Style};
use crate::world::rotations::STEPS;

#[tokio::test]
async fn a_rotation_tells_of_the_gap() {
    let scene = Scene::new(Style::Single).await;
    let rotation = scene.begin().await;
    let mut story = format!("{}\n", scene.stages().await);
    for step in STEPS {
        let report = scene.step(&rotation, step).await;
        let (told, alive) = (scene.told(&report).await, scene.server.alive());
        writeln!(story, "{told}{}; alive: {}", scene.stages().await, alive.join(" ")).unwrap();
        let_time_pass(Duration::from_secs(1));
    }
    let gaps = ["not worked for 3 s", "not worked for 4 s"];
    let story = gaps.iter().fold(story, |story, gap| story.replace(gap, "not worked for some s"));
    expect![[r#"
        old: AWSCURRENT; new: AWSPENDING, empty
        rotate-bearer-token: applied
          - make a credential and keep it as AWSPENDING
        old: AWSCURRENT; new: AWSPENDING; alive: AAAA%2F0002-t0ken
        rotate-bearer-token: applied
          - have the server take it
        old: AWSCURRENT; new: AWSPENDING; alive: AAAA%2F0002-t0ken
        rotate-bearer-token: applied
          - prove that the server takes it
        old: AWSCURRENT; new: AWSPENDING; alive: AAAA%2F0002-t0ken
        rotate-bearer-token: applied
          - make it AWSCURRENT in place of old
          note: what was AWSCURRENT has not worked for some s
        old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING; alive: AAAA%2F0002-t0ken
    "#]]
    .assert_eq(&story);
    assert_eq!(scene.due().await, 0);
    scene.assert_served().await;
}

#[tokio::test]
async fn each_step_twice_ends_the_same() {
    let scene = Scene::new(Style::Single).await;
    let rotation = scene.begin().await;
    for step in STEPS {
        for _ in 0..2 {
            let report = scene.step(&rotation, step).await;
            assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{step}: {report}");
        }
    }
    assert_eq!(scene.server.alive(), ["AAAA%2F0002-t0ken"]);
    scene.assert_served().await;
}

#[tokio::test]
async fn a_token_that_was_changed_outside_is_refused() {
    let scene = Scene::new(Style::Single).await;
    let rotation = scene.begin().await;
    scene.step(&rotation, "createSecret").await;
    scene.server.forget(&scene.token("AWSPENDING").await.unwrap());
    let other = scene.server.mint();
    let report = scene.step(&rotation, "setSecret").await;
    assert_eq!(report.outcome, Outcome::Refused);
    let expected = "The bearer token was changed outside Secrets Manager. Please check.";
    assert_eq!(report.reason.as_deref(), Some(expected));
    assert_eq!(scene.server.alive(), [other], "what another client has made is left alone");
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING");
}

#[tokio::test]
async fn interrupted_after_the_revocation_it_goes_on_and_still_tells_of_the_gap() {
    let scene = Scene::new(Style::Single).await;
    let rotation = scene.begin().await;
    scene.server.misbehave(Ask::Revoke, Mischief::LostAnswer);
    let report = scene.step(&rotation, "createSecret").await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(scene.server.alive().is_empty(), "the old one is revoked, and only the answer was lost");
    scene.server.behave();
    let_time_pass(AN_INVOCATION);
    for step in &STEPS[..3] {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
    }
    let report = scene.step(&rotation, "finishSecret").await;
    assert!(report.notes[0].starts_with("what was AWSCURRENT has not worked for 96"), "{report}");
    scene.assert_served().await;
}
