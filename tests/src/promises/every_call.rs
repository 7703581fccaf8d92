//! A fault at every call: each call of a run in turn meets it, and after the retries the end is that of a run without.

use std::time::Duration;

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome, Report};

use crate::world::scene::Scene;
use crate::world::{AWS, let_time_pass};

/// Longer than any lease.
pub const AN_INVOCATION: Duration = Duration::from_mins(16);

/// A run to be disturbed: what there is before, the sample event, and how many calls it makes at least.
pub struct Run<G> {
    /// What there is before.
    pub given: G,
    /// The sample's name.
    pub sample: &'static str,
    /// How many calls the run makes at least, so that every kind of call is among them.
    pub calls: usize,
}

/// Delivers as Lambda does: once, and twice more while the function fails.
pub async fn deliver<S: Scene>(scene: &S) -> Report {
    let mut report = scene.hear(Mode::Apply).await;
    for _ in 0..2 {
        if report.outcome != Outcome::Failed {
            break;
        }
        let_time_pass(AN_INVOCATION);
        report = scene.hear(Mode::Apply).await;
    }
    report
}

/// What AWS says in the end, where the `nth` call and the `times` that follow met the fault.
pub async fn end_after<S: Scene>(run: &Run<S::Given>, kind: FaultKind, nth: usize, times: usize) -> (String, Report) {
    let scene = S::set_up(&run.given, run.sample).await;
    let account = &scene.world().account;
    AWS.inject(&Fault { nth, times, ..Fault::new(account, kind) });
    let before = scene.world().calls();
    let first = scene.hear(Mode::Apply).await;
    // How often a function asks while AWS is at work differs between runs, so that this one may make fewer calls.
    let is_met = scene.world().calls() - before >= nth;
    if times > 1 && is_met {
        assert_eq!(first.outcome, Outcome::Failed, "a lasting fault at call {nth}: {first}");
        AWS.clear_faults(account);
    }
    let_time_pass(AN_INVOCATION);
    let report = if first.outcome == Outcome::Failed { deliver(&scene).await } else { first };
    AWS.clear_faults(account);
    scene.assert_recorded().await;
    (scene.with_sample_ids(&scene.picture().await), report)
}

/// What AWS says in the end of a run without faults, and how many calls that takes.
pub async fn undisturbed<S: Scene>(run: &Run<S::Given>) -> (String, usize) {
    let scene = S::set_up(&run.given, run.sample).await;
    let before = scene.world().calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let calls = scene.world().calls() - before;
    (scene.with_sample_ids(&scene.picture().await), calls)
}

/// Each call of a run in turn meets the fault.
pub async fn meet_at_every_call<S: Scene>(run: &Run<S::Given>, kind: FaultKind) {
    let (expected, calls) = undisturbed::<S>(run).await;
    assert!(calls >= run.calls, "the fixture makes every kind of call, not {calls}");
    for nth in 1..=calls {
        let (shares, report) = end_after::<S>(run, kind.clone(), nth, 1).await;
        assert_eq!(shares, expected, "{kind:?} at call {nth}: {report}");
        let is_done = matches!(report.outcome, Outcome::Applied | Outcome::Unchanged);
        assert!(is_done, "{kind:?} at call {nth}: {report}");
    }
}

/// A fault that lasts for an invocation: from some calls on, every call meets it.
pub async fn outlast_an_invocation<S: Scene>(run: &Run<S::Given>) {
    let (expected, calls) = undisturbed::<S>(run).await;
    for kind in [FaultKind::Throttle, FaultKind::AccessDenied] {
        // What settles is the last call, and not the fault that a run waits for.
        for nth in (1..calls).step_by(3) {
            let (shares, report) = end_after::<S>(run, kind.clone(), nth, 1_000).await;
            assert_eq!(shares, expected, "{kind:?} from call {nth} on: {report}");
        }
    }
}
