//! What becomes of a bucket, case by case: a head and what there is go in, steps come out.

mod broken_off;
mod copies;
mod layout;
mod left;
mod mirrors;
mod verify;

use std::collections::{BTreeMap, BTreeSet};

use reaction::interlock::Limits;
use reaction::{Error, Plan};

use crate::{
    BlobId, CommitId, Copied, CopyManifest, Entry, FORMAT, Head, Journal, Layout, LfsPointer, Manifest, Mode, Pointer,
    Record, RepositoryName, Rules, Step, Stored, Turn, plan_copy, plan_layout,
};

/// A file: its path and the digit of its blob.
type File = (&'static str, u8);

fn name() -> RepositoryName {
    "acme/templates".parse().unwrap()
}

fn commit(digit: u8) -> CommitId {
    format!("{digit:x}").repeat(40).parse().unwrap()
}

fn blob(digit: u8) -> BlobId {
    BlobId::from_bytes([digit; 20])
}

fn entry(path: &[u8], mode: Mode, digit: u8) -> Entry {
    Entry { path: path.to_vec(), mode, blob: blob(digit), size: Some(u64::from(digit)) }
}

fn head(of: u8, files: &[File]) -> Head {
    let entries = files.iter().map(|(path, digit)| entry(path.as_bytes(), Mode::File, *digit)).collect();
    Head { commit: commit(of), entries, pointers: BTreeMap::new() }
}

fn rules() -> Rules {
    Rules { largest: 100, lfs: false }
}

/// The manifest of a layout that has these files.
fn manifest(of: u8, files: &[File]) -> Stored<Manifest> {
    let record = |digit: u8| Record {
        mode: Mode::File,
        blob: blob(digit),
        size: u64::from(digit),
        etag: format!("etag-{digit}"),
        lfs: None,
    };
    let files = files.iter().map(|(path, digit)| ((*path).to_owned(), record(*digit))).collect();
    let it = Manifest {
        format: FORMAT,
        repository: name(),
        branch: "main".into(),
        commit: commit(of),
        rules: rules(),
        files,
        left: Vec::new(),
    };
    Stored { it, etag: "manifest".into() }
}

fn journal(of: u8, paths: &[&str]) -> Stored<Journal> {
    let paths: BTreeSet<_> = paths.iter().map(|it| (*it).to_owned()).collect();
    Stored { it: Journal { format: FORMAT, commit: commit(of), paths }, etag: "journal".into() }
}

fn limits() -> Limits {
    Limits { removals: usize::MAX, percent: 50 }
}

/// The plan of a layout.
fn planned(
    head: &Head,
    manifest: Option<&Stored<Manifest>>,
    journal: Option<&Stored<Journal>>,
    force: Option<&CommitId>,
) -> Result<Plan<Step>, Error> {
    let (name, rules) = (name(), rules());
    plan_layout(&Layout { name: &name, branch: "main", head, rules, manifest, journal, limits: limits(), force })
}

/// How many copies stay.
const KEPT: usize = 3;

/// What is known of what copies consist of, by their prefixes.
type Lists = BTreeMap<String, Stored<CopyManifest>>;

/// Which copies stay and go where the branch has this commit.
fn turn(of: &CommitId, pointer: Option<&Stored<Pointer>>) -> Turn {
    Turn::of(&name(), "main", of, pointer.map(|it| &it.it), KEPT)
}

/// The plan of a copy.
fn copied(
    head: &Head,
    pointer: Option<&Stored<Pointer>>,
    present: &BTreeMap<String, u64>,
    manifests: &Lists,
) -> Plan<Step> {
    let (name, turn) = (name(), turn(&head.commit, pointer));
    plan_copy(&Copied { name: &name, branch: "main", head, rules: rules(), pointer, turn: &turn, present, manifests })
}

fn steps(plan: Plan<Step>) -> Vec<Step> {
    match plan {
        Plan::Change { steps, .. } => steps,
        Plan::Ignore(why) => panic!("{why}"),
    }
}

fn lfs(digit: u8) -> LfsPointer {
    LfsPointer { oid: format!("c{digit:x}").repeat(32), size: 70 + u64::from(digit) }
}
