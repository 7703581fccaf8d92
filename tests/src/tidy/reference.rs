//! The list of functions, and the pages of `docs/reference` that say what the templates say: parameters, settings, roles and
//! triggers. They are generated here and tested to be current; `UPDATE_EXPECT=1` rewrites them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::Value;

use super::{folders, read};
use crate::infra::Template;

/// How a page is written anew.
const ANEW: &str =
    "This page is generated from `infra/*.yaml`: `UPDATE_EXPECT=1 cargo test --workspace tidy::reference`.";

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

/// Names with commas between them, each as code; or, where they are all functions, one word.
fn named(names: &[String]) -> String {
    let is_every = folders("functions").iter().all(|it| names.contains(it));
    let others = names.iter().filter(|name| !is_every || !folders("functions").contains(name)).map(|it| code(it));
    let first = is_every.then(|| "every function".to_owned());
    first.into_iter().chain(others).collect::<Vec<_>>().join(", ")
}

const OF_FUNCTIONS: &str = "\
Each function's page is the README of its folder. It is also the documentation of its crate. The list is generated from these pages:
`UPDATE_EXPECT=1 cargo test --workspace tidy::reference`.

Each function is of use alone. The functions with names in `share-` share new resources at once; `reconcile-shares` does the rest, and alone it shares
everything, later.

| page | what the function does |
|---|---|
";

#[test]
fn the_list_of_functions_is_current() {
    let mut page = format!("# Functions\n\n{OF_FUNCTIONS}");
    for function in folders("functions") {
        let text = read(&format!("functions/{function}/README.md"));
        // What stands between the heading and the next blank line, up to the end of its first sentence.
        let paragraph = cell(text.split("\n\n").nth(1).unwrap_or_default());
        let purpose = paragraph.split(". ").next().unwrap_or_default().trim_end_matches('.');
        let _ = writeln!(page, "| [`{function}`](../../functions/{function}/README.md) | {purpose} |");
    }
    expect_file!["../../../docs/functions/README.md"].assert_eq(&page);
}

#[test]
fn the_page_of_parameters_is_current() {
    let mut rows: BTreeMap<[String; 3], Vec<String>> = BTreeMap::new();
    for template in Template::all() {
        for (name, parameter) in template.json["Parameters"].as_object().into_iter().flatten() {
            let default = match parameter.get("Default") {
                None => "must be given".to_owned(),
                Some(it) if said(it).is_empty() => "empty".to_owned(),
                Some(it) => code(&said(it)),
            };
            let row = [name.clone(), default, cell(&said(&parameter["Description"]))];
            rows.entry(row).or_default().push(template.name.clone());
        }
    }
    let mut page = format!(
        "# Parameters of the templates\n\n{ANEW}\n\nA deployment keeps the parameters that you do not name. The functions read \
         them as [settings](settings.md).\n\n| parameter | templates | default | meaning |\n|---|---|---|---|\n"
    );
    for ([name, default, meaning], templates) in &rows {
        let _ = writeln!(page, "| `{name}` | {} | {default} | {meaning} |", named(templates));
    }
    expect_file!["../../../docs/reference/parameters.md"].assert_eq(&page);
}

const OF_SETTINGS: &str = "\
Each function reads these environment variables. Its template sets them from the [parameters](parameters.md), which say what they mean. The
[command line](commands.md) has an option for most. A variable that is missing or malformed ends the start of a function, with an error that names
it. An empty variable counts as unset.

Beside these, every function reads:

| variable | meaning | default |
|---|---|---|
| `AWS_CA_BUNDLE` | file of PEM certificates to trust | Amazon's roots; outside the commercial partition, the system's |
| `AWS_LAMBDA_LOG_LEVEL`, else `RUST_LOG` | [log level](../operate/logging.md#levels) | `info` |
| `AWS_REGION`, credentials, `AWS_ENDPOINT_URL*` | as for any AWS client; plain HTTP is for loopback only | Lambda sets region and credentials |

`SIGNALBOX_MODE` is `apply` if it is unset, and `SIGNALBOX_SWEEP_PERIOD` is `1440`; the templates set `plan` and `360`. `SIGNALBOX_ALLOWED_ACCOUNTS`
admits an account that it names, or that is in an organization or unit that it names. It admits an organization only by name, and a unit by its own name
or its organization's.
";

#[test]
fn the_page_of_settings_is_current() {
    let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for template in Template::all().iter().filter(|it| !it.resources("AWS::Lambda::Function").is_empty()) {
        for (variable, value) in template.environment().as_object().into_iter().flatten() {
            rows.entry((variable.clone(), said(value))).or_default().push(template.name.clone());
        }
    }
    let mut page = format!("# Settings\n\n{ANEW}\n\n{OF_SETTINGS}\n| variable | functions | value |\n|---|---|---|\n");
    for ((variable, value), functions) in &rows {
        let _ = writeln!(page, "| `{variable}` | {} | {} |", named(functions), code(value));
    }
    expect_file!["../../../docs/reference/settings.md"].assert_eq(&page);
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

const OF_ROLES: &str = "\
What each role allows, whole. A test compares the role of a function with the AWS calls that the function makes, in both directions; an IAM engine that
is not Signalbox's then judges each call. [SECURITY.md](../../SECURITY.md) says what IAM cannot limit. `${Name}` is a parameter of the template.
";

#[test]
fn the_page_of_roles_is_current() {
    let mut page = format!("# Roles\n\n{ANEW}\n\n{OF_ROLES}");
    for template in Template::all() {
        for (id, role) in template.resources("AWS::IAM::Role") {
            let _ = write!(page, "\n## `{}`: `{id}`\n\n{}\n\n", template.name, cell(&said(&role["Description"])));
            page.push_str("| for | actions | on | conditions |\n|---|---|---|---|\n");
            for policy in role["Policies"].as_array().into_iter().flatten() {
                let policy = policy.pointer("/Fn::If/1").unwrap_or(policy);
                for statement in policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten() {
                    let _ = writeln!(page, "{}", row_of(statement));
                }
            }
        }
    }
    expect_file!["../../../docs/reference/roles.md"].assert_eq(&page);
}

/// What a pattern asks for: each alternative, without what all of them say.
fn alternatives(pattern: &Value) -> Vec<String> {
    let ways = pattern.get("$or").and_then(Value::as_array);
    ways.map_or_else(|| vec![said(pattern)], |ways| ways.iter().map(said).collect())
}

const OF_TRIGGERS: &str = "\
What each template's rules hear. Secrets Manager invokes the functions that rotate secrets without a rule. Every function can be invoked by hand, too: with
an event of its kind, and if it sweeps, with `{\"signalbox\": \"sweep\", \"force\": null}`.

| template | rule | hears |
|---|---|---|
";

#[test]
fn the_page_of_triggers_is_current() {
    let mut page = format!("# Triggers\n\n{ANEW}\n\n{OF_TRIGGERS}");
    for template in Template::all() {
        for (id, rule) in template.resources("AWS::Events::Rule") {
            let pattern = rule.get("EventPattern").map(alternatives).unwrap_or_default();
            let schedule = rule.get("ScheduleExpression").map(|it| format!("a schedule: {}", said(it)));
            for heard in pattern.into_iter().chain(schedule) {
                let name = rule.get("Name").map_or_else(|| id.to_owned(), said);
                let _ = writeln!(page, "| `{}` | `{name}` | {} |", template.name, code(&heard));
            }
        }
    }
    expect_file!["../../../docs/reference/triggers.md"].assert_eq(&page);
}
