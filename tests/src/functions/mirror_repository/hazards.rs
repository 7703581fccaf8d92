//! What forges, git and operators do: each is refused, fails, or is mirrored as the branch is.

use reaction::{Mode, Outcome};
use serde_json::{Value, json};

use super::{AWKWARD, FIRST, GIVEN, Given, MANIFEST, NAME, POINTED, POINTER, SECOND, Scene};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::git::file;
use crate::world::git::forge::Mischief;
use crate::world::git::sshd::{Sshd, keygen};
use crate::world::let_time_pass;
use crate::world::scene::Scene as _;

const SAMPLE: &str = "a-branch-was-pushed";

#[tokio::test]
async fn a_forge_that_is_down_or_a_key_that_was_revoked_changes_nothing_and_the_next_run_goes_on() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    let before = scene.picture().await;
    for (status, outcome) in [(503, Outcome::Failed), (401, Outcome::Refused), (403, Outcome::Refused)] {
        scene.forge.misbehave(Mischief::Status(status, None));
        let report = scene.mirror().await;
        assert_eq!(report.outcome, outcome, "{status}: {report}");
        assert_eq!(scene.picture().await, before, "{status}");
    }
    scene.forge.misbehave(Mischief::Cut(40));
    assert_eq!(scene.mirror().await.outcome, Outcome::Failed);
    assert_eq!(scene.picture().await, before, "a pack that breaks off");
    scene.forge.misbehave(None);
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    scene.assert_mirrored().await;
}

#[tokio::test]
async fn a_branch_that_is_gone_is_refused_and_nothing_is_deleted() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    scene.repository.git(&["update-ref", "-d", "refs/heads/main"], b"");
    let before = scene.picture().await;
    let report = scene.mirror().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("has no branch main, which owns the layout; nothing was changed"));
    assert_eq!(scene.picture().await, before);
}

#[tokio::test]
async fn a_forced_push_is_mirrored_as_any_other() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    scene.repository.replace("main", &FIRST);
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    scene.assert_mirrored().await;
}

#[tokio::test]
async fn a_commit_that_deletes_most_files_waits_for_an_operator_who_names_it() {
    let scene = Scene::set_up(&GIVEN, SAMPLE).await;
    let many: Vec<_> = (0..12).map(|it| file(format!("{it:02}.yaml"), "A: 1\n")).collect();
    scene.push("main", &many);
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    let commit = scene.push("main", &many[..3]);
    let before = scene.picture().await;
    let refused = scene.mirror().await;
    assert_eq!(refused.outcome, Outcome::Refused, "{refused}");
    assert_eq!(scene.picture().await, before);
    let forced = |commit: &str| json!({"repository": NAME, "force": commit}).to_string();
    let other = scene.hear_of(&forced(&"1f".repeat(20)), Mode::Apply).await;
    assert_eq!(other.outcome, Outcome::Refused, "another commit was looked at: {other}");
    assert_eq!(scene.hear_of(&forced(&commit), Mode::Apply).await.outcome, Outcome::Applied);
    scene.assert_mirrored().await;
}

