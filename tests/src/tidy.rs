//! The rules of the house, as tests: what may depend on what, what belongs to a function, how files are.

mod circles;
mod crates;
mod documents;
mod files;
mod functions;
mod places;
mod promises;
mod reference;
mod settings;
mod words;

pub use reference::parameters;

use std::path::Path;
use std::process::Command;

/// A file of the repository.
pub struct File {
    /// Its path from the top.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl File {
    /// What follows the last dot of its name; empty where there is none.
    pub fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|it| it.to_str()).unwrap_or_default()
    }
}

/// The text files of the repository, and those that are about to be added to it.
pub fn files() -> Vec<File> {
    let top = local_aws::workspace();
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(&top);
    let listed = git.output().expect("git is there");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let paths = String::from_utf8(listed.stdout).unwrap();
    // One that was deleted and not yet committed is listed, and is not there.
    let read = |path: &str| Some(File { path: path.into(), text: std::fs::read_to_string(top.join(path)).ok()? });
    paths.lines().filter_map(read).collect()
}

/// The documents.
pub fn markdown() -> Vec<File> {
    files().into_iter().filter(|file| file.extension() == "md").collect()
}

/// A file of the workspace, as text.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(local_aws::workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the folders in a folder of the workspace, sorted.
pub fn folders(of: &str) -> Vec<String> {
    let entries = std::fs::read_dir(local_aws::workspace().join(of)).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
