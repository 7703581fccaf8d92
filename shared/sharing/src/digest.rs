//! Names of contents.

use sha2::{Digest, Sha256};

/// The SHA-256 of a content, in 64 hexadecimal digits.
/// <https://www.rfc-editor.org/rfc/rfc6234>
#[must_use]
pub fn digest(content: impl AsRef<[u8]>) -> String {
    Sha256::digest(content.as_ref()).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"))
}
