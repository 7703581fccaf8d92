//! The error of text from outside that is not what it should be, and how much of such text a message shows.

/// Text that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {expected}")]
pub struct Malformed {
    found: String,
    expected: &'static str,
}

impl Malformed {
    /// Says that `found` is not `expected` (a noun phrase with an example).
    #[must_use]
    pub fn new(found: &str, expected: &'static str) -> Self {
        const SHOWN: usize = 80;
        Self { found: shortened(found, SHOWN), expected }
    }
}

/// At most `longest` characters of a text that came from outside, without line breaks and other control characters: no
/// message may carry a whole event, or move the reader's cursor.
#[must_use]
pub fn shortened(text: &str, longest: usize) -> String {
    let harmless = |it: char| if it.is_control() { it.escape_default().to_string() } else { it.to_string() };
    let shown: String = text.chars().take(longest).map(harmless).collect();
    if text.chars().nth(longest).is_some() { shown + ".." } else { shown }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn text_from_outside_is_shortened_by_characters_and_cannot_move_the_cursor() {
        assert_eq!(shortened("Büro", 4), "Büro");
        assert_eq!(shortened("Büros", 4), "Büro..");
        assert_eq!(shortened("a\n\u{1b}[2Jb", 10), "a\\n\\u{1b}[2Jb");
    }
}