#[tokio::test]
async fn every_path_of_a_commit_is_mirrored_byte_for_byte_or_reported() {
    let scene = Scene::set_up(&Given { now: &AWKWARD, ..GIVEN }, SAMPLE).await;
    let report = scene.mirror().await;
    let reported: Vec<_> = report.findings.iter().map(|it| it.rule.as_str()).collect();
    assert_eq!(reported, ["key", "key", "symlink", "submodule", "key"], "{report}");
    let objects = scene.below(&format!("{NAME}/")).await;
    assert_eq!(objects.len() + reported.len(), AWKWARD.len(), "nothing is left out without a word");
    assert_eq!(objects["run.sh"], b"#!/bin/sh\r\n", "no line end is converted");
    assert_eq!(objects["größe & 1+1.yaml"], "A: é\n".as_bytes());
    let head = scene.world.s3.head_object().bucket(scene.bucket()).key("acme/templates/größe & 1+1.yaml");
    assert_eq!(head.send().await.unwrap().content_type.as_deref(), Some("text/yaml; charset=utf-8"));
    let manifest: Value = serde_json::from_slice(&scene.object(MANIFEST).await.unwrap()).unwrap();
    assert_eq!(manifest["left"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_file_of_lfs_is_fetched_where_it_is_configured_and_its_pointer_is_reported_elsewhere() {
    let scene = Scene::set_up(&Given { lfs: &["localhost"], ..GIVEN }, SAMPLE).await;
    let content = vec![7; 5000];
    let pointer = scene.forge.store(&content);
    scene.push(
        "main",
        &[file(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n"), file("large.bin", &pointer)],
    );
    let report = scene.mirror().await;
    assert_eq!((report.outcome, report.findings.len()), (Outcome::Applied, 0), "{report}");
    assert_eq!(scene.object("acme/templates/large.bin").await.unwrap(), content);
    let mut list = scene.list();
    list["repositories"][NAME]["lfs"] = json!([]);
    scene.put_list(&list).await;
    let report = scene.mirror().await;
    assert_eq!(report.findings.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), ["lfs-pointer"], "{report}");
    assert_eq!(scene.object("acme/templates/large.bin").await.unwrap(), pointer.as_bytes());
}

#[tokio::test]
async fn a_file_that_is_too_large_is_reported_and_leaves_the_bucket() {
    let scene = Scene::set_up(&GIVEN, SAMPLE).await;
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    let mut list = scene.list();
    list["repositories"][NAME]["largest"] = json!(100);
    scene.put_list(&list).await;
    scene.push("main", &[file("network/vpc.yaml", "Vpc: 1\n"), file("root.yaml", "x".repeat(101))]);
    let report = scene.mirror().await;
    assert_eq!(report.findings.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["root.yaml"], "{report}");
    assert_eq!(scene.below(&format!("{NAME}/")).await.into_keys().collect::<Vec<_>>(), ["network/vpc.yaml"]);
}

/// A server that cannot leave files out sends them all: the one that is too large is reported, and the rest is mirrored.
#[tokio::test]
async fn of_a_server_that_cannot_leave_large_files_out_the_rest_is_mirrored_and_they_are_reported() {
    let scene = Scene::set_up(&GIVEN, SAMPLE).await;
    scene.repository.git(&["config", "uploadpack.allowFilter", "false"], b"");
    let mut list = scene.list();
    list["repositories"][NAME]["largest"] = json!(100_000);
    scene.put_list(&list).await;
    let large = "x".repeat(3_000_000);
    scene.push("main", &[file("a.bin", &large), file("network/vpc.yaml", "Vpc: 1\n"), file("z.bin", &large[1..])]);
    let report = scene.mirror().await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let told: Vec<_> = report.findings.iter().map(|it| (it.path.as_str(), it.message.as_str())).collect();
    let size = |of: usize| format!("{of} bytes, and the configuration takes files of 100000 at most");
    assert_eq!(told, [("a.bin", size(3_000_000).as_str()), ("z.bin", &size(2_999_999))]);
    assert_eq!(scene.below(&format!("{NAME}/")).await.into_keys().collect::<Vec<_>>(), ["network/vpc.yaml"]);
    let manifest: Value = serde_json::from_slice(&scene.object(MANIFEST).await.unwrap()).unwrap();
    assert_eq!(manifest["left"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_list_with_a_mistake_or_without_the_repository_is_refused_and_nothing_changes() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    let before = scene.picture().await;
    let mut list = scene.list();
    list["repositories"][NAME]["from"]["token"] = json!("ghs_1234");
    scene.put_list(&list).await;
    let report = scene.mirror().await;
    assert_eq!(report.outcome, Outcome::Refused);
    let reason = report.reason.unwrap();
    assert!(
        reason.contains("repositories.acme/templates.from: `token` is the ARN of a secret")
            && !reason.contains("ghs_1234"),
        "{reason}"
    );
    scene.put_list(&json!({"repositories": {}})).await;
    assert!(scene.mirror().await.reason.unwrap().contains("is not in the list of mirrored repositories"));
    assert_eq!(scene.picture().await, before);
}

/// What is not in memory goes over the wire in pieces, on the same conditions as all else.
#[tokio::test]
async fn a_large_file_is_written_byte_for_byte_and_nothing_of_it_stays_on_the_disk() {
    let scene = Scene::set_up(&Given { lfs: &["localhost"], ..GIVEN }, SAMPLE).await;
    let large: Vec<u8> = (0..1_250_000_u32).flat_map(|it| it.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let pointer = scene.forge.store(&large[1..]);
    let attributes = file(".gitattributes", "*.lfs filter=lfs diff=lfs merge=lfs -text\n");
    let mut text = "Größe\n".repeat(500_000).into_bytes();
    let files = |text: &[u8]| {
        vec![attributes.clone(), file("large.bin", &large), file("pointer.lfs", &pointer), file("text.txt", text)]
    };
    scene.push("main", &files(&text));
    for end in ["\n", "\u{fc}"] {
        let report = scene.mirror().await;
        assert_eq!((report.outcome, report.findings.len()), (Outcome::Applied, 0), "{report}");
        let objects = scene.below(&format!("{NAME}/")).await;
        assert!(objects["large.bin"] == large && objects["pointer.lfs"] == large[1..] && objects["text.txt"] == text);
        let head = scene.world.s3.head_object().bucket(scene.bucket()).key("acme/templates/text.txt").send().await;
        assert_eq!(head.unwrap().content_type.as_deref(), Some("text/plain; charset=utf-8"));
        text.extend_from_slice(end.as_bytes());
        scene.push("main", &files(&text));
    }
    let spooled = walk(scene.folder.path()).into_iter().filter(|it| it.to_str().unwrap().contains("spool"));
    assert_eq!(spooled.collect::<Vec<_>>(), Vec::<std::path::PathBuf>::new());
}

/// What a sandbox kept on its disk is checked before it is trusted.
#[tokio::test]
async fn what_was_kept_and_is_damaged_is_fetched_anew() {
    let scene = Scene::set_up(&Given { before: Some(&FIRST), now: &SECOND, ..GIVEN }, SAMPLE).await;
    for path in walk(scene.folder.path()).into_iter().filter(|it| it.extension().is_some_and(|it| it == "pack")) {
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"PACK").unwrap();
    }
    assert_eq!(scene.mirror().await.outcome, Outcome::Applied);
    scene.assert_mirrored().await;
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries.flat_map(|it| if it.is_dir() { walk(&it) } else { vec![it] }).collect()
}

#[tokio::test]
async fn drift_is_told_by_path_without_reading_an_object() {
    let scene = Scene::set_up(&POINTED, SAMPLE).await;
    scene.mirror().await;
    let verify = async || {
        let function = scene.function();
        let run = crate::world::run_for(std::time::Duration::from_mins(1));
        function.verify(&NAME.parse().unwrap(), &run).await.unwrap()
    };
    assert!(verify().await.is_equal(), "{}", verify().await);
    let s3 = &scene.world.s3;
    let put = s3.put_object().bucket(scene.bucket()).key("acme/templates/root.yaml");
    put.body(b"Root: mine\n".to_vec().into()).send().await.unwrap();
    let copy: Value = serde_json::from_slice(&scene.object(POINTER).await.unwrap()).unwrap();
    let copied = format!("{}root.yaml", copy["prefix"].as_str().unwrap());
    s3.delete_object().bucket(scene.bucket()).key(copied).send().await.unwrap();
    let calls = scene.world.calls();
    let found = verify().await;
    let operations = scene.world.operations_since(calls);
    assert_eq!(
        operations.iter().filter(|it| *it == "s3:GetObject").count(),
        4,
        "Signalbox's own objects alone: {operations:?}"
    );
    let found = scene.with_sample_ids(&found.to_string());
    expect_test::expect![[r#"
        overwritten: root.yaml
        copy of main: missing: root.yaml
        acme/templates: different at commit SECOND, 2 objects compared"#]]
    .assert_eq(&found);
    let_time_pass(AN_INVOCATION);
}

/// A secret with the key, and an object with what KMS made of it.
async fn keep_deploy_key(scene: &Scene, private: &str) -> [String; 2] {
    let config = scene.world.sessions.config();
    let secrets = aws_sdk_secretsmanager::Client::new(config);
    let secret = secrets.create_secret().name("deploy-key").secret_string(private).send().await.unwrap().arn.unwrap();
    let kms = aws_sdk_kms::Client::new(config);
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    let plain = aws_sdk_kms::primitives::Blob::new(private.as_bytes());
    let encrypted = kms.encrypt().key_id(key).plaintext(plain).send().await.unwrap().ciphertext_blob.unwrap();
    let put = scene.world.s3.put_object().bucket(scene.world.bucket()).key("enc_key");
    put.body(encrypted.into_inner().into()).send().await.unwrap();
    [secret, format!("s3://{}/enc_key", scene.world.bucket())]
}

#[tokio::test]
async fn a_deploy_key_is_in_a_secret_or_in_an_object_that_kms_encrypted_and_one_that_was_revoked_changes_nothing() {
    let scene = Scene::set_up(&GIVEN, SAMPLE).await;
    let (host, user) = (keygen("ed25519", ""), keygen("ed25519", ""));
    let server = Sshd::start(&[&host], &[&user]).await;
    let address = server.remote(&scene.repository).to_string();
    let keys = keep_deploy_key(&scene, &user.private).await;
    for (number, key) in keys.iter().enumerate() {
        let mut list = scene.list();
        list["repositories"][NAME]["from"] = json!({"ssh": address, "key": key, "host-keys": [host.public]});
        scene.put_list(&list).await;
        scene.push("main", &[file("root.yaml", format!("Root: {number}\n"))]);
        let report = scene.mirror().await;
        assert_eq!(report.outcome, Outcome::Applied, "{key}: {report}");
        scene.assert_mirrored().await;
    }
    server.let_in(&[]);
    scene.push("main", &[file("root.yaml", "Root: revoked\n")]);
    let before = scene.picture().await;
    let report = scene.mirror().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert_eq!(scene.picture().await, before);
}
