//! A disk that is full: a small file system that holds `/tmp` alone. Nothing is changed, the report says what to do, and the next run that
//! has room ends in the state of the branch.

use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;

use super::{FIRST, GIVEN, Given, NAME, SECOND, Scene};
use crate::world::built::binary;
use crate::world::git::file;
use crate::world::scene::Scene as _;
use crate::world::{AWS, REGION};

const SAMPLE: &str = "a-branch-was-pushed";

/// Mounts a file system of its own, which no other process sees, and runs the command for each repository.
const SCRIPT: &str = r#"
mount -t tmpfs -o size="$SIZE" none "$TMPDIR" || exit 90
for name in "$@"; do "$PROGRAM" mirror run "$name" 2>&1; echo "exit $?"; done
"#;

/// What `signalbox mirror run` says of each repository, one after the other, where `/tmp` has so much room: the exit code and the text.
async fn run_where_tmp_has(scene: &Scene, size: &str, names: &[&str]) -> Vec<(String, String)> {
    let folder = scene.kept().join("tmp");
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"]).args(names).stdin(Stdio::null());
    command.env("SIZE", size).env("PROGRAM", binary("signalbox")).env("TMPDIR", &folder).env("HOME", scene.kept());
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.env("AWS_ACCESS_KEY_ID", &scene.world.account);
    command.env("SIGNALBOX_REPOSITORIES", scene.location()).env("SIGNALBOX_MIRROR_BUCKET", scene.bucket());
    let ran = command.output().await.unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let mut told: Vec<(String, String)> = vec![(String::new(), String::new())];
    for line in said.lines() {
        let last = told.last_mut().unwrap();
        match line.strip_prefix("exit ") {
            Some(code) => {
                code.clone_into(&mut last.0);
                told.push((String::new(), String::new()));
            }
            None => last.1 = format!("{}{line}\n", last.1),
        }
    }
    told.pop();
    assert_eq!(told.len(), names.len(), "{said}{wrong}");
    told
}

/// Bytes that no compression makes fewer.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(next).collect()
}

/// A branch that was mirrored, and now has ten megabytes more.
async fn grown() -> Scene {
    let scene = Scene::set_up(&Given { before: Some(&FIRST), now: &SECOND, copies: &["main"], ..GIVEN }, SAMPLE).await;
    let mut files = SECOND.clone();
    files.push(file("large.bin", noise(10_000_000)));
    scene.push("main", &files);
    scene
}

#[tokio::test]
async fn a_disk_without_room_changes_nothing_and_the_next_run_with_room_ends_as_the_branch_is() {
    let scene = grown().await;
    let before = scene.picture().await;
    // Less than what stays free; less than the pack beside that; and just enough for neither.
    for size in ["1m", "12m", "20m", "25m"] {
        let told = run_where_tmp_has(&scene, size, &[NAME]).await;
        let [(code, text)] = &told[..] else { panic!("{told:?}") };
        assert_ne!(code, "0", "{size}: {text}");
        let is_told = text.contains("the disk has too little room for it") || text.contains("the disk is full");
        assert!(is_told && text.contains("give the function more ephemeral storage"), "{size}: {text}");
        assert_eq!(scene.picture().await, before, "{size}");
    }
    let told = run_where_tmp_has(&scene, "64m", &[NAME]).await;
    assert_eq!(told[0].0, "0", "{}", told[0].1);
    scene.assert_mirrored().await;
}

/// The commits of other repositories, which earlier runs kept, make room for the one that is mirrored now.
#[tokio::test]
async fn what_is_kept_of_another_repository_makes_room() {
    let scene = grown().await;
    let mut list = scene.list();
    let mut other = list["repositories"][NAME].clone();
    other["copies"] = json!([]);
    list["repositories"]["acme/well"] = other;
    scene.put_list(&list).await;
    let told = run_where_tmp_has(&scene, "40m", &["acme/well", NAME, "acme/well"]).await;
    let codes: Vec<_> = told.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(codes, ["0", "0", "0"], "{told:?}");
    scene.assert_mirrored().await;
}

/// A content that is small while it is compressed needs room when it is sent: without it, the object is not there at all.
#[tokio::test]
async fn a_large_content_without_room_is_never_half_written_and_the_next_run_with_room_ends_as_the_branch_is() {
    let scene = Scene::set_up(&Given { before: Some(&FIRST), now: &SECOND, ..GIVEN }, SAMPLE).await;
    let mut files = SECOND.clone();
    files.push(file("large.txt", "x".repeat(36_000_000)));
    scene.push("main", &files);
    let told = run_where_tmp_has(&scene, "40m", &[NAME]).await;
    let (code, text) = &told[0];
    assert_ne!(code, "0", "{text}");
    assert!(text.contains("the disk") && text.contains("give the function more ephemeral storage"), "{text}");
    assert_eq!(scene.object("acme/templates/large.txt").await, None);
    assert!(scene.object("acme/templates/network/vpc.yaml").await.is_some(), "what vanished goes last");
    let told = run_where_tmp_has(&scene, "80m", &[NAME]).await;
    assert_eq!(told[0].0, "0", "{}", told[0].1);
    scene.assert_mirrored().await;
}
