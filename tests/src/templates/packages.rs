//! What `make package` writes: the same bytes from the same binary, and of each package what it consists of.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use suite::{Entry, FUNCTIONS};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Asks what the library of `CycloneDX` itself says of files.
const VALIDATE: &str = "
import pathlib, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for name in sys.argv[1:]:
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(pathlib.Path(name).read_text())
    if wrong:
        sys.exit(f'{name}: {wrong!r}'[:2000])
";

fn python(arguments: &[&str]) -> String {
    let mut python = Command::new(local_aws::workspace().join(".local/venv/bin/python"));
    let told = python.current_dir(local_aws::workspace()).args(arguments).output();
    let told = told.expect("python runs (`make setup` installs it)");
    assert!(told.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap()
}

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("signalbox-packages-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A program at this path, with these permissions.
fn put(binary: &Path, mode: u32) {
    std::fs::create_dir_all(binary.parent().unwrap()).unwrap();
    std::fs::copy("/usr/bin/true", binary).unwrap();
    std::fs::set_permissions(binary, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_package_is_the_same_wherever_its_binary_lies_and_whoever_may_read_it() {
    let folder = folder("twice");
    let zips = [("a/share-ami", 0o755), ("another/place/built", 0o600)].map(|(name, mode)| {
        let (binary, zip) = (folder.join(name), folder.join(name).with_extension("zip"));
        put(&binary, mode);
        python(&["infra/package.py", binary.to_str().unwrap(), zip.to_str().unwrap()]);
        zip
    });
    let [first, second] = zips.each_ref().map(|zip| std::fs::read(zip).unwrap());
    assert!(first == second && !first.is_empty());
    let listed = python(&[
        "-c",
        "import sys, zipfile\nfor it in zipfile.ZipFile(sys.argv[1]).infolist(): \
         print(it.filename, it.date_time, oct(it.external_attr >> 16), it.create_system)",
        zips[0].to_str().unwrap(),
    ]);
    assert_eq!(listed, "bootstrap (1980, 1, 1, 0, 0, 0) 0o755 3\n");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Cargo may bring an older program back, so that no time says whether a zip has it.
#[test]
fn a_package_is_made_anew_where_it_has_another_program_and_only_there() {
    let folder = folder("anew");
    let (binary, zip) = (folder.join("share-ami"), folder.join("share-ami.zip"));
    let package = || python(&["infra/package.py", binary.to_str().unwrap(), zip.to_str().unwrap()]);
    let made = || std::fs::metadata(&zip).unwrap().modified().unwrap();
    put(&binary, 0o755);
    package();
    let (first, bytes) = (made(), std::fs::read(&zip).unwrap());
    package();
    assert_eq!(made(), first, "it has the program already");
    std::fs::copy("/usr/bin/false", &binary).unwrap();
    std::fs::File::open(&binary).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    package();
    assert_ne!(std::fs::read(&zip).unwrap(), bytes, "the program is older, and another one");
    std::fs::write(&zip, "half").unwrap();
    put(&binary, 0o755);
    package();
    assert_eq!(std::fs::read(&zip).unwrap(), bytes, "the zip was broken");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Lists what is in packages of this folder.
fn list(folder: &Path) {
    let mut arguments = vec!["infra/sbom.py", folder.to_str().unwrap(), TARGET];
    arguments.extend(FUNCTIONS.iter().map(|Entry { name, .. }| *name));
    python(&arguments);
}

fn read(folder: &Path, function: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{function}.cdx.json"))).unwrap()).unwrap()
}

/// The names of what a function consists of.
fn names(listed: &Value) -> BTreeSet<&str> {
    listed["components"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn each_package_says_what_it_consists_of_in_words_that_cyclonedx_reads() {
    let folder = folder("listed");
    for Entry { name, .. } in FUNCTIONS {
        std::fs::write(folder.join(format!("{name}.zip")), name).unwrap();
    }
    list(&folder);
    let sums = std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 2 * FUNCTIONS.len(), "{sums}");
    let sha256sum =
        |file: &str| Command::new("sha256sum").args(["--check", "--quiet", file]).current_dir(&folder).status();
    assert!(sha256sum("SHA256SUMS").unwrap().success());
    let files: Vec<_> = FUNCTIONS.iter().map(|it| folder.join(format!("{}.cdx.json", it.name))).collect();
    let mut arguments = vec!["-c", VALIDATE];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    python(&arguments);
    let (shares, rotates) = (read(&folder, "share-ami"), read(&folder, "rotate-db-user"));
    assert!(names(&shares).is_superset(&["aws-sdk-ec2", "reaction", "ring", "rust-std"].into()), "{shares}");
    assert!(names(&rotates).contains("tokio-postgres") && !names(&shares).contains("tokio-postgres"));
    let (tests_alone, builds_alone) = ("expect-test", "serde_derive");
    assert!(!names(&shares).contains(tests_alone) && !names(&shares).contains(builds_alone), "{shares}");
    let digest = sums.lines().find_map(|line| line.strip_suffix("  share-ami.zip")).unwrap();
    assert_eq!(shares["metadata"]["component"]["hashes"][0]["content"], digest);
    list(&folder);
    assert_eq!(std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap(), sums, "the same packages, the same bytes");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Runs make, and says what it says where it refuses.
fn refused(arguments: &[&str]) -> String {
    let ran = Command::new("make").args(arguments).current_dir(local_aws::workspace()).output().unwrap();
    assert_eq!(ran.status.code(), Some(2), "{arguments:?}");
    String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap()
}

#[test]
fn what_cannot_be_built_or_deployed_is_said_before_anything_is() {
    let unknown = refused(&["package", "ARCH=m68k"]);
    assert!(unknown.contains("ARCH=m68k is unknown: set ARCH=x86_64 or ARCH=arm64"), "{unknown}");
    let missing = refused(&["package", "ARCH=arm64", "SYSROOT=/no/such/folder"]);
    assert!(missing.contains("rustup target add aarch64-unknown-linux-gnu"), "{missing}");
    let stage = refused(&["deploy", "STAGE=no-such-stage"]);
    assert!(stage.contains("infra/stages/no-such-stage.mk is missing"), "{stage}");
    assert!(refused(&["rollback"]).contains("set FUNCTION="));
    assert!(refused(&["deploy", "ZIPS=x"]).contains("set BUCKET="));
    let given = ["BUCKET=code", "MANIFEST=s3://code/m", "ALLOWED=everybody", "FUNCTIONS=share-ami"];
    let zips = refused(&[&["deploy", "ZIPS=/no/such"], &given[..]].concat());
    assert!(zips.contains("/no/such/SHA256SUMS is missing"), "{zips}");
}
