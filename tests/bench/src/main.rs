//! `make bench`: how fast and how small `share-ami` is, as ratios to what it cannot beat and to what it has to beat.
//!
//! In one run and on one machine it starts `share-ami`, the bare Lambda runtime, the same round trips by bare hyper, and
//! a boto3 handler, in turn and several times, behind a Lambda Runtime API and in front of an AWS of fixed answers, both
//! of its own. It prints the medians and the project's bars, and leaves all figures in `target/bench`. A bar that does
//! not hold is printed, never an error: a machine can be too noisy for it. Only what could not be measured is one.

mod artifact;
mod bars;
mod canned;
mod clock;
mod cpu_share;
mod first_connection;
mod http;
mod life;
mod measured;
mod runtime_api;
mod subject;
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
use life::Setting;
use measured::Measured;
use subject::Subject::{self, Boto3, DoNothing, ShareAmi};
use tls::Tls;

const FAR: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let folder = subject::workspace().join("target/bench");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let can_be_small = CpuShare::is_possible();
    let measured = measure(can_be_small, &folder).await?;
    let bars = bars::bars(&measured);
    write(&folder.join("measured.json"), &measured)?;
    write(&folder.join("bars.json"), &bars)?;

    println!();
    for line in table::lines(&measured) {
        println!("{line}");
    }
    println!();
    for bar in &bars {
        println!("{}", bar.line());
    }
    println!();
    println!("The CPU share of 128 MB (7 %) is {}.", how_shared(can_be_small));
    for missing in &measured.missing {
        println!("Not measured: {missing}");
    }
    Ok(if measured.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(can_be_small: bool, folder: &Path) -> Result<Measured> {
    let tls = &Tls::create(folder)?;
    let near =
        Setting { name: setting::TLS, tls: Some(tls), latency: Duration::ZERO, small: false, warm: 50, lives: 10 };
    let plain = Setting { name: setting::PLAIN, tls: None, ..near };
    let far = Setting { name: setting::FAR, latency: FAR, warm: 3, lives: 2, ..near };
    let small = Setting { name: setting::SMALL, small: true, warm: 0, ..near };

    let mut measured = Measured::default();
    measured.add_artifact(
        ShareAmi.binary().and_then(|path| artifact::inspect(&path, &path.with_file_name("../lambda/share-ami.zip"))),
    );
    measured.add_before_connection(near.lives, tls, folder).await;
    // Bare hyper has no TLS: the limit is that of the round trips.
    measured.add(&near, &[ShareAmi, DoNothing, Boto3], folder).await;
    measured.add(&plain, &Subject::ALL, folder).await;
    measured.add(&far, &[ShareAmi, Boto3], folder).await;
    if can_be_small {
        measured.add(&small, &[ShareAmi, Boto3], folder).await;
    }
    Ok(measured)
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
