//! Bytes as text.

use std::fmt::Write as _;

/// The bytes in hexadecimal digits, small letters, two for each.
///
/// ```
/// assert_eq!(place::hex(&[0, 10, 255]), "000aff");
/// ```
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}
