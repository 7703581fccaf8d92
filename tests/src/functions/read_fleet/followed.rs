//! The deployed workflow by the command line: a run is started, followed, stopped, resumed and shown.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::workflow::{Fleet, STOPPED_AT, SUSPENDED, WITHOUT_ROLE};
use crate::world::built::binary;
use crate::world::{AWS, REGION};

/// `signalbox fleet`, by the account with the workflow.
fn command(fleet: &Fleet, words: &str) -> Command {
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().arg("fleet").args(words.split(' '));
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.env("AWS_ACCESS_KEY_ID", &fleet.hub.scene.world.account);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command told: its exit code, output and messages.
fn told(fleet: &Fleet, words: &str) -> (Option<i32>, String, String) {
    let ran = command(fleet, words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

/// The next line that is meant; it shows the others where there is none.
fn next(said: &mut impl Iterator<Item = String>, is_meant: impl Fn(&String) -> bool) -> String {
    let mut others = Vec::new();
    for line in said {
        if is_meant(&line) {
            return line;
        }
        others.push(line);
    }
    panic!("it is not told: {others:#?}")
}

/// The accounts and Regions of a list, each once.
fn places(lists: &Value, list: &str) -> BTreeSet<(String, String)> {
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let entries = lists[list].as_array().unwrap();
    let places: BTreeSet<_> = entries.iter().map(|it| (text(it, "Id"), text(it, "Region"))).collect();
    assert_eq!(places.len(), entries.len(), "{list}: {lists:#}");
    places
}

fn assert_each_account_once(fleet: &Fleet, lists: &Value) {
    let account = |place: usize| (fleet.accounts[place].clone(), String::new());
    assert_eq!(places(lists, "FailedAssumeRole"), WITHOUT_ROLE.map(account).into());
    assert_eq!((places(lists, "Results").len(), places(lists, "Exceptions").len()), (70, 0), "{lists:#}");
    let hub = (fleet.hub.scene.world.account.clone(), String::new());
    assert_eq!(places(lists, "Skipped"), SUSPENDED.map(account).into_iter().chain([hub]).collect());
}

#[tokio::test]
async fn a_run_is_followed_stopped_and_resumed_from_the_command_line_and_shows_each_account_once() {
    let fleet = Fleet::set_up().await;
    let bucket = fleet.bucket();
    let mut gate = AWS.gate(&fleet.accounts[STOPPED_AT]);
    let begin =
        "run caller-identity --all --regions eu-west-1,eu-central-1 --concurrency 1 --run identities-3 --remote";
    let mut running = command(&fleet, &format!("{begin} --output json --runs-bucket {bucket}")).spawn().unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines().map_while(Result::ok);
    next(&mut said, |line| line.starts_with("run identities-3 has begun; "));
    // A failure is told as it occurs, and once.
    let failed = |line: &String| line.starts_with(&format!("failed: {}", fleet.accounts[WITHOUT_ROLE[0]]));
    let first = next(&mut said, failed);
    assert!(first.contains("AccessDenied"), "{first}");
    let held = gate.next().await;
    let (code, _, why) = told(&fleet, "stop identities-3");
    assert_eq!(code, Some(0), "{why}");
    drop((held, gate));
    let rest: Vec<_> = said.collect();
    assert!(!rest.iter().any(failed), "{rest:#?}");
    let last = rest.last().unwrap();
    assert!(last.starts_with("run identities-3: ABORTED, ") && last.contains("signalbox fleet resume"), "{rest:#?}");
    let ended = running.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(254));
    let before: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert!(before["Results"].as_array().unwrap().len() < 70, "{before:#}");
    let (code, out, why) = told(&fleet, &format!("resume identities-3 --output json --runs-bucket {bucket}"));
    assert_eq!(code, Some(254), "the two accounts without the role have failed: {why}");
    let lists: Value = serde_json::from_str(&out).unwrap();
    assert_each_account_once(&fleet, &lists);
    assert!(why.contains("run identities-3: SUCCEEDED, "), "{why}");
    let (_, shown, _) = told(&fleet, &format!("show identities-3 --output json --runs-bucket {bucket}"));
    assert_eq!(shown, out, "what is shown later is the same");
    let (_, listed, _) = told(&fleet, "runs --output json");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let rows =
        listed.as_array().unwrap().iter().map(|it| (it["execution"].as_str().unwrap(), it["run"].as_str().unwrap()));
    assert_eq!(rows.collect::<Vec<_>>(), [("identities-3--2", "identities-3"), ("identities-3", "identities-3")]);
}
