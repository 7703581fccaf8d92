//! What readers see at every call of a run: one commit where they follow the pointer, and nothing that is missing where they do not.

use std::collections::BTreeMap;
use std::pin::pin;

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome, Report};
use serde_json::Value;

use super::{EXPIRING, GIVEN, Given, JOURNAL, NAME, POINTED, POINTER, Scene};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::scene::Scene as _;
use crate::world::{AWS, let_time_pass};

const SAMPLE: &str = "a-branch-was-pushed";

/// What a reader sees who follows the pointer is what git says of the commit that it names.
async fn assert_one_commit_is_seen(scene: &Scene) -> String {
    let pointer: Value = serde_json::from_slice(&scene.object(POINTER).await.unwrap()).unwrap();
    let (commit, prefix) = (pointer["commit"].as_str().unwrap(), pointer["prefix"].as_str().unwrap());
    assert_eq!(scene.below(prefix).await, scene.files_of(commit), "where the pointer leads");
    commit.to_owned()
}

type Files = BTreeMap<String, Vec<u8>>;

/// Mirrors the branch as it is now; before each call that this makes, and after the last one, a reader looks.
async fn watch(scene: &Scene, mut look: impl AsyncFnMut(usize)) -> Report {
    let mut gate = AWS.gate(&scene.world.account);
    let (mut run, mut calls) = (pin!(scene.mirror()), 0);
    let report = loop {
        tokio::select! {
            report = &mut run => break report,
            held = gate.next() => {
                look(calls).await;
                calls += 1;
                drop(held);
            }
        }
    };
    drop(gate);
    look(calls).await;
    let_time_pass(AN_INVOCATION);
    report
}

/// What a reader of the layout may see while it changes: of each file the former or the new content, nothing missing that stays, and
/// nothing that went before everything new is there.
fn assert_in_order(before: &Files, after: &Files, seen: &Files, call: usize) {
    for (path, content) in seen {
        let is_known = [before.get(path), after.get(path)].contains(&Some(content));
        assert!(is_known, "call {call}: {path} has a content of neither commit");
    }
    let stays = before.keys().filter(|path| after.contains_key(*path));
    assert!(stays.clone().all(|path| seen.contains_key(path)), "call {call}: a file that stays is missing");
    let is_written = after.iter().all(|(path, content)| seen.get(path) == Some(content));
    let gone = before.keys().find(|path| !seen.contains_key(*path));
    assert!(gone.is_none() || is_written, "call {call}: {gone:?} is gone, and something new is not there yet");
}

/// Mirrors the branch as it is now, while a reader looks at every call into the layout and, where there is one, through the pointer.
/// Which commits the pointer led to, one after the other.
async fn assert_seen_at_every_call(scene: &Scene) -> Vec<Option<String>> {
    let head = scene.repository.line(&["rev-parse", "refs/heads/main"]);
    let layout = format!("{NAME}/");
    let (before, after) = (scene.below(&layout).await, scene.files_of(&head));
    let (mut commits, mut looks) = (Vec::new(), 0);
    let report = watch(scene, async |call| {
        looks += 1;
        assert_in_order(&before, &after, &scene.below(&layout).await, call);
        let commit = match scene.object(POINTER).await {
            Some(_) => Some(assert_one_commit_is_seen(scene).await),
            None => None,
        };
        if commits.last() != Some(&commit) {
            commits.push(commit);
        }
    });
    let report = report.await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(looks > 9, "every call is held: {looks}");
    scene.assert_mirrored().await;
    commits
}

/// Of a first copy, a change, a forced push back to a former commit, a commit that deletes files, and another push back whose copy is
/// deleted already, with two copies that stay.
async fn assert_seen_of_every_kind_of_push(scene: &Scene) -> Vec<Vec<Option<String>>> {
    let first = scene.repository.line(&["rev-parse", "refs/heads/main"]);
    let mut seen = vec![assert_seen_at_every_call(scene).await];
    let second = scene.push("main", &super::SECOND);
    seen.push(assert_seen_at_every_call(scene).await);
    scene.repository.git(&["update-ref", "refs/heads/main", &first], b"");
    seen.push(assert_seen_at_every_call(scene).await);
    scene.push("main", &super::SECOND[..1]);
    seen.push(assert_seen_at_every_call(scene).await);
    scene.repository.git(&["update-ref", "refs/heads/main", &second], b"");
    seen.push(assert_seen_at_every_call(scene).await);
    seen
}

