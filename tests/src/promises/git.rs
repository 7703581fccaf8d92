//! What is read of a git repository is what `git` says of it, whatever its forge does: real repositories behind a real
//! `sshd` and a real `git http-backend`.

mod hostile;
mod kept;
mod large;
mod ssh;
mod tree;
mod web;

use std::path::Path;

use git::{Access, Bounds, Checkout, Error, Remote};

use crate::world::git::{Repository, file};

/// Fetches `main` within the usual bounds.
async fn fetch(remote: &Remote, access: &Access, into: &Path) -> Result<Checkout, Error> {
    git::fetch(remote, access, "main", into, &Bounds::default()).await
}

/// A repository with one commit.
fn small() -> Repository {
    let repository = Repository::make("templates");
    repository.commit("main", &[file("network.yaml", "Resources: {}\n"), file("app/web.yaml", "Parameters: {}\n")]);
    repository
}

/// What went wrong, without what differs between two runs.
fn told<T>(result: Result<T, Error>, hide: &[(&str, &str)]) -> String {
    let error = result.err().unwrap();
    let kind = if error.is_refused() { "refused" } else { "failed" };
    hide.iter().fold(format!("{kind}: {error}"), |text, (from, to)| text.replace(from, to))
}

/// Bytes that no compression makes smaller.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}
