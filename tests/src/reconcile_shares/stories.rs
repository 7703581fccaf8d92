//! Event in, AWS after: each sample event in an account with something of every kind.

use expect_test::{Expect, expect};
use reaction::Mode;

use super::Scene;
use crate::share_ami::read_sample_of;

/// Rehearses, looks that nothing changed, performs, and compares what was said and what AWS says.
async fn tell(scene: Scene, sample: &str, expected: Expect) {
    let event = read_sample_of("reconcile-shares", sample);
    let before = scene.shares().await;
    let rehearsed = scene.hear(Mode::Plan, &event).await;
    assert_eq!(scene.shares().await, before, "a dry run changes nothing");
    let report = scene.hear(Mode::Apply, &event).await;
    assert_eq!(rehearsed.steps, report.steps, "what is done is what was planned");
    let after = scene.shares().await;
    let change = if after == before { "nothing changed".into() } else { format!("before\n{before}after\n{after}") };
    expected.assert_eq(&format!("{}\n{}\n", scene.tell(&report.to_string()), change.trim_end()));
    let again = scene.hear(Mode::Apply, &event).await;
    assert_eq!(again.steps, [], "twice is once: {again}");
}

/// Each story is a test of its own, named as its sample.
macro_rules! stories {
    ($($name:ident: $scene:expr, $expected:expr;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let sample = stringify!($name).replace('_', "-");
                tell($scene.await, &sample, $expected).await;
            }
        )*
    };
}

async fn with_parameter() -> Scene {
    let scene = Scene::new().await.with("SIGNALBOX_MANIFEST", "ssm:/share");
    let ssm = aws_sdk_ssm::Client::new(scene.world.sessions.config());
    let text = scene.of_account(r#"{"ami": {"base_linux_v": {"eu-west-1": []}}}"#);
    let request = ssm.put_parameter().name("/share").value(text).r#type(aws_sdk_ssm::types::ParameterType::String);
    request.send().await.unwrap();
    scene
}

stories! {
    it_is_time_to_sweep: Scene::new(), expect![[r#""#]];
    the_manifest_was_uploaded: Scene::new(), expect![[r#""#]];
    the_manifest_was_uploaded_to_a_bucket_without_versions: Scene::new(), expect![[r#""#]];
    an_upload_was_replayed_weeks_later: Scene::new(), expect![[r#""#]];
    another_object_was_uploaded: Scene::new(), expect![[r#""#]];
    the_manifest_parameter_was_updated: with_parameter(), expect![[r#""#]];
    the_manifest_parameter_was_deleted: with_parameter(), expect![[r#""#]];
    another_parameter_was_created: with_parameter(), expect![[r#""#]];
    the_payload_is_the_manifest_of_2015: Scene::new(), expect![[r#""#]];
    the_payload_names_an_account_that_is_none: Scene::new(), expect![[r#""#]];
    the_payload_is_nothing_that_is_known: Scene::new(), expect![[r#""#]];
}
