//! `make bench`: how fast and how small the functions are, as ratios to what they cannot beat and to what they have to beat.
//!
//! In one run and on one machine it measures these parts, behind a Lambda Runtime API and in front of an AWS of fixed answers, both of
//! its own. The name of one as the argument measures that part alone:
//!
//! - `events`: `share-ami`, `emr-dns`, what rotates, the bare Lambda runtime, the same round trips by bare hyper, and a boto3 handler, in
//!   turn and several times
//! - `builds`: `share-ami` in turn with that of another build, where `AGAINST=` names one
//! - `load`: 20,000 events of one life of `share-ami`, and of the boto3 handler
//! - `traces`: `share-ami` with a daemon that takes its traces, and without one, in turn
//! - `chains`: one event of each function at 20 and 50 ms a call, with tables; in turn with another build, where `AGAINST=` names one
//! - `sweep`: many drifted images, in today's way and in that of 2015; and 10,000 of which few have, asked for and listed
//! - `jobs`: images with many entries, an account that is closed, clusters at EMR's quotas
//! - `rotations`: passwords of PostgreSQL and MariaDB
//! - `matching`: reading a large manifest and finding names in it
//! - `policies`: checking AWS's managed policies, and parliament and cloudsplaining over the same
//! - `mirrors`: a repository of 20,000 files, one with a long history and one with a large file, and the published way over a part of it
//! - `deliveries`: code for a function in each of many accounts and the way back, and the AWS CLI over a few of them
//! - `fleet`: many accounts, some of them chosen by a tag, and botocove over others
//! - `console`: its pages in front of large tables, and events that come quickly
//!
//! It prints the medians and the project's bars, and leaves all figures in `target/bench`. A bar that does not hold is printed, never
//! an error: a machine can be too noisy for it. Only what could not be measured is one.

mod artifact;
mod bars;
mod buckets;
mod canned;
mod canned_aws;
mod clock;
mod closed_account;
mod console;
mod cpu_share;
mod database;
mod deliver;
mod first_connection;
mod fleet;
mod form;
mod git_server;
mod http;
mod job;
mod kept_secret;
mod life;
mod many_accounts;
mod many_clusters;
mod many_functions;
mod many_images;
mod many_records;
mod matching;
mod measured;
mod mirror;
mod mirrored_bucket;
mod one_cluster;
mod one_job;
mod one_push;
mod one_secret;
mod one_snapshot;
mod parts;
mod policies;
mod rotation;
mod runs_bucket;
mod runtime_api;
mod subject;
mod sweep;
mod table;
mod tls;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use cpu_share::CpuShare;
use measured::Measured;
use parts::{PARTS, measure};
use tls::Tls;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let folder = subject::workspace().join("target/bench");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let can_be_small = CpuShare::is_possible();
    let tls = Tls::create(&folder)?;
    let only = std::env::args().nth(1);
    let asked = |part: &&str| only.as_deref().is_none_or(|only| only == *part);
    let parts: Vec<_> = PARTS.into_iter().filter(asked).collect();
    ensure!(!parts.is_empty(), "there is no such part; name one of {}", PARTS.join(", "));
    let mut measured = Measured::default();
    for part in parts {
        measure(part, &mut measured, can_be_small, &tls, &folder).await;
    }
    let mut bars = bars::bars(&measured);
    bars.retain(|bar| only.is_none() || bar.measured.is_some());
    write(&folder.join("measured.json"), &measured)?;
    write(&folder.join("bars.json"), &bars)?;

    show(&measured, &bars);
    println!("\nThe CPU share of 128 MB (7 %) is {}.", how_shared(can_be_small));
    println!(
        "The way of 2015 is reckoned for 1,000 images from 200: its calls go out one after the other, three an image.\n\
         The published way of mirroring is reckoned for 20,000 files from 2,000: it uploads every file, one after the other."
    );
    for missing in &measured.missing {
        println!("Not measured: {missing}");
    }
    Ok(if measured.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what was measured, and the bars.
fn show(measured: &Measured, bars: &[bars::Bar]) {
    if !measured.lives.is_empty() {
        print(&table::lines(measured));
    }
    print(&table::chains(measured));
    print(&table::sweeps(measured));
    print(&table::jobs(measured));
    print(&table::rotations(measured));
    print(&table::runs(measured));
    print(&table::checks(measured));
    print(&table::mirrored(measured));
    print(&table::delivered(measured));
    print(&bars.iter().map(bars::Bar::line).collect::<Vec<_>>());
}

fn print(lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    println!("\n{}", lines.join("\n"));
}

fn how_shared(can_be_small: bool) -> &'static str {
    if can_be_small {
        "enforced by a control group once a process is initialised: wall time"
    } else {
        "reckoned, since no control group can be made here: CPU time / 0.07"
    }
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
