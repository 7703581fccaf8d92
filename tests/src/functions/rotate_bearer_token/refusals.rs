//! What is refused, and in what order steps may come: a credential that the server does not take, steps that come when they
//! should not, and secrets that are not what they should be.

use reaction::{Outcome, Report};
use serde_json::{Value, json};

use super::{OVERLAP, Scene, function, variables};
use crate::world::let_time_pass;
use crate::world::oauth2::{Ask, CLIENT_ID, CLIENT_SECRET, Mischief, Style};
use crate::world::rotations::{Rotation, STEPS, make_secret, new_token, secrets_manager};

fn assert_refused(report: &Report, why: &str) {
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.as_deref().unwrap_or_default().contains(why), "{why}: {report}");
}

#[tokio::test]
async fn a_credential_that_is_refused_five_times_is_given_up() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    for step in &STEPS[..2] {
        scene.step(&rotation, step).await;
    }
    scene.server.misbehave(Ask::Verify, Mischief::Status(503));
    for _ in 0..7 {
        assert_eq!(scene.step(&rotation, "testSecret").await.outcome, Outcome::Failed);
    }
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING", "nobody knows: it does not count");
    scene.server.misbehave(Ask::Verify, Mischief::Status(401));
    for _ in 0..4 {
        assert_refused(&scene.step(&rotation, "testSecret").await, "it answered 401");
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING");
    }
    let report = scene.step(&rotation, "testSecret").await;
    assert_refused(&report, "the credential was refused 5 times and is given up: AWSPENDING was taken from it");
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: -");
    assert_refused(&scene.step(&rotation, "testSecret").await, "has no stage");
    scene.server.behave();
    assert_eq!(scene.server.alive().len(), 2, "what was given up may work all the same");
    scene.sweep().await;
    assert_eq!(scene.server.alive().len(), 1, "and is revoked");
    scene.assert_served().await;
    scene.rotate().await;
    let_time_pass(OVERLAP);
    scene.sweep().await;
    assert_eq!((scene.server.alive().len(), scene.due().await), (1, 0));
}

#[tokio::test]
async fn steps_that_come_when_they_should_not_are_refused() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    for step in ["setSecret", "finishSecret"] {
        assert_refused(&scene.step(&rotation, step).await, "has no value: createSecret comes first");
    }
    scene.step(&rotation, "createSecret").await;
    let tested = scene.step(&rotation, "testSecret").await;
    assert_eq!(tested.outcome, Outcome::Applied, "the token works before it is set: {tested}");
    let name = |it: &str| format!("Invalid step parameter {it} for secret");
    assert_refused(&scene.step(&rotation, "dropSecret").await, &name("dropSecret"));
    assert_refused(&scene.step(&rotation, "").await, &name(""));
    let unknown = Rotation { secret_arn: scene.secret.clone(), token: new_token() };
    assert_refused(&scene.step(&unknown, "createSecret").await, "has no stage for rotation of secret");
    assert_eq!(scene.server.alive().len(), 2, "nothing was made for those");
    for step in &STEPS[1..] {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
    }
    scene.rotate().await;
    let before = scene.step(&rotation, "createSecret").await;
    assert_refused(&before, "not set as AWSPENDING for rotation of secret");
}

#[tokio::test]
async fn finish_before_create_makes_nothing_current() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    let report = scene.step(&rotation, "finishSecret").await;
    assert_refused(&report, "has no value: createSecret comes first");
    assert_eq!((scene.stages().await.as_str(), scene.due().await), ("old: AWSCURRENT; new: AWSPENDING, empty", 0));
    scene.assert_served().await;
}

/// An identity that may only invoke the function has a step come before its turn, or long after it.
#[tokio::test]
async fn a_token_that_the_server_does_not_take_does_not_become_current() {
    for is_tested in [false, true] {
        let scene = Scene::new(Style::Overlap).await;
        let rotation = scene.begin().await;
        for step in &STEPS[..if is_tested { 3 } else { 1 }] {
            scene.step(&rotation, step).await;
        }
        scene.server.forget(&scene.token("AWSPENDING").await.unwrap());
        let report = scene.step(&rotation, "finishSecret").await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING");
        scene.assert_served().await;
    }
}

#[tokio::test]
async fn a_secret_that_is_not_rotated_any_more_is_refused() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    let client = secrets_manager(&scene.world);
    client.cancel_rotate_secret().secret_id(&scene.secret).send().await.unwrap();
    for step in STEPS {
        assert_refused(&scene.step(&rotation, step).await, "is not enabled for rotation");
    }
    assert_eq!(scene.server.alive().len(), 1);
}

