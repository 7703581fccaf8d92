//! Who follows the pointer sees one commit, at every call of a run that moves it.

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};
use serde_json::Value;

use super::{NAME, POINTED, POINTER, Scene};
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

/// Kills a run at each of its calls in turn: from that call on, AWS answers nothing that it would hear. What a reader sees is one commit,
/// and the next run ends in the state of the branch.
#[tokio::test]
async fn one_commit_is_seen_wherever_a_run_is_killed_and_the_next_run_ends_it() {
    let undisturbed = Scene::set_up(&POINTED, SAMPLE).await;
    let before = undisturbed.world.calls();
    assert_eq!(undisturbed.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let calls = undisturbed.world.calls() - before;
    let mut seen = Vec::new();
    for nth in 1..=calls {
        let scene = Scene::set_up(&POINTED, SAMPLE).await;
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
