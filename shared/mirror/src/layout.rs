//! What becomes of the layout `OWNER/REPO/..`: the difference between a branch's head and the manifest.

use std::collections::{BTreeMap, BTreeSet};

use reaction::interlock::{Limits, listed};
use reaction::{Doing, Error, Finding, Plan, Severity};

use crate::keys::{Keys, checked};
use crate::manifest::{FORMAT, Journal, Left, Manifest, Record, Rules, Stored, Why};
use crate::steps::{BATCH, Content, Step, Upload};
use crate::tree::{Head, LfsPointer};
use crate::{BlobId, CommitId, Entry, Mode, RepositoryName};

/// What decides over a layout.
#[derive(Clone, Debug)]
pub struct Layout<'a> {
    /// The repository.
    pub name: &'a RepositoryName,
    /// The branch that owns the layout.
    pub branch: &'a str,
    /// Its head.
    pub head: &'a Head,
    /// What decides what a file becomes.
    pub rules: Rules,
    /// The manifest that there is.
    pub manifest: Option<&'a Stored<Manifest>>,
    /// The journal of a run that was broken off.
    pub journal: Option<&'a Stored<Journal>>,
    /// How much one run may delete without being forced.
    pub limits: Limits,
    /// The commit for which an operator admits that more is deleted.
    pub force: Option<&'a CommitId>,
}

/// A file of the commit that is to be an object.
pub(crate) struct Wanted {
    pub(crate) mode: Mode,
    pub(crate) blob: BlobId,
    pub(crate) lfs: Option<LfsPointer>,
    pub(crate) size: u64,
}

impl Wanted {
    pub(crate) fn content(&self) -> Content {
        self.lfs.clone().map_or_else(|| Content::Blob(self.blob), Content::Lfs)
    }
}

/// Computes the steps that make the layout as the head is.
///
/// # Errors
/// `Refused` where more would be deleted than may be, and it is not forced.
pub fn plan_layout(of: &Layout) -> Result<Plan<Step>, Error> {
    let (wanted, left) = sorted_out(&Keys(of.name).layout(), of.head, &of.rules);
    let nothing = BTreeMap::new();
    let known = of.manifest.map_or(&nothing, |it| &it.it.files);
    let none = BTreeSet::new();
    let uncertain = of.journal.map_or(&none, |it| &it.it.paths);
    let is_there = |path: &String, wanted: &Wanted| {
        known.get(path).is_some_and(|it| it.blob == wanted.blob && it.lfs == wanted.lfs) && !uncertain.contains(path)
    };
    let uploads: Vec<_> = wanted
        .iter()
        .filter(|(path, it)| !is_there(path, it))
        .map(|(path, it)| Upload {
            path: path.clone(),
            content: it.content(),
            size: it.size,
            replaces: known.get(path).filter(|_| !uncertain.contains(path)).map(|it| it.etag.clone()),
        })
        .collect();
    let going: BTreeSet<_> =
        known.keys().chain(uncertain).filter(|path| !wanted.contains_key(*path)).cloned().collect();
    let vanishing = going.iter().filter(|path| known.contains_key(*path));
    admit(of, &vanishing.collect::<Vec<_>>(), known.len()).doing(|| format!("mirroring {}", of.name))?;
    let findings = left.iter().map(finding).collect::<Vec<_>>();
    let counts = counted(wanted.len(), uploads.len(), going.len(), &left);
    let steps = steps(of, recorded(of, wanted, left), &uploads, going);
    let (shown, more) = listed(findings.into_iter());
    let notes =
        (more > 0).then(|| format!("{more} more paths are not mirrored as git has them; the manifest lists them all"));
    Ok(Plan::of(steps).with_findings(shown).with_notes(notes).with_counts(counts))
}

fn steps(of: &Layout, manifest: Manifest, uploads: &[Upload], going: BTreeSet<String>) -> Vec<Step> {
    let is_touched = !uploads.is_empty() || !going.is_empty();
    let is_recorded = of.manifest.is_some_and(|it| it.it == manifest);
    if !is_touched && is_recorded && of.journal.is_none() {
        return Vec::new();
    }
    let paths = uploads.iter().map(|it| it.path.clone()).chain(going.iter().cloned()).collect();
    let journal = Journal { format: FORMAT, commit: of.head.commit.clone(), paths };
    let mut steps = Vec::new();
    // Of a run that was broken off, everything that it noted is among these.
    if is_touched {
        steps.push(Step::Open { journal, replaces: of.journal.map(|it| it.etag.clone()) });
    }
    steps.extend(
        uploads.chunks(BATCH).map(|some| Step::Upload { branch: of.branch.to_owned(), uploads: some.to_vec() }),
    );
    let going: Vec<_> = going.into_iter().collect();
    steps.extend(going.chunks(BATCH).map(|some| Step::Delete(some.to_vec())));
    if is_touched || !is_recorded {
        steps.push(Step::Record { manifest, replaces: of.manifest.map(|it| it.etag.clone()) });
    }
    if is_touched || of.journal.is_some() {
        steps.push(Step::Close);
    }
    steps
}