#[tokio::test]
async fn a_secret_that_is_deleted_midway_is_refused() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    scene.step(&rotation, "createSecret").await;
    let client = secrets_manager(&scene.world);
    client.delete_secret().secret_id(&scene.secret).send().await.unwrap();
    for step in STEPS {
        assert_refused(&scene.step(&rotation, step).await, "the secret is to be deleted");
    }
    client.delete_secret().secret_id(&scene.secret).force_delete_without_recovery(true).send().await.unwrap();
    for step in STEPS {
        assert_refused(&scene.step(&rotation, step).await, "there is no such secret");
    }
}

async fn refuses_master(value: Value, why: &str) {
    let scene = Scene::new(Style::Overlap).await;
    scene.put(&scene.master, &value).await;
    let rotation = scene.begin().await;
    assert_refused(&scene.step(&rotation, "createSecret").await, why);
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING, empty");
    scene.put(&scene.master, &json!({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})).await;
    for step in STEPS {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "mended, it goes on: {step}");
    }
}

#[tokio::test]
async fn a_master_secret_that_is_malformed_is_refused_until_it_is_mended() {
    refuses_master(json!("text"), "the master secret: the value is no JSON object").await;
    refuses_master(json!({"consumer_key": CLIENT_ID}), "it needs `consumer_key` and `consumer_secret`").await;
    refuses_master(json!({"client_id": CLIENT_ID, "client_secret": "another"}), "it answered 401 (invalid_client)")
        .await;
}

#[tokio::test]
async fn a_master_secret_that_is_missing_is_named() {
    let scene = Scene::new(Style::Overlap).await;
    let client = secrets_manager(&scene.world);
    client.delete_secret().secret_id(&scene.master).force_delete_without_recovery(true).send().await.unwrap();
    let rotation = scene.begin().await;
    let report = scene.step(&rotation, "createSecret").await;
    assert_refused(&report, &format!("the master secret {} has no value", scene.master));
}

/// Else the writer of a secret would have tokens made, or revoked, by another client's power.
#[tokio::test]
async fn a_secret_uses_no_master_but_the_one_that_the_settings_bind() {
    let mut scene = Scene::new(Style::Overlap).await;
    let other = json!({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
    let other = make_secret(&scene.world, "app/other-master", &other).await;
    let good = scene.value(&scene.token("AWSCURRENT").await.unwrap());
    let mut value = good.clone();
    value["masterarn"] = other.as_str().into();
    scene.put(&scene.secret, &value).await;
    let rotation = scene.begin().await;
    let bound = format!("but SIGNALBOX_MASTERS binds the secret to {}: correct", scene.master);
    assert_refused(&scene.step(&rotation, "createSecret").await, &bound);
    let mut without = variables(&scene.server, scene.style, &scene.secret, &scene.master);
    without.retain(|(name, _)| *name != "SIGNALBOX_MASTERS");
    scene.function = function(&scene.world, &without);
    let pair = format!("add {}={other} to the parameter Masters of the stack", scene.secret);
    assert_refused(&scene.step(&rotation, "createSecret").await, &pair);
    value.as_object_mut().unwrap().remove("masterarn");
    scene.put(&scene.secret, &value).await;
    assert_refused(&scene.step(&rotation, "createSecret").await, "to no master secret: add ");
    assert!(scene.server.asked().is_empty(), "the server was not asked for a token");
    let variables = variables(&scene.server, scene.style, &scene.secret, &scene.master);
    scene.function = function(&scene.world, &variables);
    for step in STEPS {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "the binding is enough: {step}");
    }
}

#[tokio::test]
async fn a_server_that_misbehaves_leaves_nothing_stored() {
    for (mischief, outcome, may_be_made) in [
        (Mischief::Html, Outcome::Refused, true),
        (Mischief::Large, Outcome::Refused, true),
        (Mischief::WrongType, Outcome::Refused, false),
        (Mischief::Redirect("https://example.com/".into()), Outcome::Refused, false),
        (Mischief::Status(400), Outcome::Refused, false),
        (Mischief::Error("invalid_scope"), Outcome::Refused, false),
        (Mischief::Error(CLIENT_SECRET), Outcome::Refused, false),
        (Mischief::Error("temporarily_unavailable"), Outcome::Failed, false),
        (Mischief::ErrorAndToken, Outcome::Refused, false),
        (Mischief::Status(500), Outcome::Failed, true),
        (Mischief::LostAnswer, Outcome::Failed, true),
    ] {
        let scene = Scene::new(Style::Overlap).await;
        scene.server.misbehave(Ask::Token, mischief);
        let rotation = scene.begin().await;
        let report = scene.step(&rotation, "createSecret").await;
        assert_eq!(report.outcome, outcome, "{report}");
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING, empty", "{report}");
        scene.server.behave();
        let report = scene.step(&rotation, "createSecret").await;
        let told = "a credential may have been made 0 s ago for version";
        let notes = report.to_string().replace(" 1 s ago", " 0 s ago").matches(told).count();
        assert_eq!(notes, usize::from(may_be_made), "{report}");
    }
}
