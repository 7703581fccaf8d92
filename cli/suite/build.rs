//! Writes the list of functions: one for each folder of `functions/`, whose type is the folder's name in capitals, so that
//! `share-ami` is `share_ami::ShareAmi`. A folder that `Cargo.toml` does not name does not compile.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// The name of a function's type.
fn type_of(name: &str) -> String {
    let words = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect()
}

fn main() {
    // From the package's folder, where cargo runs this: a target directory may be from a checkout elsewhere.
    let folder = Path::new("../../functions");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).expect("the folder of functions");
    let folders = entries.map(|it| it.expect("a folder").path()).filter(|it| it.join("Cargo.toml").exists());
    let mut names: Vec<_> =
        folders.map(|it| it.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect();
    names.sort();
    let (mut crates, mut entries, mut modules) = (String::new(), String::new(), String::new());
    for name in &names {
        let module = name.replace('-', "_");
        writeln!(crates, "pub use {module};").expect("text");
        writeln!(entries, "    Entry::of::<{module}::{}>(),", type_of(name)).expect("text");
        write!(modules, "{module} ").expect("text");
    }
    let list = format!(
        "{crates}\n/// Every function, in the order of its name.\npub static FUNCTIONS: &[Entry] = &[\n{entries}];\n\n\
         /// Hands the names of the functions' crates to a macro.\n#[macro_export]\nmacro_rules! functions {{\n    \
         ($then:ident) => {{ $then! {{ {modules}}} }};\n}}\n"
    );
    #[expect(clippy::disallowed_methods, reason = "how cargo tells a build script where to write")]
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("functions.rs"), list).expect("the list is written");
}
