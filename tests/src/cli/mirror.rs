//! `signalbox mirror`: what it shows and does, and that each of its options has an effect.

use std::process::{Command, Stdio};

use expect_test::expect;

use crate::functions::mirror_repository::{NAME, POINTED, Scene};
use crate::world::built::binary;
use crate::world::scene::Scene as _;
use crate::world::{AWS, LEDGER, REGION};

/// The exit code and everything that is told.
fn run(scene: &Scene, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().arg("mirror").args(arguments).current_dir(scene.kept()).stdin(Stdio::null());
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.envs([("AWS_ACCESS_KEY_ID", scene.world.account.as_str()), ("TMPDIR", scene.kept().to_str().unwrap())]);
    command.env("HOME", scene.kept());
    let ran = command.output().unwrap();
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

#[tokio::test]
async fn a_repository_is_listed_planned_copied_and_compared() {
    let scene = Scene::set_up(&POINTED, "a-branch-was-pushed").await;
    let places = places(&scene);
    let told = |command: &[&str]| {
        let (code, text) = run(&scene, &with_settings(command, &places));
        let text = text.lines().filter(|it| !it.starts_with("AWS is ")).collect::<Vec<_>>().join("\n");
        // A short form of the commits.
        let commits = scene.commits();
        let text = commits.iter().zip(["FIRST", "SECOND"]).fold(text, |text, (it, name)| text.replace(&it[..12], name));
        format!("$ signalbox mirror {}\n{text}\nexit {}\n", command.join(" "), code.unwrap())
    };
    let ledger = ["--ledger-table", LEDGER];
    let all = [
        told(&["list"]),
        told(&["verify", NAME]),
        told(&["plan", NAME]),
        told(&[&["run", NAME][..], &ledger].concat()),
        told(&["list"]),
        told(&["verify", NAME]),
    ];
    expect![[r#"
        $ signalbox mirror list
        REPOSITORY      BRANCH  WHAT    MIRRORED  HEAD  STATE
        acme/templates  main    layout  -         -     reading https://git.example.com/templates.git: error sending request: client error (Connect): operation timed out; check the address and that the server is up
        exit 0
        $ signalbox mirror verify acme/templates
        error: reading https://git.example.com/templates.git: error sending request: client error (Connect): operation timed out; check the address and that the server is up
        exit 254
        $ signalbox mirror plan acme/templates
        mirror-repository: failed (reading https://git.example.com/templates.git: error sending request: client error (Connect): operation timed out; check the address and that the server is up)
        exit 254
        $ signalbox mirror run acme/templates --ledger-table signalbox-ledger
        mirror-repository: failed (reading https://git.example.com/templates.git: error sending request: client error (Connect): operation timed out; check the address and that the server is up)
        exit 254
        $ signalbox mirror list
        REPOSITORY      BRANCH  WHAT    MIRRORED  HEAD  STATE
        acme/templates  main    layout  -         -     reading https://git.example.com/templates.git: error sending request: client error (Connect): operation timed out; check the address and that the server is up
        exit 0
        $ signalbox mirror verify acme/templates
        error: reading https://git.example.com/templates.git: error sending request: client error (Connect): operation timed out; check the address and that the server is up
        exit 254
    "#]].assert_eq(&all.concat());
    scene.assert_mirrored().await;
}

/// What the commands ask of AWS with an option and without it, and what they tell.
#[tokio::test]
async fn each_option_of_the_mirror_commands_has_an_effect() {
    let scene = Scene::set_up(&POINTED, "a-branch-was-pushed").await;
    let places = places(&scene);
    for command in [&["list"][..], &["plan", NAME], &["run", NAME], &["verify", NAME]] {
        let told = |more: &[&str]| {
            let before = AWS.count(&scene.world.account);
            let arguments = [&with_settings(command, &places)[..], more].concat();
            let (code, text) = run(&scene, &arguments);
            let calls = AWS.calls_since(&scene.world.account, before);
            let calls = calls.iter().map(|it| format!("{} {} {} {}", it.region, it.operation, it.path, it.body));
            (code, format!("{text}{}", calls.collect::<Vec<_>>().join("\n")))
        };
        let other = [command, &["--repositories", "ssm:/of-nothing", "--bucket", "another"]].concat();
        assert!(run(&scene, &other).1.contains("ssm:/of-nothing"), "{command:?}");
        let other = [command, &["--repositories", &places[0], "--bucket", "another-bucket"]].concat();
        let before = AWS.count(&scene.world.account);
        run(&scene, &other);
        let calls = AWS.calls_since(&scene.world.account, before);
        assert!(calls.iter().any(|it| it.path.contains("another-bucket")), "{command:?}");
        let (code, text) = told(&["--max-deleted-percent", "101"]);
        assert!(code == Some(253) && text.contains("SIGNALBOX_MAX_DELETED_PERCENT"), "{command:?}: {text}");
        assert!(told(&["--region", "eu-central-1"]).1.contains("eu-central-1 "), "{command:?}");
        assert!(told(&["--profile", "of-no-file"]).1.contains("of-no-file"), "{command:?}");
        assert!(told(&["--ca-bundle", "of-no-file.pem"]).1.contains("of-no-file.pem"), "{command:?}");
        assert!(told(&["--endpoint-url", "http://127.0.0.1:1"]).1.contains("AWS is http://127.0.0.1:1"), "{command:?}");
        assert!(told(&["--output", "json"]).1.contains("\": "), "{command:?}");
    }
    let force = [&with_settings(&["run", NAME, "--force", "no-commit"], &places)[..]].concat();
    assert!(run(&scene, &force).1.contains("is not the id of a commit"));
    let table = [&with_settings(&["run", NAME, "--ledger-table", "another-table"], &places)[..]].concat();
    assert!(run(&scene, &table).1.contains("claiming the occurrence in the ledger"));
}
