//! What it costs to read a large manifest and to find the entries of many names in it: CPU time of this process alone.

use std::fmt::Write;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use sharing::{Candidate, Kind, Manifest, Tags};

use crate::clock;

const ENTRIES: usize = 2_000;
const NAMES: usize = 10_000;

/// What was used, in milliseconds of CPU time.
#[derive(Clone, Debug, Serialize)]
pub struct Matching {
    /// To read the manifest.
    pub read: f64,
    /// To find what is wanted of images, whose names begin with entries.
    pub beginnings: f64,
    /// To find what is wanted of database snapshots, whose names contain entries.
    pub parts: f64,
    /// To find what is wanted of cluster snapshots, which have a section of their own.
    pub clusters: f64,
}

impl Matching {
    /// The dearest of the three.
    pub fn dearest_ms(&self) -> f64 {
        self.beginnings.max(self.parts).max(self.clusters)
    }
}

/// Measures it once.
pub fn matching() -> Result<Matching> {
    let text = manifest()?;
    let (manifest, read) = measured(|| Manifest::parse(&text))?;
    let manifest = manifest.context("the manifest of the benchmark")?;
    let names: Vec<_> = (0..NAMES).map(|at| format!("team_{:04}_base_image_v{at}", at % ENTRIES)).collect();
    let (images, beginnings) = measured(|| found(&manifest, Kind::Image, &names))?;
    let (databases, parts) = measured(|| found(&manifest, Kind::DbSnapshot, &names))?;
    let (snapshots, clusters) = measured(|| found(&manifest, Kind::DbClusterSnapshot, &names))?;
    for found in [images?, databases?, snapshots?] {
        ensure!(found == NAMES, "{found} of {NAMES} names have an entry");
    }
    Ok(Matching { read, beginnings, parts, clusters })
}

/// The same entries for images, databases and database clusters, in two regions, a tenth of them with wildcards.
fn manifest() -> Result<String> {
    let mut entries = String::new();
    for at in 0..ENTRIES {
        let name = if at % 10 == 0 { format!("team_{at:04}_*_image_v?") } else { format!("team_{at:04}_base_image_v") };
        let comma = if at == 0 { "" } else { ", " };
        write!(
            entries,
            r#"{comma}"{name}": {{"eu-west-1": ["111111111111", "222222222222"], "us-east-1": ["111111111111"]}}"#
        )?;
    }
    Ok(format!(r#"{{"ami": {{{entries}}}, "rds": {{{entries}}}, "rds-cluster": {{{entries}}}}}"#))
}

/// How many of the names an entry means.
fn found(manifest: &Manifest, kind: Kind, names: &[String]) -> Result<usize> {
    let (region, owner, tags) = ("eu-west-1".parse()?, "111122223333".parse()?, Tags::new());
    let candidates =
        names.iter().map(|name| Candidate { kind, name, region: Some(&region), owner: &owner, tags: &tags });
    Ok(candidates.filter(|candidate| manifest.wanted(candidate, SystemTime::UNIX_EPOCH).is_some()).count())
}

fn measured<T>(work: impl FnOnce() -> T) -> Result<(T, f64)> {
    let before = clock::own_cpu()?;
    let done = work();
    Ok((done, clock::own_cpu()?.saturating_sub(before).as_secs_f64() * 1e3))
}
