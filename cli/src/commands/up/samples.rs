//! The events that the console of the local AWS proposes to send: first those of what there is here, then the samples of `events/`.

use std::fs;
use std::path::Path;

use console::Sample;
use serde_json::Value;
use terminal::now;

use crate::sample::from_here;

/// An event of something that is here.
pub(super) fn of_here(name: &str, event: &Value) -> Sample {
    Sample { name: name.into(), text: format!("{event:#}") }
}

/// The samples of each function, as if they came of this account and Region now. What is no event of `EventBridge` is left out.
pub(super) fn of_functions() -> Vec<Sample> {
    let folder = local_aws::workspace().join("events");
    let mut samples: Vec<_> = files(&folder).iter().flat_map(|it| files(it)).filter_map(|file| read(&file)).collect();
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    samples
}

fn read(file: &Path) -> Option<Sample> {
    let text = fs::read_to_string(file).ok()?;
    let value: Value = serde_json::from_str(&text).ok()?;
    value.get("detail-type")?.as_str()?;
    let event = from_here(&text, now()).ok()?;
    let function = file.parent()?.file_name()?.to_string_lossy();
    let what = file.file_stem()?.to_string_lossy().replace('-', " ");
    Some(Sample { name: format!("{function}: {what}"), text: format!("{event:#}") })
}

/// What a folder has; nothing where it is none, as where the program was moved away from its sources.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder).map(|all| all.flatten().map(|it| it.path()).collect()).unwrap_or_default()
}
