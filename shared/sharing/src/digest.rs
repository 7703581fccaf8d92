//! Names of contents.

use sha2::{Digest, Sha256};

/// The SHA-256 of a content, in 64 hexadecimal digits.
/// <https://www.rfc-editor.org/rfc/rfc6234>
#[must_use]
pub fn digest(content: impl AsRef<[u8]>) -> String {
    place::hex(&Sha256::digest(content.as_ref()))
}
