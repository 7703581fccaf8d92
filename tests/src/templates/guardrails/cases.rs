//! A guardrail and its cases, as the files beside the templates have them: what is asked for, and what AWS says of it.

use serde_json::{Map, Value};

use super::files_of;

/// A template of `infra/guardrails/`, or of another folder with cases, with its cases.
pub struct Guardrail {
    /// The folder.
    pub folder: &'static str,
    /// The template's file without `.yaml`.
    pub name: String,
    /// What the template is given.
    pub parameters: Value,
    /// Its policies, each with cases; one policy may be there twice, once with others that allow.
    pub policies: Vec<Policy>,
}

/// A policy of the template.
pub struct Policy {
    /// The logical id of what has it.
    pub id: String,
    /// identity, scp or resource.
    pub kind: String,
    /// What other statements allow: nothing or everything.
    pub others_allow: String,
    /// What is asked for.
    pub cases: Vec<Case>,
}

/// One request, and the verdict.
pub struct Case {
    /// What it is about.
    pub is: String,
    /// The action.
    pub action: String,
    /// The resource; `*` where the action has none.
    pub resource: String,
    /// The condition keys that the request has.
    pub context: Map<String, Value>,
    /// The caller where a policy of a resource is judged: an ARN, a service, or `anonymous`.
    pub caller: Option<String>,
    /// allow or deny, as AWS documents it.
    pub verdict: String,
}

impl Guardrail {
    /// Every guardrail, by name.
    pub fn all() -> Vec<Self> {
        let all = Self::all_of("guardrails");
        assert!(all.len() >= 5, "{} guardrails", all.len());
        all
    }

    /// Every template of a folder with its cases, by name.
    pub fn all_of(folder: &'static str) -> Vec<Self> {
        let files = files_of(folder);
        files.iter().map(|it| Self::read(folder, it.file_stem().unwrap().to_str().unwrap())).collect()
    }

    fn read(folder: &'static str, name: &str) -> Self {
        let path = local_aws::workspace().join(format!("infra/{folder}/{name}.cases.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let policies = json["policies"].as_array().unwrap().iter().map(Policy::of).collect();
        Self { folder, name: name.into(), parameters: json["parameters"].clone(), policies }
    }

    /// All of its cases.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.policies.iter().flat_map(|it| &it.cases)
    }
}

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned()
}

impl Policy {
    fn of(json: &Value) -> Self {
        let cases = json["cases"].as_array().unwrap().iter().map(Case::of).collect();
        let others_allow = text(json, "others_allow");
        assert!(["nothing", "everything"].contains(&others_allow.as_str()), "{others_allow}");
        Self { id: text(json, "policy"), kind: text(json, "type"), others_allow, cases }
    }
}

impl Case {
    fn of(json: &Value) -> Self {
        let verdict = text(json, "verdict");
        assert!(["allow", "deny"].contains(&verdict.as_str()), "{json}");
        Self {
            is: text(json, "is"),
            action: text(json, "action"),
            resource: text(json, "resource"),
            context: json["context"].as_object().unwrap().clone(),
            caller: json["caller"].as_str().map(String::from),
            verdict,
        }
    }
}
