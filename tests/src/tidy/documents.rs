//! What stands at the top of the repository, and where documents point to.

use std::collections::BTreeSet;

use super::{File, files, read};

/// Files and folders that a reader meets first: each has a reason to be there.
const TOP: [&str; 23] = [
    ".ci",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "cli",
    "clippy.toml",
    "deny.toml",
    "docs",
    "events",
    "functions",
    "infra",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "shared",
    "tests",
    "typos.toml",
];

fn documents() -> Vec<File> {
    files().into_iter().filter(|file| file.extension() == "md").collect()
}

#[test]
fn the_top_holds_only_what_belongs_there() {
    let top: BTreeSet<_> = files().iter().map(|file| file.path.split('/').next().unwrap().to_owned()).collect();
    let strange: Vec<_> = top.iter().filter(|name| !TOP.contains(&name.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?} at the top of the repository");
}

#[test]
fn links_lead_somewhere() {
    for File { path, text } in documents() {
        let folder = local_aws::workspace().join(&path).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let is_elsewhere = file.contains("://") || file.starts_with("mailto:");
            assert!(is_elsewhere || folder.join(file).exists(), "{path}: {target} leads nowhere");
        }
    }
}

#[test]
fn the_architecture_is_read_in_one_sitting() {
    let lines = read("ARCHITECTURE.md").lines().count();
    assert!(lines <= 150, "ARCHITECTURE.md has {lines} lines, and may have 150");
}

#[test]
fn decisions_are_numbered_without_gaps() {
    let mut numbers: Vec<usize> = Vec::new();
    for File { path, text } in documents() {
        let Some(name) = path.strip_prefix("docs/decisions/").filter(|name| *name != "README.md") else { continue };
        let number = name.split('-').next().and_then(|it| it.parse().ok());
        numbers.push(number.unwrap_or_else(|| panic!("{path}: NNNN-title.md")));
        assert!(text.lines().count() <= 60, "{path}: a decision is half a page");
    }
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=numbers.len()), "docs/decisions: {numbers:?}");
}
