//! What the command line reads is any writer's: the names of things, and the text of a plan. Neither shows one thing and does another.

use serde_json::{Value, json};

use super::Shell;
use crate::functions::reconcile_shares::{MANIFEST, SWEEP, Scene};

/// A carriage return, or a sequence that moves the cursor, would write over the line that says what is given away.
#[tokio::test]
async fn a_name_writes_over_no_line_of_a_plan() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    scene.world.make_snapshot(Some("volume_v2\n- snap-0 \u{9b}1A\u{9b}2K\u{202e}nothing")).await;
    shell.write("share.json", MANIFEST);
    let planned = shell.run(&["plan", "--manifest", "share.json"]);
    assert_eq!(planned.code, Some(2), "{}", planned.said);
    let is_odd = |it: char| it != '\n' && (it.is_control() || it == '\u{202e}');
    assert!(!planned.out.contains(is_odd), "{:?}", planned.out);
    let named: Vec<_> = planned.out.lines().filter(|line| line.contains("volume_v2")).collect();
    assert!(named.len() == 1 && named[0].starts_with("+ snap-") && named[0].ends_with("nothing"), "{:?}", planned.out);
    shell.write("event.json", SWEEP);
    let manifest = format!("s3://{}/share.json", scene.world.bucket());
    let swept = shell.run(&["plan", "event.json", "--function", "reconcile-shares", "--manifest", &manifest]);
    assert!(!swept.out.contains(is_odd) && !swept.said.contains(is_odd), "{:?}", (swept.out, swept.said));
}

/// A reader of such a file sees the step, or the plan, and `signalbox apply` would take it for the other.
#[tokio::test]
async fn a_file_that_is_a_step_and_a_plan_is_neither() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let mut plan: Value =
        serde_json::from_str(&std::fs::read_to_string(shell.folder.join("plan.json")).unwrap()).unwrap();
    let (before, changes) = (scene.picture().await, plan["steps"][0]["changes"].take());
    plan["steps"].as_array_mut().unwrap().remove(0);
    plan["changes"] = changes;
    shell.write("both.json", &plan.to_string());
    let refused = shell.run(&["apply", "both.json"]);
    assert_eq!(refused.code, Some(252), "{}{}", refused.out, refused.said);
    assert_eq!(scene.picture().await, before);
}

/// RDS takes `all` for every account there is, which `everybody` of the allowed accounts does not mean.
#[tokio::test]
async fn no_plan_makes_a_snapshot_public() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    shell.write("share.json", MANIFEST);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let plan: Value = serde_json::from_str(&std::fs::read_to_string(shell.folder.join("plan.json")).unwrap()).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    let is_of = |step: &&Value, kind: &str| step["changes"][0]["arn"].to_string().contains(kind);
    let before = scene.picture().await;
    for kind in [":snapshot:base-db-v1", ":cluster-snapshot:base-cluster-v1"] {
        let mut step = steps.iter().find(|it| is_of(it, kind)).unwrap_or_else(|| panic!("{plan:#}")).clone();
        step["changes"][0]["after"] = json!(["all"]);
        shell.write("step.json", &step.to_string());
        let refused = shell.run(&["apply", "step.json"]);
        assert_eq!(refused.code, Some(253), "{}{}", refused.out, refused.said);
        assert_eq!(scene.picture().await, before, "{kind}");
    }
}
