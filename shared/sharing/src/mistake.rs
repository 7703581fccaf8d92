//! A mistake in a manifest, with its place.

use std::fmt;
use std::ops::Range;

use place::shortened;
use reaction::byte_order_mark;

/// Characters of a message that are kept: a manifest's text may have any length.
const LONGEST_MESSAGE: usize = 500;

/// What is wrong in a manifest's text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1, at which reading stopped: the last byte of what is wrong.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl Mistake {
    pub(crate) fn new(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
        Self { line: line.max(1), column: column.max(1), message: shortened(message, LONGEST_MESSAGE) }
    }

    /// The byte order mark that the text begins with, if it does.
    pub(crate) fn of_byte_order_mark(text: &str) -> Option<Self> {
        let message = byte_order_mark(text)?.to_owned();
        Some(Self { line: 1, column: '\u{feff}'.len_utf8(), message })
    }

    /// The bytes of `text` that are wrong: the string, number or word that ends at the mistake's place.
    #[must_use]
    pub fn span(&self, text: &str) -> Range<usize> {
        let line = text.split_inclusive('\n').take(self.line.saturating_sub(1)).map(str::len).sum::<usize>();
        let end = text.floor_char_boundary((line + self.column).min(text.len()));
        let before = &text[line.min(end)..end];
        let length = match before.strip_suffix('"') {
            Some(string) => before.len() - string.rfind('"').unwrap_or(string.len()),
            None => {
                let word = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
                (before.len() - word.len()).max(before.chars().next_back().map_or(0, char::len_utf8))
            }
        };
        end - length..end
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Mistake {}
