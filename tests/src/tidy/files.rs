//! Rules about single files: what they are called, how long they are, how they begin.

use super::{File, files, read};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 40;

/// Names that say nothing of what is behind them.
const EMPTY_NAMES: [&str; 11] =
    ["manager", "service", "handler", "helper", "helpers", "util", "utils", "common", "misc", "process", "data"];

fn files_of(extensions: &[&str]) -> Vec<File> {
    files().into_iter().filter(|file| extensions.contains(&file.extension())).collect()
}

#[test]
fn files_are_short() {
    let long = files_of(&["rs", "py"]).into_iter().filter(|file| file.text.lines().count() > LONGEST_FILE);
    let long: Vec<_> = long.map(|file| file.path).collect();
    assert!(long.is_empty(), "more than {LONGEST_FILE} lines: {long:?}");
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for file in files_of(&["rs"]) {
        let functions = functions_in(&file.text).into_iter().filter(|(_, lines)| *lines > LONGEST_FUNCTION);
        long.extend(functions.map(|(line, lines)| format!("{}:{line} ({lines} lines)", file.path)));
    }
    assert!(long.is_empty(), "more than {LONGEST_FUNCTION} lines: {long:#?}");
}

/// Where each function begins, and how many lines it has. rustfmt sees to it that a function ends with the first `}`
/// that is indented as its `fn`.
fn functions_in(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<_> = text.lines().collect();
    let mut functions = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        // `pub(crate)` has a bracket before the name, and everything else behind it.
        let mut words = line.split_whitespace().take_while(|word| word.starts_with("pub(") || !word.contains('('));
        let is_function = words.any(|word| word == "fn");
        let is_code = !line.trim_start().starts_with("//") && !line.ends_with(['}', ';']);
        if is_function && is_code {
            let end = lines[index..].iter().position(|line| line.strip_prefix(indent) == Some("}"));
            functions.push((index + 1, end.unwrap_or_default() + 1));
        }
    }
    functions
}

#[test]
fn a_function_is_measured_from_its_name_to_its_end() {
    let text = "impl It {\n    pub(crate) async fn one(\n        a: u8,\n    ) {\n        if a {\n        }\n    }\n}\nfn two() {}\n";
    assert_eq!(functions_in(text), [(2, 6)]);
}

#[test]
fn nothing_is_put_off() {
    // Put together, so that this file does not name them.
    let marks = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"], ["#[", "ignore"]].map(|halves| halves.concat());
    for file in files_of(&["rs", "py", "yaml", "md", "toml", "json"]) {
        for mark in &marks {
            assert!(!file.text.contains(mark), "{} puts something off: {mark}", file.path);
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for file in files_of(&["rs", "py", "yaml"]) {
        let begins = match file.extension() {
            // The page of a function is the documentation of its crate.
            "rs" => file.text.starts_with("//! ") || file.text.starts_with("#![doc = include_str!(\"../README.md\")]"),
            "py" => file.text.starts_with("\"\"\""),
            // A template has a place of its own for it.
            _ => {
                file.text.starts_with("# ") || file.text.lines().nth(1).is_some_and(|it| it.starts_with("Description:"))
            }
        };
        assert!(begins, "{} does not open with what it is", file.path);
    }
}

#[test]
fn names_say_something() {
    for file in files_of(&["rs", "yaml", "sh"]) {
        for part in file.path.split('/') {
            let name = part.split('.').next().unwrap_or_default();
            assert!(!EMPTY_NAMES.contains(&name), "{}: `{name}` says nothing", file.path);
        }
        for line in file.text.lines() {
            let mut words = line.split(|it: char| !it.is_alphanumeric()).skip_while(|word| !is_kind(word)).skip(1);
            let name = words.next().filter(|_| is_definition(line)).unwrap_or_default();
            let is_empty = EMPTY_NAMES.iter().any(|it| name.ends_with(&capitalised(it)));
            assert!(!is_empty, "{}: `{name}` says nothing", file.path);
        }
    }
}

fn is_kind(word: &&str) -> bool {
    ["struct", "enum", "trait"].contains(word)
}

fn is_definition(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    is_kind(&first) || first.starts_with("pub")
}

fn capitalised(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// An API without a rate would be called at once, and the wait for its turn would look as if it were paced.
#[test]
fn each_api_that_waits_for_its_turn_has_a_rate() {
    const PACE: &str = "shared/aws/src/pace.rs";
    let rates = read(PACE);
    let (rates, _) = rates.split_once("];").unwrap();
    let mut waiting = 0;
    for File { path, text } in files().into_iter().filter(|file| file.extension() == "rs" && file.path != PACE) {
        let text: String = text.split_whitespace().collect();
        let text = text.replace("Pace::unlimited().all_pages(", "");
        let waits = [".wait(\"", ".all_pages(\""].into_iter().flat_map(|call| text.split(call).skip(1));
        for api in waits.filter_map(|rest| rest.split('"').next()) {
            assert!(rates.contains(&format!("\"{api}\"")), "{path}: {api} has no rate in {PACE}");
            waiting += 1;
        }
    }
    assert!(waiting > 10, "{waiting} calls that wait were found");
}
