//! The CPU share of a Lambda function with 128 MB: 7 % of a processor, by a control group where the machine lets us make one.
//!
//! Lambda gives a function CPU in proportion to its memory, one processor at 1,769 MB
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>), but full CPU during init: so a process
//! enters the group when it is initialised.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What 128 MB get of one processor.
pub const SHARE: f64 = 0.07;

// A short period: with the usual 100 ms, 7 ms could be had at once, and a small event would never be held back.
const PERIOD_US: &str = "20000";
const QUOTA_US: &str = "1400";

/// A control group with that share, for one process: another one would inherit what is left of its quota, or its debt.
/// Dropping it removes the group, once the process has ended.
#[derive(Debug)]
pub struct CpuShare {
    folder: PathBuf,
}

impl CpuShare {
    /// Whether this machine lets us make such groups.
    pub fn is_possible() -> bool {
        Self::create().is_some()
    }

    /// Makes the group, in control groups of version 2 or 1. `None` where this machine does not let us.
    pub fn create() -> Option<Self> {
        let name = format!("signalbox-bench-{}", std::process::id());
        let quota = format!("{QUOTA_US} {PERIOD_US}");
        Self::with(Path::new("/sys/fs/cgroup").join(&name), &[("cpu.max", &quota)])
            .or_else(|| Self::with(Path::new("/sys/fs/cgroup/cpu").join(&name), &VERSION_1))
    }

    fn with(folder: PathBuf, settings: &[(&str, &str)]) -> Option<Self> {
        // Outside a control group file system this would make an ordinary folder.
        if !folder.parent()?.join("cgroup.procs").exists() {
            return None;
        }
        fs::create_dir(&folder).ok()?;
        let group = Self { folder };
        let set = settings.iter().all(|(file, value)| fs::write(group.folder.join(file), value).is_ok());
        set.then_some(group)
    }

    /// Holds a process to the share from now on.
    pub fn hold(&self, pid: u32) -> Result<()> {
        let file = self.folder.join("cgroup.procs");
        fs::write(&file, pid.to_string()).with_context(|| format!("writing {pid} to {}", file.display()))
    }
}

const VERSION_1: [(&str, &str); 2] = [("cpu.cfs_period_us", PERIOD_US), ("cpu.cfs_quota_us", QUOTA_US)];

impl Drop for CpuShare {
    fn drop(&mut self) {
        // What cannot be removed is an empty group, which costs nothing.
        let _ = fs::remove_dir(&self.folder);
    }
}
