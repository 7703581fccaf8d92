//! The principals and the policies that AWS rejects.

use expect_test::expect;
use serde_json::json;
use sharing::Kind;

use super::{KINDS, Scene, check};

#[tokio::test]
async fn one_bad_account_makes_s3_refuse_the_whole_policy_so_the_others_are_done_without_it() {
    let scene = Scene::of(Kind::Bucket).await;
    scene.change(&[], &["444455556666"]).await.unwrap();
    scene.close_account("333344445555");
    let told = scene.tell(&["444455556666"], &["222233334444", "333344445555", "555566667777"]).await;
    check(
        &told,
        &expect![[r#"
            done: +222233334444 +555566667777 -444455556666
            refused: AWS does not accept 333344445555 (AWS answered MalformedPolicy: Invalid principal in policy) in the policy of THING; the others are done; take whoever exists no more out of the manifest
            SignalboxRead: {"AWS":["arn:aws:iam::222233334444:root","arn:aws:iam::555566667777:root"]}
        "#]],
    );
}

#[tokio::test]
async fn ecr_and_kms_refuse_it_too() {
    for kind in [Kind::Repository, Kind::Key] {
        let scene = Scene::of(kind).await;
        scene.close_account("333344445555");
        let told = scene.tell(&[], &["222233334444", "333344445555"]).await;
        let refused = "done: +222233334444\nrefused: AWS does not accept 333344445555 (";
        assert!(told.starts_with(refused), "{told}");
        assert!(told.contains("222233334444:root") && !told.contains("333344445555:root"), "{told}");
    }
}

#[tokio::test]
async fn an_account_that_was_closed_loses_a_share_that_nobody_else_loses() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        scene.change(&[], &["222233334444", "333344445555", "444455556666"]).await.unwrap();
        scene.close_account("333344445555");
        let three = ["222233334444", "333344445555", "444455556666"];
        let told = scene.tell(&three, &["222233334444", "333344445555", "444455556666", "555566667777"]).await;
        let refused = "done: +555566667777 -333344445555\nrefused: AWS does not accept 333344445555 (";
        assert!(told.starts_with(refused), "{told}");
    }
}

#[tokio::test]
async fn nobody_loses_a_share_while_it_cannot_be_told_who_was_closed() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        scene.change(&[], &["222233334444", "333344445555"]).await.unwrap();
        let before = scene.policy().await;
        scene.close_account("222233334444");
        scene.close_account("333344445555");
        let told =
            scene.tell(&["222233334444", "333344445555"], &["222233334444", "333344445555", "555566667777"]).await;
        assert!(told.starts_with("done:\nrefused: AWS takes no policy of THING"), "{told}");
        assert!(told.contains("somebody of 222233334444, 333344445555, or in a statement of others exists no more"));
        assert!(told.ends_with(&before), "{told}");
    }
}

#[tokio::test]
async fn one_deleted_principal_in_a_statement_of_others_makes_s3_refuse_the_whole_policy() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        let mut theirs = scene.theirs();
        let last = theirs.as_array().unwrap().len() - 1;
        theirs[last]["Principal"]["AWS"] = json!(["999988887777", "AROACKCEVSQ6C2EXAMPLE"]);
        scene.put(&theirs).await;
        let calls = scene.world.calls();
        let told = scene.tell(&[], &["222233334444"]).await;
        assert!(told.starts_with("done:\nrefused: the statement Partner in the policy of THING"), "{told}");
        assert!(told.contains("take AROACKCEVSQ6C2EXAMPLE out of it"), "{told}");
        assert_eq!(scene.writes_since(calls), 0);
    }
}

#[tokio::test]
async fn a_policy_that_would_be_too_long_is_not_written() {
    for (kind, longest) in KINDS.into_iter().zip([20_480, 10_240, 32_768]) {
        let scene = Scene::of(kind).await;
        let calls = scene.world.calls();
        let many: Vec<_> = (0..700).map(|index| format!("1000000{index:05}")).collect();
        let told = scene.tell(&[], &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert!(told.contains(&format!("and AWS takes {longest} at most")), "{told}");
        assert_eq!(scene.writes_since(calls), 0);
    }
}

#[tokio::test]
async fn a_key_is_not_locked_against_its_own_account() {
    let scene = Scene::of(Kind::Key).await;
    scene
        .put(&json!([{"Sid": "SignalboxAll", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", scene.world.account)}}]))
        .await;
    check(
        &scene.tell(&["SignalboxAll"], &["222233334444"]).await,
        &expect![[r#"
            done:
            refused: no statement of others in the policy of THING in eu-west-1 lets account 111122223333 change that policy, so nobody could mend it any more; give the key a statement that allows kms:* to arn:aws:iam::111122223333:root
            SignalboxAll: {"AWS":"arn:aws:iam::111122223333:root"}
        "#]],
    );
}

#[tokio::test]
async fn what_kms_itself_takes_for_a_lock_out_is_refused() {
    let scene = Scene::of(Kind::Key).await;
    let message = "The new key policy will not allow you to update the key policy in the future.";
    scene.inject("222233334444", 400, "MalformedPolicyDocumentException", message);
    check(
        &scene.tell(&[], &["222233334444"]).await,
        &expect![[r#"
            done:
            refused: changing the policy of THING in eu-west-1: AWS answered MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.
            Enable IAM User Permissions: {"AWS":"arn:aws:iam::111122223333:root"}
        "#]],
    );
}
