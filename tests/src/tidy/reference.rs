//! The pages of `docs/reference/templates`, one for each template: its parameters, settings, roles and triggers. They are generated
//! here and tested to be current; `UPDATE_EXPECT=1` rewrites them. A new template adds its own page and changes no other.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::Value;
use suite::FUNCTIONS;

use super::folders;
use super::settings::{cells, group_of};
use crate::templates::Template;

/// How a page is written anew.
const ANEW: &str =
    "This page is generated from the template: `UPDATE_EXPECT=1 cargo test --workspace tidy::reference`.";

/// What CloudFormation would make of a value, in words: a parameter is `${Name}`.
fn said(value: &Value) -> String {
    let Value::Object(fields) = value else {
        return match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => list(items),
            other => other.to_string(),
        };
    };
    let Some((function, given)) = fields.iter().next() else { return String::new() };
    let items = given.as_array().map(Vec::as_slice).unwrap_or_default();
    match (function.as_str(), items) {
        ("Ref", _) if given == "AWS::NoValue" => String::new(),
        ("Ref" | "Fn::GetAtt", []) => format!("${{{}}}", said(given)),
        ("Fn::Sub", [text, names]) => {
            let names = names.as_object().into_iter().flatten();
            names.fold(said(text), |text, (name, value)| text.replace(&format!("${{{name}}}"), &said(value)))
        }
        ("Fn::Join", [by, Value::Array(parts)]) => {
            parts.iter().map(said).collect::<Vec<_>>().join(by.as_str().unwrap_or_default())
        }
        ("Fn::Split" | "Fn::Select", [.., whole]) | ("Fn::Join", [_, whole]) => said(whole),
        ("Fn::If", [condition, yes, no]) => {
            let (yes, no) = (said(yes), said(no));
            let other = if no.is_empty() { String::new() } else { format!(", else {no}") };
            format!("{yes} (if {}{other})", said(condition))
        }
        ("Fn::Sub", _) => said(given),
        _ => fields.iter().map(|(name, value)| format!("{name}: {}", said(value))).collect::<Vec<_>>().join("; "),
    }
}

fn list(items: &[Value]) -> String {
    items.iter().map(said).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// As code in a cell; nothing is nothing.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", cell(text)) }
}

/// A section with the parameters of a template.
pub fn parameters(template: &Template) -> String {
    let mut rows = String::new();
    let mut given: Vec<_> = template.json["Parameters"].as_object().into_iter().flatten().collect();
    // As the template has them: the most important first.
    given.sort_by_key(|(name, _)| template.text.find(&format!("\n  {name}:")));
    for (name, parameter) in given {
        let default = match parameter.get("Default") {
            None => "must be given".to_owned(),
            Some(it) if said(it).is_empty() => "empty".to_owned(),
            Some(it) => code(&said(it)),
        };
        let _ = writeln!(rows, "| `{name}` | {default} | {} |", cell(&said(&parameter["Description"])));
    }
    table("Parameters", "| parameter | default | meaning |\n|---|---|---|", &rows)
}

/// What the template sets, and what the function says of it; of what functions have in common, another page says that.
fn settings(template: &Template) -> String {
    let mut rows = String::new();
    let Some(entry) = FUNCTIONS.iter().find(|it| it.name == template.name) else { return rows };
    for (variable, value) in template.environment().as_object().into_iter().flatten() {
        let setting = entry.all_settings().find(|it| it.variable == variable);
        let meaning = match group_of(variable) {
            Some((title, link)) => format!("[{}](../{link}) | ", title.to_lowercase()),
            None => setting.map(cells).unwrap_or_default(),
        };
        let _ = writeln!(rows, "| `{variable}` | {} | {meaning} |", code(&said(value)));
    }
    table("Settings", "| variable | value | meaning | if it is unset |\n|---|---|---|---|", &rows)
}

