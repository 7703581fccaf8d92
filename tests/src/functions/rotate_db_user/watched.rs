//! A sweep says which secrets of users are late, and changes nothing.

use std::time::Duration;

use reaction::{MemoryLedger, Mode, Outcome, drive_json};
use serde_json::Value;

use super::Scene;
use super::through_lambda::{INVOCATION, start};
use crate::templates::alarms_set_off;
use crate::world::databases::POSTGRES;
use crate::world::rotations::secrets_manager;
use crate::world::{let_time_pass, now, run_for};

const SWEEP: &str = r#"{"signalbox": "sweep", "force": null}"#;

#[tokio::test]
async fn a_password_that_was_not_rotated_in_time_is_told_of_by_the_sweep() {
    let scene = Scene::single(&POSTGRES).await;
    let sweep = async || {
        let run = run_for(Duration::from_mins(1));
        drive_json(&scene.function, &MemoryLedger::new(now), Mode::Apply, &run, SWEEP).await
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

#[tokio::test]
async fn each_alarm_sounds_at_the_line_that_counts_and_not_where_all_is_well() {
    let scene = Scene::single(&POSTGRES).await;
    scene.rotate().await;
    let (api, function, _bundle) = start(&scene, &[("SIGNALBOX_SECRETS", &scene.secret)]).await;
    api.invoke(SWEEP, INVOCATION).await;
    let client = secrets_manager(&scene.world);
    client.cancel_rotate_secret().secret_id(&scene.secret).send().await.unwrap();
    api.invoke(SWEEP, INVOCATION).await;
    client.delete_secret().secret_id(&scene.secret).send().await.unwrap();
    api.invoke(SWEEP, INVOCATION).await;
    let output = function.end().await.unwrap();
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let sounding = lines.filter(|it| it.get("_aws").is_some()).map(|it| alarms_set_off("rotate-db-user", &it));
    assert_eq!(sounding.collect::<Vec<_>>(), [vec![], vec!["OverdueAlarm"], vec!["UnreadAlarm"]], "{output}");
}
