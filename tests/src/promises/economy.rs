//! No call is made twice, and none that is not needed: what the tests of every function's calls have in common.

use expect_test::Expect;
use reaction::Mode;

use crate::world::scene::Scene;

/// The calls of one event, those that read in the order of their names, after the claim.
pub async fn check_of<S: Scene>(given: &S::Given, sample: &str, expected: Expect) {
    let scene = S::set_up(given, sample).await;
    let before = scene.world().calls();
    scene.hear(Mode::Apply).await;
    let mut calls = scene.world().operations_since(before);
    // The claim goes out beside the first reads, and may arrive after one of them.
    if let Some(claim) = calls.iter().position(|call| call == "dynamodb:PutItem") {
        calls[..=claim].rotate_right(1);
    }
    // Reads go out side by side, in no order of their own.
    let is_change = |call: &str| ["Modify", "Copy", "Change"].iter().any(|it| call.contains(it));
    let is_write = |call: &str| is_change(call) || (call.starts_with("dynamodb") && !call.contains("Get"));
    let last_read = calls.iter().rposition(|call| !is_write(call)).unwrap();
    calls[1..=last_read].sort();
    expected.assert_eq(&format!("{} calls\n{}\n", calls.len(), calls.join("\n")));
}
