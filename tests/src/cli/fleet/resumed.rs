//! A run that was ended half way, by anybody and anyhow, and the one that goes on with it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::Child;

use expect_test::expect;
use local_aws::{Fault, FaultKind};
use serde_json::Value;

use super::Scene;
use crate::cli::interrupt;
use crate::world::AWS;

/// One after the other, in six regions of three accounts.
const ARGUMENTS: [&str; 7] = [
    "caller-identity",
    "--regions",
    "eu-central-1,eu-north-1,eu-west-1,eu-west-2,eu-west-3,us-east-1",
    "--concurrency",
    "1",
    "--output",
    "json",
];

/// How many whole lines the run's file has.
fn lines(scene: &Scene) -> usize {
    std::fs::read_to_string(scene.path("run.jsonl")).unwrap_or_default().matches('\n').count()
}

/// Waits until the run stands still: two results are in the file, and a third question was asked.
async fn until_it_stands(scene: &Scene, running: &mut Child) {
    while lines(scene) < 3 || done(scene).values().sum::<usize>() < 3 {
        assert!(running.try_wait().unwrap().is_none(), "it ended by itself");
        tokio::task::yield_now().await;
    }
}

/// How often the operation was done in each place, as AWS saw it.
fn done(scene: &Scene) -> BTreeMap<(String, String), usize> {
    let mut done = BTreeMap::new();
    for name in ["dev", "qa", "prod"] {
        let calls = AWS.calls(&scene.accounts[name]).into_iter().filter(|it| it.operation == "GetCallerIdentity");
        for call in calls {
            *done.entry((name.to_owned(), call.region)).or_default() += 1;
        }
    }
    done
}

