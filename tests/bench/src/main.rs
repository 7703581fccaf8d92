//! `make bench`: how fast and how small the functions are, as ratios to what they cannot beat and to what they have to beat.
//!
//! In one run and on one machine it measures these parts, behind a Lambda Runtime API and in front of an AWS of fixed answers, both of
//! its own. The name of one as the argument measures that part alone:
//!
//! - `events`: `share-ami`, `emr-dns`, what rotates, the bare Lambda runtime, the same round trips by bare hyper, and a boto3 handler, in
//!   turn and several times
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
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use bars::setting;
use cpu_share::CpuShare;
use job::Job;
use life::Setting;
use measured::Measured;
use mirror::What;
use policies::Checker;
use subject::Build;
use subject::Subject::{self, BareHyper, Boto3, CheckPolicy, DoNothing, EmrDns, ShareAmi};
use subject::Subject::{MirrorRepository, ReceiveWebhook, RotateBearerToken, RotateDbUser};
use subject::Subject::{ShareEbsSnapshot, ShareRdsSnapshot};
use tls::Tls;

const FAR: Duration = Duration::from_millis(50);
const NEAR: Duration = Duration::from_millis(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let folder = subject::workspace().join("target/bench");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let can_be_small = CpuShare::is_possible();
    let tls = Tls::create(&folder)?;
    let only = std::env::args().nth(1);
    let measured = measure(only.as_deref(), can_be_small, &tls, &folder).await;
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

/// Measures all parts, or only one: the sweeps alone take a minute, and so does the fleet; all of it takes several.
async fn measure(only: Option<&str>, can_be_small: bool, tls: &Tls, folder: &Path) -> Measured {
    let mut measured = Measured::default();
    let is_asked = |part: &str| only.is_none_or(|only| only == part);
    if is_asked("events") {
        measure_events(&mut measured, can_be_small, tls, folder).await;
    }
    if is_asked("traces") {
        measure_traces(&mut measured, tls, folder).await;
    }
    if is_asked("chains") {
        measure_chains(&mut measured, tls, folder).await;
    }
    if is_asked("sweep") {
        measure_sweeps(&mut measured, tls, folder).await;
    }
    if is_asked("jobs") {
        measured.add_jobs(&Job::all(), tls, folder).await;
    }
    if is_asked("rotations") {
        for engine in [database::Engine::Postgres, database::Engine::Mariadb] {
            measured.add_rotations(engine, tls, folder).await;
        }
    }
    if is_asked("matching") {
        measured.add_matching(5);
    }
    if is_asked("policies") {
        measure_policies(&mut measured, folder).await;
    }
    if is_asked("mirrors") {
        measure_mirrors(&mut measured, tls, folder).await;
    }
    if is_asked("deliveries") {
        measure_deliveries(&mut measured, tls, folder).await;
    }
    if is_asked("fleet") {
        measure_fleet(&mut measured, tls, folder).await;
    }
    if is_asked("console") {
        measured.add_shown(5, tls, folder).await;
    }
    measured
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

async fn measure_events(measured: &mut Measured, can_be_small: bool, tls: &Tls, folder: &Path) {
    let near = Setting {
        name: setting::TLS,
        tls: Some(tls),
        latency: Duration::ZERO,
        small: false,
        traced: false,
        recorded: false,
        build: Build::This,
        warm: 50,
        lives: 10,
    };
    let plain = Setting { name: setting::PLAIN, tls: None, ..near };
    let far = Setting { name: setting::FAR, latency: FAR, warm: 3, lives: 2, ..near };
    let small = Setting { name: setting::SMALL, small: true, warm: 0, ..near };

    for function in Subject::FUNCTIONS {
        measured.add_artifact(function);
    }
    measured.add_before_connection(near.lives, tls, folder).await;
    // Bare hyper has no TLS: the limit is that of the round trips.
    let on_aws_alone = [RotateBearerToken, RotateDbUser, MirrorRepository, ReceiveWebhook, CheckPolicy];
    measured.add(&near, &[&[ShareAmi, EmrDns], &on_aws_alone[..], &[DoNothing, Boto3]].concat(), folder).await;
    measured.add(&plain, &[ShareAmi, EmrDns, DoNothing, BareHyper, Boto3], folder).await;
    measured.add(&far, &[ShareAmi, EmrDns, Boto3], folder).await;
    if can_be_small {
        measured.add(&small, &[ShareAmi, EmrDns, Boto3], folder).await;
    }
}

/// A life of each in turn, so that what disturbs the machine disturbs both.
async fn measure_traces(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let untraced = Setting {
        name: setting::UNTRACED,
        tls: Some(tls),
        latency: Duration::ZERO,
        small: false,
        traced: false,
        recorded: false,
        build: Build::This,
        warm: 100,
        lives: 1,
    };
    let traced = Setting { name: setting::TRACED, traced: true, ..untraced };
    for _ in 0..20 {
        measured.add(&untraced, &[ShareAmi], folder).await;
        measured.add(&traced, &[ShareAmi], folder).await;
    }
}

/// A life of each build in turn, so that what disturbs the machine disturbs both.
async fn measure_chains(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let on_aws_alone = [RotateBearerToken, RotateDbUser, MirrorRepository, ReceiveWebhook, CheckPolicy];
    let functions = [&[ShareAmi, ShareEbsSnapshot, ShareRdsSnapshot, EmrDns], &on_aws_alone[..]].concat();
    for _ in 0..3 {
        for (index, latency) in [NEAR, FAR].into_iter().enumerate() {
            let this = Setting {
                name: setting::CHAINS[index].0,
                tls: Some(tls),
                latency,
                small: false,
                traced: false,
                recorded: true,
                build: Build::This,
                warm: 10,
                lives: 1,
            };
            measured.add(&this, &functions, folder).await;
            if subject::other_build().is_some() {
                let other = Setting { name: setting::BEFORE[index], build: Build::Other, ..this };
                measured.add(&other, &functions, folder).await;
            }
        }
    }
}

async fn measure_sweeps(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let today = sweep::Setting {
        name: setting::SWEEP,
        is_of_2015: false,
        images: 1000,
        drifted: 1000,
        reading: sweep::Reading::Asking,
        has_buckets: false,
        has_tables: false,
        times: 3,
    };
    let with_tables = sweep::Setting { name: setting::SWEEP_WITH_TABLES, has_tables: true, ..today };
    let at_rates = sweep::Setting {
        name: setting::SWEEP_AT_RATES,
        images: 150,
        drifted: 150,
        has_buckets: true,
        times: 1,
        ..today
    };
    // A fifth of the images, for the whole would take minutes: one call after the other, each takes as long.
    let of_2015 =
        sweep::Setting { name: setting::SWEEP_OF_2015, is_of_2015: true, images: 200, drifted: 200, times: 1, ..today };
    // To ask for each of 10,000 takes eight minutes at EC2's rates.
    let of_many = sweep::Setting { name: setting::SWEEP_OF_MANY, images: 10_000, drifted: 100, ..at_rates };
    let by_lists = sweep::Setting { name: setting::SWEEP_BY_LISTS, reading: sweep::Reading::Listing, ..of_many };
    for setting in [of_2015, today, with_tables, at_rates, by_lists, of_many] {
        measured.add_sweeps(&setting, tls, folder).await;
    }
}

/// In turn, so that what disturbs the machine disturbs all of them.
async fn measure_policies(measured: &mut Measured, folder: &Path) {
    let [all, one] = [setting::POLICIES, setting::ONE_POLICY].map(|names| {
        let checkers = [Checker::Signalbox, Checker::Parliament, Checker::Cloudsplaining];
        let of = |(checker, name)| policies::Setting {
            name,
            checker,
            is_one: names == setting::ONE_POLICY,
            times: if checker == Checker::Signalbox { 5 } else { 3 },
        };
        checkers.into_iter().zip(names).map(of).collect::<Vec<_>>()
    });
    for number in 1..=5 {
        for setting in all.iter().chain(&one).filter(|it| number <= it.times) {
            measured.add_checked(setting, number, folder).await;
        }
    }
}

async fn measure_mirrors(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let near = Setting {
        name: setting::WEBHOOK,
        tls: Some(tls),
        latency: NEAR,
        small: false,
        traced: false,
        recorded: false,
        build: Build::This,
        warm: 50,
        lives: 3,
    };
    measured.add(&near, &[ReceiveWebhook, DoNothing], folder).await;
    let templates = mirror::Setting { name: setting::MIRROR, what: What::Templates(20_000), is_peer: false, times: 3 };
    // A tenth of the files, for the whole would take a quarter of an hour: one upload after the other, each takes as long.
    let published =
        mirror::Setting { name: setting::MIRROR_PUBLISHED, what: What::Templates(2_000), is_peer: true, times: 1 };
    let history = mirror::Setting { name: setting::MIRROR_HISTORY, what: What::History(1_000), times: 1, ..templates };
    let large = mirror::Setting { name: setting::MIRROR_LARGE, what: What::Large(300), times: 1, ..templates };
    for setting in [published, templates, history, large] {
        measured.add_mirrored(&setting, tls, folder).await;
    }
}

async fn measure_deliveries(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let all = deliver::Setting { name: setting::DELIVERY, is_peer: false, targets: 30, times: 5 };
    let few = deliver::Setting { name: setting::DELIVERY_OF_FEW, targets: 6, ..all };
    // A fifth of the targets, for the whole would take minutes: one process after the other, each takes as long.
    let published = deliver::Setting { name: setting::DELIVERY_PUBLISHED, is_peer: true, times: 1, ..few };
    for setting in [published, few, all] {
        measured.add_delivered(&setting, tls, folder).await;
    }
}

async fn measure_fleet(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let by_20 = fleet::Setting {
        name: setting::FLEET,
        is_peer: false,
        is_workflow: false,
        by_tag: false,
        accounts: 200,
        regions: 4,
        concurrency: 20,
        latency: FAR,
        times: 3,
    };
    let by_100 = fleet::Setting { name: setting::FLEET_AT_100, concurrency: 100, ..by_20 };
    let many = fleet::Setting {
        name: setting::FLEET_OF_MANY,
        accounts: 10_000,
        regions: 1,
        latency: Duration::ZERO,
        ..by_100
    };
    let few = fleet::Setting { name: setting::FLEET_OF_FEW, accounts: 20, ..by_20 };
    let by_tag = fleet::Setting {
        name: setting::FLEET_BY_TAG,
        by_tag: true,
        accounts: 99,
        regions: 1,
        latency: Duration::ZERO,
        times: 1,
        ..by_20
    };
    let peer = fleet::Setting { name: setting::BOTOCOVE, is_peer: true, times: 1, ..few };
    let workflow = workflow(by_20);
    for setting in [peer, few, by_20, by_100, many, by_tag, workflow] {
        measured.add_runs(&setting, tls, folder).await;
    }
}

/// The functions of the workflow, over more accounts than most organizations have.
fn workflow(like: fleet::Setting) -> fleet::Setting {
    let (accounts, regions, concurrency) = (10_000, 2, 40);
    fleet::Setting { name: setting::WORKFLOW, is_workflow: true, accounts, regions, concurrency, times: 1, ..like }
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
