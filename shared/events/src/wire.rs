//! Spellings that several events share.

/// Whether `text` is `prefix` and 8 or 17 hexadecimal digits, as the ids of EC2 are.
pub(crate) fn is_hex_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|digits| matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
