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

/// At most `longest` characters of a text that came from outside, without line breaks and other characters that a terminal obeys:
/// no message may carry a whole event, or move the reader's cursor.
#[must_use]
pub fn shortened(text: &str, longest: usize) -> String {
    // Most texts are short and plain, and each is looked at while an event waits.
    if text.len() <= longest && text.bytes().all(|it| (b' '..=b'~').contains(&it)) {
        return text.into();
    }
    let end = text.char_indices().nth(longest).map_or(text.len(), |(at, _)| at);
    let mut shown = String::with_capacity(end + 2);
    for it in text[..end].chars() {
        if is_obeyed(it) {
            shown.extend(it.escape_default());
        } else {
            shown.push(it);
        }
    }
    if end < text.len() { shown + ".." } else { shown }
}

/// The text in one line, with a blank in place of each character that a terminal obeys. Names and tags are any writer's: one with a
/// carriage return in it would write over the line that says what becomes of its resource.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|it| if is_obeyed(it) { ' ' } else { it }).collect()
}

/// Whether a terminal does something else than show the character: control characters, line separators, and those that are
/// invisible or turn the direction of what follows.
/// <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
fn is_obeyed(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{plain, shortened};

    #[test]
    fn text_from_outside_is_shortened_by_characters_and_cannot_move_the_cursor() {
        assert_eq!(shortened("Büro", 4), "Büro");
        assert_eq!(shortened("Büros", 4), "Büro..");
        assert_eq!(shortened("a\n\u{1b}[2Jb", 10), "a\\n\\u{1b}[2Jb");
    }

    #[test]
    fn a_plain_text_is_one_line_of_visible_characters() {
        assert_eq!(plain("base\r- snap\n\u{1b}[1A\u{9b}2K\u{202e}x\u{2066}\u{200b}é ü"), "base - snap  [1A 2K x  é ü");
    }
}
