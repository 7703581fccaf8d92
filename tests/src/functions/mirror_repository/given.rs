//! What there is before a message.

use std::sync::LazyLock;

use crate::world::git::{File, file, with_mode};

/// The key of the manifest.
pub const MANIFEST: &str = ".signalbox/acme/templates/manifest.json";
/// The key of the journal.
pub const JOURNAL: &str = ".signalbox/acme/templates/journal.json";
/// The key of the pointer.
pub const POINTER: &str = ".signalbox/acme/templates/main/pointer.json";

/// What there is before a message.
#[derive(Clone)]
pub struct Given {
    /// The files of the commit that was mirrored before that one.
    pub earlier: Option<&'static LazyLock<Vec<File>>>,
    /// The files of the commit that was mirrored before.
    pub before: Option<&'static LazyLock<Vec<File>>>,
    /// The files that the branch has now.
    pub now: &'static LazyLock<Vec<File>>,
    /// The branches that get copies and pointers.
    pub copies: &'static [&'static str],
    /// The hosts of files of Git LFS.
    pub lfs: &'static [&'static str],
    /// How many copies stay, as the setting has it.
    pub kept: Option<&'static str>,
    /// Whether the list of repositories is in Parameter Store.
    pub is_parameter: bool,
}

/// A repository that was never mirrored, with two templates.
pub const GIVEN: Given =
    Given { earlier: None, before: None, now: &FIRST, copies: &[], lfs: &[], kept: None, is_parameter: false };

/// A push to a repository that has a pointer.
pub const POINTED: Given = Given { before: Some(&FIRST), now: &SECOND, copies: &["main"], ..GIVEN };

/// The same, where the pointer moves on from a commit whose copy stays, and the copy before that goes.
pub const EXPIRING: Given = Given { earlier: Some(&AWKWARD), kept: Some("2"), ..POINTED };

/// Two templates.
pub static FIRST: LazyLock<Vec<File>> =
    LazyLock::new(|| vec![file("network/vpc.yaml", "Vpc: 1\n"), file("root.yaml", "Root: 1\n")]);

/// The same, of which one has changed, one is gone and one is new.
pub static SECOND: LazyLock<Vec<File>> =
    LazyLock::new(|| vec![file("network/subnets.yaml", "Subnets: 2\n"), file("root.yaml", "Root: 2\n")]);

/// A commit with everything that S3 does not have.
pub static AWKWARD: LazyLock<Vec<File>> = LazyLock::new(|| {
    vec![
        file("größe & 1+1.yaml", "A: é\n"),
        file(b"caf\xe9.yaml", "B: 1\n"),
        file("a line\nbreak.yaml", "C: 1\n"),
        file(vec![b'x'; 1020], "D: 1\n"),
        with_mode("120000", "link.yaml", "root.yaml"),
        with_mode("100755", "run.sh", "#!/bin/sh\r\n"),
        with_mode("160000", "vendor", "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"),
    ]
});
