//! The runbook's tables of messages: the one place that says what to do about each. They are compiled in, so that what is explained is
//! what is written there.

use std::sync::LazyLock;

const RUNBOOK: &str = include_str!("../../../../docs/operate/runbook.md");

/// Fewer literal characters than this say too little of a message.
const TOO_FEW: usize = 10;

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| read(RUNBOOK));

/// A row of a table of messages.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The parts of a message that stay the same, in order, of each message that the row is about.
    patterns: Vec<Vec<String>>,
    /// The heading.
    pub(super) section: String,
    /// What it means, where the table says so.
    pub(super) means: Option<String>,
    /// What to do.
    pub(super) fix: String,
}

/// The row that says the most of this message.
pub(super) fn find(message: &str) -> Option<&'static Entry> {
    let best = |entry: &Entry| entry.patterns.iter().filter_map(|it| matched(it, message)).max();
    let scored = ENTRIES.iter().filter_map(|entry| Some((best(entry)?, entry)));
    // Of two that say as much, the first.
    scored.rev().max_by_key(|(score, _)| *score).map(|(_, entry)| entry)
}

/// How many characters of the message are those of the pattern; `None` where it is another message.
fn matched(pattern: &[String], message: &str) -> Option<usize> {
    let (mut rest, mut score) = (message, 0);
    for part in pattern {
        let (_, after) = rest.split_once(part.as_str())?;
        (rest, score) = (after, score + part.len());
    }
    (score >= TOO_FEW).then_some(score)
}

/// The rows whose first cell quotes messages.
fn read(text: &str) -> Vec<Entry> {
    let (mut entries, mut section, mut last) = (Vec::<Entry>::new(), String::new(), String::new());
    let mut is_of_messages = false;
    for line in text.lines() {
        if let Some(heading) = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with("##")) {
            heading.clone_into(&mut section);
            is_of_messages = false;
        }
        let Some(cells) = cells(line) else { continue };
        let first = cells.first().copied().unwrap_or_default();
        if !first.contains('`') {
            is_of_messages = first.contains("message")
                || first.contains("note")
                || first.contains("says")
                || (is_of_messages && first.starts_with('-'));
            continue;
        }
        let (true, [_, middle @ .., do_cell]) = (is_of_messages || first.contains(' '), cells.as_slice()) else {
            continue;
        };
        let do_cell = without_links(do_cell);
        let fix = match do_cell.strip_prefix("The same") {
            Some(more) if !last.is_empty() => {
                format!("{last} {}", more.trim_start_matches(['.', ':', ' ', ',']).trim()).trim().to_owned()
            }
            _ => do_cell,
        };
        last.clone_from(&fix);
        let patterns = quoted(first).into_iter().map(|it| parts(&it)).filter(|it| !it.is_empty()).collect();
        let means = middle.first().map(|it| without_links(it)).filter(|it| !it.is_empty());
        entries.push(Entry { patterns, section: section.clone(), means, fix });
    }
    entries
}

fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(inner.split(" | ").map(str::trim).collect())
}

/// What stands between backticks, one or two.
fn quoted(cell: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), cell);
    while let Some(start) = rest.find('`') {
        let mark = if rest[start..].starts_with("``") { "``" } else { "`" };
        let Some((text, after)) = rest[start + mark.len()..].split_once(mark) else { break };
        found.push(text.trim().to_owned());
        rest = after;
    }
    found
}

/// What stays the same in a message: all but `..` and words in capitals.
fn parts(pattern: &str) -> Vec<String> {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let is_changing = |word: &str| word.len() > 1 && word.chars().all(|it| it.is_ascii_uppercase());
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        let length = if is_word(next) {
            rest.find(|it| !is_word(it)).unwrap_or(rest.len())
        } else if rest.starts_with("..") {
            2
        } else {
            next.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if token == ".." || is_changing(token) {
            parts.push(std::mem::take(&mut part));
        } else {
            part += token;
        }
        rest = after;
    }
    parts.push(part);
    parts.retain(|it| !it.trim().is_empty());
    parts
}

/// A text without the addresses of its links.
fn without_links(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('[') {
        let Some((name, address)) = after.split_once("](") else { break };
        let Some((_, behind)) = address.split_once(')') else { break };
        plain += before;
        plain += name;
        rest = behind;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, find, matched, parts, quoted, without_links};

    #[test]
    fn what_changes_in_a_message_is_left_out_of_its_pattern() {
        assert_eq!(
            parts("COUNT shares would go, and LIMIT may (SIGNALBOX_MAX_REMOVALS); .."),
            [" shares would go, and ", " may (SIGNALBOX_MAX_REMOVALS); "]
        );
        assert_eq!(quoted("``a `b` c``, `d`"), ["a `b` c", "d"]);
        assert_eq!(without_links("See [this](a.md#b) and [that](c)."), "See this and that.");
        assert_eq!(matched(&parts("THING is not ours, says ACCOUNT"), "x is not ours, says 1"), Some(19));
    }

    #[test]
    fn each_message_of_the_runbook_leads_to_its_own_row() {
        assert!(ENTRIES.len() > 120, "{}", ENTRIES.len());
        for entry in ENTRIES.iter() {
            assert!(!entry.fix.is_empty() && !entry.section.is_empty(), "{entry:?}");
            for pattern in entry.patterns.iter().filter(|it| it.iter().map(String::len).sum::<usize>() >= 10) {
                let message = pattern.join("x");
                let found = find(&message).unwrap_or_else(|| panic!("{message}"));
                let is_own = found.patterns.contains(pattern);
                assert!(is_own || found.fix == entry.fix, "{message}: {found:?}");
            }
        }
    }
}
