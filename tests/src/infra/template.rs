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

    /// The event pattern of its one rule that has one, where the manifest lies there; schedules and direct invocations
    /// have none.
    pub fn event_pattern(&self, manifest: &str) -> Option<String> {
        let rules = self.resources("AWS::Events::Rule");
        let pattern = rules.iter().find_map(|(_, rule)| rule.get("EventPattern"));
        pattern.map(|pattern| resolved(pattern, manifest).to_string())
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

/// The value with CloudFormation's functions of text carried out, which know the parameter `Manifest`.
fn resolved(value: &Value, manifest: &str) -> Value {
    let resolve = |value: &Value| resolved(value, manifest);
    let Value::Object(fields) = value else {
        return value.as_array().map_or_else(|| value.clone(), |items| items.iter().map(resolve).collect());
    };
    let [(name, given)] = fields.iter().collect::<Vec<_>>()[..] else {
        return fields.iter().map(|(name, value)| (name.clone(), resolve(value))).collect::<Map<_, _>>().into();
    };
    let given = resolve(given);
    match name.as_str() {
        "Ref" => json!(manifest),
        "Fn::Sub" => json!(given.as_str().unwrap().replace("${Manifest}", manifest)),
        "Fn::Split" => given[1].as_str().unwrap().split(given[0].as_str().unwrap()).collect(),
        "Fn::Select" => given[1][usize::try_from(given[0].as_u64().unwrap()).unwrap()].clone(),
        "Fn::Join" => {
            json!(given[1].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(given[0].as_str().unwrap()))
        }
        name => json!({ name: given }),
    }
}

fn text(name: &Value) -> String {
    name.as_str().map_or_else(|| name.to_string(), String::from)
}
