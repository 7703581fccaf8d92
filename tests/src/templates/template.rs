//! A template as JSON, in which `!Ref X` is `{"Ref": "X"}`, as CloudFormation itself reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// What is given for parameters, by name.
pub type Parameters<'a> = BTreeMap<&'a str, Value>;

/// The templates that all functions share in an organization of many accounts.
pub const OF_AN_ORGANIZATION: [&str; 3] = ["bus", "management-account", "member-account"];

/// What the name of a function's template for members ends with.
const OF_MEMBERS: &str = "-member";

/// A template of `infra/`.
pub struct Template {
    /// Its file's name without `.yaml`.
    pub name: String,
    /// What it says.
    pub json: Value,
    /// The same as it is written, in its order.
    pub text: String,
}

impl Template {
    /// Every template, by name.
    pub fn all() -> Vec<Self> {
        files().iter().map(|path| Self::read(path.file_stem().unwrap().to_str().unwrap())).collect()
    }

    /// The template of this name.
    pub fn read(name: &str) -> Self {
        Self::at(&infra().join(format!("{name}.yaml")))
    }

    /// The template in this file.
    pub fn at(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_str().unwrap().into();
        Self { name, json: documents(path).remove(0), text: std::fs::read_to_string(path).unwrap() }
    }

    /// The template of a function for members, where it has one.
    pub fn of_members(function: &str) -> Self {
        Self::read(&format!("{function}{OF_MEMBERS}"))
    }

    /// The functions that have a template for members, by the files of `infra/`.
    pub fn functions_in_members() -> Vec<String> {
        let all = Self::all().into_iter();
        all.filter_map(|it| it.name.strip_suffix(OF_MEMBERS).map(String::from)).collect()
    }

    /// The function that it is of, in the hub or in members; its own name where it is of none.
    pub fn function(&self) -> &str {
        self.name.strip_suffix(OF_MEMBERS).unwrap_or(&self.name)
    }

    /// Whether an organization of many accounts needs it beside the templates of the hub's functions.
    pub fn is_of_an_organization(&self) -> bool {
        OF_AN_ORGANIZATION.contains(&self.name.as_str()) || self.name.ends_with(OF_MEMBERS)
    }

    /// Whether it deploys a function.
    pub fn is_of_a_function(&self) -> bool {
        !self.resources("AWS::Lambda::Function").is_empty()
    }

    /// Whether there is a template of this name.
    pub fn exists(name: &str) -> bool {
        infra().join(format!("{name}.yaml")).exists()
    }

    /// Its resources of one type, by logical id.
    pub fn resources(&self, of_type: &str) -> Vec<(&str, &Value)> {
        let resources = self.json["Resources"].as_object().unwrap().iter();
        let wanted = resources.filter(|(_, it)| it["Type"] == of_type);
        wanted.map(|(id, it)| (id.as_str(), &it["Properties"])).collect()
    }

    /// The event patterns of its rules, by logical id, with these parameters; a schedule has none.
    pub fn event_patterns(&self, parameters: &Parameters) -> Vec<(&str, String)> {
        let rules = self.resources("AWS::Events::Rule").into_iter();
        let patterns = rules.filter_map(|(id, rule)| Some((id, rule.get("EventPattern")?)));
        patterns.map(|(id, pattern)| (id, resolved(pattern, parameters).to_string())).collect()
    }

    /// The variables of its one function.
    pub fn environment(&self) -> &Value {
        let functions = self.resources("AWS::Lambda::Function");
        let [(_, function)] = functions[..] else { panic!("infra/{}.yaml: one template, one function", self.name) };
        &function["Environment"]["Variables"]
    }

    /// What the function's one role allows. A statement that depends on a parameter is there, as it is in the stories.
    pub fn statements(&self) -> Vec<Value> {
        let roles = self.resources("AWS::IAM::Role");
        let [(_, role)] = roles[..] else { panic!("infra/{}.yaml: one function, one role", self.name) };
        assert_eq!(role.get("ManagedPolicyArns"), None, "what a managed policy allows is not decided here");
        let policies = role["Policies"].as_array().unwrap().iter();
        let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
        let statements = statements.map(|it| it.pointer("/Fn::If/1").unwrap_or(it));
        statements.inspect(|it| assert_eq!(it["Effect"], "Allow", "{it}")).cloned().collect()
    }
}

/// The documents of a file in YAML.
pub fn documents(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    documents.iter().map(plain).collect()
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

/// The value with CloudFormation's functions of text carried out, as far as they need no more than these parameters.
pub fn resolved(value: &Value, parameters: &Parameters) -> Value {
    let resolve = |value: &Value| resolved(value, parameters);
    let Value::Object(fields) = value else {
        return value.as_array().map_or_else(|| value.clone(), |items| items.iter().map(resolve).collect());
    };
    let [(name, given)] = fields.iter().collect::<Vec<_>>()[..] else {
        return fields.iter().map(|(name, value)| (name.clone(), resolve(value))).collect::<Map<_, _>>().into();
    };
    let given = resolve(given);
    match (name.as_str(), given.as_array().map(Vec::as_slice)) {
        ("Ref", _) => parameters.get(text(&given).as_str()).unwrap_or(value).clone(),
        ("Fn::Sub", Some([text, names])) => {
            let names = names.as_object().unwrap().iter();
            let text = names.fold(text.clone(), |text, (name, value)| substituted(&text, name, value));
            parameters.iter().fold(text, |text, (name, value)| substituted(&text, name, value))
        }
        ("Fn::Sub", _) => parameters.iter().fold(given, |text, (name, value)| substituted(&text, name, value)),
        ("Fn::Split", Some([by, whole])) => whole.as_str().unwrap().split(by.as_str().unwrap()).collect(),
        ("Fn::Select", Some([index, items])) => items[usize::try_from(index.as_u64().unwrap()).unwrap()].clone(),
        ("Fn::Join", Some([by, items])) => {
            let items: Vec<_> = items.as_array().unwrap().iter().map(text).collect();
            json!(items.join(by.as_str().expect("CloudFormation joins with a constant only")))
        }
        _ => json!({ name: given }),
    }
}

fn substituted(text: &Value, name: &str, value: &Value) -> Value {
    let Some(value) = value.as_str() else { return text.clone() };
    json!(text.as_str().unwrap().replace(&format!("${{{name}}}"), value))
}

fn text(name: &Value) -> String {
    name.as_str().map_or_else(|| name.to_string(), String::from)
}
