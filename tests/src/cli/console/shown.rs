//! What a page of the console shows: its cells by their headings, and the same of what a command prints as JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// The cells of a row, or the facts of a page, by what they are called. What says that there is nothing is not in it.
pub type Cells = BTreeMap<String, String>;

/// The rows of all tables, in their order.
pub fn rows(page: &str) -> Vec<Cells> {
    let rows = page.split("<tr role=\"row\"").skip(1).filter_map(|row| row.split_once("</tr>"));
    rows.map(|(row, _)| cells(row)).filter(|it| !it.is_empty()).collect()
}

fn cells(row: &str) -> Cells {
    let cells = row.split(" data-label=\"").skip(1).filter_map(|cell| cell.split_once("\">"));
    cells.filter_map(|(label, rest)| Some((unescaped(label), shown(&rest[..rest.rfind("</t")?])?))).collect()
}

/// What stands above the tables, by name.
pub fn facts(page: &str) -> Cells {
    let facts = page.split("<div><dt>").skip(1).filter_map(|it| it.split_once("</dd>")?.0.split_once("</dt><dd>"));
    facts.filter_map(|(name, cell)| Some((unescaped(name), shown(cell)?))).collect()
}

/// The notices, in their order.
pub fn notices(page: &str) -> Vec<String> {
    let notices = page.split("<p class=\"notice ").skip(1).filter_map(|it| it.split_once("</p>")?.0.split_once("\">"));
    notices.map(|(_, text)| without_tags(text)).collect()
}

/// What a cell shows: of a time the time itself, and of a plot its words.
fn shown(cell: &str) -> Option<String> {
    if cell.starts_with("<span class=\"none\">") {
        return None;
    }
    let of = ["<time datetime=\"", " aria-label=\""].iter().find_map(|it| cell.split_once(it));
    Some(match of {
        Some((_, rest)) => unescaped(rest.split('"').next().unwrap()),
        None => without_tags(cell),
    })
}

/// A text as it is read.
pub fn without_tags(text: &str) -> String {
    let (first, rest) = text.split_once('<').unwrap_or((text, ""));
    let rest = rest.split('<').map(|it| it.split_once('>').map_or("", |(_, text)| text));
    unescaped(&[first].into_iter().chain(rest).collect::<String>())
}

fn unescaped(text: &str) -> String {
    let signs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    signs.iter().fold(text.to_owned(), |text, (escaped, sign)| text.replace(escaped, sign))
}

/// What the rows show if they are these values: of each heading the field that it shows.
pub fn rows_of(values: &Value, columns: &[(&str, &str)]) -> Vec<Cells> {
    values.as_array().unwrap_or_else(|| panic!("{values}")).iter().map(|it| cells_of(it, columns)).collect()
}

/// The same of one value.
pub fn cells_of(value: &Value, columns: &[(&str, &str)]) -> Cells {
    columns.iter().filter_map(|(heading, field)| Some(((*heading).to_owned(), text(&value[field])?))).collect()
}

/// A value as a person reads it; nothing where there is nothing.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(all) if all.is_empty() => None,
        Value::Array(all) => Some(all.iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}

/// Numbers as a plot says them.
pub fn plot(numbers: &Value) -> Option<String> {
    let numbers: Vec<_> = numbers.as_array()?.iter().map(|it| it.as_u64().unwrap()).collect();
    let ends = (numbers.first()?, numbers.last()?);
    let (least, most) = (numbers.iter().min()?, numbers.iter().max()?);
    Some(format!("{} numbers from {} to {}, between {least} and {most}", numbers.len(), ends.0, ends.1))
}
