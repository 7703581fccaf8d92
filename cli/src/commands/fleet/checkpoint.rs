//! The file that a run can be resumed from: a line that says which run it is, and a line for each result as it comes.
//!
//! A line that was being written when the run was killed is not a line, and what it would have told is done again. Of several lines
//! about the same place the last one counts.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fleet::{Entry, List, Plan, Scope};
use place::{AccountId, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arguments::Kept;
use crate::failure::Failure;

/// The entries that are known, the last word about each place.
pub(super) type Known = BTreeMap<(String, String), Entry<Value>>;

/// Which run a file is of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    fleet: u8,
    operation: String,
}

const VERSION: u8 = 1;

/// The file that results are added to, if there is one.
#[derive(Debug)]
pub(super) struct Checkpoint(Option<(PathBuf, File)>);

impl Checkpoint {
    /// Opens the file that was asked for, and bounds the plan by what it tells, which is given too.
    pub(super) fn open(kept: &Kept, operation: &str, plan: &mut Plan) -> Result<(Self, Known), Failure> {
        let header = Header { fleet: VERSION, operation: operation.to_owned() };
        if let Some(path) = &kept.checkpoint {
            let made = OpenOptions::new().append(true).create_new(true).open(path);
            let file = made.with_context(|| {
                format!("cannot make {0}; if it is there already, go on with --resume {0}", path.display())
            });
            let mut checkpoint = Self(Some((path.clone(), file.map_err(Failure::usage)?)));
            checkpoint.write(&header)?;
            return Ok((checkpoint, Known::new()));
        }
        let Some(path) = kept.resume.as_ref().or(kept.only_failed.as_ref()) else {
            return Ok((Self(None), Known::new()));
        };
        let (file, known) =
            resume(path, &header).with_context(|| path.display().to_string()).map_err(Failure::usage)?;
        let failed = || known.values().filter(|entry| entry.has_failed());
        plan.scope = match kept.resume {
            Some(_) => Scope::Except(places(known.values(), plan)),
            None => Scope::Only(places(failed(), plan)),
        };
        Ok((Self(Some((path.clone(), file))), known))
    }

    /// Adds an entry, if it says what became of something that was begun, or that never can be.
    pub(super) fn add(&mut self, entry: &Entry<Value>) -> Result<(), Failure> {
        let is_settled = entry.region.is_some() && entry.reason.as_ref().is_none_or(fleet::Reason::is_settled);
        if is_settled || entry.has_failed() { self.write(entry) } else { Ok(()) }
    }

    /// One write a line, so that a line is there as soon as it is written, whatever ends this process.
    fn write(&mut self, line: &impl Serialize) -> Result<(), Failure> {
        let Some((path, file)) = &mut self.0 else { return Ok(()) };
        let mut text = serde_json::to_vec(line).map_err(Failure::service)?;
        text.push(b'\n');
        file.write_all(&text).with_context(|| format!("writing {}", path.display())).map_err(Failure::usage)
    }
}

/// Reads a file, and opens it for more, without the line that was being written.
fn resume(path: &Path, expected: &Header) -> Result<(File, Known)> {
    let text = std::fs::read_to_string(path)?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let mut lines = text[..whole].lines();
    let header: Header = serde_json::from_str(lines.next().unwrap_or_default()).context("it is no file of a run")?;
    ensure!(header.fleet == expected.fleet, "it is of another version of Signalbox");
    ensure!(header.operation == expected.operation, "it is of the operation {}", header.operation);
    let mut known = Known::new();
    for (number, line) in lines.enumerate() {
        note(&mut known, serde_json::from_str(line).with_context(|| format!("line {}", number + 2))?);
    }
    let file = OpenOptions::new().append(true).open(path)?;
    file.set_len(whole as u64)?;
    Ok((file, known))
}

/// Notes the last word about a place. That a role could not be assumed is about all regions, and any result in one of them,
/// or failure of it, is a word about that.
pub(super) fn note(known: &mut Known, entry: Entry<Value>) {
    let (account, region) = entry.place();
    let place = (account.to_owned(), region.to_owned());
    match entry.list() {
        List::FailedAssumeRole => known.retain(|(it, _), before| *it != place.0 || !before.has_failed()),
        _ => drop(known.remove(&(place.0.clone(), String::new()))),
    }
    known.insert(place, entry);
}

/// The places that entries are about.
fn places<'a>(entries: impl Iterator<Item = &'a Entry<Value>>, plan: &Plan) -> HashSet<(AccountId, Region)> {
    let of = |entry: &Entry<Value>| {
        let regions = entry.region.clone().map_or_else(|| plan.regions.clone(), |region| vec![region]);
        let account = entry.account.id.clone();
        regions.into_iter().map(move |region| (account.clone(), region)).collect::<Vec<_>>()
    };
    entries.flat_map(of).collect()
}
