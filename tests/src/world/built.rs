//! The compiled functions. `cargo test` builds no binaries for a package without some, so that they are built here: once
//! a run, and at no cost where they are fresh.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// What cargo tells a test about its package. A build script that watches one of these (ring's does) would run again,
/// and with it everything that stands on it.
const OF_THIS_PACKAGE: [&str; 3] = ["CARGO_MANIFEST_", "CARGO_PKG_", "OUT_DIR"];

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// The path of a binary of the workspace, freshly built in the profile of this test.
///
/// Panics with the compiler's own words where it cannot be built.
pub fn binary(name: &str) -> PathBuf {
    let path = FOLDER.get_or_init(build).join(name);
    assert!(path.exists(), "{} is no binary of the workspace", path.display());
    path
}

/// Builds every binary, with the features that `cargo test --workspace` gives the crates below, and says where they lie.
fn build() -> PathBuf {
    let here = std::env::current_exe().expect("a test knows where it lies");
    let folder = here.ancestors().nth(2).expect("tests lie in target/<profile>/deps").to_owned();
    let target = folder.parent().expect("profiles lie in target");
    let profile = match folder.file_name().and_then(OsStr::to_str) {
        None | Some("debug") => "dev",
        Some(profile) => profile,
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--workspace", "--bins", "--profile", profile]);
    cargo.arg("--target-dir").arg(target).current_dir(local_aws::workspace());
    for (name, _) in std::env::vars_os() {
        let is_of_package = |name: &str| OF_THIS_PACKAGE.iter().any(|start| name.starts_with(start));
        if name.to_str().is_some_and(is_of_package) {
            cargo.env_remove(name);
        }
    }
    let built = cargo.output().expect("cargo runs");
    assert!(built.status.success(), "the binaries cannot be built:\n{}", String::from_utf8_lossy(&built.stderr));
    folder
}
