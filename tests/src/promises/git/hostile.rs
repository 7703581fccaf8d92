//! Trees that no honest `git` makes: what it refuses to check out, and what would take memory without end.

use super::{fetch, told};
use crate::world::git::forge::Forge;
use crate::world::git::{Folder, Repository};

const FILE: &str = "100644";
const FOLDER: &str = "40000";

/// A folder that has the one below twice, twenty times: a million paths in twenty objects.
fn doubled(repository: &Repository, mut below: String) -> String {
    for _ in 0..20 {
        below = repository.plant_tree(&[(FOLDER, "a", &below), (FOLDER, "b", &below)]);
    }
    below
}

#[tokio::test]
async fn trees_that_no_honest_git_makes_are_refused() {
    let repository = Repository::make("templates");
    let blob = repository.plant("blob", b"x");
    let (file, empty) = (repository.plant_tree(&[(FILE, "f", &blob)]), repository.plant_tree(&[]));
    let plant = |entries: &[(&str, &str, &str)]| repository.plant_tree(entries);
    let deep = (0..1010).fold(empty.clone(), |below, _| plant(&[(FOLDER, "a", &below)]));
    let cases = [
        (plant(&[(FILE, "..", &blob)]), "a tree has the name `..`, which git does not allow"),
        (plant(&[(FILE, "a/b", &blob)]), "a tree has the name `a/b`, which git does not allow"),
        (plant(&[(FILE, "a", &blob), (FILE, "a", &blob)]), "`a` is there twice or not in its place"),
        (plant(&[(FILE, "b", &blob), (FILE, "a", &blob)]), "`a` is there twice or not in its place"),
        (doubled(&repository, file), "it has more than 200000 paths"),
        (doubled(&repository, empty), "it has more than 200000 paths"),
        (deep, "folders that go on without end"),
    ];
    let forge = Forge::start(&repository).await;
    let (remote, access) = (forge.remote(&repository), Forge::access());
    for (tree, says) in cases {
        repository.commit_tree("main", &tree);
        let folder = Folder::make();
        let checkout = fetch(&remote, &access, folder.path()).await.unwrap();
        let error = told(checkout.entries(), &[]);
        assert!(error.starts_with("refused: ") && error.contains(says), "{error}");
    }
}
