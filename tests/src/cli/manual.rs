//! `signalbox completions` and `signalbox man`: what a shell completes, and the pages that a person reads.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::options::commands;
use crate::world::built::binary;

fn signalbox(arguments: &[&str]) -> Output {
    Command::new(binary("signalbox")).env_clear().args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn script(shell: &str) -> String {
    let ran = signalbox(&["completions", shell]);
    assert!(ran.status.success(), "{shell}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// What bash itself offers for the last of these words, once it has read the script.
fn completed(words: &str) -> Vec<String> {
    let asks = "COMP_WORDS=($0); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); word=${COMP_WORDS[COMP_CWORD]}\n\
         $(complete -p signalbox | grep -o -- '-F [^ ]*' | cut -c4-) signalbox \"$word\" \"${COMP_WORDS[COMP_CWORD-1]}\"\n\
         printf '%s\\n' \"${COMPREPLY[@]}\"";
    let program = format!("{}\n{asks}", script("bash"));
    let ran = Command::new("bash").args(["--norc", "-c", &program, words]).output().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{words}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().lines().map(String::from).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    assert_eq!(completed("signalbox pl"), ["plan"]);
    assert_eq!(completed("signalbox manifest ch"), ["check"]);
    assert_eq!(completed("signalbox history --ver"), ["--verify"]);
    assert_eq!(completed("signalbox fleet run --role-n"), ["--role-name"]);
    assert_eq!(completed("signalbox list --output j"), ["json"]);
    assert_eq!(completed("signalbox completions z"), ["zsh"]);
}

#[test]
fn the_script_of_each_shell_names_each_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = script(shell);
        for name in commands().keys().flat_map(|path| path.split(' ')) {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    let unknown = signalbox(&["completions", "csh"]);
    assert_eq!(unknown.status.code(), Some(252));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("possible values: bash, "), "{unknown:?}");
}

fn page(folder: &Path, name: &str) -> String {
    let file = folder.join(format!("{name}.1"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn the_manual_has_a_page_for_each_command_and_each_page_its_options() {
    let folder = std::env::temp_dir().join(format!("signalbox-manual-{}", std::process::id()));
    let ran = signalbox(&["man", folder.join("man1").to_str().unwrap()]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut commands = commands();
    let groups: Vec<_> =
        commands.keys().filter_map(|path| path.rsplit_once(' ')).map(|(group, _)| group.to_owned()).collect();
    commands.extend(groups.into_iter().chain([String::new()]).map(|group| (group, BTreeSet::new())));
    for (path, options) in &commands {
        let name = format!("signalbox {path}").trim().replace(' ', "-");
        let text = page(&folder.join("man1"), &name);
        let title = format!(".TH {name} 1 ");
        assert!(text.lines().any(|line| line.starts_with(&title) && line.ends_with("Signalbox")), "{title}: {text}");
        for option in options {
            let written = format!("\\-\\-{}", option.replace('-', "\\-"));
            assert!(text.contains(&written), "{name}: {written}: {text}");
        }
    }
    let written = std::fs::read_dir(folder.join("man1")).unwrap().count();
    assert_eq!(written, commands.len(), "each page is of a command");
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.starts_with(&format!("{written} pages are in ")), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_manual_where_no_folder_can_be_is_refused() {
    let file = std::env::temp_dir().join(format!("signalbox-no-folder-{}", std::process::id()));
    std::fs::write(&file, "kept").unwrap();
    let ran = signalbox(&["man", file.to_str().unwrap()]);
    assert_eq!(ran.status.code(), Some(252));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("cannot write the manual to") && said.contains("name a folder"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
    std::fs::remove_file(&file).unwrap();
}
