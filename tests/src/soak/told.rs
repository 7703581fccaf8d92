//! What a soak says of itself: how fast it was, what happened, and how much memory the functions have.

use std::collections::BTreeMap;
use std::time::Duration;

use super::hub::{Delivered, Hub};
use super::mix::Mix;

/// By how many kilobytes a function may grow from when it is warm: its pools of connections and allocations are not full yet.
const SLACK: u64 = 4 * 1024;

/// The memory that each process of a function of these accounts has allocated, in kilobytes, by the function's name and its number. The
/// pages of its program are left out: the kernel drops them and reads them again, as other processes need memory.
pub fn memory(accounts: &[String]) -> BTreeMap<(String, u32), u64> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|it| it.ok()?.file_name().to_str()?.parse().ok());
    let functions = processes.filter_map(|process: u32| {
        let function = function(process, accounts)?;
        Some(((function, process), kilobytes(process)?))
    });
    functions.collect()
}

/// The name of the function of these accounts that a process is, if it is one.
fn function(process: u32, accounts: &[String]) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{process}/environ")).ok()?;
    let environment = String::from_utf8_lossy(&environment);
    // Each is told of an account: its own, that of its tables or queues, or the one that it may enter.
    let mut numbers = environment.split(|it: char| !it.is_ascii_digit());
    let name = environment.split('\0').find_map(|it| it.strip_prefix("AWS_LAMBDA_FUNCTION_NAME="))?;
    numbers.any(|number| accounts.iter().any(|account| account == number)).then(|| name.to_owned())
}

fn kilobytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Prints what happened.
pub fn report(hub: &Hub, mix: &Mix, delivered: &[Delivered], time: Duration) {
    let mut outcomes: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for it in delivered {
        *outcomes.entry(it.function).or_default().entry(&it.outcome).or_default() += 1;
    }
    let (calls, faults) = hub.calls_and_faults();
    let failures: usize = delivered.iter().map(|it| it.failures).sum();
    let most = delivered.iter().map(|it| it.failures).max().unwrap_or_default();
    let events: usize = delivered.iter().map(|it| it.events).sum();
    let things: usize = hub.kinds.iter().map(|(kind, _)| kind.things()).sum();
    let speed = f64::from(u32::try_from(events).unwrap()) / time.as_secs_f64();
    println!(
        "soak: {} deliveries about {things} things, {events} events with those that follow them, in {:.1} s: {speed:.1} events a second",
        delivered.len(),
        time.as_secs_f64(),
    );
    for (function, outcomes) in outcomes {
        println!("soak: {function}: {outcomes:?}");
    }
    let poison = mix.poison().len();
    println!("soak: {} twice, {} out of order, {poison} poison", mix.duplicated, mix.reordered);
    println!(
        "soak: {calls} calls, {faults} faults; {failures} invocations failed and came again, {most} at most for one event"
    );
}

/// Asserts that no process of a function grew since it was warm.
pub fn assert_flat(warm: &BTreeMap<(String, u32), u64>, later: &BTreeMap<(String, u32), u64>) {
    let both: Vec<_> = warm.iter().filter_map(|(process, warm)| Some((process, *warm, *later.get(process)?))).collect();
    println!("soak: kilobytes of each process when warm, and in the end:");
    for ((function, process), warm, later) in &both {
        println!("soak: {function} {process}: {warm}, {later}");
    }
    assert!(!both.is_empty(), "a function lives through the soak");
    for ((function, process), warm, later) in both {
        assert!(later <= warm + warm / 4 + SLACK, "{function} ({process}) grew from {warm} to {later} kilobytes");
    }
}
