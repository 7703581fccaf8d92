//! Each promise, and each surprise that Signalbox handles, names the test that shows it; and that test exists.

use super::{File, markdown, read};
use crate::promises::hazards::has_test;

/// Pages on which each row of a table names a test.
const PAGES: [(&str, usize); 2] = [("docs/explain/safety.md", 40), ("docs/explain/aws-as-it-is.md", 60)];

/// The tests that a text names in backquotes, as `path/of/file.rs::name_of_the_test`.
fn named_in(text: &str) -> Vec<(&str, &str)> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter_map(|span| span.split_once("::")).filter(|(path, _)| is_source(path)).collect()
}

fn is_source(path: &str) -> bool {
    path.contains('/') && path.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs")
}

/// The rows of a page's tables, without their heads.
fn rows_in(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<_> = text.lines().collect();
    let is_row = |line: &str| line.starts_with("| ");
    let heads: Vec<_> = lines.windows(2).filter(|pair| pair[1].starts_with("|---")).map(|pair| pair[0]).collect();
    lines.into_iter().filter(move |line| is_row(line) && !heads.contains(line))
}

#[test]
fn each_promise_and_each_surprise_names_a_test() {
    for (path, least) in PAGES {
        let text = read(path);
        let rows: Vec<_> = rows_in(&text).collect();
        assert!(rows.len() >= least, "{path} has {} rows", rows.len());
        for row in rows {
            assert!(!named_in(row).is_empty(), "{path} names no test: {row}");
        }
    }
}

#[test]
fn each_test_that_a_document_names_exists() {
    for File { path: document, text } in markdown() {
        for (path, name) in named_in(&text) {
            let source = std::fs::read_to_string(local_aws::workspace().join(path));
            let source = source.unwrap_or_else(|error| panic!("{document} names {path}: {error}"));
            assert!(has_test(&source, name), "{document}: {path} has no test {name}");
        }
    }
}

#[test]
fn a_test_is_told_from_other_words_in_backquotes() {
    let text = "| `a::b` | `tests/src/promises/paging.rs::every_page_is_read`, `shared/x.rs` | `c`";
    assert_eq!(named_in(text), [("tests/src/promises/paging.rs", "every_page_is_read")]);
}
