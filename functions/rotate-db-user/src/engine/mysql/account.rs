//! An account of MySQL or MariaDB, and the texts that servers show, read with regard to quotes.

use std::fmt;

/// A user from a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user: String,
    pub(super) host: String,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", quoted(&self.user), quoted(&self.host))
    }
}

/// A text in a statement, of a session in which a backslash is only that.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Where words stand that are in no quotes.
pub(super) fn find(text: &str, words: &str) -> Option<usize> {
    outside_quotes(text).find(|(at, _)| text[*at..].starts_with(words)).map(|(at, _)| at)
}

/// What stands before words that are in no quotes, and what after.
pub(super) fn split_once<'a>(text: &'a str, words: &str) -> Option<(&'a str, &'a str)> {
    find(text, words).map(|at| (&text[..at], &text[at + words.len()..]))
}

/// The parts between separators that are in no quotes and in no parentheses; none is empty.
pub(super) fn split(text: &str, is_separator: impl Fn(char) -> bool) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, it) in outside_quotes(text) {
        match it {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && is_separator(it) => {
                parts.push(&text[start..at]);
                start = at + it.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// What follows a name in quotes, which are doubled inside of it.
pub(super) fn after_quotes(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|it| matches!(it, '`' | '\''))?;
    let mut rest = &text[1..];
    loop {
        rest = rest.split_once(quote)?.1;
        match rest.strip_prefix(quote) {
            Some(more) => rest = more,
            None => return Some(rest),
        }
    }
}

/// Whether it is a role, with its host or without.
pub(super) fn is_role(text: &str) -> bool {
    text == "NONE" || after_account(text) == Some("")
}

/// What follows an account or a role. A role of MariaDB has no host.
pub(super) fn after_account(text: &str) -> Option<&str> {
    let rest = after_quotes(text)?;
    rest.strip_prefix('@').map_or(Some(rest), after_quotes)
}

/// The characters that are in no quotes, opening quotes included. A quote in quotes stands twice: closed, and open again.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut open = None;
    text.char_indices().filter(move |(_, it)| match open {
        Some(quote) => {
            open = open.filter(|_| quote != *it);
            false
        }
        None => {
            open = ['\'', '`'].contains(it).then_some(*it);
            true
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{find, quoted, split, split_once};

    #[test]
    fn a_text_stays_a_text() {
        assert_eq!(quoted("it's \\ a `word`"), "'it''s \\ a `word`'");
    }

    #[test]
    fn what_is_in_quotes_is_not_found() {
        assert_eq!(split_once("SELECT ON `a`` TO ` TO `b`", " TO "), Some(("SELECT ON `a`` TO `", "`b`")));
        assert_eq!(find("' TO '", " TO "), None);
        assert_eq!(split("SELECT (`a`, `b`), `x,y`,INSERT", |it| it == ','), ["SELECT (`a`, `b`)", "`x,y`", "INSERT"]);
    }
}
