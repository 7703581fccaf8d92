//! Whether operator, key and value are of one type.

use crate::actions::{Holds, Key};
use crate::document::Condition;
use crate::finding::Found;
use crate::operator::{Compares, Operator};

pub(super) fn find(condition: &Condition<'_>, operator: Operator, key: Key, found: &mut Vec<Found>) {
    if !agree(operator.compares, key) {
        let message =
            format!("`{}` does not compare what `{}` holds ({})", condition.operator.value, key.name, told(key.holds));
        let remedy = format!("compare it with {}", operators(key.holds));
        found.push(Found::warning(condition.operator.at, "condition-operator", message, remedy));
        return;
    }
    for value in condition.values.iter().filter(|it| !it.value.contains("${")) {
        if let Some(expected) = expected(operator.compares, value.value) {
            let message = format!(
                "`{}` is not {expected}, and `{}` compares with nothing else",
                value.value, condition.operator.value
            );
            found.push(Found::error(value.at, "condition-value", message, format!("write {expected}")));
        }
    }
}

/// Keys that the list calls texts, and that hold true or false.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-access-actions.html>
const BOOLEANS: [&str; 1] = ["events:eventBusInvocation"];

fn agree(compares: Compares, key: Key) -> bool {
    match compares {
        Compares::Presence | Compares::Bytes => true,
        // Numbers and booleans arrive as texts, and a text compares with them as well. A tag may hold an ARN.
        Compares::Text => !matches!(key.holds, Holds::Address | Holds::Date),
        Compares::Arn => matches!(key.holds, Holds::Arn | Holds::Text),
        Compares::Number => matches!(key.holds, Holds::Number) || key.name == "aws:EpochTime",
        Compares::Date => key.holds == Holds::Date,
        Compares::Bool => key.holds == Holds::Bool || BOOLEANS.contains(&key.name),
        Compares::Address => key.holds == Holds::Address || key.name.to_ascii_lowercase().contains("ip"),
    }
}

fn told(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "a text",
        Holds::Arn => "an ARN",
        Holds::Bool => "a boolean",
        Holds::Number => "a number",
        Holds::Date => "a date",
        Holds::Address => "an IP address",
    }
}

fn operators(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "StringEquals or StringLike",
        Holds::Arn => "ArnLike or StringLike",
        Holds::Bool => "Bool",
        Holds::Number => "a Numeric operator",
        Holds::Date => "a Date operator",
        Holds::Address => "IpAddress or NotIpAddress",
    }
}

/// What the value should have been, where it is something else.
fn expected(compares: Compares, value: &str) -> Option<&'static str> {
    let is_bool = value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
    match compares {
        Compares::Presence | Compares::Bool if !is_bool => Some("true or false"),
        Compares::Number if value.parse::<f64>().is_err() => Some("a number"),
        Compares::Date if !is_date(value) => Some("a date such as 2026-01-31T00:00:00Z"),
        Compares::Address if !is_network(value) => Some("an address or a network such as 203.0.113.0/24"),
        Compares::Arn if !is_arn(value) => Some("an ARN of six parts"),
        _ => None,
    }
}

/// A day, a day and a time, or seconds since 1970. <https://www.w3.org/TR/NOTE-datetime>
fn is_date(value: &str) -> bool {
    let is_seconds = !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit());
    let day = value.split('T').next().unwrap_or_default();
    let parts: Vec<_> = day.split('-').collect();
    let is_day = parts.len() <= 3
        && parts
            .iter()
            .zip([4, 2, 2])
            .all(|(part, digits)| part.len() == digits && part.bytes().all(|it| it.is_ascii_digit()));
    is_seconds || is_day
}

fn is_network(value: &str) -> bool {
    let (address, length) = value.split_once('/').map_or((value, None), |(address, length)| (address, Some(length)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|it| it.parse::<u8>().is_ok_and(|it| it <= most))
}

fn is_arn(value: &str) -> bool {
    value.starts_with('*') || value.ends_with('*') || value.split(':').count() >= 6
}
