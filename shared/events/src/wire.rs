//! Spellings that several events share.

/// The id, where `text` is `prefix` and 8 or 17 hexadecimal digits, as the ids of EC2 are. EC2 writes them in small letters, and so does
/// what is recorded under an id: one thing must not have two records.
pub(crate) fn hex_id(text: &str, prefix: &str) -> Option<String> {
    let digits = text.strip_prefix(prefix)?;
    let is_id = matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_ascii_lowercase())
}
