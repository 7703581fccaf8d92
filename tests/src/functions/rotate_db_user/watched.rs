//! A sweep says which secrets of users are late, and changes nothing.

use std::time::Duration;

use reaction::{MemoryLedger, Mode, Outcome, drive_json};

use super::Scene;
use crate::world::databases::POSTGRES;
use crate::world::{let_time_pass, now, run_for};

#[tokio::test]
async fn a_password_that_was_not_rotated_in_time_is_told_of_by_the_sweep() {
    let scene = Scene::single(&POSTGRES).await;
    let sweep = async || {
        let run = run_for(Duration::from_mins(1));
        let event = r#"{"signalbox": "sweep", "force": null}"#;
        drive_json(&scene.function, &MemoryLedger::new(now), Mode::Apply, &run, event).await
    };
    scene.rotate().await;
    let report = sweep().await;
    assert_eq!((report.outcome, report.counts["rotation"]["overdue"]), (Outcome::Unchanged, 0), "{report}");
    let_time_pass(Duration::from_hours(31 * 24));
    let report = sweep().await;
    assert_eq!((report.outcome, report.counts["rotation"]["overdue"]), (Outcome::Unchanged, 1), "{report}");
    assert!(report.to_string().contains(&format!("overdue: {} was to be rotated 24 h ago", scene.secret)), "{report}");
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
}