/// Refuses to delete more than may be, unless this very head is forced.
fn admit(of: &Layout, vanishing: &[&String], known: usize) -> Result<(), Error> {
    let going = vanishing.len();
    if of.limits.excess(going, going, known).is_none() || of.force == Some(&of.head.commit) {
        return Ok(());
    }
    let (shown, more) = listed(vanishing.iter().take(10));
    let shown = shown.into_iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
    let rest = if going > 10 { format!(" and {} more", going - 10 + more) } else { String::new() };
    Err(Error::refused(format!(
        "commit {} lacks {going} of the {known} files that the bucket has ({shown}{rest}), which is more than {} of a hundred; nothing \
         was changed; look at the branch, and if that is what it should be, force this commit: signalbox mirror run {} --force {}",
        of.head.commit, of.limits.percent, of.name, of.head.commit
    )))
}

/// The manifest of the layout once it is as the head is. What is written gets its ETag then.
fn recorded(of: &Layout, wanted: BTreeMap<String, Wanted>, left: Vec<Left>) -> Manifest {
    let etag = |path: &String| of.manifest.and_then(|it| it.it.files.get(path)).map(|it| it.etag.clone());
    let files = wanted.into_iter().map(|(path, Wanted { mode, blob, lfs, size })| {
        let record = Record { mode, blob, size, etag: etag(&path).unwrap_or_default(), lfs };
        (path, record)
    });
    Manifest {
        format: FORMAT,
        repository: of.name.clone(),
        branch: of.branch.to_owned(),
        commit: of.head.commit.clone(),
        rules: of.rules.clone(),
        files: files.collect(),
        left,
    }
}

/// The files that become objects whose keys begin with this, and the entries that do not, or not as git has them.
pub(crate) fn sorted_out(prefix: &str, head: &Head, rules: &Rules) -> (BTreeMap<String, Wanted>, Vec<Left>) {
    let (mut wanted, mut left) = (BTreeMap::new(), Vec::new());
    for entry in &head.entries {
        let leave = |(why, message)| Left { path: shown(&entry.path), why, message };
        match object_of(prefix, entry, head, rules) {
            Ok((path, it)) => {
                if it.lfs.is_none() && head.pointers.contains_key(&entry.blob) {
                    let message = "a pointer of Git LFS; its file is not fetched, and the pointer itself is mirrored";
                    left.push(leave((Why::LfsPointer, message.into())));
                }
                wanted.insert(path, it);
            }
            Err(why) => left.push(leave(why)),
        }
    }
    left.sort();
    (wanted, left)
}

/// The path and the object that an entry becomes, or why it becomes none.
fn object_of(prefix: &str, entry: &Entry, head: &Head, rules: &Rules) -> Result<(String, Wanted), (Why, String)> {
    match entry.mode {
        Mode::Symlink => {
            return Err((Why::Symlink, "a symbolic link, which S3 does not have; it is not mirrored".into()));
        }
        Mode::Submodule => {
            let message = format!("a submodule at commit {}, whose files are another repository's", entry.blob);
            return Err((Why::Submodule, message));
        }
        Mode::File | Mode::Executable => {}
    }
    let path = checked(prefix, &entry.path).map_err(|why| (Why::Key, why.to_string()))?;
    let lfs = head.pointers.get(&entry.blob).filter(|_| rules.lfs).cloned();
    let size = lfs.as_ref().map_or(entry.size, |it| Some(it.size));
    match size {
        Some(size) if size <= rules.largest => Ok((path, Wanted { mode: entry.mode, blob: entry.blob, lfs, size })),
        _ => {
            let size = size.map_or_else(|| "more bytes than were fetched".to_owned(), |it| format!("{it} bytes"));
            Err((Why::Large, format!("{size}, and the configuration takes files of {} at most", rules.largest)))
        }
    }
}

/// A path as text, whatever bytes it has.
fn shown(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => path.escape_ascii().to_string(),
    }
}

/// What is said of an entry that is not in the bucket as git has it. The rest of the commit is mirrored.
pub(crate) fn finding(Left { path, why, message }: &Left) -> Finding {
    let remedy = match why {
        Why::Symlink => "commit the file itself, or let readers use the path that it leads to",
        Why::Submodule => "mirror that repository too",
        Why::Key => "rename the file",
        Why::Large => "raise `largest` and the function's ephemeral storage, or keep the file elsewhere",
        Why::LfsPointer => "name the host of its files in `lfs`",
    };
    Finding {
        path: path.clone(),
        severity: Severity::Warning,
        rule: why.to_string(),
        message: message.clone(),
        remedy: remedy.into(),
    }
}

fn counted(files: usize, written: usize, deleted: usize, left: &[Left]) -> reaction::Counts {
    let number = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
    let mut counts = BTreeMap::from([
        ("deleted".to_owned(), number(deleted)),
        ("files".to_owned(), number(files)),
        ("written".to_owned(), number(written)),
    ]);
    for Left { why, .. } in left {
        *counts.entry(why.to_string()).or_default() += 1;
    }
    BTreeMap::from([("layout".to_owned(), counts)])
}
