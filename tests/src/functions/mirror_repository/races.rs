//! Pushes that race, repeated messages, and other writers: the bucket ends as the branch is.

use std::pin::pin;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use reaction::{Mode, Outcome};
use serde_json::{Value, json};

use super::{EXPIRING, FIRST, GIVEN, Given, JOURNAL, MANIFEST, NAME, POINTED, POINTER, SECOND, Scene};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::git::file;
use crate::world::scene::Scene as _;
use crate::world::{AWS, let_time_pass};

const SAMPLE: &str = "a-branch-was-pushed";

#[tokio::test]
async fn a_message_about_an_older_commit_mirrors_the_head_as_it_is_now() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    let older = scene.repository.line(&["rev-parse", "refs/heads/main^"]);
    let message =
        json!({"repository": NAME, "ref": "refs/heads/main", "commit": older, "delivery": "1", "forge": "github"});
    assert_eq!(scene.hear_of(&message.to_string(), Mode::Apply).await.outcome, Outcome::Applied);
    scene.assert_mirrored().await;
    assert_eq!(scene.hear_of(&message.to_string(), Mode::Apply).await.outcome, Outcome::Unchanged, "delivered twice");
    scene.assert_mirrored().await;
}

#[tokio::test]
async fn while_a_run_is_at_work_another_one_is_told_to_come_later() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    let reached = scene.world.calls() + 6;
    tokio::select! {
        report = scene.hear(Mode::Apply) => panic!("it ended: {report}"),
        () = scene.world.reach(reached) => {}
    }
    let report = scene.mirror().await;
    assert_eq!(report.left, Some(reaction::Left::Busy), "{report}");
    let_time_pass(AN_INVOCATION);
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    scene.assert_mirrored().await;
}

/// Two runs at once that know nothing of each other, as where the ledger was lost: at every point at which the first one stands still, a
/// second one mirrors a later commit, and then the first one goes on. Whatever it wrote, the next run ends as the branch is.
#[tokio::test]
async fn two_runs_at_once_without_a_ledger_end_as_the_branch_is() {
    let third = Arc::new(vec![file("root.yaml", "Root: 3\n")]);
    for held in 3..24 {
        let scene = Scene::set_up(&POINTED, SAMPLE).await;
        let reached = scene.world.calls() + held;
        // Held as a future that is not polled.
        let mut first = Box::pin(scene.hear(Mode::Apply));
        let ended = tokio::select! {
            _ = &mut first => true,
            () = scene.world.reach(reached) => false,
        };
        scene.world.lose_ledger().await;
        scene.push("main", &third);
        // What is kept on the disk is the first one's until it ends.
        let second = scene.function().keeping(scene.folder.path().join("second"));
        let report = scene.hear_as(&second, &json!({"repository": NAME}).to_string(), Mode::Apply).await;
        if !ended {
            first.await;
        }
        scene.world.lose_ledger().await;
        let last = scene.mirror().await;
        assert!(matches!(last.outcome, Outcome::Applied | Outcome::Unchanged), "held at call {held}: {report}\n{last}");
        scene.assert_mirrored().await;
    }
}

#[tokio::test]
async fn an_object_that_another_writer_changed_follows_the_branch_and_a_foreign_one_stays() {
    let scene = Scene::set_up(&Given { before: Some(&FIRST), now: &SECOND, ..GIVEN }, SAMPLE).await;
    for (key, text) in [("acme/templates/root.yaml", "Root: mine\n"), ("acme/templates/notes.txt", "mine\n")] {
        let put = scene.world.s3.put_object().bucket(scene.bucket()).key(key);
        put.body(ByteStream::from_static(text.as_bytes())).send().await.unwrap();
    }
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    assert_eq!(scene.object("acme/templates/root.yaml").await.unwrap(), b"Root: 2\n");
    assert_eq!(scene.object("acme/templates/notes.txt").await.unwrap(), b"mine\n", "no manifest lists it");
}

