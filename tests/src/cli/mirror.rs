//! `signalbox mirror`: what it shows and does, and that each of its options has an effect.

use std::process::Stdio;

use expect_test::expect;
use tokio::process::Command;

use crate::functions::mirror_repository::{NAME, POINTED, Scene};
use crate::world::built::binary;
use crate::world::scene::Scene as _;
use crate::world::{AWS, REGION};

/// The exit code and everything that is told.
async fn run(scene: &Scene, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().arg("mirror").args(arguments).current_dir(scene.kept()).stdin(Stdio::null());
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.envs([("AWS_ACCESS_KEY_ID", scene.world.account.as_str()), ("TMPDIR", scene.kept().to_str().unwrap())]);
    command.env("HOME", scene.kept());
    let ran = command.output().await.unwrap();
    let text = |bytes: &[u8]| scene.with_sample_ids(&String::from_utf8_lossy(bytes));
    (ran.status.code(), format!("{}{}", text(&ran.stdout), text(&ran.stderr)))
}

/// A command with the options that each needs.
fn with_settings<'a>(command: &[&'a str], places: &'a [String; 2]) -> Vec<&'a str> {
    [command, &["--repositories", &places[0], "--bucket", &places[1]]].concat()
}

fn places(scene: &Scene) -> [String; 2] {
    [scene.location(), scene.bucket()]
}

/// What a command tells, with short names for the commits.
async fn told(scene: &Scene, command: &[&str]) -> String {
    let (code, text) = run(scene, &with_settings(command, &places(scene))).await;
    let text = text.lines().filter(|it| !it.starts_with("AWS is ")).collect::<Vec<_>>().join("\n");
    let commits = scene.commits();
    let text = commits.iter().zip(["FIRST", "SECOND"]).fold(text, |text, (it, name)| text.replace(&it[..12], name));
    format!("$ signalbox mirror {}\n{text}\nexit {}\n", command.join(" "), code.unwrap())
}

/// What each command tells, one after the other.
async fn tell(scene: &Scene, commands: [&[&str]; 3]) -> String {
    let mut all = String::new();
    for command in commands {
        all += &told(scene, command).await;
    }
    all
}