/// A statement as a row: what it is for, by its name; what may be done, on what, and under which conditions.
fn row_of(statement: &Value) -> String {
    let (only_if, statement) = match statement.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice) {
        Some([condition, statement, _]) => (Some(format!("only if {}", code(&said(condition)))), statement),
        _ => (None, statement),
    };
    let texts = |value: &Value| match value {
        Value::Array(items) => items.iter().map(|it| code(&said(it))).collect::<Vec<_>>().join(", "),
        other => code(&said(other)),
    };
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    let conditions = conditions.flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, value)| code(&format!("{operator} {key}: {}", said(value))))
    });
    let conditions = only_if.into_iter().chain(conditions).collect::<Vec<_>>().join(", ");
    let effect = if statement["Effect"] == "Deny" { "**never** " } else { "" };
    let what = if statement.get("NotAction").is_some() { "NotAction" } else { "Action" };
    let name = cell(&said(&statement["Sid"]));
    let row = [name, format!("{effect}{}", texts(&statement[what])), texts(&statement["Resource"])];
    format!("| {} | {conditions} |", row.join(" | "))
}

fn roles(template: &Template) -> String {
    let mut text = String::new();
    for (id, role) in template.resources("AWS::IAM::Role") {
        let mut rows = String::new();
        for policy in role["Policies"].as_array().into_iter().flatten() {
            let policy = policy.pointer("/Fn::If/1").unwrap_or(policy);
            for statement in policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten() {
                let _ = writeln!(rows, "{}", row_of(statement));
            }
        }
        let titles = "| for | actions | on | conditions |\n|---|---|---|---|";
        let described = format!("{}\n\n{titles}", cell(&said(&role["Description"])));
        text.push_str(&table(&format!("Role `{id}`"), &described, &rows));
    }
    text
}

/// What a pattern asks for: each alternative, without what all of them say.
fn alternatives(pattern: &Value) -> Vec<String> {
    let ways = pattern.get("$or").and_then(Value::as_array);
    ways.map_or_else(|| vec![said(pattern)], |ways| ways.iter().map(said).collect())
}

fn triggers(template: &Template) -> String {
    let mut rows = String::new();
    for (id, rule) in template.resources("AWS::Events::Rule") {
        let pattern = rule.get("EventPattern").map(alternatives).unwrap_or_default();
        let schedule = rule.get("ScheduleExpression").map(|it| format!("a schedule: {}", said(it)));
        for heard in pattern.into_iter().chain(schedule) {
            let name = rule.get("Name").map_or_else(|| id.to_owned(), said);
            let _ = writeln!(rows, "| `{name}` | {} |", code(&heard));
        }
    }
    table("Triggers", "| rule | hears |\n|---|---|", &rows)
}

/// A section; one without rows is left out.
fn table(title: &str, titles: &str, rows: &str) -> String {
    if rows.is_empty() { String::new() } else { format!("\n## {title}\n\n{titles}\n{rows}") }
}

const FOLDER: &str = "docs/reference/templates";

#[test]
fn the_page_of_each_template_is_current() {
    let functions = folders("functions");
    let mut names = BTreeSet::new();
    for template in Template::all() {
        let name = &template.name;
        let mut page = format!("# Template `{name}`\n\n{ANEW}\n");
        let function = template.function();
        if functions.iter().any(|it| it == function) {
            let _ = writeln!(page, "\nThe function is [`{function}`](../../../functions/{function}/README.md).");
        }
        for section in [parameters, settings, roles, triggers] {
            page.push_str(&section(&template));
        }
        let path = local_aws::workspace().join(FOLDER).join(format!("{name}.md"));
        expect_file![path].assert_eq(&page);
        names.insert(format!("{name}.md"));
    }
    let folder = std::fs::read_dir(local_aws::workspace().join(FOLDER)).unwrap();
    let there: BTreeSet<_> = folder.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, names, "each page of {FOLDER} is of a template");
}
