//! JSON with the place of each value. Comments, doubled keys, a byte order mark and depth without end are refused, where other
//! readers differ in what they make of them.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// The longest text that is read, in bytes. IAM's API takes 131,072 characters, of which each may have two bytes.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
pub(crate) const LONGEST: usize = 262_144;

/// How deep values may lie in each other. A policy needs seven levels.
const DEEPEST: usize = 32;

/// Up to how many keys are compared one by one.
const FEW: usize = 16;

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Why a text is not read, and at which byte.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) at: usize,
    pub(crate) rule: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: &'static str,
}

/// The value that the text is.
pub(crate) fn read(text: &str) -> Result<Value<'_>, Unreadable> {
    if text.starts_with('\u{feff}') {
        return Err(unreadable(
            0,
            "byte-order-mark",
            "the file begins with a byte order mark",
            "save it as UTF-8 without one",
        ));
    }
    if text.len() > LONGEST {
        let message = format!("the text has {} bytes, and {LONGEST} are read at most", text.len());
        return Err(unreadable(floor(text, LONGEST), "text-size", message, "give one policy, as IAM takes it"));
    }
    if let Some(at) = too_deep(text) {
        let message = format!("values lie more than {DEEPEST} deep in each other here");
        return Err(unreadable(at, "depth", message, "write the policy as IAM's grammar has it"));
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        unreadable(error.range().start, "json", format!("this is not JSON: {}", error.kind()), "correct the JSON")
    })?;
    let value = parsed.value.ok_or_else(|| unreadable(0, "json", "the text is empty", "write a policy"))?;
    refuse_doubled(&value)?;
    Ok(value)
}

fn unreadable(at: usize, rule: &'static str, message: impl Into<String>, remedy: &'static str) -> Unreadable {
    Unreadable { at, rule, message: message.into(), remedy }
}

/// The last place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Where the text goes deeper than it may. It is asked before the text is parsed, since parsing uses the stack.
fn too_deep(text: &str) -> Option<usize> {
    // Most policies have fewer values that others lie in.
    if text.bytes().filter(|it| matches!(it, b'{' | b'[')).take(DEEPEST + 1).count() <= DEEPEST {
        return None;
    }
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            b'{' | b'[' if !is_in_string => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(at);
                }
            }
            b'}' | b']' if !is_in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn refuse_doubled(value: &Value<'_>) -> Result<(), Unreadable> {
    match value {
        Value::Object(object) => {
            if let Some((at, name)) = doubled(object) {
                let message =
                    format!("the key `{name}` stands here for the second time, and readers differ in which one counts");
                return Err(unreadable(at, "doubled-key", message, "keep one of the two"));
            }
            object.properties.iter().try_for_each(|it| refuse_doubled(&it.value))
        }
        Value::Array(array) => array.elements.iter().try_for_each(refuse_doubled),
        _ => Ok(()),
    }
}

/// The first key that stands in the object before, in any case of its letters: AWS takes operators and keys in each.
fn doubled<'a>(object: &'a Object<'_>) -> Option<(usize, &'a str)> {
    let names = || object.properties.iter().map(|it| it.name.as_str());
    let is_second = |(index, name): &(usize, &str)| names().take(*index).any(|it| it.eq_ignore_ascii_case(name));
    // Objects of a policy have few keys; of many, a sorted list is looked through instead.
    if object.properties.len() > FEW {
        let mut seen = std::collections::BTreeSet::new();
        let second = object.properties.iter().find(|it| !seen.insert(it.name.as_str().to_ascii_lowercase()));
        return second.map(|it| (it.name.start(), it.name.as_str()));
    }
    names().enumerate().find(is_second).map(|(index, name)| (object.properties[index].name.start(), name))
}
