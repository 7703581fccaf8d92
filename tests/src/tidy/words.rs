//! Plain words: an actor has a name, so that words that name no actor are rare, and absent in the documents.

use super::{File, files, markdown};

/// Words that leave out who acts. Each is put together, so that this file does not contain it.
fn vague() -> [String; 5] {
    [["wh", "om"], ["some", "body"], ["who", "ever"], ["no", "body"], ["where", "upon"]].map(|halves| halves.concat())
}

/// How many vague words may stand in a thousand lines of the whole tree.
const MOST: usize = 4;

fn count_in(text: &str) -> usize {
    let words = text.split(|it: char| !it.is_alphanumeric() && it != '_').map(str::to_lowercase);
    words.filter(|word| vague().contains(word)).count()
}

/// What was decided before stands as it was written. Generated pages repeat what the code and the templates say.
fn is_rewritten(path: &str) -> bool {
    let is_generated = path == "docs/reference/commands.md" || path.starts_with("docs/reference/templates/");
    !is_generated && !path.starts_with("docs/decisions/") && path != "CHANGELOG.md"
}

/// A line without what it quotes in backquotes, such as a message of the code.
fn unquoted(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn documents_name_who_acts() {
    for File { path, text } in markdown().into_iter().filter(|file| is_rewritten(&file.path)) {
        for (index, line) in text.lines().enumerate() {
            assert!(count_in(&unquoted(line)) == 0, "{path}:{}: say who acts: {line}", index + 1);
        }
    }
}

#[test]
fn the_tree_rarely_leaves_out_who_acts() {
    let files = files();
    let lines: usize = files.iter().map(|file| file.text.lines().count()).sum();
    let words: usize = files.iter().map(|file| count_in(&file.text)).sum();
    assert!(words * 1_000 <= MOST * lines, "{words} vague words in {lines} lines");
}

#[test]
fn words_are_counted_whole_and_in_any_case() {
    let [first, second, ..] = vague();
    assert_eq!(count_in(&format!("{}, {second}; {second}s and {first}_other", first.to_uppercase())), 2);
}
