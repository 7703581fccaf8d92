//! The two clocks of a measurement: the wall, and the CPU time of another process.
//!
//! CPU time is the scheduler's own account (`schedstat`, in nanoseconds; `stat` counts in ticks of 10 ms). It lags behind
//! a thread that is running, so it is read when the process has come to rest.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The way to AWS and back, as it is measured from far away and from near.
pub const FAR: Duration = Duration::from_millis(50);
/// The same from the same Region.
pub const NEAR: Duration = Duration::from_millis(20);

const PAUSE: Duration = Duration::from_millis(1);
const PATIENCE: u32 = 1000;

/// Reads the wall clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark is about the time that passes")]
pub fn now() -> Instant {
    Instant::now()
}

/// Lets time pass.
#[expect(clippy::disallowed_methods, reason = "stands for the way to AWS and back, and lets a process come to rest")]
pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// What a process has used of all processors since it began, once it rests. Fails when it is gone or never rests.
pub async fn cpu_at_rest(pid: u32) -> Result<Duration> {
    let mut before = cpu(pid)?;
    for _ in 0..PATIENCE {
        pass(PAUSE).await;
        let after = cpu(pid)?;
        if after == before && is_asleep(pid)? {
            return Ok(after);
        }
        before = after;
    }
    bail!("process {pid} does not come to rest");
}

/// What a process has used of all processors since it began, by threads that have ended too: in ticks of 10 ms.
pub fn cpu_in_all(pid: u32) -> Result<Duration> {
    ticks(pid, 2)
}

/// The sum of so many fields of a process's account: its own user and system time, and then those of its children that have ended.
fn ticks(pid: u32, fields: usize) -> Result<Duration> {
    const TICK: Duration = Duration::from_millis(10);
    let stat =
        fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("the account of process {pid}"))?;
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(fields);
    let ticks = fields.map(|it| it.parse::<u32>().context("the account of a process")).sum::<Result<u32>>()?;
    Ok(TICK * ticks)
}

/// What a process and those that it has waited for have used of all processors: in ticks of 10 ms.
pub fn cpu_with_children(pid: u32) -> Result<Duration> {
    ticks(pid, 4)
}

/// What this thread has used of all processors since it began, to within a tick.
pub fn own_cpu() -> Result<Duration> {
    // Who yields is accounted for.
    std::thread::yield_now();
    let account = fs::read_to_string("/proc/thread-self/schedstat").context("the account of this thread")?;
    let nanos = account.split(' ').next().unwrap_or_default().parse().context("the account of this thread")?;
    Ok(Duration::from_nanos(nanos))
}

fn cpu(pid: u32) -> Result<Duration> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("the threads of process {pid}"))?;
    let mut total = 0;
    for thread in threads {
        let account = fs::read_to_string(thread?.path().join("schedstat")).context("the account of a thread")?;
        let nanos: u64 = account.split(' ').next().unwrap_or_default().parse().context("the account of a thread")?;
        total += nanos;
    }
    Ok(Duration::from_nanos(total))
}

fn is_asleep(pid: u32) -> Result<bool> {
    let stat =
        fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("the state of process {pid}"))?;
    // The name before the state is in parentheses, and may hold any character.
    Ok(stat.rsplit(") ").next().is_some_and(|state| state.starts_with('S')))
}
