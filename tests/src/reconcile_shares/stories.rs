//! Event in, AWS after: each sample event in an account with something of every kind.

use expect_test::{Expect, expect};
use reaction::{Mode, Report};

use super::Scene;
use crate::scene::read_sample;

/// Rehearses, looks that nothing changed, performs, and compares what was said and what AWS says.
async fn tell(scene: Scene, sample: &str, expected: Expect) {
    let event = read_sample("reconcile-shares", sample);
    let before = scene.shares().await;
    let rehearsed = scene.hear(Mode::Plan, &event).await;
    assert_eq!(scene.shares().await, before, "a dry run changes nothing");
    let report = scene.hear(Mode::Apply, &event).await;
    let steps = |report: &Report| report.steps.iter().map(|step| step.step.clone()).collect::<Vec<_>>();
    assert_eq!(steps(&rehearsed), steps(&report), "what is done is what was planned");
    let after = scene.shares().await;
    let change = if after == before { "nothing changed".into() } else { format!("before\n{before}after\n{after}") };
    expected.assert_eq(&format!("{}\n{}\n", scene.tell(&report.to_string()), change.trim_end()));
    let again = scene.hear(Mode::Apply, &event).await;
    assert_eq!(again.steps, [], "twice is once: {again}");
}

async fn with_plan() -> Scene {
    let scene = Scene::new().await.with("SIGNALBOX_MAX_REMOVALS", "0");
    scene.store_plan("plan.json").await;
    scene
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
    it_is_time_to_sweep: Scene::new(), expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by somebody else's statement
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    the_manifest_was_uploaded: Scene::new(), expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by somebody else's statement
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    the_manifest_was_uploaded_to_a_bucket_without_versions: Scene::new(), expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by somebody else's statement
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    an_upload_was_replayed_weeks_later: Scene::new(), expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by somebody else's statement
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    another_object_was_uploaded: Scene::new(), expect![[r#"
        reconcile-shares: ignored (s3://manifests-111122223333/notes.txt has changed, and the manifest lies at s3://manifests-111122223333/share.json)
        nothing changed
    "#]];
    the_manifest_parameter_was_updated: with_parameter(), expect![[r#"
        reconcile-shares: applied
          - share ami-base in eu-west-1: -123456789012 -444455556666; snap-base: -123456789012 -444455556666
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: nobody
        ami-golden: 555566667777
        snap-base: nobody
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    the_manifest_parameter_was_deleted: with_parameter(), expect![[r#"
        reconcile-shares: ignored (not an event that reconcile-shares acts on)
        nothing changed
    "#]];
    another_parameter_was_created: with_parameter(), expect![[r#"
        reconcile-shares: ignored (ssm:/other has changed, and the manifest lies at ssm:/share)
        nothing changed
    "#]];
    a_stored_plan_is_forced: with_plan(), expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by somebody else's statement
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    the_payload_is_the_manifest_of_2015: Scene::new(), expect![[r#"
        reconcile-shares: applied
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by somebody else's statement
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: nobody
        base-db-v1: 444455556666
        base-cluster-v1: nobody
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: nobody
        base-db-v1: 123456789012
        base-cluster-v1: nobody
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    the_payload_names_an_account_that_is_none: Scene::new(), expect![[r#"
        reconcile-shares: refused (the payload, read as a share manifest: line 6, column 21: `98765432109` is not an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56")
        nothing changed
    "#]];
    the_payload_is_nothing_that_is_known: Scene::new(), expect![[r#"
        reconcile-shares: refused (neither an event, nor {"signalbox": "sweep", "force": null}, nor a share manifest with a section that is known)
        nothing changed
    "#]];
}
