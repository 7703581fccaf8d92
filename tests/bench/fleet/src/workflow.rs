//! What the workflow of a fleet asks of its function, without Step Functions: to plan, to work in each account, so many at a time, and
//! to collect. The functions of the workflow do the same, each state in an invocation of its own.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use aws::{Members, Sessions, in_name_of};
use function::Function;
use futures_util::{StreamExt, TryStreamExt, stream};
use reaction::{Deadline, MemoryLedger, Mode, Outcome, Report, Run, drive_json};
use read_fleet::ReadFleet;
use serde_json::{Value, json};

const RUN: &str = "bench";
const EXECUTION: &str = "arn:aws:states:eu-west-1:111122223333:execution:read-fleet:bench";
const BUCKET: &str = "signalbox-bench-runs";

/// The time of an invocation.
const INVOCATION: std::time::Duration = std::time::Duration::from_mins(15);

fn variable(name: &str) -> Option<String> {
    match name {
        "SIGNALBOX_FLEET_BUCKET" => Some(BUCKET.into()),
        "SIGNALBOX_MEMBER_ROLE" => Some("signalbox-read-fleet".into()),
        _ => None,
    }
}

/// Asks for one state; its report.
async fn ask(function: &ReadFleet, sessions: &Sessions, state: Value) -> Result<Report> {
    let deadline = Deadline::new(sessions.now() + INVOCATION, sessions.clock());
    let run = Run::new("read-fleet", RUN, deadline);
    let ledger = MemoryLedger::new(sessions.clock());
    let report = in_name_of(&run, drive_json(function, &ledger, Mode::Apply, &run, &state.to_string())).await;
    ensure!(report.outcome == Outcome::Applied, "{report}");
    Ok(report)
}

/// Runs all of it: how many results there are.
pub(crate) async fn run(sessions: Sessions, concurrency: usize, regions: &[String]) -> Result<u64> {
    let sessions = Arc::new(sessions.with_members(Members::read(&variable)?));
    let function = ReadFleet::open(sessions.clone(), &variable)?;
    let work = json!({"operation": "caller-identity", "regions": regions});
    let tolerance = json!({"percent": 100, "accounts": 1_000_000});
    let request = json!({"run": RUN, "select": {"targets": "all"}, "work": work, "tolerance": tolerance, "concurrency": concurrency});
    let of = |phase: &str| json!({"phase": phase, "id": RUN, "execution": EXECUTION});
    let with = |mut state: Value, fields: &[(&str, &Value)]| {
        for (name, value) in fields {
            state[*name] = (*value).clone();
        }
        state
    };
    ask(&function, &sessions, with(of("plan"), &[("request", &request)])).await?;
    let list =
        aws_sdk_s3::Client::new(sessions.config()).get_object().bucket(BUCKET).key("runs/bench/lists/bench.json");
    let list = list.send().await?.body.collect().await?.to_vec();
    let accounts: Vec<Value> = serde_json::from_slice(&list).context("the list of accounts")?;
    let states = accounts
        .into_iter()
        .map(|account| with(of("account"), &[("run", &json!(RUN)), ("work", &work), ("account", &account)]));
    let working = stream::iter(states).map(|state| ask(&function, &sessions, state)).buffer_unordered(concurrency);
    working.try_for_each(async |_| Ok(())).await?;
    let report = ask(&function, &sessions, with(of("collect"), &[("request", &request), ("ended", &request)])).await?;
    report.counts["fleet"].get("results").copied().context("how many results there are")
}
