//! What becomes of a policy when it is changed.

use expect_test::expect;
use local_aws::{Fault, FaultKind};
use serde_json::json;
use sharing::Kind;

use super::{KINDS, Scene, check, sid};
use crate::world::AWS;

#[tokio::test]
async fn a_bucket_gains_and_loses_readers() {
    let scene = Scene::of(Kind::Bucket).await;
    check(
        &scene.tell(&[], &["222233334444", "333344445555"]).await,
        &expect![[r#"
            done: +222233334444 +333344445555
            SignalboxRead: {"AWS":["arn:aws:iam::222233334444:root","arn:aws:iam::333344445555:root"]}
        "#]],
    );
    check(
        &scene.tell(&["222233334444", "333344445555"], &["333344445555", "o-exampleorgid"]).await,
        &expect![[r#"
            done: +o-exampleorgid -222233334444
            SignalboxRead: {"AWS":["arn:aws:iam::333344445555:root"]}
            SignalboxReadOrganization: "o-exampleorgid"
        "#]],
    );
    check(
        &scene.tell(&["333344445555", "o-exampleorgid"], &[]).await,
        &expect![[r#"
            done: -333344445555 -o-exampleorgid
            no policy
        "#]],
    );
}

#[tokio::test]
async fn a_repository_gains_and_loses_pullers() {
    let scene = Scene::of(Kind::Repository).await;
    check(
        &scene.tell(&[], &["222233334444", "o-exampleorgid"]).await,
        &expect![[r#"
            done: +222233334444 +o-exampleorgid
            SignalboxPull: {"AWS":["arn:aws:iam::222233334444:root"]}
            SignalboxPullOrganization: "o-exampleorgid"
        "#]],
    );
    check(
        &scene.tell(&["222233334444", "o-exampleorgid"], &["333344445555"]).await,
        &expect![[r#"
            done: +333344445555 -222233334444 -o-exampleorgid
            SignalboxPull: {"AWS":["arn:aws:iam::333344445555:root"]}
        "#]],
    );
    check(
        &scene.tell(&["333344445555"], &[]).await,
        &expect![[r#"
            done: -333344445555
            no policy
        "#]],
    );
}

#[tokio::test]
async fn a_key_gains_and_loses_users() {
    let scene = Scene::of(Kind::Key).await;
    check(
        &scene.tell(&[], &["222233334444", "o-exampleorgid"]).await,
        &expect![[r#"
            done: +222233334444 +o-exampleorgid
            Enable IAM User Permissions: {"AWS":"arn:aws:iam::111122223333:root"}
            SignalboxDecrypt: {"AWS":["arn:aws:iam::222233334444:root"]}
            SignalboxGrant: {"AWS":["arn:aws:iam::222233334444:root"]}
            SignalboxDecryptOrganization: "o-exampleorgid"
            SignalboxGrantOrganization: "o-exampleorgid"
        "#]],
    );
    check(
        &scene.tell(&["222233334444", "o-exampleorgid"], &[]).await,
        &expect![[r#"
            done: -222233334444 -o-exampleorgid
            Enable IAM User Permissions: {"AWS":"arn:aws:iam::111122223333:root"}
        "#]],
    );
}

#[tokio::test]
async fn replacing_a_whole_policy_destroys_what_others_wrote_so_theirs_is_kept() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        scene.put(&scene.theirs()).await;
        let before = scene.policy().await;
        let shared = scene.tell(&[], &["222233334444"]).await;
        assert!(shared.contains(&before) && shared.contains(sid(kind)), "{shared}");
        assert_eq!(scene.tell(&["222233334444"], &[]).await, format!("done: -222233334444\n{before}"));
    }
}

#[tokio::test]
async fn what_is_there_already_is_not_written_again() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        scene.change(&[], &["222233334444"]).await.unwrap();
        let calls = scene.world.calls();
        for before in [&[][..], &["222233334444"]] {
            let effect = scene.change(before, &["222233334444"]).await.unwrap();
            assert_eq!((effect.done[0].add.len(), effect.refused.is_none()), (1 - before.len(), true));
        }
        assert_eq!(scene.writes_since(calls), 0);
    }
}

#[tokio::test]
async fn a_policy_is_read_again_right_before_it_is_written_so_that_nobody_is_overwritten() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        scene.change(&[], &["222233334444"]).await.unwrap();
        let told = scene.tell(&[], &["333344445555"]).await;
        let failed = "failed: the policy of THING";
        assert!(told.starts_with(failed) && told.contains("was changed meanwhile; it is planned again"), "{told}");
        assert!(told.contains("222233334444") && !told.contains("333344445555"), "{told}");
    }
}

#[tokio::test]
async fn parallel_writers_lose_statements_so_a_policy_is_read_back_after_it_was_written() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        let lost = Fault::new(&scene.world.account, FaultKind::Lost);
        AWS.inject(&Fault { operation: Some(scene.writing().into()), ..lost });
        let told = scene.tell(&[], &["222233334444"]).await;
        assert!(told.starts_with("failed: the policy of THING"), "{told}");
        assert!(told.contains("does not stand (it differs by +222233334444)"), "{told}");
    }
}

#[tokio::test]
async fn a_thing_that_went_meanwhile_is_planned_again() {
    for kind in KINDS {
        let mut scene = Scene::of(kind).await;
        scene.resource.id = "11111111-2222-3333-4444-0123456789ab".into();
        let told = scene.tell(&[], &["222233334444"]).await;
        assert!(told.starts_with("failed: THING") && told.contains("is there no more"), "{told}");
    }
}

#[tokio::test]
async fn a_call_that_fails_once_is_tried_again_and_a_lost_answer_does_no_harm() {
    for kind in KINDS {
        for fault in [FaultKind::Throttle, FaultKind::ServerError, FaultKind::Reset] {
            for nth in 1..=3 {
                let scene = Scene::of(kind).await;
                AWS.inject(&Fault { nth, ..Fault::new(&scene.world.account, fault.clone()) });
                let effect = scene.change(&[], &["222233334444"]).await.unwrap();
                assert_eq!(effect.done[0].add, super::set(&["222233334444"]), "{kind} {fault:?} at call {nth}");
            }
        }
    }
}

#[tokio::test]
async fn a_stray_in_our_statement_goes() {
    let scene = Scene::of(Kind::Bucket).await;
    let arn = scene.resource.arn();
    scene
        .put(&json!([{"Sid": "SignalboxRead", "Effect": "Allow", "Action": ["s3:Get*", "s3:List*"],
        "Principal": {"AWS": ["AIDACKCEVSQ6C2EXAMPLE", "222233334444"]}, "Resource": [arn, format!("{arn}/*")]}]))
        .await;
    check(
        &scene.tell(&["222233334444", "AIDACKCEVSQ6C2EXAMPLE"], &["222233334444"]).await,
        &expect![[r#"
            done: -AIDACKCEVSQ6C2EXAMPLE
            SignalboxRead: {"AWS":["arn:aws:iam::222233334444:root"]}
        "#]],
    );
}