#[tokio::test]
async fn killed_half_way_and_resumed_every_place_is_once_in_the_result() {
    let scene = Scene::set_up().await;
    scene.stop_at_the_third();
    let mut running = scene.command(&[&ARGUMENTS as &[_], &["--checkpoint", "run.jsonl"]].concat()).spawn().unwrap();
    until_it_stands(&scene, &mut running).await;
    running.kill().unwrap();
    running.wait().unwrap();
    scene.go_on();
    // A line that it was at.
    let mut text = std::fs::read_to_string(scene.path("run.jsonl")).unwrap();
    assert_eq!(text.matches('\n').count(), 3, "which run it is, and two results");
    text.push_str(r#"{"Id": "1111"#);
    std::fs::write(scene.path("run.jsonl"), text).unwrap();
    let resumed = scene.run(&[&ARGUMENTS as &[_], &["--resume", "run.jsonl"]].concat());
    assert_eq!(resumed.code, Some(0), "{}{}", resumed.out, resumed.said);
    let places = resumed.places();
    assert_eq!(places.matches("Results").count(), 18, "{places}");
    assert_eq!(places.lines().collect::<BTreeSet<_>>().len(), places.lines().count(), "{places}");
    let after = done(&scene);
    assert_eq!((after.len(), after.values().sum::<usize>()), (18, 19), "the one that was not answered is asked again");
    assert_eq!(lines(&scene), 19, "each place has its line");
    let again = scene.run(&[&ARGUMENTS as &[_], &["--resume", "run.jsonl"]].concat());
    assert_eq!((again.out, done(&scene)), (resumed.out, after), "there is nothing left to do");
}

#[tokio::test]
async fn an_interrupted_run_ends_what_it_began_and_tells_what_it_did_not() {
    let scene = Scene::set_up().await;
    scene.stop_at_the_third();
    let mut running = scene.command(&[&ARGUMENTS as &[_], &["--checkpoint", "run.jsonl"]].concat()).spawn().unwrap();
    until_it_stands(&scene, &mut running).await;
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines();
    interrupt(&running);
    let told = said.by_ref().map_while(Result::ok).find(|line| line.starts_with("interrupted"));
    // From now on what runs is answered, when it is tried again.
    scene.go_on();
    let ran = scene.tell(&running.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{}", ran.out);
    let expected = "interrupted: what runs is waited for, and nothing more is begun; Ctrl-C again gives up what runs";
    assert_eq!(told.as_deref(), Some(expected));
    assert_eq!(said.map_while(Result::ok).collect::<Vec<_>>(), [] as [String; 0], "nothing else is said");
    let places = ran.places();
    let count = |text: &str| places.matches(text).count();
    // Three of one account, three regions of it that were not begun, and two accounts.
    assert_eq!([count("Results"), count("Exceptions"), count("the run was interrupted"), lines(&scene)], [3, 0, 5, 4]);
    let resumed = scene.run(&[&ARGUMENTS as &[_], &["--resume", "run.jsonl"]].concat());
    assert_eq!((resumed.code, resumed.places().matches("Results").count()), (Some(0), 18));
}

#[tokio::test]
async fn a_second_interruption_gives_up_what_runs() {
    let scene = Scene::set_up().await;
    scene.stop_at_the_third();
    let mut running = scene.command(&[&ARGUMENTS as &[_], &["--checkpoint", "run.jsonl"]].concat()).spawn().unwrap();
    until_it_stands(&scene, &mut running).await;
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines();
    interrupt(&running);
    while !said.next().unwrap().unwrap().starts_with("interrupted: ") {}
    interrupt(&running);
    let ran = scene.tell(&running.wait_with_output().unwrap());
    scene.go_on();
    assert_eq!(ran.code, Some(130));
    let places = ran.places();
    let why = "it was given up while it ran, and what it did is not known: the run was interrupted";
    assert_eq!((places.matches("Results").count(), places.matches(why).count()), (2, 1), "{places}");
    let mended = scene.run(&[&ARGUMENTS as &[_], &["--only-failed", "run.jsonl"]].concat());
    assert_eq!((mended.code, mended.places().matches("Results").count()), (Some(0), 3), "{}", mended.said);
}

#[tokio::test]
async fn only_what_failed_is_done_again_and_the_rest_stays_in_the_result() {
    let scene = Scene::set_up().await;
    let denied = |account: &str, contains: Option<String>| {
        let operation = Some(if contains.is_some() { "AssumeRole" } else { "GetCallerIdentity" }.to_owned());
        AWS.inject(&Fault { operation, contains, times: 1, ..Fault::new(account, FaultKind::AccessDenied) });
    };
    denied(&scene.world.account, Some(scene.accounts["qa"].clone()));
    denied(&scene.accounts["dev"], None);
    let arguments =
        ["caller-identity", "--regions", "eu-west-1,eu-central-1", "--concurrency", "1", "--output", "json"];
    let failed = scene.run(&[&arguments as &[_], &["--checkpoint", "run.jsonl"]].concat());
    assert_eq!(failed.code, Some(254));
    expect![[r#"
        Results dev eu-west-1
        Results prod eu-central-1
        Results prod eu-west-1
        Exceptions dev eu-central-1 asking STS who we are: AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again
        FailedAssumeRole qa  assuming arn:aws:iam::qa:role/OrganizationAccountAccessRole: AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again
        Skipped hub  it is the calling account
        Skipped old  the account is SUSPENDED
    "#]].assert_eq(&failed.places());
    let resumed = scene.run(&[&arguments as &[_], &["--resume", "run.jsonl"]].concat());
    assert_eq!((resumed.code, resumed.places()), (failed.code, failed.places()), "what failed is done, and failed");
    let mended = scene.run(&[&arguments as &[_], &["--only-failed", "run.jsonl"]].concat());
    assert_eq!(mended.code, Some(0), "{}", mended.said);
    expect![[r#"
        Results dev eu-central-1
        Results dev eu-west-1
        Results prod eu-central-1
        Results prod eu-west-1
        Results qa eu-central-1
        Results qa eu-west-1
        Skipped hub  it is the calling account
        Skipped old  the account is SUSPENDED
    "#]]
    .assert_eq(&mended.places());
    let again: Vec<_> = done(&scene).into_iter().filter(|(_, times)| *times > 1).map(|(place, _)| place).collect();
    assert_eq!(again, [("dev".to_owned(), "eu-central-1".to_owned())]);
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_and_none_is_written_over() {
    let scene = Scene::set_up().await;
    std::fs::write(scene.path("notes.txt"), "something else\n").unwrap();
    let run = |arguments: &[&str]| {
        let ran = scene.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(252), ""), "{arguments:?}");
        ran.said
    };
    let mut said = run(&["caller-identity", "--checkpoint", "notes.txt"]);
    said += &run(&["caller-identity", "--resume", "notes.txt"]);
    said += &run(&["caller-identity", "--only-failed", "missing.jsonl"]);
    assert_eq!(scene.run(&["rotation-state", "--checkpoint", "run.jsonl"]).code, Some(0));
    said += &run(&["caller-identity", "--resume", "run.jsonl"]);
    expect![[r#"
        error: cannot make notes.txt; if it is there already, go on with --resume notes.txt: File exists (os error 17)
        error: notes.txt: it is no file of a run: expected value at line 1 column 1
        error: missing.jsonl: No such file or directory (os error 2)
        error: run.jsonl: it is of the operation rotation-state
    "#]]
    .assert_eq(&said);
    assert_eq!(std::fs::read_to_string(scene.path("notes.txt")).unwrap(), "something else\n");
}

#[tokio::test]
async fn lines_come_one_by_one() {
    let scene = Scene::set_up().await;
    let ran = scene.run(&["caller-identity", "--lines"]);
    let entries: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut names: Vec<_> = entries.iter().map(|it| it["Name"].as_str().unwrap_or_default()).collect();
    names.sort_unstable();
    assert_eq!((ran.code, names.join(" ").as_str()), (Some(0), "dev master old prod qa"));
}