#[tokio::test]
async fn a_repository_that_is_behind_is_listed_compared_and_planned() {
    let scene = Scene::set_up(&POINTED, "a-branch-was-pushed").await;
    let before = scene.picture().await;
    expect![[r#"
        $ signalbox mirror list
        REPOSITORY      BRANCH  WHAT    MIRRORED      HEAD          STATE
        acme/templates  main    layout  FIRST  SECOND  behind
        acme/templates  main    copy    FIRST  SECOND  behind
        exit 0
        $ signalbox mirror verify acme/templates
        missing: network/subnets.yaml
        behind: root.yaml (head e3850fed3b64e53388b18938373416bba52f70e9, bucket 73cfdbcca7ca85011ecbdff49c450f1d75250d07)
        stale: network/vpc.yaml
        copy of main: overwritten: pointer.json (it leads to commit FIRST, and the head is SECOND)
        acme/templates: different at commit SECOND, 2 objects compared
        exit 2
        $ signalbox mirror plan acme/templates
        mirror-repository: planned
          - note in .signalbox/acme/templates/main/SECOND.json that the copy has 2 files
          - write 2 objects (19 bytes) below .signalbox/acme/templates/main/SECOND/: network/subnets.yaml, root.yaml
          - move the pointer .signalbox/acme/templates/main/pointer.json: commit SECOND
          - note in the journal that 3 paths change
          - write 2 objects (19 bytes): network/subnets.yaml, root.yaml
          - delete 1 object: network/vpc.yaml
          - write the manifest: commit SECOND, 2 files
          - delete the journal
          note: who follows the pointer sees one commit at every moment; who reads OWNER/REPO/.. sees new objects beside former ones while they are written
        SECTION  DELETED  FILES  WRITTEN
        layout         1      2        2
        exit 0
    "#]]
    .assert_eq(&tell(&scene, [&["list"], &["verify", NAME], &["plan", NAME]]).await);
    assert_eq!(scene.picture().await, before, "nothing is changed");
}

#[tokio::test]
async fn a_repository_is_copied_by_hand_and_then_equal() {
    let scene = Scene::set_up(&POINTED, "a-branch-was-pushed").await;
    expect![[r#"
        $ signalbox mirror run acme/templates
        mirror-repository: applied
          - note in .signalbox/acme/templates/main/SECOND.json that the copy has 2 files
          - write 2 objects (19 bytes) below .signalbox/acme/templates/main/SECOND/: network/subnets.yaml, root.yaml
          - move the pointer .signalbox/acme/templates/main/pointer.json: commit SECOND
          - note in the journal that 3 paths change
          - write 2 objects (19 bytes): network/subnets.yaml, root.yaml
          - delete 1 object: network/vpc.yaml
          - write the manifest: commit SECOND, 2 files
          - delete the journal
          note: who follows the pointer sees one commit at every moment; who reads OWNER/REPO/.. sees new objects beside former ones while they are written
        SECTION  DELETED  FILES  WRITTEN
        layout         1      2        2
        exit 0
        $ signalbox mirror list
        REPOSITORY      BRANCH  WHAT    MIRRORED      HEAD          STATE
        acme/templates  main    layout  SECOND  SECOND  current
        acme/templates  main    copy    SECOND  SECOND  current
        exit 0
        $ signalbox mirror verify acme/templates
        acme/templates: equal at commit SECOND, 2 objects compared
        exit 0
    "#]]
    .assert_eq(&tell(&scene, [&["run", NAME], &["list"], &["verify", NAME]]).await);
    scene.assert_mirrored().await;
}

/// What a command told and what it asked of AWS.
async fn asked(scene: &Scene, arguments: &[&str]) -> String {
    let before = AWS.count(&scene.world.account);
    let (code, text) = run(scene, arguments).await;
    let calls = AWS.calls_since(&scene.world.account, before);
    let calls = calls.iter().map(|it| format!("{} {} {} {}", it.region, it.operation, it.path, it.body));
    format!("exit {code:?}\n{text}{}", calls.collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn each_option_of_the_mirror_commands_has_an_effect() {
    let scene = Scene::set_up(&POINTED, "a-branch-was-pushed").await;
    let places = places(&scene);
    let [list, _] = &places;
    for command in [&["list"][..], &["plan", NAME], &["run", NAME], &["verify", NAME]] {
        let elsewhere = [command, &["--repositories", "ssm:/of-nothing", "--bucket", "another"]].concat();
        assert!(asked(&scene, &elsewhere).await.contains("ssm:/of-nothing"), "{command:?}");
        let elsewhere = [command, &["--repositories", list, "--bucket", "another-bucket"]].concat();
        let told = asked(&scene, &elsewhere).await;
        assert!(told.contains("/another-bucket"), "{command:?}: {told}");
        for (option, value, expected) in [
            ("--max-deleted-percent", "101", "SIGNALBOX_MAX_DELETED_PERCENT"),
            ("--kept-copies", "1", "SIGNALBOX_KEPT_COPIES"),
            ("--region", "eu-central-1", "eu-central-1 "),
            ("--profile", "of-no-file", "of-no-file"),
            ("--ca-bundle", "of-no-file.pem", "of-no-file.pem"),
            ("--endpoint-url", "http://127.0.0.1:1", "AWS is http://127.0.0.1:1"),
            ("--output", "json", "\": "),
        ] {
            let told = asked(&scene, &[&with_settings(command, &places)[..], &[option, value]].concat()).await;
            assert!(told.contains(expected), "{command:?} {option}: {told}");
        }
    }
    let of_run = |option, value| [&with_settings(&["run", NAME], &places)[..], &[option, value]].concat();
    assert!(asked(&scene, &of_run("--force", "no-commit")).await.contains("is not the id of a commit"));
    assert!(asked(&scene, &of_run("--ledger-table", "another-table")).await.contains("another-table"));
}
