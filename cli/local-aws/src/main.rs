//! `local-aws`: the AWS on loopback as a program, until its standard input ends or it is told to stop.
//!
//! Prints one line of JSON with the endpoint once everything answers. `--port N` chooses the port.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use local_aws::LocalAws;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

fn main() -> Result<()> {
    let port = read_port(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        let local_aws = LocalAws::start_on(port)?;
        let mut out = std::io::stdout();
        writeln!(out, "{}", serde_json::json!({"endpoint": local_aws.endpoint()}))?;
        out.flush()?;
        tokio::select! {
            () = read_to_end() => {}
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        drop(local_aws);
        Ok(())
    })
}

fn read_port(mut arguments: impl Iterator<Item = String>) -> Result<u16> {
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, _, _) => Ok(0),
        (Some("--port"), Some(port), None) => port.parse().with_context(|| format!("{port} is no port")),
        _ => bail!("usage: local-aws [--port N]"),
    }
}

/// A thread of its own, since reading standard input cannot be given up.
async fn read_to_end() {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    let _ = end.await;
}
