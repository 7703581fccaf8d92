//! The compiled function and a setting of its own.

use crate::promises::binary::{environment, start_function};
use crate::world::World;

#[tokio::test]
async fn whether_automated_snapshots_are_copied_has_to_be_said_clearly() {
    let mut environment = environment(&World::new().await);
    environment.insert("SIGNALBOX_COPY_AUTOMATED".into(), "perhaps".into());
    let (_api, mut function) = start_function("share-rds-snapshot", &environment).await;
    assert!(!function.wait().await.unwrap().success());
    assert!(function.output().contains("SIGNALBOX_COPY_AUTOMATED"), "{}", function.output());
}
