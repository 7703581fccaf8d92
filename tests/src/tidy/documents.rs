//! What stands at the top of the repository, and where documents point to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{File, files, folders, markdown, read};

/// Files and folders that a reader meets first: each has a reason to be there.
const TOP: [&str; 25] = [
    ".cargo",
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
    "findings",
    "events",
    "functions",
    "infra",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "shared",
    "tests",
    "typos.toml",
];

#[test]
fn the_top_holds_only_what_belongs_there() {
    let top: BTreeSet<_> = files().iter().map(|file| file.path.split('/').next().unwrap().to_owned()).collect();
    let strange: Vec<_> = top.iter().filter(|name| !TOP.contains(&name.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?} at the top of the repository");
}

/// The text without what stands between fences, which is no document.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// Where a document's headings are linked to, as GitHub makes these anchors.
fn anchors_of(text: &str) -> BTreeSet<String> {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |it: &char| it.is_alphanumeric() || [' ', '-', '_'].contains(it);
    headings.map(|it| it.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// The targets of a document's links.
fn targets_in(text: &str) -> Vec<String> {
    let text = prose(text);
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

#[test]
fn links_lead_somewhere() {
    for File { path, text } in markdown() {
        let here = local_aws::workspace().join(&path);
        for target in targets_in(&text).iter().filter(|it| !is_elsewhere(it)) {
            let (file, anchor) = target.split_once('#').map_or((target.as_str(), None), |(file, it)| (file, Some(it)));
            let file = if file.is_empty() { here.clone() } else { here.parent().unwrap().join(file) };
            assert!(file.exists(), "{path}: {target} leads nowhere");
            let Some(anchor) = anchor else { continue };
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {target}: {error}"));
            assert!(anchors_of(&text).contains(anchor), "{path}: {target}: there is no heading of this name");
        }
    }
}

/// A document that no other one links to is never found.
/// Whether it is a page of a folder that a document links to as a whole, or the README of a folder in it.
fn is_in_linked_folder(file: &Path, linked: &BTreeSet<PathBuf>) -> bool {
    let of_page = file.parent();
    let of_readme = of_page.filter(|_| file.ends_with("README.md")).and_then(Path::parent);
    of_page.into_iter().chain(of_readme).any(|folder| linked.contains(folder))
}

#[test]
fn every_document_is_linked_to() {
    let mut linked = BTreeSet::new();
    for File { path, text } in markdown() {
        let folder = local_aws::workspace().join(&path).parent().unwrap().to_owned();
        let targets = targets_in(&text).into_iter().filter(|it| !is_elsewhere(it));
        let files = targets.filter_map(|it| folder.join(it.split('#').next()?).canonicalize().ok());
        linked.extend(files);
    }
    for File { path, .. } in markdown() {
        let file = local_aws::workspace().join(&path).canonicalize().unwrap();
        let is_found = path == "README.md"
            || path.starts_with("docs/decisions/")
            || is_in_linked_folder(&file, &linked)
            || linked.contains(&file);
        assert!(is_found, "no document links to {path}");
    }
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= 110, "README.md has {lines} lines, and may have 110: a subject has its page in docs/");
}

/// A function's page is its crate's documentation, too. The list of these pages is generated.
#[test]
fn each_function_has_a_page() {
    for function in folders("functions") {
        let page = read(&format!("functions/{function}/README.md"));
        assert!(page.starts_with(&format!("# `{function}`\n")), "functions/{function}/README.md begins with its name");
        let library = read(&format!("functions/{function}/src/lib.rs"));
        let included = "#![doc = include_str!(\"../README.md\")]\n";
        assert!(library.starts_with(included), "functions/{function}/src/lib.rs: {included}");
    }
}

/// What is said twice is soon said in two ways.
#[test]
fn no_sentence_stands_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for File { path, text } in markdown().into_iter().filter(|file| is_written_by_hand(&file.path)) {
        for sentence in sentences_in(&text) {
            let before = seen.insert(sentence.clone(), path.clone());
            assert_eq!(before, None, "{path} says again: {sentence}");
        }
    }
}

fn is_written_by_hand(path: &str) -> bool {
    let is_generated = read_head(path).is_some_and(|head| head.contains("This page is generated"));
    !is_generated && !path.starts_with("docs/decisions/") && path != "CHANGELOG.md"
}

fn read_head(path: &str) -> Option<String> {
    path.starts_with("docs/reference/").then(|| read(path).lines().take(3).collect())
}

/// The longer sentences of a document's prose. Rows of tables, and links to where more is said, may look alike.
fn sentences_in(text: &str) -> Vec<String> {
    let prose = prose(text);
    // A heading, a row and the end of a paragraph end a sentence.
    let lines = prose.lines().map(|line| if line.starts_with(['|', '#']) || line.is_empty() { ". " } else { line });
    let words = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    let sentences = words.split(". ").map(|it| it.trim_matches(['-', '*', '.', ' ']).to_owned());
    sentences.filter(|it| it.split(' ').count() > FEW && !it.contains("](")).collect()
}

/// A sentence of no more words than these may well be true in two places.
const FEW: usize = 9;

#[test]
fn the_architecture_is_read_in_one_sitting() {
    let lines = read("ARCHITECTURE.md").lines().count();
    assert!(lines <= 150, "ARCHITECTURE.md has {lines} lines, and may have 150");
}

#[test]
fn decisions_are_numbered_without_gaps() {
    let mut numbers: Vec<usize> = Vec::new();
    for File { path, text } in markdown() {
        let Some(name) = path.strip_prefix("docs/decisions/").filter(|name| *name != "README.md") else { continue };
        let number = name.split('-').next().and_then(|it| it.parse().ok());
        numbers.push(number.unwrap_or_else(|| panic!("{path}: NNNN-title.md")));
        assert!(text.lines().count() <= 60, "{path}: a decision is half a page");
    }
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=numbers.len()), "docs/decisions: {numbers:?}");
}