#[tokio::test]
async fn a_manifest_that_was_lost_costs_a_copy_and_deletes_nothing() {
    let scene = Scene::set_up(&Given { before: Some(&FIRST), now: &SECOND, ..GIVEN }, SAMPLE).await;
    scene.world.s3.delete_object().bucket(scene.bucket()).key(MANIFEST).send().await.unwrap();
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    let paths: Vec<_> = scene.below(&format!("{NAME}/")).await.into_keys().collect();
    assert_eq!(
        paths,
        ["network/subnets.yaml", "network/vpc.yaml", "root.yaml"],
        "nothing says that the one that vanished is ours"
    );
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_is_refused_and_changes_nothing() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    for key in [MANIFEST, JOURNAL, POINTER] {
        let body = scene.object(key).await;
        let put = scene.world.s3.put_object().bucket(scene.bucket()).key(key);
        put.body(ByteStream::from_static(b"{}")).send().await.unwrap();
        let before = scene.picture().await;
        let report = scene.mirror().await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert!(report.reason.unwrap().contains("it is not what Signalbox wrote"));
        assert_eq!(scene.picture().await, before);
        match body {
            Some(body) => {
                let put = scene.world.s3.put_object().bucket(scene.bucket()).key(key);
                put.body(body.into()).send().await.unwrap();
            }
            None => drop(scene.world.s3.delete_object().bucket(scene.bucket()).key(key).send().await.unwrap()),
        }
    }
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    scene.assert_mirrored().await;
}

/// Just before a former copy is deleted, another writer leads the pointer back to it: it stays.
#[tokio::test]
async fn a_copy_stays_where_another_writer_leads_the_pointer_back_to_it_meanwhile() {
    let scene = Scene::set_up(&EXPIRING, SAMPLE).await;
    let copies = scene.below(".signalbox/acme/templates/main/").await;
    let commit = &scene.commits()[0];
    let pointer = json!({"repository": NAME, "branch": "main", "commit": commit, "files": 2,
        "prefix": format!(".signalbox/acme/templates/main/{commit}/")});
    let mut gate = AWS.gate(&scene.world.account);
    let mut run = pin!(scene.mirror());
    let report = loop {
        tokio::select! {
            report = &mut run => break report,
            held = gate.next() => {
                if held.call.operation == "HeadObject" && held.call.path.contains("pointer.json") {
                    let put = scene.observer.put_object().bucket(scene.bucket()).key(POINTER);
                    put.body(pointer.to_string().into_bytes().into()).send().await.unwrap();
                }
            }
        }
    };
    drop(gate);
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.reason.unwrap().contains("another writer has moved the pointer of main"));
    let after = scene.below(".signalbox/acme/templates/main/").await;
    for (path, body) in copies.iter().filter(|(path, _)| path.starts_with(commit.as_str())) {
        assert_eq!(after.get(path), Some(body), "{path}");
    }
}

/// A run stands still at this call about this object, as where its sandbox sleeps, and a later commit is mirrored meanwhile. What the run
/// says once it goes on.
async fn overtake(scene: &Scene, operation: &str, object: &str) -> reaction::Report {
    let mut gate = AWS.gate(&scene.world.account);
    let mut first = Box::pin(scene.mirror());
    let held = loop {
        tokio::select! {
            report = &mut first => panic!("it ended: {report}"),
            held = gate.next() => {
                if held.call.operation == operation && held.call.path.contains(object) {
                    break held;
                }
            }
        }
    };
    drop(gate);
    scene.world.lose_ledger().await;
    let third = ["network/subnets.yaml", "network/vpc.yaml", "root.yaml"].map(|path| file(path, "Third: 3\n"));
    scene.push("main", &third);
    let second = scene.function().keeping(scene.kept().join("second"));
    let report = scene.hear_as(&second, &json!({"repository": NAME}).to_string(), Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    drop(held);
    first.await
}

#[tokio::test]
async fn a_run_that_was_overtaken_writes_nothing_over_the_later_commit() {
    for (operation, object) in [
        ("PutObject", "main/pointer.json"),
        ("PutObject", "/acme/templates/root.yaml"),
        ("HeadObject", "/acme/templates/journal.json"),
        ("PutObject", "/acme/templates/manifest.json"),
    ] {
        let scene = Scene::set_up(&POINTED, SAMPLE).await;
        let report = overtake(&scene, operation, object).await;
        assert_eq!(report.outcome, Outcome::Failed, "{object}: {report}");
        let head = scene.repository.line(&["rev-parse", "refs/heads/main"]);
        assert_eq!(scene.below(&format!("{NAME}/")).await, scene.files_of(&head), "{object}");
        for key in [POINTER, MANIFEST] {
            let written: Value = serde_json::from_slice(&scene.object(key).await.unwrap()).unwrap();
            assert_eq!(written["commit"], head.as_str(), "{object}: {key}");
        }
    }
}
