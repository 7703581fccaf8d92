//! The denies of an organization behind the statements of a policy.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;

use crate::document::list;

/// The policy's text with the statements of the denies appended, without white space between its parts.
///
/// # Errors
/// Which of the two is not a policy.
pub fn append(policy: &str, denies: &str) -> Result<String, String> {
    let read = |text, of: &str| {
        crate::json::read(text).map_err(|it| format!("the {of} cannot be read: {}; {}", it.message, it.remedy))
    };
    let (own, more) = (read(policy, "policy")?, read(denies, "denies")?);
    joined((policy, &own), (denies, &more))
        .ok_or_else(|| "a policy is an object with statements; write {\"Statement\": [..]}".into())
}

/// Both as one text, as far as both are objects with statements.
pub(crate) fn joined((policy, own): (&str, &Value<'_>), (denies, more): (&str, &Value<'_>)) -> Option<String> {
    let own = own.as_object()?;
    let statements = |text: &str, of: &Object<'_>| -> Option<Vec<String>> {
        let statements = list(&of.get("Statement")?.value).iter();
        Some(statements.map(|it| without_space(&text[it.start()..it.end()])).collect())
    };
    let mut all = statements(policy, own)?;
    all.extend(statements(denies, more.as_object()?)?);
    let elements = own.properties.iter().map(|it| match it.name.as_str() {
        "Statement" => format!("\"Statement\":[{}]", all.join(",")),
        _ => without_space(&policy[it.range.start..it.range.end]),
    });
    Some(format!("{{{}}}", elements.collect::<Vec<_>>().join(",")))
}

/// JSON without the white space between its parts, which AWS does not count of a managed policy.
fn without_space(json: &str) -> String {
    let mut is_kept = is_kept();
    json.chars().filter(|it| is_kept(u8::try_from(*it).unwrap_or(u8::MAX))).collect()
}

/// How many characters that would be.
pub(crate) fn length_without_space(json: &str) -> usize {
    let mut is_kept = is_kept();
    // The first byte of each character counts.
    json.bytes().filter(|it| is_kept(*it) && it & 0xc0 != 0x80).count()
}

/// Whether the next byte is not white space between parts.
fn is_kept() -> impl FnMut(u8) -> bool {
    let (mut is_in_string, mut is_escaped) = (false, false);
    move |it| {
        let is_space = it.is_ascii_whitespace() && !is_in_string;
        match it {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            _ => {}
        }
        !is_space
    }
}