#[tokio::test]
async fn a_reader_who_follows_the_pointer_sees_one_commit_at_every_call() {
    let scene = Scene::set_up(&Given { copies: &["main"], kept: Some("2"), ..GIVEN }, SAMPLE).await;
    let seen = assert_seen_of_every_kind_of_push(&scene).await;
    let commits = scene.commits();
    let seen: Vec<Vec<_>> = seen
        .iter()
        .map(|it| it.iter().map(|it| commits.iter().position(|other| Some(other) == it.as_ref())).collect())
        .collect();
    let expected = [[None, Some(0)], [Some(0), Some(1)], [Some(1), Some(0)], [Some(0), Some(2)], [Some(2), Some(1)]];
    assert_eq!(seen, expected, "the former commit, and then the new one");
    let is_list = |key: &String| key.contains(".json") && commits.iter().any(|commit| key.contains(commit));
    let copies: Vec<_> = scene.objects().await.into_keys().filter(is_list).collect();
    assert_eq!(copies.len(), 2, "two copies stay: {copies:?}");
}

#[tokio::test]
async fn without_a_pointer_a_reader_misses_nothing_at_every_call() {
    let scene = Scene::set_up(&GIVEN, SAMPLE).await;
    let seen = assert_seen_of_every_kind_of_push(&scene).await;
    assert!(seen.iter().all(|it| *it == [None]), "{seen:?}");
    assert_eq!(scene.object(JOURNAL).await, None);
}

/// Below the folder of the copies there is nothing but the pointer, what it leads to, and the former copies that it lists.
async fn assert_nothing_is_left(scene: &Scene) {
    let pointer: Value = serde_json::from_slice(&scene.object(POINTER).await.unwrap()).unwrap();
    let former = pointer["former"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let known: Vec<_> = former.chain(pointer["prefix"].as_str()).map(|it| it.trim_end_matches('/')).collect();
    assert_eq!(known.len(), 2, "{pointer}");
    for key in scene.objects().await.into_keys().filter(|it| it.starts_with(".signalbox/acme/templates/main/")) {
        assert!(key == POINTER || known.iter().any(|it| key.starts_with(*it)), "{key} is left: {pointer}");
    }
}

/// Kills a run at each of its calls in turn: from that call on, AWS answers nothing that it would hear. What a reader sees is one commit,
/// and the next run ends in the state of the branch.
#[tokio::test]
async fn one_commit_is_seen_wherever_a_run_is_killed_and_the_next_run_ends_it() {
    let undisturbed = Scene::set_up(&EXPIRING, SAMPLE).await;
    let before = undisturbed.world.calls();
    assert_eq!(undisturbed.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let calls = undisturbed.world.calls() - before;
    let mut seen = Vec::new();
    for nth in 1..=calls {
        let scene = Scene::set_up(&EXPIRING, SAMPLE).await;
        let reached = scene.world.calls() + nth;
        tokio::select! {
            _ = scene.hear(Mode::Apply) => {}
            // The future is dropped here, as a sandbox that is killed.
            () = scene.world.reach(reached) => {}
        }
        let commit = assert_one_commit_is_seen(&scene).await;
        let of_head = scene.repository.line(&["rev-parse", "refs/heads/main"]);
        seen.push(commit == of_head);
        let_time_pass(AN_INVOCATION);
        let report = scene.mirror().await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "killed at call {nth}: {report}");
        scene.assert_mirrored().await;
        assert_nothing_is_left(&scene).await;
    }
    assert!(
        seen.is_sorted() && seen.contains(&true) && seen.contains(&false),
        "first the former commit, then the new one: {seen:?}"
    );
}

/// The calls of a run fail one by one for good; each time a reader looks.
#[tokio::test]
async fn a_run_that_ends_at_a_failed_call_leaves_the_pointer_at_a_whole_copy() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    for operation in ["PutObject", "DeleteObjects"] {
        for nth in 1..=8 {
            let fault = Fault::new(&scene.world.account, FaultKind::AccessDenied);
            AWS.inject(&Fault { operation: Some(operation.into()), nth, times: 1_000, ..fault });
            scene.mirror().await;
            AWS.clear_faults(&scene.world.account);
            assert_one_commit_is_seen(&scene).await;
            let_time_pass(AN_INVOCATION);
        }
    }
    scene.mirror().await;
    scene.assert_mirrored().await;
}

/// Without a pointer, what is new is there before what vanished goes.
#[tokio::test]
async fn without_a_pointer_nothing_goes_before_what_is_new_is_there() {
    let given = super::Given { copies: &[], ..POINTED };
    let scene = Scene::set_up(&given, SAMPLE).await;
    let fault = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("DeleteObjects".into()), times: 1_000, ..fault });
    assert_eq!(scene.mirror().await.outcome, Outcome::Failed);
    let paths: Vec<_> = scene.below(&format!("{NAME}/")).await.into_keys().collect();
    assert_eq!(paths, ["network/subnets.yaml", "network/vpc.yaml", "root.yaml"]);
    assert_eq!(scene.object("acme/templates/root.yaml").await.unwrap(), b"Root: 2\n");
}
