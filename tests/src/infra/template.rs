//! A template as JSON, in which `!Ref X` is `{"Ref": "X"}`, as CloudFormation itself reads it.

use std::path::PathBuf;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// A template of `infra/`.
pub struct Template {
    /// Its file's name without `.yaml`.
    pub name: String,
    /// What it says.
    pub json: Value,
}

impl Template {
    /// Every template, by name.
    pub fn all() -> Vec<Self> {
        files().iter().map(|path| Self::read(path.file_stem().unwrap().to_str().unwrap())).collect()
    }

    /// The template of this name.
    pub fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(infra().join(format!("{name}.yaml"))).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("infra/{name}.yaml: {error}"));
        Self { name: name.into(), json: plain(&documents[0]) }
    }

    /// Its resources of one type, by logical id.
    pub fn resources(&self, of_type: &str) -> Vec<(&str, &Value)> {
        let resources = self.json["Resources"].as_object().unwrap().iter();
        let wanted = resources.filter(|(_, it)| it["Type"] == of_type);
        wanted.map(|(id, it)| (id.as_str(), &it["Properties"])).collect()
    }

    /// The event pattern of its one rule that has one; schedules and direct invocations have none.
    pub fn event_pattern(&self) -> Option<String> {
        let rules = self.resources("AWS::Events::Rule");
        rules.iter().find_map(|(_, rule)| rule.get("EventPattern")).map(ToString::to_string)
    }
}

/// The files of `infra/`, sorted.
pub fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(infra()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    files.sort();
    files
}

fn infra() -> PathBuf {
    local_aws::workspace().join("infra")
}

fn plain(node: &Yaml) -> Value {
    match node {
        Yaml::Value(scalar) => of_scalar(scalar),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(entries) => {
            let entries = entries.iter().map(|(name, value)| (text(&plain(name)), plain(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Yaml::Tagged(tag, value) => match tag.suffix.as_str() {
            name @ ("Ref" | "Condition") => json!({ name: plain(value) }),
            name => json!({ format!("Fn::{name}"): plain(value) }),
        },
        other => panic!("no template says {other:?}"),
    }
}

fn of_scalar(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(it) => json!(it),
        Scalar::Integer(it) => json!(it),
        Scalar::FloatingPoint(it) => json!(it.into_inner()),
        Scalar::String(it) => json!(it),
    }
}

fn text(name: &Value) -> String {
    name.as_str().map_or_else(|| name.to_string(), String::from)
}
